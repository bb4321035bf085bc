"""One record that goes, or does not go, from one side of a contact to the other."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from recoupe.access.models import Protected
from recoupe.crosscheck.enums import AgreementState, ReleaseState, Side
from recoupe.crosscheck.models.contact import ContactThread


class Release(models.Model):
    """A communication between the two sides; once granted it names the record, its grade and handling (R-FACT-2)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    thread = models.ForeignKey(ContactThread, on_delete=models.PROTECT, related_name="releases")
    giving_side = models.CharField(max_length=8, choices=Side)
    recipient_id = models.UUIDField()
    state = models.CharField(max_length=20, choices=ReleaseState)
    asked_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    record_kind = models.CharField(max_length=16, blank=True)
    record_id = models.UUIDField(null=True)
    handling = ArrayField(models.CharField(max_length=4), default=list)
    not_in_proceedings = models.BooleanField(default=False)
    grading = models.CharField(max_length=4, blank=True)
    last_verified = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["thread", "giving_side"],
                condition=Q(state__in=[ReleaseState.REQUESTED, ReleaseState.AWAITING_MAGISTRATE]),
                name="crosscheck_release_one_live",
            ),
            models.CheckConstraint(
                condition=Q(state=ReleaseState.GRANTED, record_id__isnull=False, decided_at__isnull=False)
                | ~Q(state=ReleaseState.GRANTED) & Q(record_id__isnull=True),
                name="crosscheck_release_named_when_granted",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Agreement(Protected):
    """The question put to the magistrate in charge before a judicial record leaves (S-6); he and the holder see it."""

    release_id = models.UUIDField(unique=True)
    record_kind = models.CharField(max_length=16)
    record_id = models.UUIDField()
    case_id = models.UUIDField()
    case_number = models.CharField(max_length=64)
    magistrate_id = models.UUIDField()
    recipient_name = models.CharField(max_length=120)
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=AgreementState, default=AgreementState.ASKED)
    answered_at = models.DateTimeField(null=True)
    answer_reason = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return str(self.id)
