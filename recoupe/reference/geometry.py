"""Distances and outlines on the Earth, pure: metres come from a projection centred on the point."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

# WGS 84: semi-major axis in metres and squared eccentricity.
_AXIS = 6_378_137.0
_ECCENTRICITY_2 = 6.694_379_990_14e-3


def metres_per_degree(lat: float) -> tuple[float, float]:
    """How long one degree of longitude and one of latitude are at that latitude, on the WGS 84 ellipsoid."""
    sine_2 = math.sin(math.radians(lat)) ** 2
    curve = 1 - _ECCENTRICITY_2 * sine_2
    normal = _AXIS / math.sqrt(curve)
    meridian = _AXIS * (1 - _ECCENTRICITY_2) / curve**1.5
    return math.radians(normal * math.cos(math.radians(lat))), math.radians(meridian)


def box_around(lon: float, lat: float, metres: float) -> tuple[float, float, float, float]:
    """The box (minx, miny, maxx, maxy) in degrees that holds every point within `metres` of the point."""
    per_lon, per_lat = metres_per_degree(lat)
    # Near a pole a degree of longitude shrinks to nothing: the box then spans the whole circle.
    wide = min(metres / max(per_lon, 1.0), 360.0)
    tall = metres / per_lat
    return lon - wide, lat - tall, lon + wide, lat + tall


def distance_m(outline: BaseGeometry, lon: float, lat: float) -> float:
    """Metres from the point to the outline, 0 inside; exact to some 0.1 % up to a few tens of kilometres."""
    per_lon, per_lat = metres_per_degree(lat)
    local = shapely.transform(outline, lambda xy: (xy - (lon, lat)) * (per_lon, per_lat))
    return float(shapely.distance(local, shapely.Point(0, 0)))


def within(outlines: Mapping[str, BaseGeometry], lon: float, lat: float, margin_m: float) -> list[tuple[float, str]]:
    """The outlines that lie within `margin_m` metres of the point, as (metres, code), nearest first."""
    found = ((distance_m(outline, lon, lat), code) for code, outline in outlines.items())
    return sorted((metres, code) for metres, code in found if metres <= margin_m)


def feature_collection(rows: Iterable[tuple[str, str, bytes | memoryview]]) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of (code, name, WKB) rows."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": name},
            "geometry": shapely.geometry.mapping(shapely.from_wkb(bytes(wkb))),
        }
        for code, name, wkb in rows
    ]
    return {"type": "FeatureCollection", "features": features}
