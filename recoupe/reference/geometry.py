"""Distances and outlines on the Earth, pure: metres come from a projection centred on the point."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

# WGS 84: semi-major axis in metres and squared eccentricity.
_AXIS = 6_378_137.0
_ECCENTRICITY_2 = 6.694_379_990_14e-3
# minx, miny, maxx, maxy
Box = tuple[float, float, float, float]


def metres_per_degree(lat: float) -> tuple[float, float]:
    """How long one degree of longitude and one of latitude are at that latitude, on the WGS 84 ellipsoid."""
    sine_2 = math.sin(math.radians(lat)) ** 2
    curve = 1 - _ECCENTRICITY_2 * sine_2
    normal = _AXIS / math.sqrt(curve)
    meridian = _AXIS * (1 - _ECCENTRICITY_2) / curve**1.5
    return math.radians(normal * math.cos(math.radians(lat))), math.radians(meridian)


def box_around(lon: float, lat: float, metres: float) -> Box:
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


def overlap(first: Box, second: Box) -> bool:
    """Whether two boxes meet: thousands of points a second ask it of every department."""
    return first[0] <= second[2] and second[0] <= first[2] and first[1] <= second[3] and second[1] <= first[3]


def is_near(outline: BaseGeometry, lon: float, lat: float, margin_m: float) -> bool:
    """Whether the outline holds the point or lies within the margin; the distance is taken only at its edge."""
    if shapely.intersects_xy(outline, lon, lat):
        return True
    if not shapely.intersects(outline, shapely.box(*box_around(lon, lat, margin_m))):
        return False
    return distance_m(outline, lon, lat) <= margin_m


def between(groups: Iterable[Iterable[BaseGeometry]]) -> BaseGeometry:
    """The lines along which groups of outlines touch; where a group meets none of the others there is no line."""
    wholes = [shapely.union_all(list(group)) for group in groups]
    edges = shapely.union_all([shapely.boundary(whole) for whole in wholes])
    return shapely.line_merge(edges.difference(shapely.boundary(shapely.union_all(wholes))))


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
