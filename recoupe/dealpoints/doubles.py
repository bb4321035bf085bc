"""Points that may be one: proposed to whoever reads both, decided by the cell's head, merged by nobody else."""

from collections.abc import Iterable
from dataclasses import dataclass

from shapely import Point as Dot
from shapely import STRtree

from recoupe.access.agent import Agent
from recoupe.access.beat import PAGE_MS, at_beat
from recoupe.dealpoints import queries, rules
from recoupe.dealpoints.enums import ON_MAP, DealPointKind
from recoupe.dealpoints.models import DealPoint
from recoupe.kernel.place import Point

# A degree of latitude, in metres; one of longitude is shorter everywhere else than on the equator.
DEGREE_M = 111_000
# Enough for a morning's work; the nearest first.
MOST_PAIRS = 50


@dataclass(frozen=True, slots=True)
class Pair:
    """Two points that the agent reads, the elder first, and how many metres lie between them."""

    one: DealPoint
    other: DealPoint
    metres: int


def of_point(agent: Agent, point: DealPoint) -> list[tuple[DealPoint, int]]:
    """The points that may be the same as this one, nearest first, with their distance; none of one that is closed."""
    if point.state not in ON_MAP:
        return []
    near = queries.near(agent, Point(point.lon, point.lat), rules.NEAR_MOST_M)
    return [
        (other, m) for other, m in near if other.pk != point.pk and rules.may_be_one(_known(point), _known(other), m)
    ]


def pairs(agent: Agent, department: str) -> list[Pair]:
    """The pairs of a department that may be one, among the points that the agent reads, nearest first."""
    with at_beat(PAGE_MS):
        rows = list(
            DealPoint.objects.filter(state__in=ON_MAP, departments__contains=[department]).order_by("created_at")
        )
    return sorted(_paired(rows), key=lambda pair: (pair.metres, pair.one.ref))[:MOST_PAIRS]


def _paired(rows: list[DealPoint]) -> Iterable[Pair]:
    if not rows:
        return
    dots = [Dot(row.lon, row.lat) for row in rows]
    # Degrees widened for the latitude of the whole country: what the box lets in, the distance decides.
    reach = 2 * rules.NEAR_MOST_M / DEGREE_M
    for first, second in zip(*STRtree(dots).query([dot.buffer(reach) for dot in dots]), strict=True):
        if first < second:
            one, other = rows[first], rows[second]
            metres = Point(one.lon, one.lat).distance_m(Point(other.lon, other.lat))
            if rules.may_be_one(_known(one), _known(other), metres):
                yield Pair(one, other, round(metres))


def _known(point: DealPoint) -> rules.Known:
    return rules.Known(DealPointKind(point.kind), point.uncertainty_m)
