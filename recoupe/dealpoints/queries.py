"""Reads of deal points: what the acting agent may see, by the policy of the rows and by nothing else."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from recoupe.access import feed
from recoupe.access.agent import Agent
from recoupe.access.beat import PAGE_MS, at_beat
from recoupe.access.feed import Cursor
from recoupe.audit import reading
from recoupe.audit.reading import Opening, Wanted
from recoupe.dealpoints import rules
from recoupe.dealpoints.enums import ON_MAP, DealPointState
from recoupe.dealpoints.filters import Filters
from recoupe.dealpoints.models import DealPoint, Evidence, Price, StateChange
from recoupe.dealpoints.sheet import STATES, Sheet, sheet
from recoupe.kernel.place import Point
from recoupe.kernel.refusal import Absent, gettext_noop

# Each by its key; the policy of the table says which of them the agent reads.
_NAMES = """
    SELECT p.id, p.ref, p.name, p.state
      FROM unnest(%s::uuid[]) AS named (id) JOIN dealpoints_dealpoint p ON p.id = named.id
"""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and where the next one starts (None: this was the last)."""

    rows: list[DealPoint]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Name:
    """A deal point as a line of another page names it."""

    id: UUID
    ref: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Stock:
    """The deal points that the agent may see, at the end of a day: how many, and by state.

    `known`: the day at whose end this was recorded; what was learned later is not in it.
    """

    on: date
    known: date
    total: int
    by_state: dict[DealPointState, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """What lies between the stock of a day, as it was told that day, and today's: three causes that add up to the unit.

    `definition`: another rule of what counts; `counting`: what was learned since of that same day (points found later,
    errors mended, doubles merged or parted); `appeared` and `ceased`: what changed out there.
    """

    then: Stock
    today: Stock
    definition: int
    counting: int
    appeared: int
    ceased: int

    @property
    def told(self) -> int:
        """What was told that day."""
        return self.then.total

    @property
    def now(self) -> int:
        """Today's."""
        return self.today.total


def point(agent: Agent, point_id: UUID) -> DealPoint:
    """One point; Absent when there is none that the agent may read."""
    found: DealPoint | None = DealPoint.objects.filter(pk=point_id).first()
    if found is None:
        raise Absent(gettext_noop("Ce point de deal n'existe pas ou n'est pas à votre portée."))
    return found


def points(agent: Agent, point_ids: Iterable[UUID]) -> dict[UUID, DealPoint]:
    """Those of these points that the agent may read."""
    return DealPoint.objects.by_id(list(point_ids))


def names(agent: Agent, point_ids: Collection[UUID]) -> dict[UUID, Name]:
    """The same, as far as a line names them: a page that names a hundred does not read them whole."""
    if not point_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, [list(point_ids)])
        return {row[0]: Name(*row) for row in cursor.fetchall()}


def by_ref(agent: Agent, ref: str) -> DealPoint:
    """One point by its reference; Absent as above."""
    found: DealPoint | None = DealPoint.objects.filter(ref=ref).first()
    if found is None:
        raise Absent(gettext_noop("Ce point de deal n'existe pas ou n'est pas à votre portée."))
    return found


def evidence(agent: Agent, of: DealPoint) -> list[Evidence]:
    """The evidence of a point that the agent may see, newest first: not all of it to the whole territory."""
    # Two services may each have joined the same record: whoever reads both rows reads of one record.
    found: dict[tuple[str, UUID], Evidence] = {}
    for row in Evidence.objects.filter(Q(counts_for=of) | Q(point=of)).order_by("-at", "id"):
        found.setdefault((row.record_kind, row.record_id), row)
    return list(found.values())


def history(agent: Agent, of: DealPoint) -> list[StateChange]:
    """Every step of a point's life, oldest first."""
    return list(StateChange.objects.filter(point=of).order_by("step"))


def prices(agent: Agent, of: DealPoint) -> list[Price]:
    """What was paid there, the latest day first: of one product, unit and day the last word alone."""
    found: dict[tuple[str, str, date], Price] = {}
    for row in Price.objects.filter(point=of).order_by("-day", "-at", "id"):
        found.setdefault((row.product, row.unit, row.day), row)
    return list(found.values())


def points_of_record(agent: Agent, record_id: UUID) -> list[DealPoint]:
    """The points for which a record speaks, among those that the agent may read with that evidence."""
    named = Evidence.objects.filter(record_id=record_id).values_list("counts_for_id", flat=True)
    return list(DealPoint.objects.filter(pk__in=list(named)).order_by("ref"))


