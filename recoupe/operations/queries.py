"""Reads of events; row security decides what exists for the agent. The page records what it shows."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection

from recoupe.access.agent import Agent
from recoupe.kernel.refusal import Absent, gettext_noop
from recoupe.operations.models import Event

PAGE = 50
SENTENCE_ABSENT = gettext_noop("Cet événement n'existe pas, ou vous n'avez pas à en connaître.")


def event(agent: Agent, event_id: UUID) -> Event:
    """An event that the agent may read; Absent alike when hidden and when it does not exist."""
    found: Event | None = Event.objects.filter(id=event_id).first()
    if found is None:
        raise Absent(SENTENCE_ABSENT)
    return found


def coming(agent: Agent, now: datetime, limit: int = PAGE) -> list[Event]:
    """The events of the agent's unit that are not over, the next one first."""
    return list(Event.objects.filter(ends_at__gte=now).order_by("starts_at", "id")[:limit])


def past(agent: Agent, now: datetime, limit: int = PAGE) -> list[Event]:
    """Those that are, the last one first."""
    return list(Event.objects.filter(ends_at__lt=now).order_by("-starts_at", "id")[:limit])


def events_by_id(agent: Agent, ids: Collection[UUID]) -> dict[UUID, Event]:
    """Those of these events that the agent reads."""
    return Event.objects.by_id(list(ids))


def reference_of(agent: Agent, event_id: UUID) -> str:
    """The reference of an event of the agent's own unit, also for its duty desk, which reads no event; else empty."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT operations.reference_of(%s::uuid)", [event_id])
        return cursor.fetchone()[0] or ""


def waits(agent: Agent, event_id: UUID) -> bool:
    """Whether an event that the agent reads still waits for its comparison."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT operations.waits(%s::uuid)", [event_id])
        return bool(cursor.fetchone()[0])
