"""The matcher's own: where events stand in space and time. What the sides learn are rows of the cross-check."""

import uuid

from django.db import models

from recoupe.deconfliction.settling.models import Opinion, Settlement, SettlementStep

__all__ = ["Bucket", "Conflict", "Opinion", "Settlement", "SettlementStep", "Window"]


class Window(models.Model):
    """One live event as it is compared: no kind, no label, nothing of what it concerns."""

    event_id = models.UUIDField(primary_key=True)
    unit_id = models.UUIDField()
    author_id = models.UUIDField()
    purpose = models.CharField(max_length=32)
    tells_self = models.BooleanField()
    tells_other = models.BooleanField()
    corridor = models.BooleanField()
    in_town = models.BooleanField()
    armed = models.BooleanField()
    radius_m = models.PositiveIntegerField()
    legs = models.JSONField()
    starts_at = models.DateTimeField()
    # What is over leaves, the oldest first.
    ends_at = models.DateTimeField(db_index=True)
    at = models.DateTimeField()
    # Whether its identifiers stand in the index of the cross-check.
    named = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [models.Index(fields=["ends_at"], condition=models.Q(named=True), name="deconfliction_window_named")]

    def __str__(self) -> str:
        return str(self.event_id)


class Bucket(models.Model):
    """One day × cell in which an event may be met."""

    pk = models.CompositePrimaryKey("number", "event_id")
    number = models.BigIntegerField()
    event_id = models.UUIDField(db_index=True)

    def __str__(self) -> str:
        return str(self.number)


class Conflict(models.Model):
    """Two events that meet; its identifier is that of their hit, by which both sides were told."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    low = models.UUIDField()
    high = models.UUIDField(db_index=True)
    # The earlier of the two starts: before it both are reminded, once.
    starts_at = models.DateTimeField()
    told_at = models.DateTimeField()
    alerted_at = models.DateTimeField(null=True)
    live = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["low", "high"], name="deconfliction_conflict_once")]
        indexes = [
            models.Index(
                fields=["starts_at"],
                condition=models.Q(live=True, alerted_at__isnull=True),
                name="deconfliction_conflict_due",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
