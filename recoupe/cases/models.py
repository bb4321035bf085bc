"""Procedures of the units: their number, court and magistrate in charge."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from recoupe.access.models import Protected
from recoupe.cases.enums import CaseState, LegalFramework
from recoupe.reference.models import Unit


class Case(Protected):
    """A judicial or customs procedure; releasing what it holds needs its magistrate in charge (S-6)."""

    number = models.CharField(max_length=40)
    parquet_number = models.CharField(max_length=40, blank=True)
    court = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    magistrate_id = models.UUIDField()
    legal_framework = models.CharField(max_length=12, choices=LegalFramework)
    offences = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=CaseState, default=CaseState.OPEN)

    class Meta(Protected.Meta):
        indexes = [models.Index(fields=["magistrate_id"], name="cases_case_magistrate")]
        constraints = [
            # Per unit and never across units: a clash must not betray another service's procedure.
            models.UniqueConstraint(fields=["owner_unit", "number"], name="cases_case_number"),
            models.CheckConstraint(
                condition=Q(state=CaseState.OPEN, closed_on__isnull=True)
                | Q(state=CaseState.CLOSED, closed_on__gte=F("opened_on")),
                name="cases_case_closed",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class MagistrateChange(models.Model):
    """One change of the magistrate in charge: who decided it, from whom to whom, and why; never rewritten."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="magistrate_changes")
    at = models.DateTimeField()
    actor_id = models.UUIDField()
    former_id = models.UUIDField()
    magistrate_id = models.UUIDField()
    reason = models.CharField(max_length=300)

    class Meta:
        db_table = "cases_magistratechange"

    def __str__(self) -> str:
        return str(self.id)
