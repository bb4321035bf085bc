"""What a map draws of the points that the agent reads: a window, a tile, a layer of heat; today or on a past day.

All of it is counted from the agent's sheet and placed by his precision: what he may not read is not there.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from recoupe.access.agent import Agent
from recoupe.dealpoints import mvt, rules
from recoupe.dealpoints.enums import COUNTED, ON_MAP, DealPointKind, DealPointState
from recoupe.dealpoints.filters import Filters
from recoupe.dealpoints.kept import Kept
from recoupe.dealpoints.models import DealPoint
from recoupe.dealpoints.mvt import Dot
from recoupe.dealpoints.precision import GRID_REACH_M, Precision, precision_for
from recoupe.dealpoints.rules import Bounds
from recoupe.dealpoints.sheet import KINDS, STATES, Reals, Sheet, entitlement, sheet
from recoupe.kernel.refusal import Invalid, gettext_noop

MOST_DRAWN = 100  # beyond that a map counts instead of naming: its journal entry holds at most 100 references
MOST_ZOOM = 15
# From here on a tile is a few streets: points stand one by one while they are at most MOST_DRAWN.
ALONE_ZOOM = 13
# Squares on each side of a tile in which points are counted together (64 by 64 pixels), at most MOST_DRAWN in all.
SQUARES = 8
# The same of the layer of heat. Its finest tile is that of ALONE_ZOOM - 1: a square of some 200 m, never a place.
HEAT_SQUARES, HEAT_ZOOM = 32, ALONE_ZOOM - 1
TILES_BYTES = 64 * 2**20
# Mercator's own edge: what lies beyond is drawn on it.
_EDGE = 85.0511287798066
FIRST_DAY = COUNTED[0][0]
NO_TILE = gettext_noop("Cette tuile n'existe pas : niveau de 0 à %(most)s, colonne et ligne de 0 à 2^niveau - 1.")
NO_LAYER = gettext_noop("Cette couche n'existe pas.")
TO_COME = gettext_noop("Ce jour n'est pas encore venu.")
TOO_EARLY = gettext_noop("Le registre commence le %(on)s : aucun jour d'avant ne s'y lit.")

Rows = NDArray[np.intp]


class Layer(StrEnum):
    """What a tile shows."""

    POINTS = "points"
    HEAT = "heat"


@dataclass(frozen=True, slots=True)
class Address:
    """One tile of the world, as maps of the web cut it."""

    zoom: int
    x: int
    y: int

    @classmethod
    def parse(cls, zoom: int, x: int, y: int, most: int = MOST_ZOOM) -> "Address":
        """A tile that exists."""
        if not (0 <= zoom <= most and 0 <= x < 2**zoom and 0 <= y < 2**zoom):
            raise Invalid(NO_TILE, field="tile", most=most)
        return cls(zoom, x, y)

    @property
    def bounds(self) -> Bounds:
        """Its edges in degrees."""
        n = 2**self.zoom
        north, south = (math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / n)))) for y in (self.y, self.y + 1))
        return Bounds(self.x / n * 360 - 180, south, (self.x + 1) / n * 360 - 180, north)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A tile: its bytes, the points that it names (at most MOST_DRAWN), how many it stands for."""

    content: bytes
    named: tuple[UUID, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Shown:
    """The points that a map may draw: rows of the agent's sheet, their states of the day, and where they are shown."""

    of: Sheet
    rows: Rows
    states: NDArray[np.int8]
    precision: Precision

    @property
    def places(self) -> tuple[Reals, Reals]:
        """Longitudes and latitudes of these rows."""
        lon, lat = self.of.places(self.precision)
        return lon[self.rows], lat[self.rows]


def day_of(on: date | None, today: date) -> date | None:
    """A day of the map: None for today; one to come, or before the register, is refused."""
    if on is not None and on > today:
        raise Invalid(TO_COME, field="on")
    if on is not None and on < FIRST_DAY:
        raise Invalid(TOO_EARLY, field="on", on=FIRST_DAY.strftime("%d/%m/%Y"))
    return None if on == today else on


def shown(agent: Agent, filters: Filters, on: date | None = None) -> Shown:
    """What passes a filter, today or at the end of a day as it is known today."""
    return narrowed(sheet(agent), precision_for(agent), filters, on)


def narrowed(of: Sheet, precision: Precision, filters: Filters, on: date | None) -> Shown:
    """What passes a filter among the rows of a sheet, placed by a precision."""
    states = of.state if on is None else of.states_at(on, timezone.localdate())
    passing = of.of_states(filters.states or ON_MAP, states)
    if filters.kinds:
        passing &= np.isin(of.kind, [KINDS.index(kind) for kind in filters.kinds])
    if filters.product:
        passing &= of.of_products(filters.product)
    return Shown(of, np.flatnonzero(passing), states, precision)


# -- a window ----------------------------------------------------------------------------------------------------------
_NAMED = (
    "id", "ref", "name", "kind", "state", "state_since", "uncertainty_m", "products", "violence", "minors_present",
)  # fmt: skip


def window(agent: Agent, bounds: Bounds, filters: Filters | None = None, on: date | None = None) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of the window: each point, or counts by square when they are more than 100."""
    found = shown(agent, filters or Filters(), on)
    lon, lat = found.places
    inside = (bounds.west <= lon) & (lon <= bounds.east) & (bounds.south <= lat) & (lat <= bounds.north)
    here = np.flatnonzero(inside)
    if len(here) > MOST_DRAWN or found.precision is Precision.COMMUNE:
        return _collection(list(_squares(lon[here], lat[here], rules.grid_step(bounds))), aggregated=True)
    return _collection(list(_named(found, here, dated=on is not None)), aggregated=False)


def shown_on(collection: dict[str, Any]) -> list[tuple[str, UUID]]:
    """The references that a map names, for its journal entry; none when it only counts."""
    return [("dealpoint", UUID(f["id"])) for f in collection["features"] if "id" in f]


def _collection(features: list[dict[str, Any]], *, aggregated: bool) -> dict[str, Any]:
    return {"type": "FeatureCollection", "aggregated": aggregated, "features": features}


def _named(of: Shown, here: Rows, *, dated: bool) -> Iterator[dict[str, Any]]:
    """Each point by its name, read again under the policy of the rows."""
    ids = {of.of.id_of(int(of.rows[n])): int(n) for n in here}
    lon, lat = of.places
    read = {row["id"]: row for row in DealPoint.objects.among(list(ids)).values(*_NAMED)}
    wider = GRID_REACH_M if of.precision is Precision.GRID else 0
    for point, n in ids.items():
        if point in read:
            row = read[point]
            state = STATES[of.states[of.rows[n]]] if dated else DealPointState(row["state"])
            place = {"type": "Point", "coordinates": [float(lon[n]), float(lat[n])]}
            said = _said(row, state) | {"uncertainty_m": row["uncertainty_m"] + wider}
            # Of a past day the state is known, not since when it held.
            said |= {} if dated else {"since": timezone.localdate(row["state_since"]).isoformat()}
            yield {"type": "Feature", "id": str(point), "geometry": place, "properties": said}


def _said(row: dict[str, Any], state: DealPointState) -> dict[str, Any]:
    return {
        "ref": row["ref"],
        "name": row["name"],
        "kind": row["kind"],
        "kind_label": str(DealPointKind(row["kind"]).label),
        "state": state.value,
        "state_label": str(state.label),
        "products": list(row["products"]),
        "violence": row["violence"],
        "minors_present": row["minors_present"],
    }


def _squares(lon: Reals, lat: Reals, step: float) -> Iterator[dict[str, Any]]:
    """Points counted by square, each square drawn at the mean of its points."""
    cells = np.floor(lat / step).astype(np.int64) * 2**32 + np.floor(lon / step).astype(np.int64)
    _, row_of, counts = np.unique(cells, return_inverse=True, return_counts=True)
    means = (np.bincount(row_of, weights=edge) / counts if len(counts) else edge for edge in (lon, lat))
    for n, east, north in zip(counts, *means, strict=True):
        place = {"type": "Point", "coordinates": [float(east), float(north)]}
        yield {"type": "Feature", "geometry": place, "properties": {"count": int(n)}}


# -- tiles -------------------------------------------------------------------------------------------------------------
_TILES: Kept[Drawn] = Kept(TILES_BYTES)


def tile(agent: Agent, layer: Layer, at: Address, filters: Filters | None = None, on: date | None = None) -> Drawn:
    """A tile of what the agent reads; kept for those whose same keys decide, as long as nothing changes for them."""
    wanted = filters or Filters()
    key = entitlement(agent)
    asked = (key, precision_for(agent), layer, at, wanted, on, on and timezone.localdate())
    found = _TILES.get(asked) if key else None
    if found is None:
        read = sheet(agent)
        found = draw(narrowed(read, precision_for(agent), wanted, on), layer, at)
        if key and read.key == key:
            _TILES.put(asked, found, len(found.content) + 16 * len(found.named) + 512)
    return found


def forget() -> None:
    """Keep no tile."""
    _TILES.clear()


def draw(of: Shown, layer: Layer, at: Address) -> Drawn:
    """The tile of what may be drawn: the same rows give the same bytes."""
    lon, lat = of.places
    x, y = _within(lon, lat, at)
    here = np.flatnonzero((x >= 0) & (x < 1) & (y >= 0) & (y < 1))
    x, y, rows = x[here], y[here], of.rows[here]
    if layer is Layer.HEAT:
        return Drawn(mvt.tile({"heat": _counted(x, y, HEAT_SQUARES, middles=True)}), (), len(rows))
    alone = _alone(of.precision, at.zoom, x, y)
    dots = [_dot(of, *one) for one in zip(rows[alone].tolist(), x[alone].tolist(), y[alone].tolist(), strict=True)]
    content = mvt.tile({"points": dots, "counts": _counted(x[~alone], y[~alone], SQUARES, middles=False)})
    return Drawn(content, tuple(of.of.id_of(int(row)) for row in rows[alone]), len(rows))


def _within(lon: Reals, lat: Reals, at: Address) -> tuple[Reals, Reals]:
    """Places in parts of a tile, from 0 (west, north) to 1; 180° is the last column, a pole the last row."""
    n, last = 2**at.zoom, np.nextafter(1.0, 0.0)
    x = np.minimum((lon + 180) / 360, last)
    sine = np.sin(np.radians(np.clip(lat, -_EDGE, _EDGE)))
    y = np.clip(0.5 - np.arctanh(sine) / (2 * math.pi), 0.0, last)
    return x * n - at.x, y * n - at.y


def _cells(x: Reals, y: Reals, side: int) -> NDArray[np.intp]:
    return (np.floor(y * side) * side + np.floor(x * side)).astype(np.intp)


def _alone(precision: Precision, zoom: int, x: Reals, y: Reals) -> NDArray[np.bool_]:
    """Which points stand by themselves: a whole tile of few, else whoever is alone in his square; none of a commune."""
    if precision is Precision.COMMUNE:
        return np.zeros(len(x), dtype=bool)
    if zoom >= ALONE_ZOOM and len(x) <= MOST_DRAWN:
        return np.ones(len(x), dtype=bool)
    cells = _cells(x, y, SQUARES)
    found: NDArray[np.bool_] = np.bincount(cells, minlength=SQUARES**2)[cells] == 1
    return found


def _counted(x: Reals, y: Reals, side: int, *, middles: bool) -> Iterator[Dot]:
    """How many points each square holds, at the middle of the square or of its points."""
    cells = _cells(x, y, side)
    counts = np.bincount(cells, minlength=side**2)
    sums = [np.bincount(cells, weights=edge, minlength=side**2) for edge in (x, y)]
    for cell in np.flatnonzero(counts):
        n = int(counts[cell])
        row, column = divmod(int(cell), side)
        east, north = ((column + 0.5) / side, (row + 0.5) / side) if middles else (sums[0][cell] / n, sums[1][cell] / n)
        yield Dot(_pixel(east), _pixel(north), {"n": n})


def _dot(of: Shown, row: int, x: float, y: float) -> Dot:
    return Dot(_pixel(x), _pixel(y), {"id": str(of.of.id_of(row)), "state": STATES[of.states[row]].value})


def _pixel(share: float) -> int:
    return min(math.floor(share * mvt.EXTENT), mvt.EXTENT - 1)
