"""Objectives, the decisions of prosecutors on them, and their history."""

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from recoupe.access.models import Protected
from recoupe.coordination.enums import (
    ALLOCATED_STATES,
    ENDED,
    Act,
    Financial,
    ObjectiveState,
    OriginKind,
    Outcome,
    Verdict,
)
from recoupe.coordination.followup.models import Answer, Check, Measure, MeasureStep
from recoupe.reference.models import Unit

__all__ = ["Answer", "Check", "Decision", "Measure", "MeasureStep", "Objective", "Step"]


class Objective(Protected):
    """Something to dismantle: proposed by a cell, validated by a prosecutor, allocated to one lead service."""

    ref = models.CharField(max_length=24)
    title = models.CharField(max_length=120)
    summary = models.TextField(max_length=4000)
    origin_kind = models.CharField(max_length=12, choices=OriginKind.choices)
    origin_id = models.UUIDField()
    origin_ref = models.CharField(max_length=24, blank=True)
    commune_code = models.CharField(max_length=5)
    departments = ArrayField(models.CharField(max_length=3))
    cells = ArrayField(models.UUIDField())
    court = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=ObjectiveState.choices)
    state_since = models.DateTimeField()
    steps = models.PositiveIntegerField(default=1)
    proposed_by_id = models.UUIDField()
    # The court reads it from here on; a later step never takes that back.
    sent_at = models.DateTimeField(null=True)
    # The validating decision in force; the database checks that it is one, of this objective and of its court.
    decision = models.ForeignKey("Decision", on_delete=models.PROTECT, null=True, related_name="+")
    lead = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    # A second service that answers for it as well, beside the lead.
    joint_lead = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    co_services = ArrayField(models.UUIDField(), default=list)
    deadline = models.DateField(null=True)
    financial = models.CharField(max_length=12, choices=Financial.choices, blank=True)
    financial_motive = models.CharField(max_length=300, blank=True)
    operation_ref = models.CharField(max_length=40, blank=True)
    operation_on = models.DateField(null=True)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    outcome_on = models.DateField(null=True)
    closing_motive = models.CharField(max_length=500, blank=True)

    class Meta(Protected.Meta):
        constraints = [
            # By unit: a reference that is refused because another unit has it would tell that it has.
            models.UniqueConstraint(fields=["ref", "owner_unit"], name="coordination_objective_ref"),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(ALLOCATED_STATES))
                | Q(decision__isnull=False, lead__isnull=False, deadline__isnull=False, financial__gt=""),
                name="coordination_objective_allocated",
            ),
            models.CheckConstraint(
                condition=~Q(state="VALIDATED") | Q(decision__isnull=False),
                name="coordination_objective_validated",
            ),
            models.CheckConstraint(
                condition=Q(lead__isnull=True) | Q(decision__isnull=False),
                name="coordination_objective_lead_after_decision",
            ),
            models.CheckConstraint(
                condition=Q(joint_lead__isnull=True) | Q(lead__isnull=False) & ~Q(joint_lead=F("lead")),
                name="coordination_objective_joint_lead",
            ),
            models.CheckConstraint(
                condition=~Q(financial="declined") | Q(financial_motive__gt=""),
                name="coordination_objective_financial",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["PROPOSED", "EXAMINED", "ABANDONED"]) | Q(sent_at__isnull=False),
                name="coordination_objective_sent",
            ),
            models.UniqueConstraint(
                fields=["owner_unit", "origin_kind", "origin_id"],
                condition=~Q(state__in=sorted(ENDED)),
                name="coordination_objective_one_live",
            ),
        ]
        indexes = [models.Index(fields=["deadline"], name="coordination_objective_due")]

    def __str__(self) -> str:
        return self.ref


class Decision(models.Model):
    """What the prosecutor's office of the competent court decided; written once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    objective = models.ForeignKey(Objective, on_delete=models.PROTECT, related_name="decisions")
    court = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    decided_by_id = models.UUIDField()
    decided_by_name = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)
    reference = models.CharField(max_length=40, blank=True)
    motive = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="validated", reference__gt="") | Q(verdict="refused", motive__gt=""),
                name="coordination_decision_says_why",
            )
        ]

    def __str__(self) -> str:
        return f"{self.verdict} {self.reference}"


class Step(models.Model):
    """One step of an objective's life, or an act that leaves its state: who, when, why; never changed once written."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    objective = models.ForeignKey(Objective, on_delete=models.PROTECT, related_name="history")
    number = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    actor_id = models.UUIDField()
    unit_code = models.CharField(max_length=16)
    from_state = models.CharField(max_length=20, choices=ObjectiveState.choices, blank=True)
    to_state = models.CharField(max_length=20, choices=ObjectiveState.choices)
    act = models.CharField(max_length=12, choices=Act.choices, blank=True, default="", db_default="")
    # Whom an act names, and the day that it sets.
    service = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    day = models.DateField(null=True)
    motive = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["objective", "number"]
        constraints = [
            models.UniqueConstraint(fields=["objective", "number"], name="coordination_step_once"),
            models.CheckConstraint(
                condition=Q(act="") & ~Q(from_state=F("to_state")) | Q(act__gt="", from_state=F("to_state")),
                name="coordination_step_moves",
            ),
            models.CheckConstraint(
                condition=Q(act__in=["transfer", "joint", "sole"], service__isnull=False, day__isnull=True)
                | Q(act="term", service__isnull=True, day__isnull=False)
                | Q(act__in=["", "progress"], service__isnull=True, day__isnull=True),
                name="coordination_step_act",
            ),
        ]

    def __str__(self) -> str:
        return self.act or f"{self.from_state} > {self.to_state}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only: history is not rewritten (the database refuses it as well)."""
        super().save(*args, **{**kwargs, "force_insert": True})
