"""Planned events, and the queue of those that others have not met yet."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from recoupe.access.enums import Purpose
from recoupe.access.models import Protected
from recoupe.operations.enums import EventKind, EventShape, EventState, Existence
from recoupe.operations.presence.models import Presence

__all__ = ["Event", "Outbox", "Presence"]


class Event(Protected):
    """Where and when a unit will be, read by that unit alone; `legs` are rows of `rules.Leg`, moments in UTC."""

    ref = models.CharField(max_length=24)
    label = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=16, choices=EventKind)
    # Empty for a mark of the source bureau that names no place.
    shape = models.CharField(max_length=8, choices=EventShape, blank=True)
    legs = models.JSONField()
    radius_m = models.PositiveIntegerField(default=0)
    commune_code = models.CharField(max_length=5, blank=True)
    in_town = models.BooleanField()
    zone = models.CharField(max_length=32)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    armed = models.BooleanField()
    existence = models.CharField(max_length=12, choices=Existence, default=Existence.BOTH)
    purpose = models.CharField(max_length=32, choices=Purpose)
    # Registered targets and procedures that it concerns, as kind:identifier; this room does not know what they are.
    concerns = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    # What it looks for, as typed: by these it meets events, registrations and reports wherever they are.
    plates = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    phones = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    imeis = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    author_id = models.UUIDField()
    state = models.CharField(max_length=12, choices=EventState, default=EventState.PLANNED)
    changed_at = models.DateTimeField(default=timezone.now)
    motive = models.CharField(max_length=300, blank=True)
    # S-3: the head of its unit made it silent until that day, and why.
    silent_until = models.DateField(null=True, blank=True)
    silent_reason = models.CharField(max_length=300, blank=True)

    class Meta(Protected.Meta):
        constraints = [
            # By unit: a clash must not betray another service's event.
            models.UniqueConstraint(fields=["owner_unit", "ref"], name="operations_event_ref"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="operations_event_window"),
            models.CheckConstraint(
                condition=Q(silent_until__isnull=True) | Q(silent_reason__gt=""), name="operations_event_silent"
            ),
            # S-7: of what the source bureau marks, where, when and by which identifiers, and nothing else.
            models.CheckConstraint(
                condition=~Q(kind=EventKind.MARK)
                | Q(label="", armed=False, concerns=[], existence=Existence.HOLDER_ONLY, silent_until__isnull=True),
                name="operations_event_mark",
            ),
        ]
        indexes = [
            models.Index(fields=["owner_unit", "starts_at"], name="operations_event_calendar"),
            GinIndex(fields=["concerns"], name="operations_event_concerns"),
            models.Index(
                fields=["silent_until"], condition=Q(silent_until__isnull=False), name="operations_event_silence"
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class Outbox(models.Model):
    """An event that was entered or changed, until it is compared; the database fills it, the matcher drains it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event_id = models.UUIDField(db_index=True)
    at = models.DateTimeField()
    # Set when it failed: not before then.
    tries = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.event_id)
