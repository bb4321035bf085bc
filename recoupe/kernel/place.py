"""A point on Earth and how sure it is."""

import math
from dataclasses import dataclass
from typing import Self

from recoupe.kernel.quantity import decimal
from recoupe.kernel.refusal import Invalid, gettext_noop

EARTH_RADIUS_M = 6_371_008.8
MIN_UNCERTAINTY_M = 1
MAX_UNCERTAINTY_M = 50_000

SENTENCE_OUTSIDE = gettext_noop("Ce point n'est pas sur la Terre : longitude de -180 à 180, latitude de -90 à 90.")
SENTENCE_UNCERTAINTY = gettext_noop("L'incertitude du lieu va de %(min)s à %(max)s mètres.")


@dataclass(frozen=True, slots=True)
class Point:
    """Longitude and latitude in degrees (WGS 84), always on Earth."""

    lon: float
    lat: float

    def __post_init__(self) -> None:
        # Written so that NaN, which compares false to everything, is refused too.
        if not (-180.0 <= self.lon <= 180.0 and -90.0 <= self.lat <= 90.0):
            raise Invalid(SENTENCE_OUTSIDE, field="point")

    @classmethod
    def parse(cls, lon: str, lat: str, field: str = "point") -> Self:
        """Read two typed numbers, decimal comma or point."""
        try:
            return cls(float(decimal(lon, field)), float(decimal(lat, field)))
        except (Invalid, OverflowError) as error:
            raise Invalid(SENTENCE_OUTSIDE, field=field) from error

    def distance_m(self, other: "Point") -> float:
        """Great-circle distance in metres (haversine, error below 0.6 %)."""
        lat, other_lat = math.radians(self.lat), math.radians(other.lat)
        half_lat = math.sin((other_lat - lat) / 2) ** 2
        half_lon = math.sin(math.radians(other.lon - self.lon) / 2) ** 2
        chord = half_lat + math.cos(lat) * math.cos(other_lat) * half_lon
        return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))


def distance_m(one: Point, other: Point) -> float:
    """Great-circle distance in metres between two points."""
    return one.distance_m(other)


def uncertainty_m(metres: float, field: str = "uncertainty_m") -> int:
    """A radius in whole metres, rounded up; refused below 1 m and beyond 50 km (then name the commune instead)."""
    if not (MIN_UNCERTAINTY_M <= metres <= MAX_UNCERTAINTY_M):
        raise Invalid(SENTENCE_UNCERTAINTY, field=field, min=MIN_UNCERTAINTY_M, max=MAX_UNCERTAINTY_M)
    return math.ceil(metres)
