"""Metres on the Earth, checked against another formula and at the borders of the margin."""

import math

import shapely
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel.place import Point
from recoupe.reference import geometry
from recoupe.reference.outlines import Packed, rows_of

LON = st.floats(-179, 179, allow_nan=False)
LAT = st.floats(-70, 70, allow_nan=False)


@given(LON, LAT, st.floats(-0.01, 0.01), st.floats(-0.01, 0.01))
def test_short_distances_agree_with_the_great_circle(lon: float, lat: float, dx: float, dy: float) -> None:
    ours = geometry.distance_m(shapely.Point(lon + dx, lat + dy), lon, lat)
    theirs = Point(lon, lat).distance_m(Point(lon + dx, lat + dy))
    assert abs(ours - theirs) <= 0.01 * theirs + 0.5


@given(LON, LAT, st.floats(1, 5_000), st.floats(0, 6.283))
def test_the_box_holds_every_point_within_the_distance(lon: float, lat: float, metres: float, turn: float) -> None:
    per_lon, per_lat = geometry.metres_per_degree(lat)
    x, y = lon + metres * math.cos(turn) / per_lon, lat + metres * math.sin(turn) / per_lat
    minx, miny, maxx, maxy = geometry.box_around(lon, lat, metres)
    assert minx - 1e-9 <= x <= maxx + 1e-9 and miny - 1e-9 <= y <= maxy + 1e-9


def test_a_degree_has_its_published_length_at_45_north_and_at_the_equator() -> None:
    per_lon, per_lat = geometry.metres_per_degree(45)
    assert abs(per_lat - 111_132) < 1 and abs(per_lon - 78_847) < 1
    per_lon, per_lat = geometry.metres_per_degree(0)
    assert abs(per_lat - 110_574) < 1 and abs(per_lon - 111_319.5) < 1


def test_within_orders_by_distance_and_cuts_at_the_margin() -> None:
    per_lon, _ = geometry.metres_per_degree(45)
    outlines = {
        "inside": shapely.box(4.9, 44.9, 5.1, 45.1),
        "at 299": shapely.box(5 + 299 / per_lon, 44.9, 5.2, 45.1),
        "at 301": shapely.box(5 + 301 / per_lon, 44.9, 5.2, 45.1),
    }
    assert [code for _, code in geometry.within(outlines, 5, 45, 300)] == ["inside", "at 299"]


def test_packed_outlines_keep_holes_and_islands() -> None:
    packed: Packed = {
        "scale": 10,
        "codes": ["A", "B"],
        "polygons": [1, 2],
        "rings": [2, 1, 1],
        "points": [4, 4, 3, 3],
        "dx": [0, 100, 0, -100, 20, 0, 20, 0, 500, 10, 0, 700, 10, 0],
        "dy": [0, 0, 100, 0, 20, 20, 0, -20, 0, 0, 10, 0, 0, 10],
    }
    (code_a, *box_a, wkb_a), (code_b, *_, wkb_b) = rows_of(packed)
    a, b = shapely.from_wkb(wkb_a), shapely.from_wkb(wkb_b)
    assert (code_a, code_b) == ("A", "B")
    assert box_a == [0, 0, 10, 10]
    assert a.equals(shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [[(2, 2), (2, 4), (4, 4), (4, 2)]]))
    assert [g.bounds for g in b.geoms] == [(50, 0, 51, 1), (70, 0, 71, 1)]
