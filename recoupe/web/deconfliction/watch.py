"""The watch desk's one screen: open dangers, whom to call, who knows, how long is left; and what is done about them.

Where the journal refuses, it shows dangers and contacts alone, each reading written beside first (audit.aside).
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.access.queries import names_of
from recoupe.audit import aside
from recoupe.audit.actions import Ref, record
from recoupe.audit.aside import Reader
from recoupe.audit.enums import Operation
from recoupe.deconfliction import danger_queries as queries
from recoupe.deconfliction import permissions, watch
from recoupe.deconfliction.dangers import REF
from recoupe.deconfliction.enums import DangerState, LineKind, ShiftState
from recoupe.deconfliction.models import Danger, DangerSide, WatchLine, WatchShift
from recoupe.kernel.refusal import Absent, Invalid, gettext_noop
from recoupe.reference import queries as reference
from recoupe.reference.organisation import Contact, duty_contact, unit_by_id
from recoupe.web.errors import error_page
from recoupe.web.fields import LineField, refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import UNKNOWN_VERB, policy

log = logging.getLogger(__name__)

SENTENCE_UNWRITTEN = gettext_noop(
    "Le journal refuse, et cette consultation ne peut pas non plus être écrite sur le disque du site : rien n'est "
    "montré. Prévenez l'administrateur technique ; appelez les services par l'annuaire papier."
)
WATCHERS = (Role.WATCH_DESK,)
# Sooner than this it is shown as pressing.
SOON_S = 7_200
TONES = {DangerState.OPEN: "bad", DangerState.ONE_ACKNOWLEDGED: "warn", DangerState.ACKNOWLEDGED: "good"}
CALLS = {"joint": True, "sans-reponse": False}
NOTE = "consigne"
RELIEFS = ("preparer", "prendre")


@dataclass(frozen=True, slots=True)
class Side:
    """One unit that must know: whom to call there, who acknowledged, how often it was told, the last call."""

    side: DangerSide
    unit: str
    contact: Contact
    acknowledged_by: str = ""
    call: WatchLine | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One danger on the screen."""

    danger: Danger
    department: str
    tone: str
    begun: bool
    pressing: bool
    sides: list[Side]
    note: WatchLine | None = None
    lines: list[WatchLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Written:
    """One line of the main register of a danger: who wrote it, which unit was called."""

    line: WatchLine
    author: str
    unit: str


class NoteForm(forms.Form):
    """What the next shift must know."""

    text = LineField(watch.TEXT_MAX, label=_("Consigne pour la relève"))


class TakeForm(forms.Form):
    """Why the desk is taken from somebody who has not handed it over."""

    motive = LineField(watch.TEXT_MAX, label=_("Motif, si la relève n'est pas préparée"), required=False)


@policy(roles=WATCHERS)
@require_safe
def watch_desk(request: StaffRequest) -> HttpResponse:
    """The whole page, which then asks for its state by itself."""
    return _screen(request, "deconfliction/watch.html")


@policy(roles=WATCHERS, polled=True)
@require_safe
def watch_state(request: StaffRequest) -> HttpResponse:
    """The state alone, asked again while nobody touches the screen."""
    return _screen(request, "deconfliction/_watch.html")


def _screen(request: StaffRequest, template: str) -> HttpResponse:
    agent, now = request.agent, timezone.now()
    permissions.check_watch(agent)
    standing = queries.open_dangers(agent, now)
    refs: list[Ref] = [(REF, danger.id) for danger in standing]
    reader = Reader(agent.id, agent.unit_id, agent.purpose or "", agent.motive, agent.case_ref)
    try:
        # Before anything is shown: in the journal, or beside it while it refuses.
        refused = aside.read_or_beside(reader, refs, "watch")
    except OSError:
        log.exception("watch desk: a reading cannot be written beside the journal")
        return error_page(request, HTTPStatus.SERVICE_UNAVAILABLE, SENTENCE_UNWRITTEN)
    rows = _rows(agent, standing, now, whole=not refused)
    context: dict[str, object] = {"now": now, "refused": refused, "rows": rows, **({} if refused else _shift(agent))}
    return render(request, template, context)


def _rows(agent: Agent, standing: Sequence[Danger], now: datetime, *, whole: bool) -> list[Row]:
    """The dangers as they are shown; not whole, without what was called and noted."""
    ids = [danger.id for danger in standing]
    sides, lines = queries.sides_of(agent, ids), queries.lines_of(agent, ids) if whole else {}
    names = names_of({s.acknowledged_by for told in sides.values() for s in told if s.acknowledged_by}) if whole else {}
    return [_row(danger, sides[danger.id], lines.get(danger.id, []), names, now) for danger in standing]


def _row(
    danger: Danger, sides: Sequence[DangerSide], lines: list[WatchLine], names: dict[UUID, str], now: datetime
) -> Row:
    calls: dict[UUID | None, WatchLine] = {}
    for line in lines:
        if line.kind == LineKind.CALL:
            calls.setdefault(line.side_id, line)
    return Row(
        danger=danger,
        department=_department(danger.department),
        tone=TONES[DangerState(danger.state)],
        begun=danger.starts_at <= now,
        pressing=(danger.starts_at - now).total_seconds() < SOON_S,
        sides=[_side(side, names, calls.get(side.id), now) for side in sides if side.live],
        note=next((line for line in lines if line.kind == LineKind.NOTE), None),
        lines=lines,
    )


def _side(side: DangerSide, names: dict[UUID, str], call: WatchLine | None, now: datetime) -> Side:
    unit = unit_by_id(side.owner_unit_id)
    who = names.get(side.acknowledged_by, "") if side.acknowledged_by else ""
    return Side(side, unit.name, duty_contact(unit, timezone.localdate(now)), who, call)


def _department(code: str) -> str:
    try:
        return f"{reference.department(code).name} ({code})" if code else ""
    except Absent:
        return code


def _shift(agent: Agent) -> dict[str, object]:
    held: WatchShift | None = queries.shift(agent)
    mine = held is not None and held.agent_id == agent.id
    return {
        "shift": held,
        "holder": names_of({held.agent_id}).get(held.agent_id, "") if held else "",
        "mine": mine,
        "offered": held is not None and held.state == ShiftState.OFFERED,
    }


@policy(roles=WATCHERS)
@require_safe
def watch_danger(request: StaffRequest, id: UUID) -> HttpResponse:
    """One danger with all that the desk wrote down of it, and the note for the next shift."""
    danger = queries.danger(request.agent, id)
    permissions.check_watch(request.agent)
    return _danger(request, danger, NoteForm())


def _danger(request: StaffRequest, danger: Danger, form: NoteForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    record(Operation.CONSULT, refs=[(REF, danger.id)], details={"what": "watch"})
    agent, now = request.agent, timezone.now()
    sides, lines = queries.sides_of(agent, [danger.id])[danger.id], queries.lines_of(agent, [danger.id])[danger.id]
    names = names_of({line.author_id for line in lines} | {s.acknowledged_by for s in sides if s.acknowledged_by})
    row = None if danger.state == DangerState.CLOSED else _row(danger, sides, lines, names, now)
    context = {"row": row, "danger": danger, "form": form, "lines": _written(lines, sides, names)}
    return render(request, "deconfliction/watched.html", context, status=status)


def _written(lines: Sequence[WatchLine], sides: Sequence[DangerSide], names: Mapping[UUID, str]) -> list[Written]:
    called = {side.id: unit_by_id(side.owner_unit_id).name for side in sides}
    return [
        Written(line, names.get(line.author_id, ""), called[line.side_id] if line.side_id else "") for line in lines
    ]


@policy(roles=WATCHERS)
@require_POST
def watch_act(request: StaffRequest, id: UUID, verb: str) -> HttpResponse:
    """A call that was answered or not, a note for the next shift."""
    if verb not in (*CALLS, NOTE):
        raise Absent(UNKNOWN_VERB)
    danger = queries.danger(request.agent, id)
    if verb == NOTE:
        form = NoteForm(request.POST)
        if form.is_valid():
            watch.leave_note(by=request.agent, danger=danger, text=form.cleaned_data["text"])
            return HttpResponseRedirect(reverse("watch-danger", args=[id]))
        return _danger(request, danger, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    side = next(
        (s.id for s in queries.sides_of(request.agent, [id])[id] if str(s.id) == request.POST.get("side")), None
    )
    if side is None:
        raise Absent(queries.SENTENCE_ABSENT)
    watch.note_call(by=request.agent, danger=danger, side=side, reached=CALLS[verb])
    return HttpResponseRedirect(reverse("watch-desk"))


@policy(roles=WATCHERS)
@require_safe
def watch_relief(request: StaffRequest) -> HttpResponse:
    """Who holds the desk, what is missing before he may hand it over, and taking it."""
    permissions.check_watch(request.agent)
    return _relief(request, TakeForm())


def _relief(request: StaffRequest, form: TakeForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    shift = _shift(request.agent)
    missing = watch.without_note(request.agent) if shift["mine"] else []
    refs: list[Ref] = [(REF, danger.id) for danger in missing]
    record(Operation.CONSULT, refs=refs, details={"what": "watch"}, result_count=len(refs))
    context = {**shift, "form": form, "missing": _rows(request.agent, missing, timezone.now(), whole=True)}
    return render(request, "deconfliction/relief.html", context, status=status)


@policy(roles=WATCHERS)
@require_POST
def watch_hand_over(request: StaffRequest, verb: str) -> HttpResponse:
    """The desk is handed over, or taken."""
    if verb not in RELIEFS:
        raise Absent(UNKNOWN_VERB)
    permissions.check_watch(request.agent)
    if verb == "preparer":
        watch.offer(by=request.agent)
        return HttpResponseRedirect(reverse("watch-relief"))
    form = TakeForm(request.POST)
    if form.is_valid():
        try:
            watch.take(by=request.agent, motive=form.cleaned_data["motive"])
        except Invalid as refusal:
            refuse(form, refusal)
        else:
            return HttpResponseRedirect(reverse("watch-desk"))
    return _relief(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
