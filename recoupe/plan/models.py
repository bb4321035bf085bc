"""What is kept of the plan: figures of a day, evidence and values of the owners, the committee, its frozen boards."""

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from recoupe.plan.enums import EvidenceKind, Verdict
from recoupe.reference.models import Unit


class DailyFigure(models.Model):
    """One figure frozen on a day; a number below the threshold of small cells is never stored."""

    day = models.DateField()
    code = models.CharField(max_length=32)
    department = models.CharField(max_length=3, blank=True)
    numerator = models.BigIntegerField(null=True)
    denominator = models.BigIntegerField(null=True)
    withheld = models.BooleanField(default=False)
    computed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "plan_dailyfigure"
        constraints = [
            models.UniqueConstraint(fields=["day", "code", "department"], name="plan_dailyfigure_once"),
            models.CheckConstraint(
                condition=Q(withheld=True) | Q(numerator__isnull=False), name="plan_dailyfigure_counted"
            ),
        ]
        # Ten years of nights hold many departments; a chart reads one national number a year.
        indexes = [models.Index(fields=["code", "day"], condition=Q(department=""), name="plan_dailyfigure_national")]

    def __str__(self) -> str:
        return f"{self.day} {self.code} {self.department}"


class Card(models.Model):
    """Which unit answers for a measure; the set-up writes it from the file of the plan."""

    measure = models.PositiveSmallIntegerField(primary_key=True, db_column="id")
    owner = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"M{self.measure}"


class Written(models.Model):
    """A line that is written once and signed; the database refuses to change or delete it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by_id = models.UUIDField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only."""
        super().save(*args, **{**kwargs, "force_insert": True})


class Evidence(Written):
    """What an owner shows for his measure: a reference or a file, which may say that a milestone was passed."""

    measure = models.PositiveSmallIntegerField()
    milestone = models.CharField(max_length=32, blank=True)
    kind = models.CharField(max_length=12, choices=EvidenceKind.choices)
    label = models.CharField(max_length=200)
    dated = models.DateField()
    file_name = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    content = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="reference", content="", sha256="") | Q(kind="file", content__gt="", sha256__gt=""),
                name="plan_evidence_kind",
            ),
            models.CheckConstraint(condition=Q(measure__range=(1, 55)), name="plan_evidence_measure"),
        ]
        indexes = [models.Index(fields=["measure", "dated"], name="plan_evidence_on")]

    def __str__(self) -> str:
        return f"M{self.measure} {self.dated}"


class Value(Written):
    """One value of an indicator over a period, as its evidence gives it; later ones do not erase it."""

    measure = models.PositiveSmallIntegerField()
    indicator = models.CharField(max_length=32)
    first = models.DateField()
    last = models.DateField()
    value = models.DecimalField(max_digits=18, decimal_places=4)
    upper = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    approximate = models.BooleanField(default=False)
    final = models.BooleanField(default=False)
    perimeter = models.CharField(max_length=120)
    definition = models.CharField(max_length=200)
    source = models.CharField(max_length=160)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="values")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(first__lte=F("last")), name="plan_value_period"),
            models.CheckConstraint(
                condition=Q(value__gte=0) & (Q(upper__isnull=True) | Q(upper__gt=F("value"))), name="plan_value_range"
            ),
        ]
        indexes = [models.Index(fields=["indicator", "last"], name="plan_value_last")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.last}"


class Session(Written):
    """One meeting of the ministers' committee."""

    held_on = models.DateField()
    reference = models.CharField(max_length=80)
    members = ArrayField(models.CharField(max_length=12))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["held_on"], name="plan_session_once"),
            models.CheckConstraint(condition=~Q(members=[]) & ~Q(reference=""), name="plan_session_said"),
        ]

    def __str__(self) -> str:
        return f"{self.held_on} {self.reference}"


class Decision(Written):
    """What the committee decided of a measure, at one of its meetings."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="decisions")
    measure = models.PositiveSmallIntegerField()
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    motive = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "measure"], name="plan_decision_once"),
            models.CheckConstraint(condition=~Q(motive=""), name="plan_decision_said"),
            models.CheckConstraint(condition=Q(measure__range=(1, 55)), name="plan_decision_measure"),
        ]

    def __str__(self) -> str:
        return f"M{self.measure} {self.verdict}"


class Snapshot(Written):
    """The board as a meeting of the committee had it: its bytes, and their hash, which the database checks."""

    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="snapshot")
    content = models.TextField()
    sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.sha256
