"""The queue of the cross-check and the count of deposits; neither is readable by the application role."""

import uuid

from django.db import models

from recoupe.intelligence.enums import Lane


class Outbox(models.Model):
    """One report that waits for its cross-check; the matcher deletes the line in the transaction of its hits.

    A queue and not a numbered cursor: a late commit is never skipped, a long one never waited for. A line that failed
    alone counts its tries; parked, it waits for the administrator and keeps nothing of the error but its class.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report_id = models.UUIDField()
    lane = models.CharField(max_length=8, choices=Lane)
    at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(null=True)
    fault = models.CharField(max_length=60, null=True)  # noqa: DJ001 - no line has one before it failed
    retry_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "intelligence_outbox"
        indexes = [
            models.Index(fields=["lane", "at"], name="intelligence_outbox_lane"),
            models.Index(fields=["report_id"], name="intelligence_outbox_report"),
        ]

    def __str__(self) -> str:
        return self.lane


class DepositCount(models.Model):
    """How many reports an agent typed today for one case (S-1): the case is a hash, never its reference."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agent_id = models.UUIDField()
    case_hash = models.UUIDField()
    day = models.DateField()
    count = models.PositiveIntegerField()

    class Meta:
        db_table = "intelligence_depositcount"
        constraints = [
            models.UniqueConstraint(fields=["agent_id", "day", "case_hash"], name="intelligence_deposit_once")
        ]

    def __str__(self) -> str:
        return str(self.day)
