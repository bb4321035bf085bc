"""The map of deal points: its page, the points of a window, and the place of one point."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import shapely
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe
from shapely.geometry.base import BaseGeometry

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import drawing, permissions, queries
from recoupe.dealpoints.drawing import FIRST_DAY, Layer
from recoupe.dealpoints.enums import ON_MAP, DealPointState
from recoupe.dealpoints.precision import place_of, precision_for
from recoupe.dealpoints.rules import Bounds
from recoupe.dealpoints.sheet import commune_middle
from recoupe.kernel.place import Point
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.reference import queries as reference
from recoupe.reference.snapshot import department_bounds, department_shapes
from recoupe.web.dealpoints import overlays, shown
from recoupe.web.dealpoints.forms import MapForm
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy
from recoupe.web.reference import outlines
from recoupe.web.shell import DECIDERS

METROPOLE = Bounds(-5.2, 41.3, 9.6, 51.1)
MARGIN = 0.02
BAD_FILTER = gettext_noop("Ce filtre n'existe pas : choisissez dans les listes de la carte.")
# Every state that the map draws, in the order of a life.
LEGEND = tuple(state for state in DealPointState if state in ON_MAP)
# Departments and territories beyond the mainland have codes of three characters; nobody lives in these two.
MAINLAND_CODE = 2
EMPTY_LANDS = frozenset({"984", "989"})


@policy(roles=DECIDERS)
@require_safe
def dealpoint_map(request: StaffRequest) -> HttpResponse:
    """The map, opened on the agent's departments; what it shows comes from `points` and from the tiles."""
    today = shown.today()
    form = MapForm(request.GET, today=today)
    valid = form.is_valid()
    bounds = window(request.agent)
    chosen = form.chosen if valid else {}
    record(Operation.CONSULT, details={"layer": "dealpoints", "bounds": journaled(bounds), "filters": sorted(chosen)})
    layer = form.cleaned_data["layer"] if valid else ""
    context = {
        "form": form,
        "source": source(request.agent, chosen),
        "tiles": overlays.first(Layer.HEAT if layer == Layer.HEAT else Layer.POINTS, chosen),
        "layer": layer,
        "base": outlines.addresses(request.agent.departments or frozenset(department_shapes())),
        "bounds": text(bounds),
        "jumps": jumps(request.agent),
        "legend": [(state.label, shown.TONES[state]) for state in LEGEND],
        "states": overlays.states(),
        "list_url": f"{reverse('dealpoint-list')}?{urlencode({k: v for k, v in chosen.items() if k != 'on'})}",
        "print_url": f"{reverse('dealpoint-map-print')}?{urlencode({**chosen, 'bbox': text(bounds)}, safe=',')}",
        "may_propose": request.agent.has(*permissions.CONTRIBUTORS),
        "precision": precision_for(request.agent).value,
        "first": FIRST_DAY,
        "today": today,
    }
    if layer == "density":
        context["densities"] = overlays.thickness(request.agent, form.cleaned_data["on"], today)
    return render(request, "dealpoints/map.html", context, status=200 if valid else 422)


@policy(roles=DECIDERS)
@require_safe
def points(request: StaffRequest) -> HttpResponse:
    """The points of a window that the agent may see, or their number by square; the window is journaled."""
    form, bounds = asked(request), Bounds.parse(request.GET.get("bbox", ""))
    collection = drawing.window(request.agent, bounds, form.wanted(), form.cleaned_data["on"])
    record(
        Operation.CONSULT,
        refs=drawing.shown_on(collection),
        details={"layer": "dealpoints", "bounds": journaled(bounds), "filters": sorted(form.chosen)},
        result_count=len(collection["features"]),
    )
    return _geojson(collection)


def asked(request: StaffRequest) -> MapForm:
    """What the map is narrowed to; what its lists do not hold is refused in a sentence."""
    form = MapForm(request.GET, today=shown.today())
    if not form.is_valid():
        told = form.errors.get("on")
        raise Invalid(str(told[0]) if told else BAD_FILTER, field="on" if told else "")
    return form