def recent(agent: Agent, before: Cursor | None = None, limit: int = 25, filters: Filters | None = None) -> Page:
    """The newest points, by keyset pages and without totals; a filtered page may be short before the end."""
    wanted = filters or Filters()

    def passing(ids: list[UUID]) -> dict[UUID, DealPoint]:
        return {row.pk: row for row in wanted.apply(DealPoint.objects.among(ids))}

    return Page(*feed.narrowed("dealpoint", limit, before, passing))


def matching(agent: Agent, filters: Filters, limit: int) -> list[DealPoint]:
    """The points of a filter by their reference, at most that many: what a file that leaves the house holds."""
    with at_beat(PAGE_MS):
        return list(filters.apply(DealPoint.objects.order_by("ref", "id"))[:limit])


def _within(bounds: rules.Bounds) -> "QuerySet[DealPoint]":
    """Rows of a window: by cell numbers, which the index serves under row security, then by the degrees."""
    cells = Q()
    for first, last in rules.cell_ranges(bounds):
        cells |= Q(cell_number__range=(first, last))
    degrees = Q(lon__range=(bounds.west, bounds.east), lat__range=(bounds.south, bounds.north))
    rows: QuerySet[DealPoint] = DealPoint.objects.filter(cells & degrees)
    return rows


def near(agent: Agent, where: Point, metres: float = 300) -> list[tuple[DealPoint, int]]:
    """Points still followed around a place, nearest first with their distance: is it the same one?"""
    margin = metres / 111_000
    wide = margin / max(0.1, abs(1 - abs(where.lat) / 90))
    bounds = rules.Bounds(
        max(-180.0, where.lon - wide), max(-90.0, where.lat - margin),
        min(180.0, where.lon + wide), min(90.0, where.lat + margin),
    )  # fmt: skip
    with at_beat(PAGE_MS):
        found = list(_within(bounds).filter(state__in=ON_MAP))
    measured = ((p, round(where.distance_m(Point(p.lon, p.lat)))) for p in found)
    return sorted(((p, d) for p, d in measured if d <= metres), key=lambda pair: pair[1])


def stock_at(agent: Agent, on: date, department: str = "", known: date | None = None) -> Stock:
    """The stock at the end of a day, of a department or of all, counted again from the history that the agent sees.

    `known` (that day when none is given): a figure that was told on a day is given again to the unit.
    """
    of = sheet(agent)
    told = known or on
    return _stock(on, told, of.states_at(on, told)[_of_department(of, department)])


def _of_department(of: Sheet, department: str) -> NDArray[np.bool_]:
    """The rows that concern a department; all of them when none is named."""
    return of.concerning(department) if department else np.ones(len(of), dtype=bool)


def _stock(on: date, known: date, states: NDArray[np.int8]) -> Stock:
    found = np.bincount(states[states >= 0], minlength=len(STATES))
    counted = {state: int(n) for state, n in zip(STATES, found, strict=True) if n}
    return Stock(on, known, sum(counted.get(state, 0) for state in rules.counted_on(known)), counted)


def difference(agent: Agent, then: date, now: date, department: str = "") -> Difference:
    """The stock of a day as it was told, today's, and what lies between them, to the unit."""
    of = sheet(agent)
    among = _of_department(of, department)
    told, learned, here = (of.states_at(*days)[among] for days in ((then, then), (then, now), (now, now)))
    rule = rules.counted_on(now)
    was, stands, by_rule = (of.of_states(rule, states) for states in (learned, here, told))
    before, today = _stock(then, then, told), _stock(now, now, here)
    return Difference(
        then=before,
        today=today,
        definition=int(by_rule.sum()) - before.total,
        counting=int(was.sum()) - int(by_rule.sum()),
        appeared=int((stands & ~was).sum()),
        ceased=int((was & ~stands).sum()),
    )


def own_by_ref(agent: Agent, ref: str) -> DealPoint | None:
    """The point of the agent's own unit that carries this reference."""
    return DealPoint.objects.filter(ref=ref, owner_unit_id=agent.unit_id).first()


def openings(agent: Agent, wanted: Wanted) -> list[Opening]:
    """Who of other services opened a point that the agent's unit proposed: heads of unit alone are answered."""
    query = "SELECT * FROM dealpoints.reads_of_own(%s::timestamptz, %s::timestamptz, %s::uuid, %s::integer)"
    return reading.openings(query, "dealpoint", wanted)
