"""The ministers' committee: its meetings, what it decided, and the board that each meeting keeps frozen."""

from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Absent, Conflict, Invalid
from recoupe.plan import actions, freezing, permissions, queries
from recoupe.plan import committee as committees
from recoupe.plan.enums import Verdict
from recoupe.plan.models import Session
from recoupe.plan.permissions import BOARD_ROLES
from recoupe.reference import queries as reference
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.plan import paper
from recoupe.web.plan.forms import DecisionForm, SessionForm
from recoupe.web.policy import TAKEN_OUT, UNKNOWN_VERB, policy
from recoupe.web.printing.pdf import print_paper

DECIDE, FREEZE = VERBS = ("decider", "geler")


@policy(roles=BOARD_ROLES)
@require_safe
def committee(request: StaffRequest) -> HttpResponse:
    """The meetings, the last one first; the secretariat enters a new one."""
    return _list(request)


@policy(roles=(Role.PLAN_MANAGER,))
@require_POST
def session_new(request: StaffRequest) -> HttpResponse:
    """Enter a meeting; a refused form comes back on the page."""
    permissions.check_preside(request.agent)
    form = SessionForm(request.POST)
    if form.is_valid():
        try:
            made = actions.hold_session(by=request.agent, **form.cleaned_data)
        except (Invalid, Conflict) as refusal:
            refuse(form, refusal)
        else:
            return HttpResponseRedirect(reverse("plan-session", args=[made.id]))
    return _list(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)


@policy(roles=BOARD_ROLES)
@require_safe
def session_page(request: StaffRequest, id: UUID) -> HttpResponse:
    """One meeting: what it decided, and the board that it froze, where each figure says how it was made."""
    return _page(request, committees.session(request.agent, id))


@policy(roles=(Role.PLAN_MANAGER,))
@require_POST
def act(request: StaffRequest, id: UUID, verb: str) -> HttpResponse:
    """Write a decision of the meeting, or freeze its board."""
    if verb not in VERBS:
        raise Absent(UNKNOWN_VERB)
    session = committees.session(request.agent, id)
    permissions.check_preside(request.agent)
    if verb == FREEZE:
        actions.freeze_board(by=request.agent, session=session)
        return HttpResponseRedirect(reverse("plan-session", args=[id]))
    form = DecisionForm(reference.measures(), request.POST)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            _decide(request.agent, session, form)
        except Invalid as refusal:
            refuse(form, refusal)
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            return HttpResponseRedirect(reverse("plan-session", args=[id]))
    return _page(request, session, form, status)


@policy(roles=BOARD_ROLES, step_up=TAKEN_OUT)
@require_safe
def print_board(request: StaffRequest, id: UUID) -> HttpResponse:
    """The committee's paper: the frozen board in at most eight pages, each figure tied to how it was made."""
    session = committees.session(request.agent, id)
    address = request.build_absolute_uri(reverse("plan-session", args=[id]))
    return print_paper(by=request.agent, paper=paper.paper(committees.snapshot(request.agent, session), address))


def _list(request: StaffRequest, form: SessionForm | None = None, status: int = HTTPStatus.OK) -> HttpResponse:
    agent = request.agent
    sessions = committees.sessions(agent)
    record(Operation.CONSULT, details={"what": "plan", "plan": "plan_session"}, result_count=len(sessions))
    context = {
        "lines": [(one, committees.sat(one)) for one in sessions],
        "late": committees.awaited(sessions, timezone.localdate()),
        "form": (form or SessionForm()) if permissions.can_preside(agent) else None,
    }
    return render(request, "plan/committee.html", context, status=status)


def _decide(agent: Agent, session: Session, form: DecisionForm) -> None:
    data = form.cleaned_data
    card = queries.card(agent, data["measure"])
    actions.decide(by=agent, session=session, card=card, verdict=Verdict(data["verdict"]), reason=data["reason"])


def _page(
    request: StaffRequest, session: Session, form: DecisionForm | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    agent = request.agent
    snapshot = committees.snapshot_or_none(agent, session)
    decisions = committees.decisions(agent, session)
    record(Operation.CONSULT, details={"what": "plan", "plan": "plan_session"}, result_count=len(decisions))
    open_still = snapshot is None and permissions.can_preside(agent)
    frozen = freezing.contents(snapshot.content) if snapshot else None
    context = {
        "session": session,
        "sat": committees.sat(session),
        "decisions": [(row, reference.measures()[row.measure - 1]) for row in decisions],
        "snapshot": snapshot,
        "frozen": frozen,
        "form": (form or DecisionForm(reference.measures())) if open_still else None,
    }
    return render(request, "plan/session.html", context, status=status)