@policy(roles=DECIDERS)
@require_safe
def place(request: StaffRequest, id: UUID) -> HttpResponse:
    """The place of one point, for the small map of its page."""
    point = queries.point(request.agent, id)
    record(Operation.CONSULT, refs=[("dealpoint", point.id)], details={"layer": "dealpoint"})
    state = DealPointState(point.state)
    precision = precision_for(request.agent)
    seen = place_of(Point(point.lon, point.lat), point.uncertainty_m, precision, commune_middle(point.commune_code))
    feature = {
        "type": "Feature",
        "id": str(point.id),
        "geometry": {"type": "Point", "coordinates": [seen.lon, seen.lat]},
        "properties": {
            "name": point.name,
            "state": state.value,
            "state_label": str(state.label),
            "uncertainty_m": seen.uncertainty_m,
        },
    }
    return _geojson({"type": "FeatureCollection", "features": [feature]}, linked=False)


def window(agent: Agent) -> Bounds:
    """The window of an agent's departments; that of the mainland for whoever serves the whole country.

    Whoever serves the mainland and lands beyond it starts there: one window over oceans would show neither.
    """
    mainland = {code for code in agent.departments if len(code) == MAINLAND_CODE}
    return _around(mainland or agent.departments) or METROPOLE


def _around(codes: Iterable[str]) -> Bounds | None:
    boxes = [department_bounds()[code] for code in codes if code in department_bounds()]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return Bounds(min(west) - MARGIN, min(south) - MARGIN, max(east) + MARGIN, max(north) + MARGIN)


def jumps(agent: Agent) -> list[tuple[str, str]]:
    """The windows that cannot be reached by dragging: each land beyond the mainland that the agent serves, and back."""
    served = agent.departments or frozenset(department_bounds())
    beyond = [d for d in reference.departments() if d.code in served and len(d.code) > MAINLAND_CODE]
    found = [(str(d.name), _around([d.code])) for d in beyond if d.code not in EMPTY_LANDS]
    lands = [(name, text(box)) for name, box in found if box]
    home = _around(code for code in served if len(code) == MAINLAND_CODE)
    if not lands or (not home and len(lands) == 1):
        return []
    return [*([(gettext("Hexagone et Corse"), text(METROPOLE))] if home else []), *lands]


def source(agent: Agent, chosen: Mapping[str, str] | None = None) -> str:
    """The address of the points in the window on which the map opens."""
    return f"{reverse('dealpoint-points')}?{urlencode({**(chosen or {}), 'bbox': text(window(agent))}, safe=',')}"


def department_at(lon: float, lat: float) -> str:
    """The department in which a place lies, by name; nothing at sea."""
    for code, (west, south, east, north) in department_bounds().items():
        if west <= lon <= east and south <= lat <= north and shapely.contains_xy(_prepared(code), lon, lat):
            return str(reference.department(code).name)
    return ""


@lru_cache(maxsize=128)
def _prepared(code: str) -> BaseGeometry:
    shape = department_shapes()[code]
    shapely.prepare(shape)
    return shape


def text(bounds: Bounds) -> str:
    """A window as it stands in an address."""
    return ",".join(f"{edge:.3f}" for edge in (bounds.west, bounds.south, bounds.east, bounds.north))


def journaled(bounds: Bounds) -> list[float]:
    """Degrees to the kilometre: what was looked at, not how the wheel was turned."""
    return [float(round(Decimal(edge), 2)) for edge in (bounds.west, bounds.south, bounds.east, bounds.north)]


def _geojson(collection: dict[str, Any], *, linked: bool = True) -> HttpResponse:
    """The collection with what the map draws beside the room's own words: tone and address."""
    for feature in collection["features"]:
        if "id" not in feature:
            feature["properties"]["land"] = department_at(*feature["geometry"]["coordinates"])
            continue
        properties = feature["properties"]
        properties["tone"] = shown.TONES[DealPointState(properties["state"])] or "neutral"
        if linked:
            properties["url"] = reverse("dealpoint-page", args=[UUID(feature["id"])])
    response = JsonResponse(collection, content_type="application/geo+json")
    response["Cache-Control"] = "no-store"
    return response
