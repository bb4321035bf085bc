"""What humans say of a weak match: an analyst who reads both records, or each side for itself."""

import uuid

from django.db import models
from django.utils import timezone

from recoupe.access.models import Protected
from recoupe.crosscheck.enums import Answer, JudgementState
from recoupe.crosscheck.models.hit import Hit, HitSide


class Judgement(Protected):
    """The question put to the cell or the office that reads both records (S-2); nobody else sees it."""

    hit = models.OneToOneField(Hit, on_delete=models.PROTECT, related_name="judgement")
    first_kind = models.CharField(max_length=16)
    first_id = models.UUIDField()
    second_kind = models.CharField(max_length=16)
    second_id = models.UUIDField()
    at = models.DateTimeField()
    # Why they are alike (waterfall.py): levels and bits, no value; for whoever reads both records.
    steps = models.JSONField(default=list, db_default=[])
    state = models.CharField(max_length=8, choices=JudgementState, default=JudgementState.ASKED)
    answer = models.CharField(max_length=9, choices=Answer, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    answered_by = models.UUIDField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta(Protected.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state=JudgementState.ANSWERED, answered_by__isnull=False, answered_at__isnull=False)
                & ~models.Q(answer="")
                | ~models.Q(state=JudgementState.ANSWERED) & models.Q(answer="", answered_by__isnull=True),
                name="crosscheck_judgement_answered",
            )
        ]
        indexes = [
            models.Index(fields=["first_id"], name="crosscheck_judgement_first"),
            models.Index(fields=["second_id"], name="crosscheck_judgement_second"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Finding(models.Model):
    """What a named analyst said of a pair, or that it is taken back; never changed, so that any day is found again.

    The database writes what was answered, with the weight and the model that were shown; analysts write retractions.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    judgement = models.ForeignKey(Judgement, on_delete=models.PROTECT, related_name="findings")
    retracts = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="retracted_by")
    answer = models.CharField(max_length=9, choices=Answer, blank=True)
    reason = models.CharField(max_length=300)
    author_id = models.UUIDField()
    at = models.DateTimeField(default=timezone.now)
    weight = models.FloatField(null=True)
    model = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(retracts__isnull=True, answer__gt="") | models.Q(retracts__isnull=False, answer=""),
                name="crosscheck_finding_says",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class WeakAnswer(models.Model):
    """What one side says; the other side does not see it before the matcher has drawn the consequence."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    side = models.ForeignKey(HitSide, on_delete=models.PROTECT, related_name="answers")
    answer = models.CharField(max_length=9, choices=Answer)
    author_id = models.UUIDField()
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.side_id)
