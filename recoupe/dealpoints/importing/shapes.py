"""From what a file draws to a point on Earth with its uncertainty."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyproj.network
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from recoupe.dealpoints.importing.layers import SENTENCE_CRS, WGS84, Layer
from recoupe.kernel.place import SENTENCE_OUTSIDE, Point
from recoupe.kernel.refusal import Invalid, gettext_noop

# Grids of other machines: a transformation is as exact as what stands here, and asks nobody.
pyproj.network.set_network_enabled(False)  # type: ignore[attr-defined]
SENTENCE_NO_CRS = gettext_noop("Ce fichier ne dit pas son système de coordonnées : choisissez-le.")
SENTENCE_OTHER_CRS = gettext_noop(
    "Ce fichier dit lui-même son système de coordonnées : « %(said)s », et non celui choisi."
)
SENTENCE_SEVERAL = gettext_noop("Cette ligne dessine plusieurs formes : une ligne par point.")
SINGLE = frozenset({"Point", "LineString", "Polygon"})
# The systems of the State (decree of 2019): the mainland, the Antilles, Guyane, La Réunion, Mayotte.
SYSTEMS = (4326, 2154, 5490, 2972, 2975, 4471)
To = Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Placed:
    """A point, how far what was drawn reaches from it (None: a mere point), and where it would be turned round."""

    where: Point
    reach_m: int | None
    turned: Point | None


@lru_cache(maxsize=16)
def _transformer(written: str) -> Transformer:
    return Transformer.from_crs(CRS.from_wkt(written), WGS84, always_xy=True)


def system_of(layer: Layer, chosen: int | None) -> CRS:
    """The system of a file: the one that it says, else the one chosen; Invalid when neither, or when they differ."""
    if layer.crs is not None and (layer.said or chosen is None):
        if chosen is not None and not layer.crs.equals(CRS.from_epsg(chosen), ignore_axis_order=True):
            raise Invalid(SENTENCE_OTHER_CRS, field="crs", said=layer.crs.name[:60])
        return layer.crs
    if chosen is None:
        raise Invalid(SENTENCE_NO_CRS, field="crs")
    return CRS.from_epsg(chosen)


def placer(system: CRS) -> Callable[[BaseGeometry], Placed]:
    """What puts the shapes of one system on Earth."""
    try:
        transformer = _transformer(system.to_wkt())
    except (ProjError, AttributeError) as error:
        raise Invalid(SENTENCE_CRS, field="file") from error

    def to(x: float, y: float) -> tuple[float, float]:
        # Beyond its own bounds a projection answers infinity, or a point of the far side of the Earth.
        east, north = transformer.transform(x, y)
        return (east, north) if math.isfinite(east) and math.isfinite(north) else (math.nan, math.nan)

    return lambda shape: _placed(_single(shape), to)


def _single(shape: BaseGeometry) -> BaseGeometry:
    parts: Any = getattr(shape, "geoms", None)
    one = parts[0] if parts is not None and len(parts) == 1 else shape
    if one.geom_type not in SINGLE:
        raise Invalid(SENTENCE_SEVERAL, field="geometry")
    return one


def _placed(shape: BaseGeometry, to: To) -> Placed:
    centre = shape if shape.geom_type == "Point" else _centre(shape)
    where = _point(*to(centre.x, centre.y))
    if shape.geom_type == "Point":
        return Placed(where, None, _turned(shape, to))
    corners = (_point(*to(x, y)) for x, y in shapely.get_coordinates(shape))
    return Placed(where, math.ceil(max(where.distance_m(corner) for corner in corners)), None)


def _centre(shape: BaseGeometry) -> Any:
    if shape.geom_type == "LineString":
        return shape.interpolate(0.5, normalized=True)
    return shape.centroid if shape.contains(shape.centroid) else shape.representative_point()


def _turned(shape: Any, to: To) -> Point | None:
    try:
        return _point(*to(shape.y, shape.x))
    except Invalid:
        return None


def _point(east: float, north: float) -> Point:
    try:
        return Point(east, north)
    except Invalid as error:
        raise Invalid(SENTENCE_OUTSIDE, field="geometry") from error
