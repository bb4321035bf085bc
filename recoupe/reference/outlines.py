"""Outlines as flat lists of whole numbers: how the data files hold them, and how they become WKB."""

from collections.abc import Iterator
from typing import Any, TypedDict

import numpy as np
import shapely


class Packed(TypedDict):
    """Territories by code; each has polygons, each polygon rings, each ring points.

    `dx` and `dy` hold, for a ring, its first point then the steps to the next, in 1/scale of a degree.
    """

    scale: int
    codes: list[str]
    polygons: list[int]
    rings: list[int]
    points: list[int]
    dx: list[int]
    dy: list[int]


def rows_of(packed: Packed) -> Iterator[tuple[Any, ...]]:
    """Rows (code, minx, miny, maxx, maxy, WKB) of the packed territories."""
    outlines = _outlines(packed)
    bounds = shapely.bounds(outlines).tolist()
    for code, box, wkb in zip(packed["codes"], bounds, shapely.to_wkb(outlines), strict=True):
        yield code, *box, wkb


def _outlines(packed: Packed) -> Any:
    counts = {level: np.array(packed[level]) for level in ("polygons", "rings", "points")}
    ring = _owners(counts["points"])
    xy = np.column_stack([_absolute(packed[axis], counts["points"], ring) for axis in ("dx", "dy")])
    rings = shapely.linearrings(xy / packed["scale"], indices=ring)
    polygons = shapely.polygons(rings, indices=_owners(counts["rings"]))
    whole = shapely.multipolygons(polygons, indices=_owners(counts["polygons"]))
    alone = counts["polygons"] == 1
    whole[alone] = shapely.get_geometry(whole[alone], 0)
    return whole


def _owners(counts: Any) -> Any:
    return np.repeat(np.arange(len(counts)), counts)


def _absolute(steps: list[int], points: Any, ring: Any) -> Any:
    """Undo the steps: each ring starts anew at its own first point."""
    sums = np.cumsum(np.array(steps))
    starts = np.cumsum(points) - points
    before = np.where(starts > 0, sums[starts - 1], 0)
    return sums - before[ring]
