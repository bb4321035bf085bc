"""When two events meet: against sampled arcs; the index misses none; neither date line nor midnight is a border."""

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from recoupe.deconfliction.rules import (
    Footprint,
    Limits,
    Margins,
    buckets,
    distance_m,
    gap_s,
    meet,
)
from recoupe.kernel.place import EARTH_RADIUS_M, Point
from recoupe.operations.rules import Leg

NOON = datetime(2027, 1, 15, 12, tzinfo=UTC)
LIMITS = Limits(500, 2000, 60, 2000, 30)
NONE = Margins(0, 0)
SAMPLES = 200

near_lon = st.one_of(st.floats(5.0, 6.0), st.floats(179.5, 180.0), st.floats(-180.0, -179.5))
near_lat = st.one_of(st.floats(43.0, 44.0), st.floats(-17.0, -16.0))
points = st.builds(Point, near_lon, near_lat)
moments = st.integers(0, 3 * 86_400).map(lambda s: NOON + timedelta(seconds=s))


@st.composite
def legs(draw: st.DrawFn) -> Leg:
    """A leg of at most some tens of kilometres, perhaps a point, perhaps across the date line."""
    start = draw(points)
    lon = (start.lon + draw(st.floats(-0.4, 0.4)) + 540) % 360 - 180
    end = draw(st.sampled_from([start, Point(lon, start.lat + draw(st.floats(-0.3, 0.3)))]))
    since = draw(moments)
    return Leg(start, end, since, since + timedelta(seconds=draw(st.integers(60, 40_000))))


@st.composite
def footprints(draw: st.DrawFn) -> Footprint:
    corridor = draw(st.booleans())
    margins = LIMITS.margins(corridor=corridor, in_town=draw(st.booleans()))
    return Footprint(tuple(draw(st.lists(legs(), min_size=1, max_size=3))), draw(st.floats(0, 20_000)), margins)


def _vector(point: Point) -> tuple[float, float, float]:
    lon, lat = math.radians(point.lon), math.radians(point.lat)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def _sampled(leg: Leg) -> list[Point]:
    """Points along the arc, by the straight line between its ends put back on the sphere."""
    a, b = _vector(leg.start), _vector(leg.end)
    found = []
    for i in range(SAMPLES + 1):
        x, y, z = ((1 - i / SAMPLES) * p + i / SAMPLES * q for p, q in zip(a, b, strict=True))
        found.append(Point(math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))))
    return found


@settings(max_examples=60, deadline=None)
@given(legs(), legs())
def test_the_distance_is_that_of_the_nearest_points(one: Leg, other: Leg) -> None:
    sampled = min(a.distance_m(b) for a in _sampled(one) for b in _sampled(other))
    # Between two samples lies at most half a step of each arc.
    step = (one.start.distance_m(one.end) + other.start.distance_m(other.end)) / SAMPLES
    found = distance_m(one, other)
    assert found <= sampled + 0.01
    assert found >= sampled - step - 0.01


@settings(max_examples=200, deadline=None)
@given(footprints(), footprints())
def test_what_meets_shares_a_bucket_and_each_says_the_same(one: Footprint, other: Footprint) -> None:
    assert meet(one, other) is meet(other, one)
    if meet(one, other):
        assert set(buckets(one, LIMITS.widest)) & set(buckets(other, NONE))
        assert set(buckets(one, NONE)) & set(buckets(other, LIMITS.widest))


@given(legs(), st.integers(1, 20_000))
def test_windows_part_second_by_second(leg: Leg, seconds: int) -> None:
    after = Leg(leg.start, leg.end, leg.until + timedelta(seconds=seconds), leg.until + timedelta(hours=9))
    assert gap_s(leg, after) == gap_s(after, leg) == seconds


def _place(lon: float, lat: float, minutes: int = 0, *, in_town: bool = True) -> Footprint:
    since = NOON + timedelta(minutes=minutes)
    leg = Leg(Point(lon, lat), Point(lon, lat), since, since + timedelta(minutes=30))
    return Footprint((leg,), 0, LIMITS.margins(corridor=False, in_town=in_town))


def _north(metres: float) -> float:
    return math.degrees(metres / EARTH_RADIUS_M)


def test_places_meet_within_their_metres() -> None:
    here = _place(5.4, 43.3)
    assert meet(here, _place(5.4, 43.3 + _north(499)))
    assert not meet(here, _place(5.4, 43.3 + _north(501)))
    # Of two margins the wider counts.
    assert meet(here, _place(5.4, 43.3 + _north(1999), in_town=False))
    assert not meet(here, _place(5.4, 43.3 + _north(2001), in_town=False))


def test_places_meet_within_their_minutes() -> None:
    here = _place(5.4, 43.3)
    assert meet(here, _place(5.4, 43.3, 90))
    assert not meet(here, _place(5.4, 43.3, 91))


def test_two_routes_that_cross_meet_although_no_end_is_near() -> None:
    until = NOON + timedelta(hours=1)
    margins = LIMITS.margins(corridor=True, in_town=False)
    east = Footprint((Leg(Point(4, 45), Point(6, 45), NOON, until),), 0, margins)
    north = Footprint((Leg(Point(5, 44), Point(5, 46), NOON, until),), 0, margins)
    assert meet(east, north)
    late = Leg(Point(5, 44), Point(5, 46), until + timedelta(minutes=31), until + timedelta(hours=2))
    assert not meet(east, Footprint((late,), 0, margins))


def test_the_date_line_is_no_border() -> None:
    west, east = _place(179.9999, -16.5), _place(-179.9999, -16.5)
    assert meet(west, east)
    assert set(buckets(west, LIMITS.widest)) & set(buckets(east, NONE))


def test_midnight_is_no_border() -> None:
    before, after = _place(5.4, 43.3, 11 * 60 + 25), _place(5.4, 43.3, 12 * 60 + 5)
    assert before.legs[0].until.date() < after.legs[0].until.date()
    assert meet(before, after)
    assert set(buckets(before, LIMITS.widest)) & set(buckets(after, NONE))
