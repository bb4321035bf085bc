"""Points on Earth only, and distances that a map confirms."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel.place import Point, distance_m, uncertainty_m
from recoupe.kernel.refusal import Invalid

POINTS = st.builds(Point, st.floats(-180, 180), st.floats(-90, 90))


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(180.01, 0), (-180.01, 0), (0, 90.01), (0, -90.01), (math.nan, 0), (0, math.nan), (math.inf, 0), (0, -math.inf)],
)
def test_outside_the_earth(lon: float, lat: float) -> None:
    with pytest.raises(Invalid):
        Point(lon, lat)


@pytest.mark.parametrize(("lon", "lat"), [(180, 90), (-180, -90), (0, 0), (5.3698, 43.2965)])
def test_on_the_earth(lon: float, lat: float) -> None:
    assert (Point(lon, lat).lon, Point(lon, lat).lat) == (lon, lat)


def test_typed_with_a_comma_or_a_point() -> None:
    assert Point.parse(" 5,3698", "43.2965") == Point(5.3698, 43.2965)
    assert Point.parse("-61,5", "+16,2") == Point(-61.5, 16.2)


@pytest.mark.parametrize("text", ["", "nan", "inf", "1e3", "181", "5°22'", "٥", "1" * 400, "0x10"])
def test_typed_wrongly(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Point.parse(text, "43")
    assert refusal.value.field == "point"


@pytest.mark.parametrize(
    ("one", "other", "metres", "within"),
    [
        (Point(2.3522, 48.8566), Point(5.3698, 43.2965), 660_500, 2_000),  # Paris, Marseille
        (Point(0, 0), Point(0, 1), 111_195, 10),  # one degree of latitude
        (Point(179.9, 0), Point(-179.9, 0), 22_239, 10),  # across the date line
        (Point(0, 0), Point(180, 0), math.pi * 6_371_008.8, 1),
        (Point(7, 90), Point(-120, 90), 0, 0.001),  # the pole is one place
    ],
)
def test_distances(one: Point, other: Point, metres: float, within: float) -> None:
    assert distance_m(one, other) == pytest.approx(metres, abs=within)


@given(POINTS, POINTS, POINTS)
def test_distance_is_a_distance(one: Point, two: Point, three: Point) -> None:
    assert one.distance_m(one) == 0
    assert one.distance_m(two) == pytest.approx(two.distance_m(one), abs=1e-3)
    assert one.distance_m(three) <= one.distance_m(two) + two.distance_m(three) + 1e-3


@pytest.mark.parametrize(("metres", "kept"), [(1, 1), (300, 300), (299.2, 300), (50_000, 50_000)])
def test_uncertainty_is_rounded_up(metres: float, kept: int) -> None:
    assert uncertainty_m(metres) == kept


@pytest.mark.parametrize("metres", [0, 0.5, -3, 50_000.1, math.nan, math.inf])
def test_uncertainty_out_of_bounds(metres: float) -> None:
    with pytest.raises(Invalid) as refusal:
        uncertainty_m(metres)
    assert "50000" in str(refusal.value)
