"""Where events stand in space and time, the matcher's own; and the dangers, read by duty desks and the watch desk.

What the sides learn of a mere conflict are rows of the cross-check.
"""

import uuid

from django.db import models

from recoupe.access.models import Protected
from recoupe.deconfliction.enums import DangerKind, DangerState, LineKind, ShiftState
from recoupe.deconfliction.settling.models import Opinion, Settlement, SettlementStep

__all__ = [
    "Bucket", "Conflict", "Danger", "DangerSide", "Opinion", "Settlement", "SettlementStep", "WatchLine",
    "WatchShift", "Window",
]  # fmt: skip


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
        indexes = [
            models.Index(fields=["ends_at"], condition=models.Q(named=True), name="deconfliction_window_named"),
            models.Index(fields=["starts_at"], name="deconfliction_window_start"),
        ]

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


class Danger(Protected):
    """Two events that must not meet unwarned, as the watch desk reads it: when, in which department, who was told.

    `owner_unit` is the office, whose watch desk alone reads it; `low` and `high` are the two events, read by nobody.
    """

    kind = models.CharField(max_length=16, choices=DangerKind)
    low = models.UUIDField()
    high = models.UUIDField(db_index=True)
    state = models.CharField(max_length=16, choices=DangerState, default=DangerState.OPEN)
    # Of the place where they meet; empty at sea and where no map reaches.
    department = models.CharField(max_length=3, blank=True)
    # From the earlier start to the later end.
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    # How many times it opened: what was acknowledged before is void.
    times = models.PositiveSmallIntegerField(default=1)
    closed_at = models.DateTimeField(null=True)

    class Meta(Protected.Meta):
        constraints = [
            models.UniqueConstraint(fields=["low", "high", "kind"], name="deconfliction_danger_once"),
            models.CheckConstraint(
                condition=models.Q(state=DangerState.CLOSED, closed_at__isnull=False)
                | (~models.Q(state=DangerState.CLOSED) & models.Q(closed_at__isnull=True)),
                name="deconfliction_danger_closed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["starts_at"], condition=~models.Q(state=DangerState.CLOSED), name="deconfliction_danger_open"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    def beside(self, event_id: uuid.UUID) -> uuid.UUID:
        """The other one of the two."""
        return self.high if self.low == event_id else self.low


class DangerSide(Protected):
    """What one unit's duty desk learns of a danger: that there is one, whom to call, when it begins."""

    danger = models.ForeignKey(Danger, on_delete=models.PROTECT, related_name="sides")
    event_id = models.UUIDField()
    other_code = models.CharField(max_length=16)
    other_name = models.CharField(max_length=120)
    other_contact = models.CharField(max_length=80)
    other_phone = models.CharField(max_length=20)
    other_email = models.CharField(max_length=80)
    starts_at = models.DateTimeField()
    # Whether its hierarchy alone is spoken to, and never its team: it must not learn of a silent holder.
    hierarchy = models.BooleanField(default=False, db_default=False)
    live = models.BooleanField(default=True)
    # Told for the last time, and how many times since it opened.
    told_at = models.DateTimeField()
    told_times = models.PositiveSmallIntegerField(default=1)
    acknowledged_by = models.UUIDField(null=True)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta(Protected.Meta):
        constraints = [
            models.UniqueConstraint(fields=["danger", "event_id"], name="deconfliction_dangerside_once"),
            models.CheckConstraint(
                condition=models.Q(acknowledged_by__isnull=True, acknowledged_at__isnull=True)
                | models.Q(acknowledged_by__isnull=False, acknowledged_at__isnull=False),
                name="deconfliction_dangerside_by",
            ),
        ]
        indexes = [
            models.Index(
                fields=["told_at"],
                condition=models.Q(live=True, acknowledged_at__isnull=True),
                name="deconfliction_dangerside_due",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class WatchShift(Protected):
    """Who keeps the watch desk, since when; one at a time. `owner_unit` is the office."""

    agent_id = models.UUIDField()
    state = models.CharField(max_length=8, choices=ShiftState, default=ShiftState.HELD)
    since = models.DateTimeField()
    offered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # Why he took over from somebody who had not handed over.
    motive = models.CharField(max_length=300, blank=True)

    class Meta(Protected.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["owner_unit"], condition=~models.Q(state=ShiftState.ENDED), name="deconfliction_watchshift_one"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class WatchLine(Protected):
    """What the watch desk wrote of a danger: a call to one of its sides, answered or not, a note for the next shift."""

    danger = models.ForeignKey(Danger, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=4, choices=LineKind)
    side = models.ForeignKey(DangerSide, on_delete=models.PROTECT, null=True, related_name="calls")
    reached = models.BooleanField(null=True)
    text = models.CharField(max_length=300, blank=True)
    author_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta(Protected.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind=LineKind.CALL, side__isnull=False, reached__isnull=False)
                | models.Q(kind=LineKind.NOTE, side__isnull=True, reached__isnull=True),
                name="deconfliction_watchline_kind",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
