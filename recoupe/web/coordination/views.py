"""The list of objectives, the page of one, its steps, and its sheet on paper."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.coordination import permissions, queries
from recoupe.coordination.enums import ALLOCATED_STATES, ENDED, ObjectiveState, OriginKind
from recoupe.coordination.models import Objective
from recoupe.crosscheck import named
from recoupe.dealpoints import queries as dealpoints
from recoupe.kernel.refusal import Absent, Conflict, Invalid, gettext_noop
from recoupe.notices.actions import mark_seen
from recoupe.reference import queries as reference
from recoupe.web import paging
from recoupe.web.coordination import sheet, shown
from recoupe.web.coordination.forms import ListForm, StepForm
from recoupe.web.coordination.verbs import BY_SLUG, offers
from recoupe.web.dealpoints.shown import address
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.notices.seen import opened
from recoupe.web.policy import TAKEN_OUT, UNKNOWN_VERB, policy
from recoupe.web.printing.pdf import print_paper
from recoupe.web.shell import DECIDERS

UNKNOWN_LIST = gettext_noop("Cette liste n'existe pas : repartez du début.")
# The rooms' words for what the forms call otherwise.
FIELDS = {"motive": "reason"}
# Reading is not deciding: these stay on the list of whoever may take the step.
STEPS_AWAITED = ("objective_proposed", "objective_to_prosecutor", "objective_validated", "objective_reopened")


@policy(roles=DECIDERS)
@require_safe
def objective_list(request: StaffRequest) -> HttpResponse:
    """What waits for the agent first, then the newest objectives that he may see, by group and without totals."""
    form = ListForm(request.GET)
    group = request.GET.get("group", "")
    if not form.is_valid() or (group and group not in shown.GROUPS):
        raise Invalid(UNKNOWN_LIST)
    agent, today = request.agent, timezone.localdate()
    states = shown.GROUPS[group][1] if group else frozenset[ObjectiveState]()
    page = queries.recent(agent, form.cleaned_data["before"], states=states)
    first_page = not group and form.cleaned_data["before"] is None
    waiting = shown.to_advance(agent, today) if first_page else []
    seen = {line.objective.id for line in waiting}
    lines = [line for line in shown.lines(agent, page.rows, today) if line.objective.id not in seen]
    record(
        Operation.CONSULT,
        refs=[("objective", line.objective.id) for line in (*waiting, *lines)],
        details={"what": "objectives", "group": group},
        result_count=len(waiting) + len(lines),
    )
    context = {
        "waiting": waiting,
        "lines": lines,
        "tabs": [(key, label, key == group) for key, (label, _states) in shown.GROUPS.items()],
        "group": group,
        "older_url": paging.older(request.GET.dict(), page.next),
        "newer_url": paging.newest(request.GET.dict()),
        "may_propose": agent.has(*permissions.PROPOSERS),
    }
    return render(request, "coordination/list.html", context)


@policy(roles=DECIDERS)
@require_safe
def objective_page(request: StaffRequest, id: UUID) -> HttpResponse:
    """One objective: where it stands, what was decided, who has it, its story, and the agent's next step."""
    objective = queries.objective(request.agent, id)
    answer = _page(request, objective)
    keeping = STEPS_AWAITED if permissions.moves(request.agent, objective) else ()
    opened(request.agent, ("objective", id), keeping=keeping)
    return answer


@policy(roles=DECIDERS, step_up={"attribuer", "transmettre", "transferer", "codiriger"})
@require_POST
def act(request: StaffRequest, id: UUID, verb: str) -> HttpResponse:
    """Take one step; a refused form comes back on the page, with the objective as it stands."""
    step = BY_SLUG.get(verb)
    if step is None:
        raise Absent(UNKNOWN_VERB)
    objective = queries.objective(request.agent, id)
    # Whoever may not take the step is refused before his words are read.
    step.check(request.agent, objective)
    form = step.bind(request.agent, objective, request.POST)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            step.run(request.agent, objective, form)
        except Invalid as refusal:
            field = FIELDS.get(refusal.field, refusal.field)
            refuse(form, Invalid(refusal.sentence, field=field, **refusal.params))
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            mark_seen(by=request.agent, refs=[("objective", id)])
            return HttpResponseRedirect(reverse("objective-page", args=[id]))
    return _page(request, queries.objective(request.agent, id), {verb: form}, status)


@policy(roles=DECIDERS, step_up=TAKEN_OUT)
@require_safe
def print_objective(request: StaffRequest, id: UUID) -> HttpResponse:
    """The sheet of an objective on paper, with its marking and its serial number; journaled as a print."""
    return print_paper(by=request.agent, paper=sheet.paper(queries.objective_sheet(request.agent, id), id))


def _page(
    request: StaffRequest,
    objective: Objective,
    bound: Mapping[str, StepForm] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    agent, today = request.agent, timezone.localdate()
    record(Operation.CONSULT, refs=[("objective", objective.id)])
    decisions, history = queries.decisions(agent, objective), queries.history(agent, objective)
    standing, past = shown.split(objective, history, decisions)
    context = {
        "line": shown.lines(agent, [objective], today)[0],
        "objective": objective,
        "commune": reference.commune(objective.commune_code),
        "departments": [reference.department(code) for code in objective.departments],
        "court": reference.unit_by_id(objective.court_id),
        "proposer": reference.unit_by_id(objective.owner_unit_id),
        "joint_lead": reference.unit_by_id(objective.joint_lead_id).name if objective.joint_lead_id else "",
        "co_services": [reference.unit_by_id(unit) for unit in objective.co_services],
        "origin": _origin(agent, objective),
        "stages": shown.stages(objective),
        "next_step": shown.next_step(objective),
        "held": objective.state in ALLOCATED_STATES,
        "over": objective.state in ENDED,
        "decisions": standing,
        "past": past,
        "story": shown.story(history, decisions),
        "offers": offers(agent, objective, bound or {}),
    }
    return render(request, "coordination/page.html", context, status=status)


def _origin(agent: Agent, objective: Objective) -> dict[str, Any]:
    """Where it was proposed from; a link only to what the agent may read."""
    kind = OriginKind(objective.origin_kind)
    found: dict[str, Any] = {"kind": kind.label, "ref": "", "url": ""}
    origin = objective.origin_id
    if kind is OriginKind.DEALPOINT and origin in dealpoints.names(agent, {origin}):
        found |= {"ref": objective.origin_ref, "url": address("dealpoint-page", origin)}
    elif kind is not OriginKind.DEALPOINT and origin in named.sides(agent, {origin}):
        found["url"] = address("hit-page", origin)
    else:
        found["hidden"] = gettext("hors de votre portée")
    return found
