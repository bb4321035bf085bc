"""A settlement of one conflict, its steps, and what is asked of each of the two magistrates."""

import uuid

from django.db import models
from django.db.models import Q

from recoupe.crosscheck.enums import Side
from recoupe.deconfliction.settling.enums import Doer, Lead, OpinionState, SettlementState

LONGEST_REASON = 1000


class Settlement(models.Model):
    """One conflict of two registrations, which it does not name; read by its parties, once carried by the manager."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hit_id = models.UUIDField()
    thread_id = models.UUIDField()
    state = models.CharField(max_length=12, choices=SettlementState, default=SettlementState.OPEN)
    state_since = models.DateTimeField()
    steps = models.PositiveIntegerField(default=0)
    # What is on the table, or was settled.
    lead = models.CharField(max_length=8, choices=Lead, blank=True)
    proposed_by = models.CharField(max_length=8, choices=Side, blank=True)
    at = models.DateTimeField()
    carried_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "deconfliction_settlement"
        constraints = [
            # One at a time for each conflict; those that ended stay behind it.
            models.UniqueConstraint(
                fields=["hit_id"], condition=~Q(state=SettlementState.ENDED), name="deconfliction_settlement_live"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[SettlementState.PROPOSED, SettlementState.AGREED, SettlementState.SUBMITTED,
                                        SettlementState.DECIDED]) | ~Q(lead=""),
                name="deconfliction_settlement_lead",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["thread_id"], name="deconfliction_settlement_of"),
            models.Index(fields=["state", "state_since"], name="deconfliction_settlement_ages"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SettlementStep(models.Model):
    """One step, never changed once written but for its words, which go with the registration."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="changes")
    step = models.PositiveIntegerField()
    at = models.DateTimeField()
    doer = models.CharField(max_length=10, choices=Doer)
    # The side that took it; empty for the manager, the magistrates and the machine.
    side = models.CharField(max_length=8, choices=Side, blank=True)
    actor_id = models.UUIDField(null=True)
    from_state = models.CharField(max_length=12, choices=SettlementState, blank=True)
    to_state = models.CharField(max_length=12, choices=SettlementState)
    lead = models.CharField(max_length=8, choices=Lead, blank=True)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)

    class Meta:
        db_table = "deconfliction_settlementstep"
        constraints = [models.UniqueConstraint(fields=["settlement", "step"], name="deconfliction_settlementstep_once")]

    def __str__(self) -> str:
        return f"{self.from_state} > {self.to_state}"


class Opinion(models.Model):
    """What the manager proposes to the magistrate of one procedure, in its terms: nothing of the other one.

    `lead` is `own`, `other` or `joint`; `other_court_id` is all that he learns of the other side (S-6).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="opinions")
    # Of which step of the settlement: a proposal that was refused has its own answers.
    step = models.PositiveIntegerField()
    case_id = models.UUIDField()
    magistrate_id = models.UUIDField()
    court_id = models.UUIDField()
    other_court_id = models.UUIDField()
    lead = models.CharField(max_length=8)
    proposal = models.CharField(max_length=LONGEST_REASON, blank=True)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=OpinionState, default=OpinionState.ASKED)
    answered_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)

    class Meta:
        db_table = "deconfliction_opinion"
        indexes = [
            models.Index(fields=["case_id"], name="deconfliction_opinion_case"),
            models.Index(fields=["settlement"], name="deconfliction_opinion_of"),
            models.Index(fields=["magistrate_id"], name="deconfliction_opinion_asked", condition=Q(state="ASKED")),
        ]

    def __str__(self) -> str:
        return str(self.id)
