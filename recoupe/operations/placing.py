"""From what is typed to legs: communes become circles, local hours become UTC."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import shapely

from recoupe.kernel import sphere
from recoupe.kernel.place import Point
from recoupe.kernel.refusal import Absent, Invalid, gettext_noop
from recoupe.operations import outline, rules
from recoupe.operations.enums import EventShape
from recoupe.operations.models import Event
from recoupe.operations.rules import Leg
from recoupe.reference import queries as reference
from recoupe.reference.models import Commune, CommuneOutline

TOWN_RULE = "deconfliction.town_population"
SENTENCE_NOT_MAPPED = gettext_noop("Le contour de %(commune)s n'est pas connu : donnez un point et un rayon.")
SENTENCE_NO_COMMUNE = gettext_noop("Ce point n'est dans aucune commune connue : nommez la commune la plus proche.")


@dataclass(frozen=True, slots=True)
class Stop:
    """One place as typed: a commune by its code, a point, or both (the commune then gives the clock)."""

    commune: str = ""
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """Where and when, as it is stored and compared."""

    legs: tuple[Leg, ...]
    radius_m: int
    commune: Commune
    in_town: bool
    zone: str


def _commune(stop: Stop, field: str) -> Commune:
    if stop.commune:
        try:
            return reference.commune(stop.commune)
        except Absent as error:
            raise Invalid(error.sentence, field=field, **error.params) from error
    if stop.lon is None or stop.lat is None:
        raise Invalid(rules.SENTENCE_NO_PLACE, field=field)
    found = reference.commune_at(stop.lon, stop.lat)
    if found is None:
        raise Invalid(SENTENCE_NO_COMMUNE, field=field)
    return found


def _point(stop: Stop, commune: Commune, field: str) -> Point:
    lon, lat = (stop.lon, stop.lat) if stop.lon is not None and stop.lat is not None else (commune.lon, commune.lat)
    if lon is None or lat is None:
        raise Invalid(SENTENCE_NOT_MAPPED, field=field, commune=commune.name)
    return Point(lon, lat)


def _leg(number: int, start: Point, end: Point, hours: tuple[datetime, datetime], zone: str) -> Leg:
    """One leg (0: a place) whose local hours are those of where it starts."""
    since, until = hours
    if until <= since:
        raise Invalid(rules.SENTENCE_ORDER, field=rules.part("until", number))
    begins = rules.moment(since, zone, rules.part("since", number))
    return Leg(start, end, begins, rules.moment(until, zone, rules.part("until", number), last=True))


def _reach_m(commune: Commune, centre: Point) -> int:
    """The radius that holds the whole commune."""
    outline = CommuneOutline.objects.filter(commune=commune).first()
    if outline is None:
        raise Invalid(SENTENCE_NOT_MAPPED, field="commune", commune=commune.name)
    corners = shapely.get_coordinates(shapely.from_wkb(bytes(outline.wkb)))
    return int(max(centre.distance_m(Point(lon, lat)) for lon, lat in corners)) + 1


def place(
    shape: EventShape, stops: Sequence[Stop], windows: Sequence[tuple[datetime, datetime]], radius_m: int, now: datetime
) -> Placed:
    """Read places and local windows: one of each for a place, one window between two stops for a route."""
    wanted = 1 if shape != EventShape.CORRIDOR else 2
    if len(stops) < wanted or len(stops) - wanted + 1 != len(windows):
        raise Invalid(rules.SENTENCE_NO_PLACE, field="route" if wanted == 2 else "commune")
    fields = ["commune", *(rules.part("to", number) for number in range(1, len(stops)))]
    communes = [_commune(stop, field) for stop, field in zip(stops, fields, strict=True)]
    points = [_point(*one) for one in zip(stops, communes, fields, strict=True)]
    zones = [rules.zone_of(commune.department_id) for commune in communes]
    ends = points[1:] if wanted == 2 else points
    legs = tuple(_leg(n, *one) for n, one in enumerate(zip(points, ends, windows, zones, strict=False), wanted - 1))
    reach = rules.radius(radius_m) if shape == EventShape.POINT else 0
    if shape == EventShape.COMMUNE:
        reach = _reach_m(communes[0], points[0])
    return Placed(legs, reach, communes[0], _in_town(communes[0], now), zones[0])


def _in_town(commune: Commune, now: datetime) -> bool:
    return commune.population >= reference.whole_parameter(TOWN_RULE, now.date())


def zone(stops: Sequence[Stop], windows: Sequence[tuple[datetime, datetime]], typed: str, now: datetime) -> Placed:
    """Read an outline and one local window: its sides are legs that share their hours."""
    if len(windows) != 1:
        raise Invalid(rules.SENTENCE_NO_PLACE, field=outline.FIELD)
    corners = outline.read(typed)
    commune = _commune_of(stops, corners)
    clock = rules.zone_of(commune.department_id)
    legs = tuple(_leg(0, *side, windows[0], clock) for side in sphere.sides(corners))
    return Placed(legs, 0, commune, _in_town(commune, now), clock)


def _commune_of(stops: Sequence[Stop], corners: Sequence[Point]) -> Commune:
    """The one that is named, else the one in the middle of the zone, else that of a corner."""
    if stops and stops[0].commune:
        return _commune(stops[0], "commune")
    for point in (sphere.middle(corners), *corners):
        found = reference.commune_at(point.lon, point.lat)
        if found is not None:
            return found
    raise Invalid(SENTENCE_NO_COMMUNE, field="commune")


def stops_of(event: Event) -> list[Commune]:
    """The communes through which a stored event goes, in the order in which they were typed."""
    start = reference.commune(event.commune_code)
    if event.shape != EventShape.CORRIDOR:
        return [start]
    ends = [Leg.of_row(row).end for row in event.legs]
    return [start, *(reference.commune_at(end.lon, end.lat) or start for end in ends)]
