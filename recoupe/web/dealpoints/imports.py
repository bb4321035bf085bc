"""A file of points handed in: read whole, each line entered as a proposal or told why it is none."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import permissions
from recoupe.dealpoints.importing import columns, entering, layers
from recoupe.dealpoints.importing.entering import LineRefusal, Outcome
from recoupe.intelligence.importing.table import MAX_BYTES
from recoupe.kernel.refusal import Conflict, Invalid
from recoupe.web.dealpoints import shown
from recoupe.web.dealpoints.views import report_by_ref
from recoupe.web.fields import LineField, refuse
from recoupe.web.intelligence import uploads
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy

REFUSALS_SHOWN = 100
MADE_SHOWN = 100
SYSTEMS = (
    ("", _("Celui que dit le fichier")),
    ("2154", _("Lambert-93 (Hexagone et Corse)")),
    ("4326", _("WGS 84 : longitude et latitude en degrés")),
    ("5490", _("RGAF09 UTM 20 N (Guadeloupe, Martinique)")),
    ("2972", _("RGFG95 UTM 22 N (Guyane)")),
    ("2975", _("RGR92 UTM 40 S (La Réunion)")),
    ("4471", _("RGM04 UTM 38 S (Mayotte)")),
)
FIELD_WORDS = {
    "geometry": gettext_lazy("géométrie"),
    "lon": gettext_lazy("coordonnées"),
    "lat": gettext_lazy("coordonnées"),
    "point": gettext_lazy("coordonnées"),
}


@dataclass(frozen=True, slots=True)
class RefusalLine:
    """One refused line in words."""

    line: int
    column: str
    reason: str


class PointFileForm(forms.Form):
    """A file of points, and the report that supports them all."""

    file = forms.FileField(
        label=_("Fichier"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".geojson,.json,.csv,.txt,.xlsx,.zip,.gpkg"}),
        help_text=_(
            "GeoJSON, CSV ou XLSX, fichier de formes (.shp, .dbf et .prj dans un .zip) ou GeoPackage ; "
            "20 Mo et 500 points au plus."
        ),
    )
    report = LineField(
        40,
        label=_("Fiche qui les appuie"),
        help_text=_("La fiche du recensement, déjà déposée, par exemple PJ13-26-7K2M9Q."),
    )
    crs = forms.ChoiceField(label=_("Système de coordonnées"), required=False, choices=SYSTEMS)
    accept_valid = forms.BooleanField(
        label=_("Enregistrer les lignes valables bien que d'autres soient refusées"), required=False
    )


@policy(roles=permissions.CONTRIBUTORS)
@require_http_methods(["GET", "HEAD", "POST"])
def dealpoint_import(request: StaffRequest) -> HttpResponse:
    """Hand in a file of points; what was read of it comes back line by line."""
    permissions.check_import(request.agent)
    if request.method != "POST":
        return _page(request, PointFileForm())
    form = PointFileForm(request.POST, request.FILES)
    if uploads.is_too_heavy(request):
        form.add_error("file", uploads.said_too_heavy(MAX_BYTES))
    elif form.is_valid():
        try:
            return _answer(request, form, _entered(request.agent, form))
        except Invalid as refusal:
            refuse(form, refusal)
        except Conflict as refusal:
            refuse(form, refusal)
            return _page(request, form, status=HTTPStatus.CONFLICT)
    return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _entered(agent: Agent, form: PointFileForm) -> Outcome:
    said = form.cleaned_data
    # Whoever may not use the report is told before the file is read.
    report = report_by_ref(agent, said["report"])
    permissions.check_propose(agent, report)
    layer = layers.read_layer(said["file"].read())
    chosen = int(said["crs"]) if said["crs"] else None
    return entering.enter_file(by=agent, report=report, layer=layer, chosen=chosen, accept_valid=said["accept_valid"])


def _answer(request: StaffRequest, form: PointFileForm, outcome: Outcome) -> HttpResponse:
    if outcome.made:
        record(
            Operation.CONSULT,
            refs=[("dealpoint", point.id) for point in outcome.made],
            details={"what": "point_file"},
            result_count=len(outcome.made),
        )
    nothing = bool(outcome.refused) and not outcome.made
    status = HTTPStatus.UNPROCESSABLE_ENTITY if nothing else HTTPStatus.OK
    return _page(request, form, outcome, status=status)


def _refusals(refused: list[LineRefusal]) -> list[RefusalLine]:
    return [RefusalLine(row.line, _column(row.field), _sentence(row)) for row in refused[:REFUSALS_SHOWN]]


def _column(field: str) -> str:
    return str(FIELD_WORDS.get(field, "")) or columns.NAMES.get(field, (field,))[0]


def _sentence(row: LineRefusal) -> str:
    text = gettext(row.sentence)
    return text % row.params if row.params else text


def _page(
    request: StaffRequest, form: PointFileForm, outcome: Outcome | None = None, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    if outcome is None and request.method != "POST":
        record(Operation.CONSULT, details={"what": "form"})
    context: dict[str, Any] = {
        "form": form,
        "outcome": outcome,
        "lines": shown.lines(outcome.made[:MADE_SHOWN]) if outcome else [],
        "refusals": _refusals(outcome.refused) if outcome else [],
        "columns": [(names[0], names[1:]) for names in columns.NAMES.values()],
    }
    return render(request, "dealpoints/import.html", context, status=status)
