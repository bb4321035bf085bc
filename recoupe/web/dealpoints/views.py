"""The list of deal points, the page of one, and the decisions on it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.coordination import permissions as objective_permissions
from recoupe.coordination import queries as objectives
from recoupe.coordination.enums import OriginKind
from recoupe.coordination.followup import queries as returned
from recoupe.coordination.followup.enums import AWAITED, TO_DECIDE
from recoupe.coordination.followup.rules import PLANNABLE
from recoupe.dealpoints import actions, doubles, permissions, queries, rules
from recoupe.dealpoints.enums import OPEN_TO_EVIDENCE, DealPointState, Extent
from recoupe.dealpoints.models import DealPoint, Evidence
from recoupe.intelligence import queries as intelligence
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Absent, Conflict, Invalid, gettext_noop
from recoupe.notices.actions import mark_seen
from recoupe.reference import queries as reference
from recoupe.web import paging
from recoupe.web.coordination.followup import shown as followup
from recoupe.web.dealpoints import shown
from recoupe.web.dealpoints.forms import EvidenceForm, ListForm, PriceForm
from recoupe.web.dealpoints.verbs import BY_SLUG, offers
from recoupe.web.deciding import MotiveForm
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.notices.seen import opened
from recoupe.web.policy import UNKNOWN_VERB, policy
from recoupe.web.reference import outlines
from recoupe.web.shell import DECIDERS

UNKNOWN_REPORT = gettext_noop("Aucune fiche de cette référence n'est à votre portée.")
# How near the map of one point stands, by the width of what it claims to know.
ZOOMS = ((500, 13), (2_000, 12), (6_000, 10))
DOUBLES_SHOWN = 5
# Reading is not deciding: these stay on the list of whoever may take the step.
STEPS_AWAITED = ("dealpoint_reported", "dealpoint_duplicate")


@policy(roles=DECIDERS)
@require_safe
def dealpoint_list(request: StaffRequest) -> HttpResponse:
    """The points that the agent may see, newest first, without totals."""
    form = ListForm(request.GET)
    lines: list[shown.Line] = []
    asked = {name: value for name, value in request.GET.items() if name != "before" and name in form.fields and value}
    older, status = "", HTTPStatus.OK
    if form.is_valid():
        page = queries.recent(request.agent, form.cleaned_data["before"], filters=form.wanted())
        record(
            Operation.CONSULT,
            refs=[("dealpoint", point.id) for point in page.rows],
            details={"what": "dealpoints", "filters": form.filled},
            result_count=len(page.rows),
        )
        lines, older = shown.lines(page.rows), paging.older(request.GET.dict(), page.next)
    else:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "form": form,
        "lines": lines,
        "older_url": older,
        "newer_url": paging.newest(request.GET.dict()),
        "asked": f"?{urlencode(asked)}" if asked else "",
        "narrowed": form.is_valid() and bool(form.filled),
        "may_propose": request.agent.has(*permissions.CONTRIBUTORS),
        "may_import": permissions.can_import(request.agent),
    }
    return render(request, "dealpoints/list.html", context, status=status)


@policy(roles=DECIDERS)
@require_safe
def dealpoint_page(request: StaffRequest, id: UUID) -> HttpResponse:
    """One point: what is known, what speaks for it, its life, and what the agent may decide."""
    point = queries.point(request.agent, id)
    answer = page(request, point)
    keeping = (*STEPS_AWAITED, *TO_DECIDE) if permissions.moves(request.agent, point) else ()
    # Checks are answered on a page of their own, which takes them off.
    opened(request.agent, ("dealpoint", id), keeping=(*keeping, *AWAITED))
    return answer


@policy(roles=DECIDERS)
@require_POST
def act(request: StaffRequest, id: UUID, verb: str) -> HttpResponse:
    """Take one decision on a point; a refused form comes back on the page, with the point as it stands."""
    decision = BY_SLUG.get(verb)
    if decision is None:
        raise Absent(UNKNOWN_VERB)
    point = queries.point(request.agent, id)
    # Whoever may not decide is refused before his words, and the state, are read.
    if not permissions.decides(request.agent, point, rules.DECIDED_BY[decision.to]):
        permissions.check_move(request.agent, point, decision.to)
    form = decision.bind(request.POST)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            decision.run(request.agent, point, form.cleaned_data)
        except Invalid as refusal:
            refuse(form, _at_reason(refusal))
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            mark_seen(by=request.agent, refs=[("dealpoint", point.id)])
            return HttpResponseRedirect(reverse("dealpoint-page", args=[id]))
    return page(request, queries.point(request.agent, id), bound={verb: form}, status=status)


@policy(roles=permissions.CONTRIBUTORS)
@require_POST
def add_evidence(request: StaffRequest, id: UUID) -> HttpResponse:
    """Attach one more report to a point, by its reference."""
    point = queries.point(request.agent, id)
    permissions.demand_contributor(request.agent)
    form = EvidenceForm(request.POST, auto_id="id_evidence_%s")
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            report = report_by_ref(request.agent, form.cleaned_data["report"])
            actions.add_evidence(by=request.agent, point=point, report=report)
        except Invalid as refusal:
            refuse(form, refusal)
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            return HttpResponseRedirect(reverse("dealpoint-page", args=[id]))
    return page(request, point, evidence_form=form, status=status)


def report_by_ref(agent: Agent, typed: str) -> Report:
    """The report of a reference among those that the agent reads; another one is unknown, whatever it is."""
    try:
        found = intelligence.search(agent, intelligence.Search(ref=typed), limit=1)
    except Invalid as refusal:
        raise Invalid(refusal.sentence, field="report", **refusal.params) from refusal
    if not found:
        raise Invalid(UNKNOWN_REPORT, field="report")
    return found[0]


def _at_reason(refusal: Invalid) -> Invalid:
    """The rooms name the motive of a step `motive`; the forms call it `reason`, as the actions do."""
    field = "reason" if refusal.field == "motive" else refusal.field
    return Invalid(refusal.sentence, field=field, **refusal.params)


def page(
    request: StaffRequest,
    point: DealPoint,
    *,
    bound: Mapping[str, MotiveForm] | None = None,
    evidence_form: forms.Form | None = None,
    price_form: forms.Form | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """A point as it stands, with the forms that were just refused as they were filled."""
    agent = request.agent
    evidence = queries.evidence(agent, point)
    origin = objectives.from_origin(agent, OriginKind.DEALPOINT, point.id)
    near = doubles.of_point(agent, point)[:DOUBLES_SHOWN]
    refs = [("dealpoint", point.id), *(("dealpoint", other.id) for other, _ in near)]
    record(Operation.CONSULT, refs=[*refs, *(("objective", row.id) for row in origin[:20])])
    context = {
        **_facts(agent, point, evidence),
        **_map(point),
        "offers": offers(agent, point, bound or {}),
        "evidence_form": evidence_form or _evidence_form(agent, point),
        "price_form": price_form or (PriceForm(auto_id="id_price_%s") if permissions.can_price(agent, point) else None),
        "may_correct": permissions.can_correct(agent, point),
        "doubles": list(zip(shown.lines(other for other, _ in near), (metres for _, metres in near), strict=True)),
        "objectives": origin,
        "may_propose": objective_permissions.can_propose(agent, point),
    }
    return render(request, "dealpoints/page.html", context, status=status)


def _facts(agent: Agent, point: DealPoint, evidence: list[Evidence]) -> dict[str, Any]:
    knows_sources = bool(evidence) or point.owner_unit_id == agent.unit_id
    survivor = _reachable(agent, point.merged_into_id)
    return {
        "point": point,
        "state": DealPointState(point.state),
        "tone": shown.TONES[DealPointState(point.state)],
        "kind": shown.kind_of(point),
        "extent": Extent(point.extent),
        "prices": shown.prices(agent, point),
        "landlord_doubt": shown.landlord_doubt(point),
        "commune": reference.commune(point.commune_code),
        "departments": [reference.department(code) for code in point.departments],
        "products": shown.product_names(point.products),
        "roles": shown.roles_seen(point),
        "looks": followup.looks(agent, point, returned.checks(agent, point, shown.today())),
        "plans": followup.plans(agent, point),
        "plannable": PLANNABLE,
        "proofs": shown.proofs(agent, evidence),
        "confirmations": shown.confirmations(evidence),
        "steps": shown.steps(agent, point, named=knows_sources),
        "survivor": survivor,
        "decides": permissions.decides(agent, point, Capacity.CELL),
    }


def _reachable(agent: Agent, point_id: UUID | None) -> DealPoint | None:
    if point_id is None:
        return None
    try:
        return queries.point(agent, point_id)
    except Absent:
        return None


def _map(point: DealPoint) -> dict[str, Any]:
    near = (zoom for metres, zoom in ZOOMS if point.uncertainty_m <= metres)
    return {
        "map_source": reverse("dealpoint-place", args=[point.id]),
        "map_base": outlines.addresses(frozenset(point.departments)),
        "map_center": f"{point.lon:.5f},{point.lat:.5f}",
        "map_zoom": next(near, 9),
    }


def _evidence_form(agent: Agent, point: DealPoint) -> EvidenceForm | None:
    takes = agent.has(*permissions.CONTRIBUTORS) and DealPointState(point.state) in OPEN_TO_EVIDENCE
    return EvidenceForm(auto_id="id_evidence_%s") if takes else None
