"""Planned events, and the queue of those that others have not met yet."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from recoupe.access.enums import Purpose
from recoupe.access.models import Protected
from recoupe.operations.enums import EventKind, EventShape, EventState, Existence


class Event(Protected):
    """Where and when a unit will be, read by that unit alone; `legs` are rows of `rules.Leg`, moments in UTC."""

    ref = models.CharField(max_length=24)
    label = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=16, choices=EventKind)
    shape = models.CharField(max_length=8, choices=EventShape)
    legs = models.JSONField()
    radius_m = models.PositiveIntegerField(default=0)
    commune_code = models.CharField(max_length=5)
    in_town = models.BooleanField()
    zone = models.CharField(max_length=32)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    armed = models.BooleanField()
    existence = models.CharField(max_length=12, choices=Existence, default=Existence.BOTH)
    purpose = models.CharField(max_length=32, choices=Purpose)
    # Registered targets and procedures that it concerns, as kind:identifier; this room does not know what they are.
    concerns = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    author_id = models.UUIDField()
    state = models.CharField(max_length=12, choices=EventState, default=EventState.PLANNED)
    changed_at = models.DateTimeField(default=timezone.now)
    motive = models.CharField(max_length=300, blank=True)

    class Meta(Protected.Meta):
        constraints = [
            # By unit: a clash must not betray another service's event.
            models.UniqueConstraint(fields=["owner_unit", "ref"], name="operations_event_ref"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="operations_event_window"),
        ]
        indexes = [models.Index(fields=["owner_unit", "starts_at"], name="operations_event_calendar")]

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
