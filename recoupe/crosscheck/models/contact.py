"""The contact between two services: who speaks for each, what they write, where they stand."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from recoupe.access.models import Protected
from recoupe.crosscheck.enums import ContactState, Resolution, Side, Voice
from recoupe.crosscheck.models.hit import Hit


class ContactThread(Protected):
    """One channel, made when both sides are told; it names the asker's unit and the holder's chosen contact, no record.

    Whoever sees one side of the hit sees where the contact stands; what is written is seen by the parties alone.
    """

    hit = models.OneToOneField(Hit, on_delete=models.PROTECT, related_name="thread")
    asker_unit_id = models.UUIDField()
    asker_name = models.CharField(max_length=120)
    holder_contact_id = models.UUIDField()
    holder_name = models.CharField(max_length=120)
    content_allowed = models.BooleanField()
    state = models.CharField(max_length=20, choices=ContactState, default=ContactState.AVAILABLE)
    requested_side = models.CharField(max_length=8, choices=Side, blank=True)
    requested_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(null=True)
    proposed_resolution = models.CharField(max_length=20, choices=Resolution, blank=True)
    proposed_side = models.CharField(max_length=8, choices=Side, blank=True)
    resolution = models.CharField(max_length=20, choices=Resolution, blank=True)
    resolved_at = models.DateTimeField(null=True)
    arbiter_id = models.UUIDField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta(Protected.Meta):
        indexes = [
            models.Index(
                fields=["due_at"], name="crosscheck_contactthread_due", condition=Q(state=ContactState.REQUESTED)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(requested_at__isnull=True, due_at__isnull=True, requested_side="")
                | Q(requested_at__isnull=False, due_at__gte=F("requested_at")) & ~Q(requested_side=""),
                name="crosscheck_contactthread_request",
            ),
            models.CheckConstraint(
                condition=Q(resolution="", resolved_at__isnull=True) | ~Q(resolution="") & Q(resolved_at__isnull=False),
                name="crosscheck_contactthread_resolved",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def unit_of(self, side: Side) -> uuid.UUID:
        """The unit by which a side is known to the other."""
        return self.asker_unit_id if side == Side.ASKER else self.holder_contact_id

    def name_of(self, side: Side) -> str:
        """The name by which a side is known to the other."""
        return self.asker_name if side == Side.ASKER else self.holder_name


class Party(models.Model):
    """The reader keys of one party of a contact: a secret of the database, reached through its functions alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    thread = models.ForeignKey(ContactThread, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=8, choices=Voice)
    unit_id = models.UUIDField()
    keys = ArrayField(models.BigIntegerField())

    def __str__(self) -> str:
        return str(self.thread_id)


class Message(models.Model):
    """What one party writes to the other; signed by the name that the other side knows, never by an investigator's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    thread = models.ForeignKey(ContactThread, on_delete=models.PROTECT, related_name="messages")
    voice = models.CharField(max_length=8, choices=Voice)
    author_id = models.UUIDField()
    at = models.DateTimeField(default=timezone.now)
    text = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["thread", "at"], name="crosscheck_message_thread")]

    def __str__(self) -> str:
        return str(self.id)
