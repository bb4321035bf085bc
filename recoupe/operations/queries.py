"""Reads of events; row security decides what exists for the agent. The page records what it shows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import DateField, DateTimeField, F, Func, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.access.beat import leave_at_beat
from recoupe.access.feed import Cursor
from recoupe.kernel.refusal import Absent, gettext_noop
from recoupe.operations.enums import LIVE, EventKind
from recoupe.operations.models import Event

PAGE = 50
# What a month of one unit may hold and still be looked at.
MOST = 500
# No clock is further than this from that of Greenwich.
AROUND = timedelta(days=1)
# An event whose comparison still waits by then waits for others before it, and its own tells nothing.
JUST_NOW = timedelta(minutes=1)
SENTENCE_ABSENT = gettext_noop("Cet événement n'existe pas, ou vous n'avez pas à en connaître.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to: a kind, days by the clock of the place, a procedure as `concerns` names it."""

    kind: str = ""
    since: date | None = None
    until: date | None = None
    concerns: str = ""


ALL = Wanted()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and where the next one starts (None: this was the last)."""

    rows: list[Event]
    next: Cursor | None


def event(agent: Agent, event_id: UUID) -> Event:
    """An event that the agent may read; Absent alike when hidden and when it does not exist."""
    found: Event | None = Event.objects.filter(id=event_id).first()
    if found is None:
        raise Absent(SENTENCE_ABSENT)
    return found


def coming(agent: Agent, now: datetime, wanted: Wanted = ALL, start: Cursor | None = None, limit: int = PAGE) -> Page:
    """The events of the agent's unit that are not over, the next one first."""
    rows = _narrowed(Event.objects.filter(ends_at__gte=now), wanted)
    if start:
        rows = rows.filter(Q(starts_at__gt=start.at) | Q(starts_at=start.at, id__gt=start.id))
    return _page(rows.order_by("starts_at", "id"), limit)


def past(agent: Agent, now: datetime, wanted: Wanted = ALL, start: Cursor | None = None, limit: int = PAGE) -> Page:
    """Those that are, the last one first."""
    rows = _narrowed(Event.objects.filter(ends_at__lt=now), wanted)
    if start:
        rows = rows.filter(Q(starts_at__lt=start.at) | Q(starts_at=start.at, id__gt=start.id))
    return _page(rows.order_by("-starts_at", "id"), limit)


def between(agent: Agent, since: date, until: date, limit: int = MOST) -> list[Event]:
    """Those of the agent's unit that touch these days, by the clock of their own places; at most so many."""
    return list(_narrowed(Event.objects.all(), Wanted(since=since, until=until)).order_by("starts_at", "id")[:limit])


def _narrowed(rows: QuerySet[Event], wanted: Wanted) -> QuerySet[Event]:
    # The bureau's marks have a page of their own.
    rows = rows.exclude(kind=EventKind.MARK)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.concerns:
        rows = rows.filter(concerns__contains=[wanted.concerns])
    if wanted.since:
        rows = rows.filter(ends_at__gte=_midnight(wanted.since) - AROUND).annotate(last=_day("ends_at"))
        rows = rows.filter(last__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(starts_at__lte=_midnight(wanted.until) + 2 * AROUND).annotate(first=_day("starts_at"))
        rows = rows.filter(first__lte=wanted.until)
    return rows


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _day(moment: str) -> Cast:
    """The day of a moment by the clock of the event's place."""
    return Cast(Func(F("zone"), F(moment), function="timezone", output_field=DateTimeField()), DateField())


def _page(rows: QuerySet[Event], limit: int) -> Page:
    found = list(rows[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return Page(found[:limit], Cursor(last.starts_at, last.id) if last else None)


def events_by_id(agent: Agent, ids: Collection[UUID]) -> dict[UUID, Event]:
    """Those of these events that the agent reads."""
    return Event.objects.by_id(list(ids))


def reference_of(agent: Agent, event_id: UUID) -> str:
    """The reference of an event of the agent's own unit, also for its duty desk, which reads no event; else empty."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT operations.reference_of(%s::uuid)", [event_id])
        return cursor.fetchone()[0] or ""


def waits(agent: Agent, event: Event) -> bool:
    """Whether an event that the agent reads still waits for its comparison; asked before what it met is read.

    Of one that was changed just now at the beats since then alone: how long the matcher compares depends on what others
    hold (R-25, S-7).
    """
    if timezone.now() - event.changed_at < JUST_NOW:
        leave_at_beat(event.changed_at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT operations.waits(%s::uuid)", [event.id])
        return bool(cursor.fetchone()[0])


def marks(agent: Agent, now: datetime, limit: int = PAGE) -> list[Event]:
    """What the source bureau marks and is not over, the next one first."""
    live = Event.objects.filter(kind=EventKind.MARK, state__in=sorted(LIVE), ends_at__gte=now)
    return list(live.order_by("starts_at", "id")[:limit])
