"""Procedures: the list of those that the agent reads, opening one, its page."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from recoupe.access.enums import OPERATIONAL_ROLES, Role
from recoupe.access.queries import names_of
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.cases import actions, permissions, queries
from recoupe.cases.enums import CaseState
from recoupe.cases.models import Case, MagistrateChange
from recoupe.intelligence import queries as intelligence
from recoupe.kernel.refusal import Conflict, Invalid
from recoupe.reference import queries as reference
from recoupe.targets import permissions as target_permissions
from recoupe.targets import queries as targets
from recoupe.web.cases.forms import CaseForm, CloseForm, CourtForm
from recoupe.web.fields import refuse
from recoupe.web.intelligence import shown
from recoupe.web.middleware import StaffRequest
from recoupe.web.notices.seen import opened
from recoupe.web.policy import policy
from recoupe.web.targets import shown as target_shown

READERS = frozenset({Role.INVESTIGATOR, Role.UNIT_HEAD, Role.PROSECUTOR, Role.EXAMINING_JUDGE})
OPENERS = frozenset({Role.INVESTIGATOR, Role.UNIT_HEAD})


@policy(roles=READERS)
@require_safe
def case_list(request: StaffRequest) -> HttpResponse:
    """The procedures of one's unit; those of one's court or cabinet for a magistrate."""
    found = queries.cases(request.agent)
    record(
        Operation.CONSULT,
        refs=[("case", case.id) for case in found],
        details={"what": "cases"},
        result_count=len(found),
    )
    lines = [(case, shown.unit_name(case.court_id), CaseState(case.state).label) for case in found]
    context = {"lines": lines, "may_open": permissions.can_open(request.agent)}
    return render(request, "cases/list.html", context)


@policy(roles=OPENERS)
@require_http_methods(["GET", "HEAD", "POST"])
def case_new(request: StaffRequest) -> HttpResponse:
    """Choose the court, then its magistrate and the rest; nothing is written before the second step is right."""
    today = localdate()
    first = CourtForm(request.POST if request.method == "POST" else request.GET or None, today=today)
    if not first.is_bound:
        return render(request, "cases/new.html", {"form": first, "step": 1})
    if not first.is_valid():
        return render(request, "cases/new.html", {"form": first, "step": 1}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    court = UUID(first.cleaned_data["court"])
    options: dict[str, Any] = {"agent": request.agent, "court": court, "today": today}
    if request.method != "POST":
        form = CaseForm(initial={"court": str(court), "opened_on": today}, **options)
        return _second(request, form, court)
    form, status = CaseForm(request.POST, **options), HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            case = actions.open_case(by=request.agent, entry=form.entry())
        except Invalid as refusal:
            refuse(form, refusal)
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            return HttpResponseRedirect(reverse("case-page", args=[case.id]))
    return _second(request, form, court, status)


@policy(roles=OPERATIONAL_ROLES)
@require_safe
def case_page(request: StaffRequest, id: UUID) -> HttpResponse:
    """One procedure and the reports that name it."""
    answer = _page(request, queries.case(request.agent, id))
    opened(request.agent, ("case", id))
    return answer


@policy(roles=OPENERS)
@require_POST
def case_close(request: StaffRequest, id: UUID) -> HttpResponse:
    """End a procedure; what it holds stays judicial."""
    case, form = queries.case(request.agent, id), CloseForm(request.POST)
    if form.is_valid():
        try:
            actions.close_case(by=request.agent, case=case, closed_on=form.cleaned_data["closed_on"])
        except Invalid as refusal:
            refuse(form, refusal)
        else:
            return HttpResponseRedirect(reverse("case-page", args=[id]))
    return _page(request, case, form, HTTPStatus.UNPROCESSABLE_ENTITY)


def _second(request: StaffRequest, form: CaseForm, court: UUID, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    context = {"form": form, "step": 2, "court": shown.unit_name(court)}
    return render(request, "cases/new.html", context, status=status)


def _page(
    request: StaffRequest, case: Case, form: CloseForm | None = None, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    agent = request.agent
    reports = intelligence.of_case(agent, case.id, 50)
    registrations = target_shown.lines(agent, targets.of_case(agent, case.id), localdate())
    refs = [("case", case.id), *(("report", report.id) for report in reports)]
    record(Operation.CONSULT, refs=refs + [("target", line.target.id) for line in registrations])
    may_change = permissions.can_change(agent, case)
    changes = queries.magistrate_changes(agent, case)
    people = {case.magistrate_id, *(person for c in changes for person in (c.former_id, c.magistrate_id, c.actor_id))}
    named = {m.id: m.name for m in queries.magistrates(agent, case.court_id)} | names_of(people)
    context = {
        "case": case,
        "state": CaseState(case.state),
        "court": shown.unit_name(case.court_id),
        "unit": shown.unit_name(case.owner_unit_id),
        "magistrate": named.get(case.magistrate_id, ""),
        "changes": [_change(change, named) for change in reversed(changes)],
        "may_change_magistrate": permissions.can_change_magistrate(agent, case),
        "lines": shown.lines(reports),
        "offences": _offences(case),
        "targets": registrations,
        "may_register": target_permissions.can_request(agent, case),
        "close_form": (form or CloseForm(initial={"closed_on": localdate()})) if may_change else None,
    }
    return render(request, "cases/page.html", context, status=status)


def _offences(case: Case) -> list[str]:
    """Each offence by its number, with its words and article where the reference has them."""
    known = reference.offences()
    return [f"{code} · {known[code]} ({known[code].article})" if code in known else str(code) for code in case.offences]


def _change(change: MagistrateChange, named: Mapping[UUID, str]) -> tuple[MagistrateChange, str, str, str]:
    """One change with the names of the former magistrate, the new one and the head who decided it."""
    former, magistrate, head = (named.get(i, "—") for i in (change.former_id, change.magistrate_id, change.actor_id))
    return change, former, magistrate, head
