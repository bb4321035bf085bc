"""Events of one's unit: the list, the form, the page with whom to call, beginning and ending one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from recoupe.access.agent import Agent
from recoupe.access.queries import names_of
from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.crosscheck.models import HitSide
from recoupe.crosscheck.queries import hits_of_record
from recoupe.crosscheck.rules import DEAD_HIT
from recoupe.kernel.refusal import Absent, Conflict, Invalid
from recoupe.operations import actions, permissions, queries
from recoupe.operations.enums import LIVE, EventShape, EventState
from recoupe.operations.models import Event
from recoupe.operations.permissions import PLANNERS
from recoupe.operations.rules import Leg
from recoupe.reference import queries as reference
from recoupe.web.crosscheck import shown as hits
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.notices.seen import opened
from recoupe.web.operations.forms import CancelForm, EventForm, SilenceForm, initial
from recoupe.web.operations.naming import lines_of
from recoupe.web.policy import UNKNOWN_VERB, policy

TONES: Mapping[str, str] = {
    EventState.PLANNED: "info",
    EventState.CHANGED: "info",
    EventState.UNDER_WAY: "accent",
    EventState.OVER: "",
    EventState.CANCELLED: "warn",
}
SILENCES = ("taire", "lever-silence")
VERBS: Mapping[str, EventState] = {
    "commencer": EventState.UNDER_WAY,
    "terminer": EventState.OVER,
    "annuler": EventState.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One event of a list, its hours by the clock of its place."""

    event: Event
    place: str
    since: datetime
    until: datetime
    state: str
    tone: str


@dataclass(frozen=True, slots=True)
class Step:
    """One leg as the page tells it."""

    number: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Met:
    """One conflict as its side learns it: whom to call, since when."""

    side: HitSide
    url: str
    unit: str
    state: Promise | str
    tone: str
    dead: bool


def _place(event: Event) -> str:
    try:
        return reference.commune(event.commune_code).name
    except Absent:
        return event.commune_code


def _line(event: Event) -> Line:
    zone = ZoneInfo(event.zone)
    state = EventState(event.state)
    hours = event.starts_at.astimezone(zone), event.ends_at.astimezone(zone)
    return Line(event, _place(event), *hours, str(state.label), TONES[state])


@policy(roles=PLANNERS)
@require_safe
def event_list(request: StaffRequest) -> HttpResponse:
    """What the unit plans, the next event first, then what is over."""
    now = timezone.now()
    coming, past = queries.coming(request.agent, now), queries.past(request.agent, now)
    refs: list[Ref] = [("event", event.id) for event in (*coming, *past)]
    record(Operation.CONSULT, refs=refs, details={"what": "events"}, result_count=len(refs))
    context = {
        "groups": [(_("À venir"), [_line(event) for event in coming]), (_("Passés"), [_line(event) for event in past])],
        "any": bool(refs),
        "may_plan": permissions.can_plan(request.agent),
    }
    return render(request, "operations/list.html", context)


@policy(roles=PLANNERS)
@require_http_methods(["GET", "HEAD", "POST"])
def event_new(request: StaffRequest) -> HttpResponse:
    """Enter an event; its comparison starts with it, and its page says whom to call."""
    permissions.check_plan(request.agent)
    if request.method != "POST":
        form = EventForm(agent=request.agent)
        record(Operation.CONSULT, refs=form.shown, details={"what": "form"})
        return render(request, "operations/form.html", {"form": form})
    form = EventForm(request.POST, agent=request.agent)
    if form.is_valid():
        try:
            made = actions.enter(by=request.agent, entry=form.entry(), key=form.cleaned_data["key"])
        except Invalid as refusal:
            refuse(form, refusal)
        else:
            return HttpResponseRedirect(reverse("event-page", args=[made.id]))
    return render(request, "operations/form.html", {"form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@policy(roles=PLANNERS)
@require_http_methods(["GET", "HEAD", "POST"])
def event_change(request: StaffRequest, id: UUID) -> HttpResponse:
    """Another place or hour: it is compared anew."""
    event = queries.event(request.agent, id)
    permissions.check_change(request.agent, event)
    if request.method != "POST":
        known = initial(event, ZoneInfo(event.zone), {event.commune_code: _place(event)})
        form = EventForm(initial=known, agent=request.agent)
        record(Operation.CONSULT, refs=[("event", id), *form.shown], details={"what": "form"})
        return render(request, "operations/form.html", {"form": form, "event": event})
    form, status = EventForm(request.POST, agent=request.agent), HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            actions.change(by=request.agent, event=event, entry=form.entry(), read_at=form.cleaned_data["read_at"])
            return HttpResponseRedirect(reverse("event-page", args=[id]))
        except Invalid as refusal:
            refuse(form, refusal)
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
    return render(request, "operations/form.html", {"form": form, "event": event}, status=status)


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
    permissions.check_change(request.agent, event)
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
    sides = [line.side for line in hits_of_record(agent, "event", event.id)]
    pending = queries.waits(agent, event.id)
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
    zone = ZoneInfo(event.zone)
    legs = [Leg.of_row(row) for row in event.legs]
    steps = [Step(n, leg.since.astimezone(zone), leg.until.astimezone(zone)) for n, leg in enumerate(legs, 1)]
    context = {
        **conflicts,
        "line": _line(event),
        "steps": steps if event.shape == EventShape.CORRIDOR else [],
        "names": lines_of(event),
        "author": names_of({event.author_id}).get(event.author_id, ""),
        "may_change": permissions.can_change(request.agent, event),
        "may_begin": event.state in LIVE and event.state != EventState.UNDER_WAY,
        "cancel": form or CancelForm(),
        "silence": (silence or SilenceForm()) if permissions.can_silence(request.agent, event) else None,
        "speak": SilenceForm(ends=True) if event.silent_until else None,
    }
    return render(request, "operations/page.html", context, status=status)
