"""Proposing a deal point: from the page of a report, or by hand with the report that supports it."""

from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import actions, permissions, placing, queries
from recoupe.dealpoints.enums import Extent
from recoupe.dealpoints.models import DealPoint
from recoupe.intelligence import queries as intelligence
from recoupe.intelligence.models import Report
from recoupe.kernel.place import Point
from recoupe.kernel.refusal import Absent, Conflict, Invalid
from recoupe.reference import queries as reference
from recoupe.web.dealpoints import maps, shown
from recoupe.web.dealpoints.forms import ProposalForm, point_key
from recoupe.web.dealpoints.views import UNKNOWN_REPORT, report_by_ref
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy
from recoupe.web.reference import outlines
from recoupe.web.reference.fields import label

Near = list[tuple[DealPoint, int]]


@policy(roles=permissions.CONTRIBUTORS)
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: StaffRequest) -> HttpResponse:
    """Show the form, filled from the report when there is one; enter the point once."""
    report = _asked(request)
    permissions.demand_contributor(request.agent)
    if report is not None:
        permissions.check_propose(request.agent, report)
    if request.method != "POST":
        return _shown(request, ProposalForm(initial=_initial(report), report_known=report is not None), report)
    form = ProposalForm(request.POST, report_known=report is not None)
    near: Near = []
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        made = _already(request.agent, form)
        if made is not None:
            return HttpResponseRedirect(reverse("dealpoint-page", args=[made]))
        try:
            report = report or report_by_ref(request.agent, form.cleaned_data["report"])
            near = _near(request.agent, form, report)
            if not near:
                point = actions.propose_from_report(by=request.agent, report=report, draft=_draft(request.agent, form))
                return HttpResponseRedirect(reverse("dealpoint-page", args=[point.id]))
            status = HTTPStatus.CONFLICT
            form.ask_distinct()
        except Invalid as refusal:
            refuse(form, refusal)
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
    return _shown(request, form, report, near=near, status=status)


def _asked(request: StaffRequest) -> Report | None:
    """The report named in the address; one out of reach, or an address that names none, is absent."""
    asked = request.GET.get("report", "")
    if not asked:
        return None
    try:
        identity = UUID(asked)
    except ValueError:
        raise Absent(UNKNOWN_REPORT) from None
    return intelligence.report(request.agent, identity)


def _already(agent: Agent, form: ProposalForm) -> UUID | None:
    """The point that the same form made a moment ago."""
    try:
        return queries.point(agent, point_key(agent.id, form.cleaned_data["key"])).id
    except Absent:
        return None


def _place(form: ProposalForm, report: Report | None = None) -> tuple[Point | None, int | None]:
    """The point picked, else the centre of the commune named where it is known, else the report's own."""
    data = form.cleaned_data
    extent = Extent(data["extent"] or Extent.SPOT)
    if extent is not Extent.SPOT:
        return placing.area(data["commune"], extent)
    if "point" in data:
        return data["point"], data["uncertainty_m"]
    commune = data["commune"]
    if commune and commune.lon is not None:
        return Point(commune.lon, commune.lat), data["uncertainty_m"] or placing.WHOLE_COMMUNE_M
    if report is not None and report.lon is not None and report.lat is not None:
        return Point(report.lon, report.lat), data["uncertainty_m"]
    return None, data["uncertainty_m"]


def _near(agent: Agent, form: ProposalForm, report: Report) -> Near:
    """The points already followed around there, unless the proposer said that none of them is meant."""
    if form.cleaned_data["distinct"] or form.cleaned_data["extent"] not in ("", Extent.SPOT):
        return []
    where, _ = _place(form, report)
    return queries.near(agent, where)[:5] if where else []


def _draft(agent: Agent, form: ProposalForm) -> actions.Draft:
    data = form.cleaned_data
    where, uncertainty = _place(form)
    return actions.Draft(
        **form.known(),
        lon=where.lon if where else None,
        lat=where.lat if where else None,
        uncertainty_m=uncertainty,
        key=point_key(agent.id, data["key"]),
        commune_code=data["commune"].code if data["commune"] else "",
    )


def _initial(report: Report | None) -> dict[str, Any]:
    first: dict[str, Any] = {"key": uuid4()}
    if report is None:
        return first
    if report.lon is not None and report.lat is not None:
        first |= {"lon": f"{report.lon:.5f}", "lat": f"{report.lat:.5f}", "uncertainty_m": report.uncertainty_m}
    commune = reference.commune(report.commune_code) if report.commune_code else None
    # Where the outlines know the commune of a point, the point says it; where they do not, it has to be named.
    if commune and (commune.lon is None or "lon" not in first):
        first["commune"] = label(commune)
    return first | {"products": report.products, "violence": report.violence}


def _near_lines(agent: Agent, report: Report | None, near: Near) -> list[tuple[shown.Line, int, bool]]:
    """The known points with their distance, and whether the report may be added to each right away."""
    rows = shown.lines(point for point, _ in near)
    return [
        (line, metres, report is not None and permissions.can_add_evidence(agent, point, report))
        for line, (point, metres) in zip(rows, near, strict=True)
    ]


def _shown(
    request: StaffRequest,
    form: ProposalForm,
    report: Report | None,
    *,
    near: Near | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    codes = frozenset(report.departments if report and report.departments else request.agent.departments)
    if report is not None:
        record(Operation.CONSULT, refs=[("report", report.id)])
    if near:
        record(
            Operation.CONSULT,
            refs=[("dealpoint", point.id) for point, _ in near],
            details={"what": "near"},
            result_count=len(near),
        )
    context = {
        "form": form,
        "report": report,
        "near": _near_lines(request.agent, report, near or []),
        "map_source": maps.source(request.agent),
        "map_base": outlines.addresses(codes),
        "map_bounds": maps.text(maps.window(request.agent)),
        "map_label": gettext("Carte pour placer le point"),
    }
    return render(request, "dealpoints/new.html", context, status=status)
