"""Zones against another geometry: a flat map around each pair, by a library, with arcs drawn as many short lines."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise

import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recoupe.deconfliction.rules import Footprint, Limits, Margins, buckets, gap_s, meet
from recoupe.kernel import sphere
from recoupe.kernel.place import EARTH_RADIUS_M, Point
from recoupe.operations.rules import Leg

NOON = datetime(2027, 1, 15, 12, tzinfo=UTC)
LIMITS = Limits(500, 2000, 60, 2000, 30)
NONE = Margins(0, 0)
# What the flat map of a pair some tens of kilometres wide may be wrong by; by how much a drawn arc cuts its corners.
DOUBT_M = 2.0
DRAWN = 40
# Marseille, Wallis, Nouméa, Papeete, Kerguelen, both sides of the date line, Adélie, a pole.
CENTRES = (
    Point(5.37, 43.3), Point(-176.2, -13.3), Point(166.45, -22.27), Point(-149.57, -17.54), Point(70.2, -49.35),
    Point(179.99, -16.5), Point(-179.99, -16.5), Point(140.0, -66.66), Point(30.0, 89.9),
)  # fmt: skip
centres = st.sampled_from(CENTRES)


def _moved(start: Point, bearing: float, metres: float) -> Point:
    """Where one arrives that leaves in this direction along a great circle."""
    lat, lon, far = math.radians(start.lat), math.radians(start.lon), metres / EARTH_RADIUS_M
    north = math.asin(math.sin(lat) * math.cos(far) + math.cos(lat) * math.sin(far) * math.cos(bearing))
    aside = math.sin(bearing) * math.sin(far) * math.cos(lat), math.cos(far) - math.sin(lat) * math.sin(north)
    east = math.degrees(lon + math.atan2(*aside))
    return Point((east + 540) % 360 - 180, math.degrees(north))


@st.composite
def near(draw: st.DrawFn, centre: Point, furthest_m: float = 25_000) -> Point:
    return _moved(centre, draw(st.floats(0, 2 * math.pi)), draw(st.floats(0, furthest_m)))


@st.composite
def rings(draw: st.DrawFn, centre: Point) -> list[Point]:
    """A star around some point near the centre, often hollow, never tangled."""
    middle, size = draw(near(centre, 12_000)), draw(st.floats(100, 15_000))
    count = draw(st.integers(3, 9))
    turned = [2 * math.pi * (n + draw(st.floats(0, 0.4))) / count for n in range(count)]
    return [_moved(middle, bearing, size * draw(st.floats(0.15, 1))) for bearing in turned]


@st.composite
def hours(draw: st.DrawFn) -> tuple[datetime, datetime]:
    since = NOON + timedelta(seconds=draw(st.one_of(st.just(0), st.integers(0, 2 * 86_400))))
    return since, since + timedelta(seconds=draw(st.integers(600, 40_000)))


@st.composite
def zones(draw: st.DrawFn, centre: Point) -> Footprint:
    when = draw(hours())
    legs = tuple(Leg(*side, *when) for side in sphere.sides(draw(rings(centre))))
    return Footprint(legs, 0, LIMITS.margins(corridor=False, in_town=draw(st.booleans())), filled=True)


@st.composite
def others(draw: st.DrawFn, centre: Point) -> Footprint:
    """A place, a route of some legs, another zone."""
    if draw(st.booleans()):
        return draw(zones(centre))
    corridor = draw(st.booleans())
    margins = LIMITS.margins(corridor=corridor, in_town=draw(st.booleans()))
    if not corridor:
        point = draw(near(centre))
        return Footprint((Leg(point, point, *draw(hours())),), draw(st.sampled_from([0.0, 100.0, 5_000.0])), margins)
    stops = draw(st.lists(near(centre), min_size=2, max_size=4))
    legs = tuple(Leg(*ends, *draw(hours())) for ends in pairwise(stops))
    return Footprint(legs, 0, margins)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Footprint, Footprint]:
    centre = draw(centres)
    return draw(zones(centre)), draw(others(centre))


def _flat(centre: Point, point: Point) -> tuple[float, float]:
    """Metres east and north on a map that is true in each direction from its centre."""
    far = centre.distance_m(point)
    lat, other = math.radians(centre.lat), math.radians(point.lat)
    turn = math.radians(point.lon - centre.lon)
    east = math.sin(turn) * math.cos(other)
    north = math.cos(lat) * math.sin(other) - math.sin(lat) * math.cos(other) * math.cos(turn)
    bearing = math.atan2(east, north)
    return far * math.sin(bearing), far * math.cos(bearing)


def _drawn(centre: Point, leg: Leg) -> list[tuple[float, float]]:
    a, b = sphere.unit(leg.start), sphere.unit(leg.end)
    found = []
    for i in range(DRAWN + 1):
        x, y, z = ((1 - i / DRAWN) * p + i / DRAWN * q for p, q in zip(a, b, strict=True))
        found.append(
            _flat(centre, Point(math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))))
        )
    return found


def _shape(centre: Point, footprint: Footprint, legs: Sequence[Leg]) -> shapely.Geometry:
    lines = [_drawn(centre, leg) for leg in legs]
    if footprint.filled:
        return shapely.Polygon([point for line in lines for point in line[:-1]])
    return shapely.MultiLineString(lines)


def _asunder_m(one: Footprint, other: Footprint) -> float:
    """Metres between what both occupy at hours that are not too far apart, infinite where nothing is."""
    seconds = max(one.margins.seconds, other.margins.seconds)
    centre, found = one.legs[0].start, math.inf
    for leg in other.legs:
        mine = [own for own in one.legs if gap_s(own, leg) <= seconds]
        if mine:
            theirs = other.legs if other.filled else [leg]
            found = min(found, float(shapely.distance(_shape(centre, one, mine), _shape(centre, other, theirs))))
    return found - one.radius_m - other.radius_m - max(one.margins.metres, other.margins.metres)


@settings(max_examples=400, deadline=None)
@given(pairs())
def test_a_zone_meets_what_the_map_says_and_nothing_else(pair: tuple[Footprint, Footprint]) -> None:
    zone, other = pair
    beyond = _asunder_m(zone, other)
    assume(abs(beyond) > DOUBT_M)
    assert meet(zone, other) is meet(other, zone) is (beyond < 0)


@settings(max_examples=400, deadline=None)
@given(pairs())
def test_what_a_zone_meets_shares_a_bucket(pair: tuple[Footprint, Footprint]) -> None:
    one, other = pair
    if meet(one, other):
        assert set(buckets(one, LIMITS.widest)) & set(buckets(other, NONE))
        assert set(buckets(one, NONE)) & set(buckets(other, LIMITS.widest))


@settings(max_examples=300, deadline=None)
@given(st.data(), centres)
def test_a_ring_is_tangled_when_the_map_says_so(data: st.DataObject, centre: Point) -> None:
    corners = data.draw(st.lists(near(centre, 5_000), min_size=3, max_size=7))
    assume(min(a.distance_m(b) for a, b in combinations(corners, 2)) > DOUBT_M)
    ring = shapely.LinearRing([_flat(centre, corner) for corner in corners])
    sides = [shapely.LineString([a, b]) for a, b in zip(ring.coords[:-1], ring.coords[1:], strict=True)]
    count = len(sides)
    apart = [
        shapely.distance(sides[i], sides[j])
        for i in range(count) for j in range(i + 2, count) if (i, j) != (0, count - 1)
    ]  # fmt: skip
    turns = [shapely.distance(sides[i], shapely.Point(ring.coords[(i + 2) % count])) for i in range(count)]
    turns += [shapely.distance(sides[i], shapely.Point(ring.coords[(i - 1) % count])) for i in range(count)]
    # Apart from what only just touches.
    assume(all(metres == 0 or metres > DOUBT_M for metres in apart) and min(turns) > DOUBT_M)
    assert sphere.tangled(corners, 0.01) is (not ring.is_simple)


@pytest.mark.parametrize("centre", CENTRES, ids=str)
def test_what_stands_in_the_middle_of_a_wide_zone_is_met(centre: Point) -> None:
    """Further from each side than any margin: only its inside tells."""
    corners = [_moved(centre, math.radians(60 * n), 19_000) for n in range(6)]
    until = NOON + timedelta(hours=1)
    legs = tuple(Leg(*side, NOON, until) for side in sphere.sides(corners))
    zone = Footprint(legs, 0, LIMITS.margins(corridor=False, in_town=True), filled=True)
    inside = Footprint((Leg(centre, centre, NOON, until),), 0, zone.margins)
    assert meet(zone, inside)
    assert meet(inside, zone)
    assert set(buckets(zone, LIMITS.widest)) & set(buckets(inside, NONE))
    assert set(buckets(zone, NONE)) & set(buckets(inside, LIMITS.widest))
    late = Leg(centre, centre, until + timedelta(minutes=61), until + timedelta(hours=2))
    assert not meet(zone, Footprint((late,), 0, zone.margins))
    around = Footprint(legs, 0, zone.margins)
    assert not meet(around, inside)
