"""The index of events, the matcher's alone: one is entered with the widest margins, and asks with none."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from recoupe.crosscheck.bulk import insert
from recoupe.crosscheck.models import IndexRecord
from recoupe.deconfliction.models import Window
from recoupe.deconfliction.rules import Footprint, Limits, Margins, buckets, meet
from recoupe.operations.enums import EventShape, Existence
from recoupe.operations.rules import Leg
from recoupe.reference.enums import File

NONE = Margins(0, 0)
# Two matchers compare one after the other: of two simultaneous entries the second finds the first.
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('recoupe events'))"
_TAKE = "SELECT * FROM operations.take_event(%s::timestamptz)"
_ENTER = """
    INSERT INTO deconfliction_bucket (number, event_id) SELECT unnest(%s::bigint[]), %s::uuid
"""
_NEAR = """
    SELECT w.* FROM deconfliction_window w
     WHERE w.event_id IN (SELECT b.event_id FROM deconfliction_bucket b WHERE b.number = ANY (%s::bigint[]))
       AND w.unit_id <> %s::uuid AND w.starts_at <= %s::timestamptz AND w.ends_at >= %s::timestamptz
"""
# What is over leaves some at a time, more than comes: the index never holds more than what is still to be met.
LEAVING = 100
_PAST = """
    SELECT event_id FROM deconfliction_window WHERE ends_at < %s::timestamptz AND NOT named ORDER BY ends_at LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """One event off the queue, as `operations.take_event` gives it; moments in UTC."""

    id: UUID
    unit: UUID
    author: UUID
    purpose: str
    shape: str
    in_town: bool
    armed: bool
    existence: str
    radius_m: int
    legs: Sequence[Sequence[float]]
    starts_at: datetime
    ends_at: datetime
    at: datetime
    live: bool
    # (kind, as written) of what it looks for; surname, first names, birth date of whom it concerns.
    names: Sequence[tuple[str, str]]
    people: Sequence[tuple[str, str, str | None]]
    silent: bool

    def window(self) -> Window:
        """As the index keeps it."""
        return Window(
            event_id=self.id,
            unit_id=self.unit,
            author_id=self.author,
            purpose=self.purpose,
            tells_self=self.existence != Existence.NOBODY,
            tells_other=self.existence == Existence.BOTH and not self.silent,
            corridor=self.shape == EventShape.CORRIDOR,
            in_town=self.in_town,
            armed=self.armed,
            radius_m=self.radius_m,
            legs=self.legs,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            at=self.at,
            named=self.live and bool(self.names or self.people),
        )


def take(now: datetime) -> Taken | None:
    """The next event of the queue, alone with the index until this transaction ends; None when the queue is empty."""
    with connection.cursor() as cursor:
        cursor.execute(_ALONE)
        cursor.execute(_TAKE, [now])
        row = cursor.fetchone()
    if row is None:
        return None
    values = dict(zip((field.name for field in fields(Taken)), row, strict=True))
    # A function answers JSON as text.
    return Taken(**values | {name: json.loads(values[name]) for name in ("legs", "names", "people")})


def footprint(window: Window, limits: Limits) -> Footprint:
    """What the rules compare."""
    margins = limits.margins(corridor=window.corridor, in_town=window.in_town)
    # A place of several legs is a zone: they are its sides.
    filled = not window.corridor and len(window.legs) > 1
    return Footprint(tuple(Leg.of_row(row) for row in window.legs), window.radius_m, margins, filled)


def forget(*event_ids: UUID) -> None:
    """Nothing meets them any more."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM deconfliction_bucket WHERE event_id = ANY (%s::uuid[])", [list(event_ids)])
        cursor.execute("DELETE FROM deconfliction_window WHERE event_id = ANY (%s::uuid[])", [list(event_ids)])


def let_go(over: datetime) -> None:
    """Some of those that ended before this moment leave, the oldest first, once nothing that they name is kept."""
    with connection.cursor() as cursor:
        cursor.execute(_PAST, [over, LEAVING])
        past = [event_id for (event_id,) in cursor.fetchall()]
    if past:
        forget(*past)


def enter(window: Window, limits: Limits) -> None:
    """From now on others meet it."""
    insert([window])
    numbers = buckets(footprint(window, limits), limits.widest)
    with connection.cursor() as cursor:
        cursor.execute(_ENTER, [numbers, window.event_id])


def met(window: Window, limits: Limits, over: datetime) -> list[Window]:
    """The events of other units that it meets, by the exact rule; none that ended before `over`."""
    own = footprint(window, limits)
    wait = timedelta(seconds=limits.widest.seconds)
    params = [buckets(own, NONE), window.unit_id, window.ends_at + wait, max(window.starts_at - wait, over)]
    return [near for near in Window.objects.raw(_NEAR, params) if meet(own, footprint(near, limits))]


def windows(event_ids: Iterable[UUID], over: datetime) -> dict[UUID, Window]:
    """Those of these events that are in the index and did not end before `over`."""
    return Window.objects.filter(ends_at__gte=over).in_bulk(list(event_ids))


def same(one: Window, other: Window) -> bool:
    """Whether an event is as it was in all that is compared or told."""
    return all(
        getattr(one, column.attname) == getattr(other, column.attname) for column in Window._meta.concrete_fields
    )


def moved(before: Window, now: Window) -> bool:
    """Whether an event is somewhere else or at another hour than it was."""
    return any(getattr(before, name) != getattr(now, name) for name in ("legs", "radius_m", "starts_at", "ends_at"))


def record(window: Window) -> IndexRecord:
    """An event as the cross-check knows a record: it says who is told, and by whom it is answered for."""
    return IndexRecord(
        record_id=window.event_id,
        record_kind="event",
        unit_id=window.unit_id,
        file=File.EVENTS,
        purpose=window.purpose,
        tells_self=window.tells_self,
        tells_other=window.tells_other,
        departments=[],
        office_reads=False,
        batch=False,
        author_id=window.author_id,
        at=window.at,
    )
