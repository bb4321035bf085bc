"""The real territory and organisation on which the invented things stand."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from random import Random

import shapely
from shapely.geometry.base import BaseGeometry

STEP = 0.005  # degrees: no point of the made world is finer
UNCERTAINTY_FLOOR_M = 300
# Where the made world is denser than its population; every department keeps its share.
DENSER = {
    "13": 4.0,
    "93": 3.0,
    "59": 2.0,
    "69": 2.0,
    "31": 2.0,
    "34": 2.0,
    "06": 2.0,
    "75": 1.6,
    "33": 1.6,
    "38": 1.6,
    "971": 2.5,
    "973": 4.0,
    "76": 1.5,
}


@dataclass(frozen=True)
class CommuneSeat:
    """A commune as the generator needs it."""

    code: str
    name: str
    department: str
    population: int


@dataclass(frozen=True)
class UnitSeat:
    """A unit at work on the world's last day."""

    code: str
    name: str
    kind: str
    service: str
    departments: tuple[str, ...]
    silent: bool = False


@dataclass(frozen=True)
class Setting:
    """Communes, their outlines (WKB by code), units at work, and the court of each commune."""

    communes: tuple[CommuneSeat, ...]
    outlines: Mapping[str, bytes]
    department_outlines: Mapping[str, bytes]
    units: tuple[UnitSeat, ...]
    courts: Mapping[str, str]
    products: frozenset[str]
    _grids: dict[str, tuple[tuple[float, float], ...]] = field(default_factory=dict, compare=False)

    @cached_property
    def by_code(self) -> dict[str, CommuneSeat]:
        """Communes by code."""
        return {c.code: c for c in self.communes}

    @cached_property
    def by_department(self) -> dict[str, tuple[CommuneSeat, ...]]:
        """Communes of each department, most populous first, those of a few inhabitants left out."""
        found: dict[str, list[CommuneSeat]] = {}
        for commune in self.communes:
            if commune.population >= 200:
                found.setdefault(commune.department, []).append(commune)
        return {
            code: tuple(sorted(some, key=lambda c: (-c.population, c.code))[:80])
            for code, some in sorted(found.items())
        }

    @cached_property
    def weights(self) -> dict[str, float]:
        """How much of the made world falls to each department."""
        return {
            code: DENSER.get(code, 1.0) * (20_000 + sum(c.population for c in some))
            for code, some in self.by_department.items()
        }

    @cached_property
    def unit_by_code(self) -> dict[str, UnitSeat]:
        """Units by code."""
        return {u.code: u for u in self.units}

    def units_of(self, kind: str, department: str = "") -> tuple[UnitSeat, ...]:
        """Units of a kind, in one department or all."""
        return tuple(u for u in self.units if u.kind == kind and (not department or department in u.departments))

    def draw_department(self, rng: Random) -> str:
        """A department, by its weight."""
        return rng.choices(list(self.weights), list(self.weights.values()))[0]

    def draw_commune(self, rng: Random, department: str) -> CommuneSeat:
        """A commune of the department, by the square root of its population (villages are heard too)."""
        some = self.by_department[department]
        return rng.choices(some, [math.sqrt(c.population) for c in some])[0]

    def outline(self, code: str) -> BaseGeometry | None:
        """The commune's outline, where the reference has one."""
        wkb = self.outlines.get(code)
        return shapely.from_wkb(wkb) if wkb is not None else None

    def grid(self, code: str) -> tuple[tuple[float, float], ...]:
        """Every point of the 0.005° grid inside the commune (at most some 4,000, evenly thinned); may be empty."""
        if code not in self._grids:
            shape = self.outline(code)
            self._grids[code] = _grid_inside(shape) if shape is not None else ()
        return self._grids[code]

    def draw_point(self, rng: Random, code: str) -> tuple[float, float] | None:
        """A rounded point inside the commune, or None where no rounded point falls inside it."""
        points = self.grid(code)
        return rng.choice(points) if points else None


def _grid_inside(shape: BaseGeometry) -> tuple[tuple[float, float], ...]:
    west, south, east, north = (int(edge / STEP) for edge in shape.bounds)
    stride = 1 + int(math.sqrt((east - west + 1) * (north - south + 1) / 4_000))
    cells = [
        (round(x * STEP, 3), round(y * STEP, 3))
        for y in range(south - 1, north + 2, stride)
        for x in range(west - 1, east + 2, stride)
    ]
    inside = shapely.contains_xy(shape, [x for x, _ in cells], [y for _, y in cells])
    return tuple(cell for cell, kept in zip(cells, inside, strict=True) if kept)
