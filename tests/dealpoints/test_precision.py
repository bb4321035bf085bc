"""Who is shown a place exactly, by squares of 200 m or by commune, and that no square tells more than it should."""

import math
from dataclasses import replace
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.dealpoints.precision import (
    GRID_M,
    GRID_REACH_M,
    Place,
    Precision,
    cell_middle,
    place_of,
    precision_for,
    squares,
)
from recoupe.kernel.place import Point
from recoupe.reference.enums import UnitKind

WHERE, COMMUNE = Point(5.3698, 43.2965), Point(5.38, 43.29)
E, G, C = Precision.EXACT, Precision.GRID, Precision.COMMUNE
IN_UNIT = {
    Role.INVESTIGATOR: E, Role.UNIT_HEAD: E, Role.OFAST_ANALYST: E, Role.CROSS_ANALYST: G, Role.CROSS_HEAD: G,
    Role.PROSECUTOR: G, Role.EXAMINING_JUDGE: G, Role.DUTY_OFFICER: C, Role.REGISTRY_MANAGER: C, Role.WATCH_DESK: C,
    Role.DPO: C, Role.INSPECTION: C, Role.SYSADMIN: C, Role.DESIGNATING_AUTHORITY: C, Role.PLAN_MANAGER: C,
}  # fmt: skip
lons = st.floats(-180, 180, allow_nan=False)
lats = st.floats(-90, 90, allow_nan=False)


def agent(*roles: Role, kind: str = UnitKind.POLICE_UNIT) -> Agent:
    return Agent(
        id=uuid4(), login="a", name="A", unit_id=uuid4(), unit_code="U", unit_name="U", unit_kind=kind,
        departments=frozenset(), roles=frozenset(roles), grants=frozenset(), purpose=None, motive="", case_ref="",
    )  # fmt: skip


def test_every_role_has_its_precision() -> None:
    assert {role: precision_for(agent(role)) for role in Role} == IN_UNIT


@pytest.mark.parametrize("role", [Role.CROSS_ANALYST, Role.CROSS_HEAD])
def test_a_cell_works_the_ground_in_its_cell_alone(role: Role) -> None:
    assert precision_for(agent(role, kind=UnitKind.CROSS)) is E
    assert precision_for(agent(role)) is G


def test_two_roles_give_the_nearer_and_none_the_widest() -> None:
    assert precision_for(agent(Role.PROSECUTOR, Role.DPO)) is G
    assert precision_for(replace(agent(Role.DPO), roles=frozenset())) is C


def test_a_place_is_shown_no_nearer_than_its_precision() -> None:
    assert place_of(WHERE, 60, E, COMMUNE) == Place(WHERE.lon, WHERE.lat, 60)
    assert place_of(WHERE, 60, C, COMMUNE) == Place(COMMUNE.lon, COMMUNE.lat, None)
    assert place_of(WHERE, 60, C, None) == Place(5.35, 43.25, None)
    seen = place_of(WHERE, 60, G, COMMUNE)
    assert seen.uncertainty_m == 60 + GRID_REACH_M
    assert 0 < WHERE.distance_m(Point(seen.lon, seen.lat)) <= GRID_REACH_M


@given(lons, lats)
def test_a_square_is_on_earth_near_its_place_and_the_same_for_its_own_middle(lon: float, lat: float) -> None:
    (east,), (north,) = squares(np.array([lon]), np.array([lat]))
    assert -180 <= east <= 180
    assert -90 <= north <= 90
    if abs(lat) < 89:
        # A row is 200 m tall and holds a whole number of squares: none is wider by more than one part of that number.
        assert Point(lon, lat).distance_m(Point(east, north)) <= GRID_REACH_M + GRID_M / 10
    again = squares(np.array([east]), np.array([north]))
    assert math.isclose(again[0][0], east, abs_tol=1e-9)
    assert math.isclose(again[1][0], north, abs_tol=1e-9)


def test_two_places_of_one_square_are_shown_as_one() -> None:
    (east,), (north,) = squares(np.array([WHERE.lon]), np.array([WHERE.lat]))
    near = [Point(east + d, north - d) for d in (-0.0003, 0.0, 0.0003)]
    assert len({place_of(one, 60, G, None) for one in near}) == 1


@given(lons, lats)
def test_the_middle_of_a_cell_is_on_earth(lon: float, lat: float) -> None:
    middle = cell_middle(Point(lon, lat))
    assert -180 < middle.lon < 180
    assert -90 < middle.lat < 90
