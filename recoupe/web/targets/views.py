"""The list of registrations, the page of one, the decisions on it, and the gauge of the services."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_POST, require_safe

from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.cases import queries as cases
from recoupe.crosscheck import queries as crosscheck
from recoupe.kernel.refusal import Absent, Conflict, Invalid
from recoupe.notices.actions import mark_seen
from recoupe.targets import permissions, queries
from recoupe.targets.models import RegisteredTarget
from recoupe.web import paging
from recoupe.web.crosscheck.shown import glances
from recoupe.web.deciding import MotiveForm
from recoupe.web.deconfliction.shown import of_sides
from recoupe.web.fields import refuse
from recoupe.web.intelligence.shown import unit_name
from recoupe.web.middleware import StaffRequest
from recoupe.web.notices.seen import opened
from recoupe.web.policy import UNKNOWN_VERB, policy
from recoupe.web.shell import REGISTRY
from recoupe.web.targets import shown
from recoupe.web.targets.forms import ListForm
from recoupe.web.targets.verbs import BY_SLUG, offers

GAUGED = frozenset({Role.REGISTRY_MANAGER, Role.UNIT_HEAD})
# Reading is not deciding: a request stays on the manager's list until he has said yes or no.
AWAITED = ("target_requested",)


@policy(roles=REGISTRY)
@require_safe
def target_list(request: StaffRequest) -> HttpResponse:
    """The registrations that the agent may see, newest first, without totals."""
    form, today = ListForm(request.GET), localdate()
    lines: list[shown.Line] = []
    older, status = "", HTTPStatus.OK
    if form.is_valid():
        state = form.cleaned_data["state"]
        page = queries.recent(request.agent, form.cleaned_data["before"], states=[state] if state else ())
        record(
            Operation.CONSULT,
            refs=[("target", row.id) for row in page.rows],
            details={"what": "targets", "filters": form.filled},
            result_count=len(page.rows),
        )
        lines, older = shown.lines(request.agent, page.rows, today), paging.older(request.GET.dict(), page.next)
    else:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "form": form,
        "lines": lines,
        "older_url": older,
        "newer_url": paging.newest(request.GET.dict()),
        "narrowed": form.is_valid() and bool(form.filled),
        "may_gauge": request.agent.has(*GAUGED),
    }
    return render(request, "targets/list.html", context, status=status)


@policy(roles=REGISTRY)
@require_safe
def target_page(request: StaffRequest, id: UUID) -> HttpResponse:
    """One registration: the person, the procedure, its life, and what the agent may decide."""
    target = queries.target(request.agent, id)
    answer = _page(request, target)
    opened(request.agent, ("target", id), keeping=AWAITED if permissions.manages(request.agent) else ())
    return answer


@policy(roles=REGISTRY)
@require_POST
def act(request: StaffRequest, id: UUID, verb: str) -> HttpResponse:
    """Take one decision; a refused form comes back on the page, with the registration as it stands."""
    decision = BY_SLUG.get(verb)
    if decision is None:
        raise Absent(UNKNOWN_VERB)
    target = queries.target(request.agent, id)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    form = decision.bind(request.POST)
    try:
        permissions.check_decide(request.agent, target, decision.to)
        if form.is_valid():
            decision.run(request.agent, target, form.cleaned_data)
            mark_seen(by=request.agent, refs=[("target", id)])
            return HttpResponseRedirect(reverse("target-page", args=[id]))
    except Invalid as refusal:
        refuse(form, refusal)
    except Conflict as refusal:
        form.is_valid()
        refuse(form, refusal)
        status = HTTPStatus.CONFLICT
    return _page(request, queries.target(request.agent, id), {verb: form}, status)


@policy(roles=GAUGED)
@require_safe
def target_gauge(request: StaffRequest) -> HttpResponse:
    """Month by month: procedures for the listed articles, and those with a registration after fifteen days."""
    today = localdate()
    rows = queries.gauge(request.agent, today)
    late = cases.cases_by_id(request.agent, queries.missing(request.agent, today))
    record(
        Operation.CONSULT,
        refs=[("case", i) for i in late],
        details={"what": "target_gauge"},
        result_count=len(late),
    )
    context = {
        "lines": shown.gauge_lines(rows),
        "national": permissions.manages(request.agent),
        "late": sorted(late.values(), key=lambda case: (case.opened_on, case.number)),
    }
    return render(request, "targets/gauge.html", context)


def _page(
    request: StaffRequest,
    target: RegisteredTarget,
    bound: Mapping[str, MotiveForm] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    agent, today = request.agent, localdate()
    met = crosscheck.hits_of_record(agent, "target", target.id)
    record(Operation.CONSULT, refs=[("target", target.id), *(("hit", line.side.id) for line in met)])
    case = cases.cases_by_id(agent, [target.case_id]).get(target.case_id)
    context = {
        "target": target,
        "named": queries.names_shown(agent, target, today),
        "name": shown.name_of(agent, target, today),
        "state": shown.S(target.state),
        "tone": shown.TONES[shown.S(target.state)],
        "unit": unit_name(target.owner_unit_id),
        "articles": shown.articles(target),
        "case": case,
        "days_left": (target.expires_on - today).days if target.expires_on else None,
        "hits": glances(met),
        "settled": of_sides(agent, [line.side for line in met]),
        "steps": shown.steps(agent, target),
        "offers": offers(agent, target, bound or {}),
        "may_amend": permissions.can_amend(agent, target),
        "may_renew": case is not None and permissions.can_request(agent, case) and target.expires_on is not None,
    }
    return render(request, "targets/page.html", context, status=status)
