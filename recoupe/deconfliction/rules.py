"""When two events meet in space and time, on the sphere, and where an event stands in the index. Pure.

A leg is an arc of a great circle that is occupied whole during its whole window, so that doubt warns; the legs of a
zone are its sides, and what lies inside is at no distance. Nothing here knows a date line or a projection.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recoupe.kernel import sphere
from recoupe.kernel.place import EARTH_RADIUS_M, Point
from recoupe.operations.rules import Leg

# The index: cells of a fifth of a degree, days of the epoch.
CELL_DEG = 0.2
LON_CELLS = round(360 / CELL_DEG)
LAT_CELLS = round(180 / CELL_DEG)
DAY_S = 86_400
# An arc is indexed in pieces so short that it leaves the box of their ends by less than the slack.
PIECE_M = 10_000.0
SLACK_M = 50.0
# Beyond this latitude a zone is held to reach the pole.
POLAR_DEG = 89.0


@dataclass(frozen=True, slots=True)
class Margins:
    """How near is too near for one event (S-11): metres and seconds beyond its own place and window."""

    metres: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Footprint:
    """Where and when one event is: its legs, the radius around them, its margins; `filled` when they enclose it."""

    legs: tuple[Leg, ...]
    radius_m: float
    margins: Margins
    filled: bool = False

    def corners(self) -> list[Point]:
        """Those of a zone, each once."""
        return [leg.start for leg in self.legs]


@dataclass(frozen=True, slots=True)
class Limits:
    """The dated parameters of S-11."""

    town_m: float
    country_m: float
    window_minutes: float
    corridor_m: float
    corridor_minutes: float

    def margins(self, *, corridor: bool, in_town: bool) -> Margins:
        """Those of one event."""
        if corridor:
            return Margins(self.corridor_m, self.corridor_minutes * 60)
        return Margins(self.town_m if in_town else self.country_m, self.window_minutes * 60)

    @property
    def widest(self) -> Margins:
        """What no pair exceeds."""
        metres = max(self.town_m, self.country_m, self.corridor_m)
        return Margins(metres, 60 * max(self.window_minutes, self.corridor_minutes))


def distance_m(one: Leg, other: Leg) -> float:
    """Metres between the nearest points of two legs, 0 where they cross."""
    return sphere.apart(sphere.arc(one.start, one.end), sphere.arc(other.start, other.end))


def gap_s(one: Leg, other: Leg) -> float:
    """Seconds between two windows; negative where they overlap."""
    return (max(one.since, other.since) - min(one.until, other.until)).total_seconds()


def meet(one: Footprint, other: Footprint) -> bool:
    """Whether some leg of one comes too near one of the other, or one lies in the other: the wider margin counts."""
    metres = one.radius_m + other.radius_m + max(one.margins.metres, other.margins.metres)
    seconds = max(one.margins.seconds, other.margins.seconds)
    mine = [(leg, sphere.arc(leg.start, leg.end)) for leg in one.legs]
    theirs = [(leg, sphere.arc(leg.start, leg.end)) for leg in other.legs]
    return (
        any(gap_s(a, b) <= seconds and sphere.apart(here, there) <= metres for a, here in mine for b, there in theirs)
        or _encloses(one, other, seconds)
        or _encloses(other, one, seconds)
    )


def _encloses(zone: Footprint, other: Footprint, seconds: float) -> bool:
    """Whether some leg begins inside a zone in its hours; one that only goes through crosses a side."""
    if not zone.filled:
        return False
    ring = sphere.Ring(zone.corners())
    return any(gap_s(zone.legs[0], leg) <= seconds and ring.holds(sphere.unit(leg.start)) for leg in other.legs)


def meeting_place(one: Footprint, other: Footprint) -> Point:
    """Where two events that meet are nearest to one another: what tells their department."""
    seconds = max(one.margins.seconds, other.margins.seconds)
    mine = [(leg, sphere.arc(leg.start, leg.end)) for leg in one.legs]
    theirs = [(leg, sphere.arc(leg.start, leg.end)) for leg in other.legs]
    near = [sphere.nearest(here, there) for a, here in mine for b, there in theirs if gap_s(a, b) <= seconds]
    return sphere.point_of(min(near)[1])


def is_danger(one_armed: bool, other_armed: bool) -> bool:
    """Two armed teams that meet may take each other for the other side."""
    return one_armed and other_armed


# ---------------------------------------------------------------------------------------------------------------
# The index
# ---------------------------------------------------------------------------------------------------------------
def _cells(points: Sequence[Point], reach_m: float) -> Iterator[int]:
    """Numbers of the cells within reach of the box of near points; the date line is no border."""
    tall = math.degrees((reach_m + SLACK_M) / EARTH_RADIUS_M)
    south, north = min(point.lat for point in points) - tall, max(point.lat for point in points) + tall
    first_lon = points[0].lon
    aside = [(point.lon - first_lon + 540) % 360 - 180 for point in points]
    west, width = first_lon + min(aside), max(aside) - min(aside)
    furthest = max(abs(south), abs(north))
    if furthest >= POLAR_DEG:
        # Near a pole every longitude is near.
        south, north = (south, 90.0) if north > 0 else (-90.0, north)
        wide = 180.0
    else:
        wide = math.degrees(math.asin(min(1.0, math.sin(math.radians(tall)) / math.cos(math.radians(furthest)))))
    first, last = math.floor((west - wide + 180) / CELL_DEG), math.floor((west + width + wide + 180) / CELL_DEG)
    columns = {column % LON_CELLS for column in range(first, min(last, first + LON_CELLS) + 1)}
    rows = range(
        max(0, math.floor((south + 90) / CELL_DEG)), min(LAT_CELLS - 1, math.floor((north + 90) / CELL_DEG)) + 1
    )
    for row in rows:
        for column in columns:
            yield row * LON_CELLS + column


def _where(footprint: Footprint, beyond: float) -> Iterator[tuple[Leg, set[int]]]:
    """The cells of each leg; of a zone, whose legs share their hours, those of the box that holds it."""
    reach = footprint.radius_m + beyond
    parts = [list(sphere.pieces(leg.start, leg.end, PIECE_M)) for leg in footprint.legs]
    if footprint.filled:
        points = [end for part in parts for piece in part for end in piece]
        yield footprint.legs[0], set(_cells(points, reach))
        return
    for leg, part in zip(footprint.legs, parts, strict=True):
        yield leg, {cell for piece in part for cell in _cells(piece, reach)}


def buckets(footprint: Footprint, beyond: Margins) -> list[int]:
    """Where an event stands in the index, or looks in it: day × cell, `beyond` its radius and window.

    One of two events must be entered with the widest margins and the other ask with none, or no meeting is sure to
    share a bucket.
    """
    found: set[int] = set()
    for leg, cells in _where(footprint, beyond.metres):
        first = math.floor((leg.since.timestamp() - beyond.seconds) / DAY_S)
        last = math.floor((leg.until.timestamp() + beyond.seconds) / DAY_S)
        found.update(day * LON_CELLS * LAT_CELLS + cell for day in range(first, last + 1) for cell in cells)
    return sorted(found)
