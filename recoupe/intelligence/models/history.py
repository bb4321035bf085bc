"""What happened to a report: its states, its grades, its former versions. Nothing here is ever overwritten."""

import uuid

from django.db import models

from recoupe.intelligence.enums import ReportState
from recoupe.intelligence.models.report import Report


class ReportHistory(models.Model):
    """One move of W1: who, when, from where to where, and why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(Report, models.CASCADE, related_name="history")
    at = models.DateTimeField()
    # null: a process moved it (the matcher, the retention rule).
    actor_id = models.UUIDField(null=True)
    from_state = models.CharField(max_length=16, choices=ReportState, blank=True)
    to_state = models.CharField(max_length=16, choices=ReportState)
    motive = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class GradingHistory(models.Model):
    """One grade that a named analyst gave; a better one comes with its motive."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(Report, models.CASCADE, related_name="gradings")
    at = models.DateTimeField()
    author_id = models.UUIDField()
    source = models.CharField(max_length=1)
    info = models.CharField(max_length=1)
    original = models.CharField(max_length=4, blank=True)
    doubt = models.BooleanField(default=False)
    motive = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.source}{self.info}"


class ReportVersion(models.Model):
    """What a report said before a correction; read with the report, never in its place."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(Report, models.CASCADE, related_name="versions", db_index=False)
    version = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    author_id = models.UUIDField()
    motive = models.CharField(max_length=300)
    content = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "version"], name="intelligence_reportversion_once")]

    def __str__(self) -> str:
        return str(self.version)
