"""Arcs of great circles and rings of them on a sphere: how far apart, what crosses, what lies inside. Pure.

The Earth is a sphere of 6,371 km (error below 0.6 %, as in `kernel.place`). Nothing here knows a date line, a pole or a
projection: points are unit vectors, angles are radians.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from recoupe.kernel.place import EARTH_RADIUS_M, Point

Vector = tuple[float, float, float]
# Two ends, and a × b, which is nought for a point.
Arc = tuple[Vector, Vector, Vector]

# Shorter than six millimetres an arc has no direction but that of its rounding: it is a point.
POINT_RAD = 1e-9


def unit(point: Point) -> Vector:
    """The point as a vector of length 1."""
    lon, lat = math.radians(point.lon), math.radians(point.lat)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def point_of(v: Vector) -> Point:
    """The point in the direction of a vector of any length."""
    x, y, z = v
    return Point(math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y))))


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _scaled(v: Vector) -> Vector:
    length = math.sqrt(_dot(v, v))
    return v[0] / length, v[1] / length, v[2] / length


def angle(a: Vector, b: Vector) -> float:
    """By the chord: right to the last digit for neighbours, where the cosine is not."""
    chord = math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2)
    return 2 * math.asin(min(1.0, chord / 2))


def arc(start: Point, end: Point) -> Arc:
    """The shorter way from one point to another."""
    a, b = unit(start), unit(end)
    return a, b, _cross(a, b) if angle(a, b) > POINT_RAD else (0.0, 0.0, 0.0)


def to_arc(p: Vector, along: Arc) -> float:
    """The angle between a point and an arc shorter than half the Earth."""
    a, b, normal = along
    length = math.sqrt(_dot(normal, normal))
    if length > 0 and _dot(_cross(normal, a), p) > 0 and _dot(_cross(normal, b), p) < 0:
        return abs(math.asin(max(-1.0, min(1.0, _dot(normal, p) / length))))
    return min(angle(p, a), angle(p, b))


def _crossing(one: Arc, other: Arc) -> bool:
    """Whether two arcs cross inside: each has its ends on both sides of the other, on the same half of the Earth."""
    (a, b, ab), (c, d, cd) = one, other
    acb, bda = -_dot(ab, c), _dot(ab, d)
    if acb * bda <= 0:
        return False
    cbd, dac = -_dot(cd, b), _dot(cd, a)
    return acb * cbd > 0 and acb * dac > 0


def apart(one: Arc, other: Arc) -> float:
    """Metres between the nearest points of two arcs, 0 where they cross."""
    if _crossing(one, other):
        return 0.0
    ends = [to_arc(end, other) for end in one[:2]] + [to_arc(end, one) for end in other[:2]]
    return EARTH_RADIUS_M * min(ends)


def nearest(one: Arc, other: Arc) -> tuple[float, Vector]:
    """The angle between two arcs, and where: at an end of one of them, or where they cross."""
    if _crossing(one, other):
        x, y, z = _cross(one[2], other[2])
        # Two great circles cross twice, on opposite halves of the Earth.
        return 0.0, (x, y, z) if _dot((x, y, z), one[0]) > 0 else (-x, -y, -z)
    return min([(to_arc(end, other), end) for end in one[:2]] + [(to_arc(end, one), end) for end in other[:2]])


def pieces(start: Point, end: Point, longest_m: float) -> Iterator[tuple[Point, Point]]:
    """The arc in pieces no longer than that; a point is one piece."""
    a, b = unit(start), unit(end)
    whole = angle(a, b)
    count = max(1, math.ceil(whole * EARTH_RADIUS_M / longest_m))
    if count == 1:
        yield start, end
        return
    yield from pairwise([_along(a, b, whole, i / count) for i in range(count + 1)])


def _along(a: Vector, b: Vector, whole: float, share: float) -> Point:
    """The point of an arc at this share of its length."""
    first, second = math.sin((1 - share) * whole) / math.sin(whole), math.sin(share * whole) / math.sin(whole)
    x, y, z = (first * p + second * q for p, q in zip(a, b, strict=True))
    return point_of((x, y, z))


# ---------------------------------------------------------------------------------------------------------------
# Rings: three corners or more, the last joined to the first, all within a quarter of the Earth of their middle
# ---------------------------------------------------------------------------------------------------------------
def middle(corners: Sequence[Point]) -> Point:
    """The mean of the corners; it may lie outside of a hollow ring."""
    x, y, z = (sum(axis) for axis in zip(*(unit(corner) for corner in corners), strict=True))
    return point_of((x, y, z))


def sides(corners: Sequence[Point]) -> list[tuple[Point, Point]]:
    """Each corner with the next one, the last with the first."""
    return list(zip(corners, [*corners[1:], corners[0]], strict=True))


class Ring:
    """What lies inside of a ring; great circles are straight lines on the plane that touches its middle."""

    def __init__(self, corners: Sequence[Point]) -> None:
        self._up = unit(middle(corners))
        # Some axis far from the middle gives the plane its directions.
        least = min(range(3), key=lambda n: abs(self._up[n]))
        self._east = _scaled(_cross((float(least == 0), float(least == 1), float(least == 2)), self._up))
        self._north = _cross(self._up, self._east)
        flat = [self._flat(unit(corner)) for corner in corners]
        self._flat_sides = list(zip(flat, [*flat[1:], flat[0]], strict=True))

    def _flat(self, v: Vector) -> tuple[float, float]:
        depth = _dot(v, self._up)
        return _dot(v, self._east) / depth, _dot(v, self._north) / depth

    def holds(self, v: Vector) -> bool:
        """Whether a point lies inside: a ray from it crosses an odd number of sides."""
        if _dot(v, self._up) <= 0:
            return False
        x, y = self._flat(v)
        odd = False
        for (ax, ay), (bx, by) in self._flat_sides:
            if (ay > y) is not (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
                odd = not odd
        return odd


def furthest(corners: Sequence[Point]) -> tuple[Point, Point]:
    """The two corners that lie furthest apart."""
    return max(combinations(corners, 2), key=lambda two: two[0].distance_m(two[1]))


def thickness_m(corners: Sequence[Point]) -> float:
    """Metres by which the corners leave the arc between the two furthest ones: none where they lie on one line."""
    line = arc(*furthest(corners))
    return EARTH_RADIUS_M * max(to_arc(unit(corner), line) for corner in corners)


def tangled(corners: Sequence[Point], touch_m: float) -> bool:
    """Whether a ring crosses itself, touches itself or goes back on its own side, within so many metres."""
    arcs = [arc(*side) for side in sides(corners)]
    last = len(arcs) - 1
    for (i, one), (j, other) in combinations(enumerate(arcs), 2):
        if j - i == 1 or (i, j) == (0, last):
            # Neighbours share a corner: the far end of neither may lie on the other.
            before, after = (one, other) if j - i == 1 else (other, one)
            if min(to_arc(after[1], before), to_arc(before[0], after)) * EARTH_RADIUS_M <= touch_m:
                return True
        elif apart(one, other) <= touch_m:
            return True
    return False
