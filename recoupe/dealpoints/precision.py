"""How exactly a place of sale is shown, and to whom: the place, a square of 200 m, or the commune. Pure.

Every map, list and file that leaves takes a place through `place_of`; the record itself is read by row security.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.dealpoints.permissions import CONTRIBUTORS
from recoupe.kernel.place import EARTH_RADIUS_M, Point

GRID_M = 200
# Half of a square's diagonal: the place is no further than that from the middle of its square.
GRID_REACH_M = math.ceil(GRID_M * math.sqrt(2) / 2)
_ROWS = math.floor(math.pi * EARTH_RADIUS_M / GRID_M)
_TALL = 180 / _ROWS
# Who reads where a place is without working on it there.
READERS = (*CONTRIBUTORS, Role.PROSECUTOR, Role.EXAMINING_JUDGE)
Degrees = NDArray[np.float64]


class Precision(StrEnum):
    """From the nearest to the widest."""

    EXACT = "exact"
    GRID = "grid"
    COMMUNE = "commune"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a point is shown, in degrees, and within how many metres it lies; None: somewhere in its commune."""

    lon: float
    lat: float
    uncertainty_m: int | None


def precision_for(agent: Agent) -> Precision:
    """Whoever works the ground has the place; whoever reads it, its square; anybody else, the commune (P-143).

    A role of a cell held outside the cell gives reading alone (P-81), hence the square.
    """
    if agent.works_as(*CONTRIBUTORS):
        return Precision.EXACT
    return Precision.GRID if agent.has(*READERS) else Precision.COMMUNE


def place_of(where: Point, uncertainty_m: int, precision: Precision, commune: Point | None) -> Place:
    """A point as that precision shows it; `commune`: the middle of its commune, None when it has none.

    A point whose commune has no middle is shown at the middle of its map cell of a tenth of a degree.
    """
    if precision is Precision.EXACT:
        return Place(where.lon, where.lat, uncertainty_m)
    if precision is Precision.GRID:
        lon, lat = squares(np.array([where.lon]), np.array([where.lat]))
        return Place(float(lon[0]), float(lat[0]), uncertainty_m + GRID_REACH_M)
    middle = commune or cell_middle(where)
    return Place(middle.lon, middle.lat, None)


def squares(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """The middles of the squares of 200 m in which places lie; whole around the Earth, so that none crosses 180°."""
    row = np.minimum(np.floor((lat + 90) / _TALL), _ROWS - 1)
    middle = (row + 0.5) * _TALL - 90
    around = np.maximum(1, np.floor(2 * _ROWS * np.cos(np.radians(middle))))
    column = np.minimum(np.floor((lon + 180) / 360 * around), around - 1)
    return (column + 0.5) * 360 / around - 180, middle


def cell_middle(where: Point) -> Point:
    """The middle of a cell of a tenth of a degree."""
    lon, lat = (min(math.floor(edge * 10), most * 10 - 1) for edge, most in ((where.lon, 180), (where.lat, 90)))
    return Point((lon + 0.5) / 10, (lat + 0.5) / 10)
