"""The follow-up of one place: its plan of return, its checks, and what the agent may say of them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.coordination import permissions
from recoupe.coordination.followup import actions, queries
from recoupe.coordination.followup.enums import AWAITED, Seen
from recoupe.coordination.followup.enums import MeasureState as M
from recoupe.dealpoints import queries as dealpoints
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.models import DealPoint
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refusal
from recoupe.notices.actions import mark_seen
from recoupe.reference import queries as reference
from recoupe.web.coordination.followup import shown
from recoupe.web.coordination.followup.forms import LookForm, MeasureForm, StepForm
from recoupe.web.dealpoints.forms import point_key as form_key
from recoupe.web.dealpoints.shown import TONES
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import UNKNOWN_VERB, policy
from recoupe.web.shell import DECIDERS

VERBS = (PLAN, LOOK, STEP) = ("mesure", "controle", "etape")
# The rooms' words for what the forms call otherwise.
FIELDS = {"motive": "reason"}


@policy(roles=DECIDERS)
@require_safe
def followup_page(request: StaffRequest, id: UUID) -> HttpResponse:
    """What was planned for a place after an operation, and what was seen there since."""
    answer = _page(request, dealpoints.point(request.agent, id))
    # What somebody else has answered meanwhile leaves the list; what waits stays until it is answered.
    if id not in queries.waiting_points(request.agent, [id], timezone.localdate()):
        mark_seen(by=request.agent, refs=[("dealpoint", id)], kinds=AWAITED)
    return answer


@policy(roles=DECIDERS)
@require_POST
def act(request: StaffRequest, id: UUID, verb: str) -> HttpResponse:
    """Plan a measure, bring one further, or answer a check; a refused form comes back on the page."""
    if verb not in VERBS:
        raise Absent(UNKNOWN_VERB)
    point = dealpoints.point(request.agent, id)
    if verb == PLAN:
        return _plan(request, point)
    return _answer(request, point) if verb == LOOK else _advance(request, point)


def _plan(request: StaffRequest, point: DealPoint) -> HttpResponse:
    permissions.check_plan_return(request.agent, point)
    form = MeasureForm(request.POST, point=point, auto_id="id_measure_%s")
    if form.is_valid():
        key = form_key(request.agent.id, form.cleaned_data["key"])
        try:
            actions.plan(by=request.agent, point=point, draft=form.draft(key))
        except (Invalid, Conflict) as refusal:
            return _refused(request, point, form, refusal, measure_form=form)
        return _back(point)
    return _page(request, point, HTTPStatus.UNPROCESSABLE_ENTITY, measure_form=form)


def _answer(request: StaffRequest, point: DealPoint) -> HttpResponse:
    # Whoever may not look is refused before his words are read.
    permissions.check_look(request.agent, point)
    form = LookForm(request.POST, auto_id="id_look_%s")
    if form.is_valid():
        data = form.cleaned_data
        check = queries.check(request.agent, data["check_id"])
        if check.point_id != point.pk:
            raise Absent(UNKNOWN_VERB)
        try:
            seen = Seen(data["seen"])
            actions.answer(by=request.agent, check=check, seen=seen, seen_on=data["seen_on"], reason=data["reason"])
        except (Invalid, Conflict) as refusal:
            return _refused(request, point, form, refusal, look_form=form)
        mark_seen(by=request.agent, refs=[("dealpoint", point.pk)], kinds=AWAITED)
        return _back(point)
    return _page(request, point, HTTPStatus.UNPROCESSABLE_ENTITY, look_form=form)


def _advance(request: StaffRequest, point: DealPoint) -> HttpResponse:
    permissions.check_tend(request.agent, point)
    step = shown.BY_SLUG.get(request.POST.get("step", ""))
    named = _uuid(request.POST.get("measure", ""))
    if step is None or named is None:
        return _page(request, point, HTTPStatus.UNPROCESSABLE_ENTITY)
    measure = queries.measure(request.agent, named)
    if measure.point_id != point.pk:
        raise Absent(UNKNOWN_VERB)
    now = queries.last_step(measure)
    form = shown.step_form(measure, now, step, request.POST)
    bound = {(measure.id, step.slug): form}
    if form.is_valid():
        try:
            change = _change(step, M(now.state), form)
            actions.advance(by=request.agent, measure=measure, change=change, read=form.cleaned_data["read"])
        except (Invalid, Conflict) as refusal:
            return _refused(request, point, form, refusal, steps=bound)
        return _back(point)
    return _page(request, point, HTTPStatus.UNPROCESSABLE_ENTITY, steps=bound)


def _change(step: shown.Step, state: M, form: StepForm) -> actions.Change:
    said = form.cleaned_data
    return actions.Change(
        to=step.to or state,
        due_on=said.get("due_on"),
        granted=said.get("granted"),
        used=said.get("used"),
        reason=said.get("reason", ""),
    )


def _uuid(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


def _back(point: DealPoint) -> HttpResponse:
    return HttpResponseRedirect(reverse("followup-page", args=[point.pk]))


def _refused(request: StaffRequest, point: DealPoint, form: forms.Form, refusal: Refusal, **bound: Any) -> HttpResponse:
    conflict = isinstance(refusal, Conflict)
    if isinstance(refusal, Invalid):
        field = FIELDS.get(refusal.field, refusal.field)
        refusal = Invalid(refusal.sentence, field=field, **refusal.params)
    refuse(form, refusal)
    status = HTTPStatus.CONFLICT if conflict else HTTPStatus.UNPROCESSABLE_ENTITY
    return _page(request, point, status, **bound)


def _page(
    request: StaffRequest,
    point: DealPoint,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    measure_form: MeasureForm | None = None,
    look_form: LookForm | None = None,
    steps: Mapping[tuple[UUID, str], StepForm] | None = None,
) -> HttpResponse:
    agent, today = request.agent, timezone.localdate()
    if status is not HTTPStatus.OK:  # as it stands now
        point = dealpoints.point(agent, point.pk)
    made, opens = queries.checks(agent, point, today), permissions.opens_plan(agent, point)
    record(Operation.CONSULT, refs=[("dealpoint", point.pk)])
    context = {
        "point": point,
        "state": DealPointState(point.state),
        "tone": TONES[DealPointState(point.state)],
        "commune": reference.commune(point.commune_code),
        "looks": shown.looks(agent, point, made, look_form),
        "look_form": look_form,
        "plans": shown.plans(agent, point, steps or {}, opens=opens),
        "closing": queries.closing_proposed(point, [one.check for one in made], today),
        "measure_form": measure_form or _measure_form(agent, point, opens),
        "refused": bool(look_form and look_form.errors),
    }
    return render(request, "coordination/followup.html", context, status=status)


def _measure_form(agent: Agent, point: DealPoint, opens: bool) -> MeasureForm | None:
    may = permissions.can_plan_return(agent, point, opens)
    return MeasureForm(point=point, auto_id="id_measure_%s") if may else None
