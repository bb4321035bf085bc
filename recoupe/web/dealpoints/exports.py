"""Points taken out of the house as GeoJSON or CSV: marked line by line, journaled one by one, few at a time."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.config.roles import demonstration
from recoupe.dealpoints import queries
from recoupe.dealpoints.enums import Extent
from recoupe.dealpoints.precision import Precision, place_of, precision_for
from recoupe.kernel.place import Point
from recoupe.kernel.reference import random_code
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.reference import queries as reference
from recoupe.web.dealpoints import shown
from recoupe.web.dealpoints.forms import ListForm
from recoupe.web.dealpoints.maps import BAD_FILTER
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import TAKEN_OUT, policy
from recoupe.web.shell import DECIDERS

# More than that leaves the house by two persons, which this page does not ask for.
MOST_TAKEN = 50
TOO_MANY = gettext_noop("Un export porte %(most)s points au plus : resserrez le filtre, par commune ou par état.")
# A point may rest on reports that no procedure takes up without the service that gave them (S-3): no copy of it does.
HANDLING = "H1"


@dataclass(frozen=True, slots=True)
class Marking:
    """What each line of a file says of itself, wherever it is copied."""

    text: str
    by: str
    at: datetime
    purpose: str
    serial: str

    def columns(self) -> dict[str, str]:
        """Its words, by column."""
        return {
            "marquage": self.text,
            "exporte_par": self.by,
            "exporte_le": self.at.isoformat(timespec="minutes"),
            "finalite": self.purpose,
            "exemplaire": self.serial,
        }


@policy(roles=DECIDERS, step_up=TAKEN_OUT)
@require_safe
def dealpoint_geojson(request: StaffRequest) -> HttpResponse:
    """The points of a filter as GeoJSON (RFC 7946, WGS 84)."""
    rows, marking = _taken(request, "dealpoints_geojson")
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [row["longitude"], row["latitude"]]},
            "properties": {name: value for name, value in row.items() if name not in ("longitude", "latitude")},
        }
        for row in rows
    ]
    collection = {"type": "FeatureCollection", "marquage": marking.columns(), "features": features}
    content = json.dumps(collection, ensure_ascii=False)
    return _file(content, "application/geo+json", f"points-{marking.serial}.geojson")


@policy(roles=DECIDERS, step_up=TAKEN_OUT)
@require_safe
def dealpoint_csv(request: StaffRequest) -> HttpResponse:
    """The points of a filter as a table; decimal points, so that a mapping program reads its columns."""
    rows, marking = _taken(request, "dealpoints_csv")
    out = io.StringIO()
    table = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else list(marking.columns()), delimiter=";")
    table.writeheader()
    table.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    # The mark tells spreadsheets that this is UTF-8.
    return _file("\ufeff" + out.getvalue(), "text/csv; charset=utf-8", f"points-{marking.serial}.csv")


def _taken(request: StaffRequest, what: str) -> tuple[list[dict[str, Any]], Marking]:
    """The lines of the filter in the address, once the journal says who takes them out."""
    form = ListForm(request.GET)
    if not form.is_valid():
        raise Invalid(BAD_FILTER)
    points = queries.matching(request.agent, form.wanted(), MOST_TAKEN + 1)
    if len(points) > MOST_TAKEN:
        raise Conflict(TOO_MANY, most=MOST_TAKEN)
    marking, precision = _marking(request.agent), precision_for(request.agent)
    record(
        Operation.EXPORT,
        refs=[("dealpoint", point.id) for point in points],
        details={"what": what, "serial": marking.serial, "filters": form.filled},
        result_count=len(points),
    )
    return [{**_row(line, precision), **marking.columns()} for line in shown.lines(points)], marking


def _marking(agent: Agent) -> Marking:
    words = [gettext("DIFFUSION RESTREINTE"), HANDLING]
    if demonstration():
        words.append(gettext("Démonstration : données fictives"))
    purpose = str(agent.purpose.label) if agent.purpose else ""
    at = timezone.localtime()
    return Marking(" · ".join(words), f"{agent.name}, {agent.unit_name}", at, purpose, random_code(10))


def _row(line: shown.Line, precision: Precision) -> dict[str, Any]:
    point = line.point
    middle = reference.commune(point.commune_code)
    centre = Point(middle.lon, middle.lat) if middle.lon is not None and middle.lat is not None else None
    place = place_of(Point(point.lon, point.lat), point.uncertainty_m, precision, centre)
    return {
        "reference": point.ref,
        "nom": point.name,
        "forme": line.kind,
        "etat": str(line.state.label),
        "depuis": timezone.localdate(point.state_since).isoformat(),
        "commune": line.commune,
        "code_insee": point.commune_code,
        "longitude": place.lon,
        "latitude": place.lat,
        "incertitude_m": place.uncertainty_m,
        "etendue": str(Extent(point.extent).label),
        "bailleur": point.landlord,
        "siren": point.landlord_siren,
        "produits": ";".join(line.products),
        "horaires": point.hours,
        "roles": ";".join(shown.roles_seen(point)),
        "violences": point.violence,
        "mineurs": point.minors_present,
    }


def _cell(value: Any) -> Any:
    """A cell that a spreadsheet takes for text, whatever it begins with; numbers stay numbers."""
    if isinstance(value, bool):
        return gettext("oui") if value else gettext("non")
    if isinstance(value, str) and value[:1] in "=+-@\t\r" and value:
        return f"'{value}"
    return value


def _file(content: str, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
