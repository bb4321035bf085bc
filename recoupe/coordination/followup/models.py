"""Checks after a dismantling with their answers, and the measures of a plan of return: rows that are only added."""

import uuid
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from recoupe.coordination.followup.enums import MeasureKind, MeasureState, PartnerKind, Seen
from recoupe.dealpoints.models import DealPoint
from recoupe.reference.models import Unit


class Written(models.Model):
    """Written once: no row of these tables is ever changed (the database refuses it as well)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only."""
        super().save(*args, **{**kwargs, "force_insert": True})


class Check(Written):
    """One look at a place so many days after its dismantling; the base makes it with the dismantling itself.

    `step`: the number of that step in the point's history, for a point is dismantled more than once.
    """

    point = models.ForeignKey(DealPoint, on_delete=models.PROTECT, related_name="+")
    step = models.PositiveIntegerField()
    days = models.PositiveSmallIntegerField()
    due_on = models.DateField()

    class Meta:
        db_table = "coordination_check"
        ordering = ["point", "step", "days"]
        constraints = [
            models.UniqueConstraint(fields=["point", "step", "days"], name="coordination_check_once"),
        ]
        indexes = [models.Index(fields=["due_on", "id"], name="coordination_check_due")]

    def __str__(self) -> str:
        return f"J+{self.days}"


class Answer(Written):
    """What an officer found at one check, on which day; a second answer is refused."""

    check_of = models.OneToOneField(Check, on_delete=models.PROTECT, related_name="answer", db_column="check_id")
    at = models.DateTimeField(default=timezone.now)
    actor_id = models.UUIDField()
    unit_code = models.CharField(max_length=16)
    seen = models.CharField(max_length=12, choices=Seen.choices)
    seen_on = models.DateField(null=True)
    motive = models.CharField(max_length=500)

    class Meta:
        db_table = "coordination_answer"
        constraints = [
            models.CheckConstraint(
                condition=Q(seen="not_looked", seen_on__isnull=True)
                | (~Q(seen="not_looked") & Q(seen_on__isnull=False)),
                name="coordination_answer_day",
            ),
            models.CheckConstraint(condition=Q(motive__gt=""), name="coordination_answer_says_why"),
        ]

    def __str__(self) -> str:
        return self.seen


class Measure(Written):
    """What is done for a place after an operation, and which service or partner's office answers for it."""

    point = models.ForeignKey(DealPoint, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=MeasureKind.choices)
    text = models.CharField(max_length=300)
    owner = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    partner_kind = models.CharField(max_length=12, choices=PartnerKind.choices, blank=True)
    partner = models.CharField(max_length=120, blank=True)

    class Meta:
        db_table = "coordination_measure"
        constraints = [
            models.CheckConstraint(
                condition=Q(owner__isnull=False, partner="", partner_kind="")
                | Q(owner__isnull=True, partner__gt="", partner_kind__gt=""),
                name="coordination_measure_owner",
            )
        ]
        indexes = [models.Index(fields=["point"], name="coordination_measure_of")]

    def __str__(self) -> str:
        return self.text


class MeasureStep(Written):
    """Where a measure stands since this step: its state, its due date and, of mobile forces, days of agents."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    actor_id = models.UUIDField()
    unit_code = models.CharField(max_length=16)
    state = models.CharField(max_length=12, choices=MeasureState.choices)
    due_on = models.DateField()
    requested = models.PositiveIntegerField(null=True)
    granted = models.PositiveIntegerField(null=True)
    used = models.PositiveIntegerField(null=True)
    motive = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "coordination_measurestep"
        ordering = ["measure", "number"]
        constraints = [
            models.UniqueConstraint(fields=["measure", "number"], name="coordination_measurestep_once"),
            models.CheckConstraint(
                condition=Q(granted__isnull=True) | Q(requested__isnull=False),
                name="coordination_measurestep_granted",
            ),
            models.CheckConstraint(
                condition=Q(used__isnull=True) | Q(granted__isnull=False, used__lte=F("granted")),
                name="coordination_measurestep_used",
            ),
            models.CheckConstraint(
                condition=~Q(state="ABANDONED") | Q(motive__gt=""), name="coordination_measurestep_says_why"
            ),
        ]

    def __str__(self) -> str:
        return self.state
