"""When two events meet in space and time, on the sphere, and where an event stands in the index. Pure.

The Earth is a sphere of 6,371 km (error below 0.6 %, as in `kernel.place`); a leg is an arc of a great circle that is
occupied whole during its whole window, so that doubt warns. Nothing here knows a date line or a projection.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from recoupe.kernel.place import EARTH_RADIUS_M, Point
from recoupe.operations.rules import Leg

Vector = tuple[float, float, float]
# Two ends, and a × b, which is nought for a point.
Arc = tuple[Vector, Vector, Vector]

# The index: cells of a fifth of a degree, days of the epoch.
CELL_DEG = 0.2
LON_CELLS = round(360 / CELL_DEG)
LAT_CELLS = round(180 / CELL_DEG)
DAY_S = 86_400
# An arc is indexed in pieces so short that it leaves the box of their ends by less than the slack.
PIECE_M = 10_000.0
SLACK_M = 50.0
# Shorter than six millimetres an arc has no direction but that of its rounding: it is a point.
POINT_RAD = 1e-9


@dataclass(frozen=True, slots=True)
class Margins:
    """How near is too near for one event (S-11): metres and seconds beyond its own place and window."""

    metres: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Footprint:
    """Where and when one event is: its legs, the radius around them, its margins."""

    legs: tuple[Leg, ...]
    radius_m: float
    margins: Margins


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


# ---------------------------------------------------------------------------------------------------------------
# The sphere
# ---------------------------------------------------------------------------------------------------------------
def _unit(point: Point) -> Vector:
    lon, lat = math.radians(point.lon), math.radians(point.lat)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _angle(a: Vector, b: Vector) -> float:
    """By the chord: right to the last digit for neighbours, where the cosine is not."""
    chord = math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2)
    return 2 * math.asin(min(1.0, chord / 2))


def _arc(leg: Leg) -> Arc:
    a, b = _unit(leg.start), _unit(leg.end)
    return a, b, _cross(a, b) if _angle(a, b) > POINT_RAD else (0.0, 0.0, 0.0)


def _to_arc(p: Vector, arc: Arc) -> float:
    """The angle between a point and an arc shorter than half the Earth."""
    a, b, normal = arc
    length = math.sqrt(_dot(normal, normal))
    if length > 0 and _dot(_cross(normal, a), p) > 0 and _dot(_cross(normal, b), p) < 0:
        return abs(math.asin(max(-1.0, min(1.0, _dot(normal, p) / length))))
    return min(_angle(p, a), _angle(p, b))


def _crossing(one: Arc, other: Arc) -> bool:
    """Whether two arcs cross inside: each has its ends on both sides of the other, on the same half of the Earth."""
    (a, b, ab), (c, d, cd) = one, other
    acb, bda = -_dot(ab, c), _dot(ab, d)
    if acb * bda <= 0:
        return False
    cbd, dac = -_dot(cd, b), _dot(cd, a)
    return acb * cbd > 0 and acb * dac > 0


def distance_m(one: Leg, other: Leg) -> float:
    """Metres between the nearest points of two legs, 0 where they cross."""
    mine, theirs = _arc(one), _arc(other)
    if _crossing(mine, theirs):
        return 0.0
    ends = [_to_arc(end, theirs) for end in mine[:2]] + [_to_arc(end, mine) for end in theirs[:2]]
    return EARTH_RADIUS_M * min(ends)


def gap_s(one: Leg, other: Leg) -> float:
    """Seconds between two windows; negative where they overlap."""
    return (max(one.since, other.since) - min(one.until, other.until)).total_seconds()


def meet(one: Footprint, other: Footprint) -> bool:
    """Whether some leg of one comes too near some leg of the other: of two margins the wider counts."""
    metres = one.radius_m + other.radius_m + max(one.margins.metres, other.margins.metres)
    seconds = max(one.margins.seconds, other.margins.seconds)
    return any(
        gap_s(mine, theirs) <= seconds and distance_m(mine, theirs) <= metres
        for mine in one.legs
        for theirs in other.legs
    )


def is_danger(one_armed: bool, other_armed: bool) -> bool:
    """Two armed teams that meet may take each other for the other side."""
    return one_armed and other_armed


# ---------------------------------------------------------------------------------------------------------------
# The index
# ---------------------------------------------------------------------------------------------------------------
def _pieces(leg: Leg) -> Iterator[tuple[Point, Point]]:
    """The arc in short pieces; a place is one piece."""
    a, b = _unit(leg.start), _unit(leg.end)
    angle = _angle(a, b)
    count = max(1, math.ceil(angle * EARTH_RADIUS_M / PIECE_M))
    if count == 1:
        yield leg.start, leg.end
        return
    points = [_point(a, b, angle, i / count) for i in range(count + 1)]
    yield from pairwise(points)


def _point(a: Vector, b: Vector, angle: float, share: float) -> Point:
    """The point of an arc at this share of its length."""
    first, second = math.sin((1 - share) * angle) / math.sin(angle), math.sin(share * angle) / math.sin(angle)
    x, y, z = (first * p + second * q for p, q in zip(a, b, strict=True))
    return Point(math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y))))


def _cells(start: Point, end: Point, reach_m: float) -> Iterator[int]:
    """Numbers of the cells within reach of the box of two near points; the date line is no border."""
    tall = math.degrees((reach_m + SLACK_M) / EARTH_RADIUS_M)
    south, north = min(start.lat, end.lat) - tall, max(start.lat, end.lat) + tall
    west, width = start.lon, (end.lon - start.lon + 540) % 360 - 180
    if width < 0:
        west, width = end.lon, -width
    furthest = max(abs(south), abs(north))
    # Where the reach holds a pole it holds every longitude.
    wide = 180.0 if furthest >= 89.9 else math.degrees(
        math.asin(min(1.0, math.sin(math.radians(tall)) / math.cos(math.radians(furthest))))
    )  # fmt: skip
    first, last = math.floor((west - wide + 180) / CELL_DEG), math.floor((west + width + wide + 180) / CELL_DEG)
    columns = {column % LON_CELLS for column in range(first, min(last, first + LON_CELLS) + 1)}
    rows = range(
        max(0, math.floor((south + 90) / CELL_DEG)), min(LAT_CELLS - 1, math.floor((north + 90) / CELL_DEG)) + 1
    )
    for row in rows:
        for column in columns:
            yield row * LON_CELLS + column


def buckets(footprint: Footprint, beyond: Margins) -> list[int]:
    """Where an event stands in the index, or looks in it: day × cell, `beyond` its radius and window.

    One of two events must be entered with the widest margins and the other ask with none, or no meeting is sure to
    share a bucket.
    """
    found: set[int] = set()
    for leg in footprint.legs:
        first = math.floor((leg.since.timestamp() - beyond.seconds) / DAY_S)
        last = math.floor((leg.until.timestamp() + beyond.seconds) / DAY_S)
        cells = {cell for piece in _pieces(leg) for cell in _cells(*piece, footprint.radius_m + beyond.metres)}
        found.update(day * LON_CELLS * LAT_CELLS + cell for day in range(first, last + 1) for cell in cells)
    return sorted(found)
