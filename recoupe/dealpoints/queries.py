"""Reads of deal points: what the acting agent may see, by the policy of the rows and by nothing else."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Avg, Count, F, FloatField, Q, QuerySet, Value
from django.db.models.functions import Floor
from django.utils import timezone

from recoupe.access import feed
from recoupe.access.agent import Agent
from recoupe.access.beat import PAGE_MS, at_beat
from recoupe.access.feed import Cursor
from recoupe.audit import reading
from recoupe.audit.reading import Opening, Wanted
from recoupe.dealpoints import dating, rules
from recoupe.dealpoints.enums import ON_MAP, DealPointKind, DealPointState
from recoupe.dealpoints.models import DealPoint, Evidence, Price, StateChange
from recoupe.kernel.place import Point
from recoupe.kernel.refusal import Absent, gettext_noop

MOST_DRAWN = 100  # beyond that a map counts instead of naming: its journal entry holds at most 100 references
# Each by its key; the policy of the table says which of them the agent reads.
_NAMES = """
    SELECT p.id, p.ref, p.name, p.state
      FROM unnest(%s::uuid[]) AS named (id) JOIN dealpoints_dealpoint p ON p.id = named.id
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list or a map is narrowed to; empty means all."""

    states: frozenset[DealPointState] = frozenset()
    kinds: frozenset[DealPointKind] = frozenset()
    department: str = ""
    commune: str = ""
    product: str = ""

    def apply(self, rows: "QuerySet[DealPoint]") -> "QuerySet[DealPoint]":
        """The rows that pass."""
        wanted = Q()
        if self.states:
            wanted &= Q(state__in=self.states)
        if self.kinds:
            wanted &= Q(kind__in=self.kinds)
        if self.department:
            wanted &= Q(departments__contains=[self.department])
        if self.commune:
            wanted &= Q(commune_code=self.commune)
        if self.product:
            wanted &= Q(products__contains=[self.product])
        return rows.filter(wanted)


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


def map(agent: Agent, bounds: rules.Bounds, filters: Filters | None = None) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of the window: each point, or counts by square when they are more than 100.

    A window is of one's own choice, and the base looks at the points of others that lie in it: it leaves at a beat.
    """
    with at_beat():
        return _drawn(bounds, filters)


_DRAWN = (
    "id", "ref", "name", "kind", "state", "state_since", "lon", "lat", "uncertainty_m", "products", "violence",
    "minors_present",
)  # fmt: skip


def _drawn(bounds: rules.Bounds, filters: Filters | None) -> dict[str, Any]:
    rows = (filters or Filters(states=ON_MAP)).apply(_within(bounds))
    drawn = list(rows.order_by("cell_number", "id").values(*_DRAWN)[: MOST_DRAWN + 1])
    if len(drawn) <= MOST_DRAWN:
        return _collection([_feature(row) for row in drawn], aggregated=False)
    return _collection(_squares(rows, rules.grid_step(bounds)), aggregated=True)


def shown_on(collection: dict[str, Any]) -> list[tuple[str, UUID]]:
    """The references that a map names, for its journal entry; none when it only counts."""
    return [("dealpoint", UUID(f["id"])) for f in collection["features"] if "id" in f]


def _collection(features: list[dict[str, Any]], *, aggregated: bool) -> dict[str, Any]:
    return {"type": "FeatureCollection", "aggregated": aggregated, "features": features}


def _feature(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": str(row["id"]),
        "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
        "properties": {
            "ref": row["ref"],
            "name": row["name"],
            "kind": row["kind"],
            "kind_label": str(DealPointKind(row["kind"]).label),
            "state": row["state"],
            "state_label": str(DealPointState(row["state"]).label),
            "uncertainty_m": row["uncertainty_m"],
            "products": list(row["products"]),
            "violence": row["violence"],
            "minors_present": row["minors_present"],
            "since": timezone.localdate(row["state_since"]).isoformat(),
        },
    }


def _squares(rows: "QuerySet[DealPoint]", step: float) -> list[dict[str, Any]]:
    """Points counted by square, each square drawn at the mean of its points."""
    side = Value(step, FloatField())
    squares = rows.annotate(row=Floor(F("lat") / side), column=Floor(F("lon") / side)).values("row", "column")
    counted = squares.annotate(n=Count("id"), lon_mean=Avg("lon"), lat_mean=Avg("lat")).order_by("row", "column")
    return [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [square["lon_mean"], square["lat_mean"]]},
            "properties": {"count": square["n"]},
        }
        for square in counted
    ]


# The state of each point that the agent reads at a moment, by what was recorded before another one.
_STATES_AT = """
    SELECT DISTINCT ON (c.point_id) c.point_id, c.to_state FROM dealpoints_statechange c
     WHERE c.at < %s::timestamptz AND c.since < %s::timestamptz
       AND (%s::text = '' OR c.point_id IN (
            SELECT p.id FROM dealpoints_dealpoint p WHERE %s::text = ANY (p.departments)))
       AND NOT EXISTS (SELECT 1 FROM dealpoints_statechange u
            WHERE u.point_id = c.point_id AND u.at < %s::timestamptz AND c.step >= u.undoes AND c.step < u.step)
     ORDER BY c.point_id, c.step DESC
"""


def states_at(on: date, known: date, department: str) -> dict[UUID, DealPointState]:
    """The state at the end of a day of each point that the agent reads, by what was recorded at the end of another."""
    told = dating.end_of(known)
    with connection.cursor() as cursor:
        cursor.execute(_STATES_AT, [told, dating.end_of(on), department, department, told])
        return {point: DealPointState(state) for point, state in cursor.fetchall()}


def stock_at(agent: Agent, on: date, department: str = "", known: date | None = None) -> Stock:
    """The stock at the end of a day, of a department or of all, counted again from the history that the agent sees.

    `known` (that day when none is given): a figure that was told on a day is given again to the unit.
    """
    told = known or on
    with at_beat(PAGE_MS):
        states = states_at(on, told, department)
    return _stock(on, told, states)


def _stock(on: date, known: date, states: Mapping[UUID, DealPointState]) -> Stock:
    counted = Counter(states.values())
    return Stock(on, known, sum(counted[state] for state in rules.counted_on(known)), dict(counted))


def difference(agent: Agent, then: date, now: date, department: str = "") -> Difference:
    """The stock of a day as it was told, today's, and what lies between them, to the unit."""
    with at_beat(PAGE_MS):
        told, learned, here = (states_at(*of, department) for of in ((then, then), (then, now), (now, now)))
    rule = rules.counted_on(now)
    was = {point for point, state in learned.items() if state in rule}
    stands = {point for point, state in here.items() if state in rule}
    before, today = _stock(then, then, told), _stock(now, now, here)
    by_rule = sum(state in rule for state in told.values())
    return Difference(
        then=before,
        today=today,
        definition=by_rule - before.total,
        counting=len(was) - by_rule,
        appeared=len(stands - was),
        ceased=len(was - stands),
    )


def own_by_ref(agent: Agent, ref: str) -> DealPoint | None:
    """The point of the agent's own unit that carries this reference."""
    return DealPoint.objects.filter(ref=ref, owner_unit_id=agent.unit_id).first()


def openings(agent: Agent, wanted: Wanted) -> list[Opening]:
    """Who of other services opened a point that the agent's unit proposed: heads of unit alone are answered."""
    query = "SELECT * FROM dealpoints.reads_of_own(%s::timestamptz, %s::timestamptz, %s::uuid, %s::integer)"
    return reading.openings(query, "dealpoint", wanted)
