"""The map of the unit's events of one day: places as circles, routes as lines with their width."""

import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import shapely
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.operations import permissions, queries
from recoupe.operations.enums import EventShape, EventState
from recoupe.operations.models import Event
from recoupe.operations.permissions import PLANNERS
from recoupe.operations.rules import PARIS, Leg
from recoupe.reference import queries as reference
from recoupe.web.dealpoints import maps
from recoupe.web.middleware import StaffRequest
from recoupe.web.operations.calendar import asked_day
from recoupe.web.operations.shown import Line, lines
from recoupe.web.policy import policy
from recoupe.web.reference import outlines

WIDTH_RULE = "deconfliction.corridor_m"
METRES_PER_DEGREE = 111_195.0
AROUND_M = 5_000
HALF_TURN = 180.0
# The map knows no accent: what is under way takes the tone of what is well.
TONES = {EventState.UNDER_WAY: "good", EventState.CANCELLED: "warn", EventState.OVER: "neutral"}
Degrees = tuple[float, float]


@policy(roles=PLANNERS)
@require_safe
def event_map(request: StaffRequest) -> HttpResponse:
    """The map of a day, and the same day in words."""
    day, _view = asked_day(request)
    found = queries.between(request.agent, day, day)
    record(
        Operation.CONSULT,
        refs=[("event", event.id) for event in found],
        details={"what": "event_map"},
        result_count=len(found),
    )
    windows = _windows(found)
    context = {
        "view": "map",
        "day": day,
        "lines": lines(found),
        "source": f"{reverse('event-places')}?day={day.isoformat()}",
        "base": outlines.addresses(_departments(found) or request.agent.departments),
        "bounds": windows[0][1] if windows else maps.text(maps.window(request.agent)),
        # Filled in by the map itself.
        "around": gettext("dans un rayon de %(metres)s m"),
        "jumps": windows if len(windows) > 1 else [],
        "before_url": _address(day - timedelta(days=1)),
        "after_url": _address(day + timedelta(days=1)),
        "today_url": _address(localdate()),
        "may_plan": permissions.can_plan(request.agent),
    }
    return render(request, "operations/map.html", context)


@policy(roles=PLANNERS)
@require_safe
def event_places(request: StaffRequest) -> HttpResponse:
    """What the map of a day draws."""
    day, _view = asked_day(request)
    found = queries.between(request.agent, day, day)
    refs = [("event", event.id) for event in found]
    record(Operation.CONSULT, refs=refs, details={"layer": "events"}, result_count=len(refs))
    metres = reference.whole_parameter(WIDTH_RULE, localdate())
    features = [feature for line in lines(found) for feature in drawn(line, metres)]
    response = JsonResponse({"type": "FeatureCollection", "features": features}, content_type="application/geo+json")
    response["Cache-Control"] = "no-store"
    return response


def drawn(line: Line, width_m: float) -> list[dict[str, Any]]:
    """One event: its point, which has a name and an address; a route also has its line and its width."""
    event = line.event
    tone = TONES.get(EventState(event.state), "info")
    words = f"{line.hours} ({line.clock})" if line.clock else line.hours
    named = {
        "name": line.title,
        "note": f"{line.place} · {words}",
        "url": reverse("event-page", args=[event.id]),
        "state_label": line.state,
        "tone": tone,
    }
    track = path([Leg.of_row(row) for row in event.legs])
    if event.shape == EventShape.ZONE:
        middle = shapely.Polygon(track).representative_point()
        return [_feature("Point", (middle.x, middle.y), named), _feature("Polygon", [track], {"tone": tone})]
    if event.shape != EventShape.CORRIDOR:
        return [_feature("Point", track[0], {**named, "uncertainty_m": event.radius_m})]
    area = shapely.geometry.mapping(width(track, width_m))
    return [
        _feature("Point", track[0], named),
        _feature("LineString", track, {"tone": tone}),
        {"type": "Feature", "geometry": area, "properties": {"tone": tone}},
    ]


def path(legs: Sequence[Leg]) -> list[Degrees]:
    """The points of a route; across the date line degrees go on beyond 180, so that no line crosses the Earth."""
    track: list[Degrees] = []
    for point in (legs[0].start, *(leg.end for leg in legs)):
        lon = point.lon
        while track and lon - track[-1][0] > HALF_TURN:
            lon -= 2 * HALF_TURN
        while track and track[-1][0] - lon > HALF_TURN:
            lon += 2 * HALF_TURN
        track.append((lon, point.lat))
    return track


def width(track: Sequence[Degrees], metres: float) -> Any:
    """What lies within so many metres of a route: each leg widened by the scale of its own latitude, all in one."""
    return shapely.union_all([_widened(start, end, metres) for start, end in pairwise(track)])


def _widened(start: Degrees, end: Degrees, metres: float) -> Any:
    # A pole has no east; nobody drives there.
    scale = max(0.01, math.cos(math.radians((start[1] + end[1]) / 2)))
    flat = shapely.LineString([(lon * scale, lat) for lon, lat in (start, end)]).buffer(metres / METRES_PER_DEGREE)
    return shapely.transform(flat, lambda at: at / [scale, 1])


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}


def _departments(found: Iterable[Event]) -> frozenset[str]:
    return frozenset(reference.commune(code).department_id for code in {event.commune_code for event in found})


def _windows(found: Iterable[Event]) -> list[tuple[str, str]]:
    """One window for each clock under which something lies: one over the oceans would show neither."""
    boxes: dict[str, list[Degrees]] = {}
    names: dict[str, str] = {}
    for event in found:
        commune = reference.commune(event.commune_code)
        names[event.zone] = gettext("Hexagone et Corse") if event.zone == PARIS else str(commune.department.name)
        legs = [Leg.of_row(row) for row in event.legs]
        reach = max(event.radius_m, AROUND_M) / METRES_PER_DEGREE
        for lon, lat in path(legs):
            wide = reach / max(0.01, math.cos(math.radians(lat)))
            boxes.setdefault(event.zone, []).extend([(lon - wide, lat - reach), (lon + wide, lat + reach)])
    return [(names[zone], _box(boxes[zone])) for zone in sorted(boxes, key=lambda zone: zone != PARIS)]


def _box(points: Sequence[Degrees]) -> str:
    lons, lats = zip(*points, strict=True)
    return ",".join(f"{edge:.3f}" for edge in (min(lons), max(-90, min(lats)), max(lons), min(90, max(lats))))


def _address(day: date) -> str:
    return f"{reverse('event-map')}?day={day.isoformat()}"
