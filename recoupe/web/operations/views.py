"""Events of one's unit: the list, the page with whom to call, beginning and ending one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.views.decorators.http import require_POST, require_safe

from recoupe.access.agent import Agent
from recoupe.access.queries import names_of
from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.cases import queries as cases
from recoupe.crosscheck.models import HitSide
from recoupe.crosscheck.queries import hits_of_record
from recoupe.crosscheck.rules import DEAD_HIT
from recoupe.kernel.refusal import Absent, Invalid
from recoupe.operations import actions, permissions, queries
from recoupe.operations.enums import LIVE, EventState
from recoupe.operations.models import Event
from recoupe.operations.permissions import PLANNERS
from recoupe.web import paging
from recoupe.web.crosscheck import shown as hits
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.notices.seen import opened
from recoupe.web.operations import shown
from recoupe.web.operations.forms import PAST, CancelForm, ListForm, SilenceForm
from recoupe.web.operations.naming import lines_of
from recoupe.web.policy import UNKNOWN_VERB, policy

SILENCES = ("taire", "lever-silence")
VERBS: Mapping[str, EventState] = {
    "commencer": EventState.UNDER_WAY,
    "terminer": EventState.OVER,
    "annuler": EventState.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Met:
    """One conflict as its side learns it: whom to call, since when."""

    side: HitSide
    url: str
    unit: str
    state: Promise | str
    tone: str
    dead: bool


@policy(roles=PLANNERS)
@require_safe
def event_list(request: StaffRequest) -> HttpResponse:
    """What the unit plans, the next event first; under its own tab what is over, the last one first."""
    form = ListForm(request.GET, cases=cases.open_cases(request.agent))
    lines: list[shown.Line] = []
    older, status, over = "", HTTPStatus.OK, False
    if form.is_valid():
        over, start = form.cleaned_data["when"] == PAST, form.cleaned_data["before"]
        page = (queries.past if over else queries.coming)(request.agent, timezone.now(), form.wanted(), start)
        refs: list[Ref] = [("event", event.id) for event in page.rows]
        details = {"what": "events", "filters": form.filled}
        record(Operation.CONSULT, refs=refs, details=details, result_count=len(refs))
        lines, older = shown.lines(page.rows), paging.older(request.GET.dict(), page.next)
    else:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "form": form,
        "lines": lines,
        "over": over,
        "view": "past" if over else "coming",
        "older_url": older,
        "newer_url": paging.newest(request.GET.dict()),
        "narrowed": form.is_valid() and bool(form.filled),
        "may_plan": permissions.can_plan(request.agent),
        "may_mark": permissions.can_mark(request.agent),
    }
    return render(request, "operations/list.html", context, status=status)


@policy(roles=PLANNERS)
@require_safe
def event_page(request: StaffRequest, id: UUID) -> HttpResponse:
    """One event, with whom to call."""
    return _page(request, queries.event(request.agent, id))


@policy(roles=PLANNERS, polled=True)
@require_safe
def event_conflicts(request: StaffRequest, id: UUID) -> HttpResponse:
    """The conflicts alone, asked again while the comparison runs."""
    event = queries.event(request.agent, id)
    context, refs = _conflicts(request.agent, event)
    record(Operation.CONSULT, refs=[("event", id), *refs], details={"what": "hits"})
    return render(request, "operations/_conflicts.html", context)


@policy(roles=PLANNERS)
@require_POST
def event_act(request: StaffRequest, id: UUID, verb: str) -> HttpResponse:
    """It begins, it is over, it is cancelled; it becomes silent, or is so no longer."""
    if verb not in (*VERBS, *SILENCES):
        raise Absent(UNKNOWN_VERB)
    if verb in SILENCES:
        return _silence(request, queries.event(request.agent, id), ends=verb == SILENCES[1])
    event, to = queries.event(request.agent, id), VERBS[verb]
    if event.state == to:  # a second click, or the same click as a colleague's
        return HttpResponseRedirect(reverse("event-page", args=[id]))
    form = CancelForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        actions.move(by=request.agent, event=event, to=to, reason=reason)
    except Invalid as refusal:
        refuse(form, refusal)
        return _page(request, event, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    return HttpResponseRedirect(reverse("event-page", args=[id]))


def _silence(request: StaffRequest, event: Event, *, ends: bool) -> HttpResponse:
    """The head of the unit makes it silent until a day, or ends that."""
    permissions.check_silence(request.agent, event)
    form = SilenceForm(request.POST, ends=ends)
    if form.is_valid():
        until, reason = form.cleaned_data.get("until"), form.cleaned_data["reason"]
        try:
            actions.mark_silent(by=request.agent, event=event, until=until, reason=reason)
        except Invalid as refusal:
            refuse(form, refusal)
        else:
            return HttpResponseRedirect(reverse("event-page", args=[event.id]))
    return _page(request, event, silence=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _conflicts(agent: Agent, event: Event) -> tuple[dict[str, object], list[Ref]]:
    """What the agent's side learns of the conflicts of an event, and what the journal says that he read."""
    # In this order: what is compared meanwhile is asked for again, never said to have met nothing.
    pending = queries.waits(agent, event)
    sides = [line.side for line in hits_of_record(agent, "event", event.id)]
    return {"event": event, "pending": pending, "met": _met(sides)}, [("hit", side.id) for side in sides]


def _met(sides: Sequence[HitSide]) -> list[Met]:
    made = []
    for side in sides:
        word = hits.hit_word(side.state)
        dead = side.state in DEAD_HIT
        made.append(Met(side, reverse("hit-page", args=[side.id]), hits.met(side), word.label, word.tone, dead))
    return made


def _page(
    request: StaffRequest,
    event: Event,
    form: CancelForm | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    silence: SilenceForm | None = None,
) -> HttpResponse:
    conflicts, refs = _conflicts(request.agent, event)
    record(Operation.CONSULT, refs=[("event", event.id), *refs])
    opened(request.agent, *refs)
    context = {
        **conflicts,
        "line": shown.line(event),
        "steps": shown.steps(event),
        "names": lines_of(event),
        "author": names_of({event.author_id}).get(event.author_id, ""),
        "may_change": permissions.can_change(request.agent, event),
        "may_begin": event.state in LIVE and event.state != EventState.UNDER_WAY,
        "cancel": form or CancelForm(),
        "silence": (silence or SilenceForm()) if permissions.can_silence(request.agent, event) else None,
        "speak": SilenceForm(ends=True) if event.silent_until else None,
    }
    return render(request, "operations/page.html", context, status=status)
