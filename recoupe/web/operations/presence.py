"""The ledger of presence of one's unit: the list, a line with what it said before, entry, correction, a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from recoupe.access.queries import names_of
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence.importing.table import MAX_BYTES
from recoupe.kernel.refusal import Conflict, Invalid
from recoupe.operations import permissions
from recoupe.operations.permissions import PLANNERS
from recoupe.operations.presence import actions, lots, queries
from recoupe.operations.presence.models import Presence
from recoupe.reference import queries as reference
from recoupe.web import paging
from recoupe.web.fields import refuse, said
from recoupe.web.intelligence import uploads
from recoupe.web.middleware import StaffRequest
from recoupe.web.operations import shown
from recoupe.web.operations.presence_forms import CorrectForm, LotForm, PresenceForm, WithdrawForm, fresh, initial
from recoupe.web.policy import policy


@dataclass(frozen=True, slots=True)
class Line:
    """One step as lists and pages show it."""

    row: Presence
    place: str
    when: str
    hours: str


def _line(row: Presence) -> Line:
    place = f"{reference.commune(row.commune_code).name} ({row.department})"
    when = shown.hours(row.starts_at, row.ends_at, row.zone)
    return Line(row, place, when, number_format(row.hours, 1))


@policy(roles=PLANNERS)
@require_safe
def presence_list(request: StaffRequest) -> HttpResponse:
    """The lines of one's unit as they stand, the latest patrol first."""
    form = paging.PageForm(request.GET)
    lines: list[Line] = []
    older, status = "", HTTPStatus.OK
    if form.is_valid():
        page = queries.page(request.agent, form.cleaned_data["before"])
        refs = [(actions.KIND, row.line) for row in page.rows]
        record(Operation.CONSULT, refs=refs, details={"what": "presence"}, result_count=len(refs))
        lines, older = [_line(row) for row in page.rows], paging.older(request.GET.dict(), page.next)
    else:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "form": form,
        "lines": lines,
        "older_url": older,
        "newer_url": paging.newest(request.GET.dict()),
        "may_enter": permissions.can_patrol(request.agent),
    }
    return render(request, "operations/presence.html", context, status=status)


@policy(roles=PLANNERS)
@require_http_methods(["GET", "HEAD", "POST"])
def presence_new(request: StaffRequest) -> HttpResponse:
    """Write one line; the next one starts from it."""
    permissions.check_patrol(request.agent)
    if request.method != "POST":
        known, last = fresh(request.agent, timezone.now())
        record(Operation.CONSULT, refs=[(actions.KIND, last.line)] if last else [], details={"what": "form"})
        return render(request, "operations/presence_form.html", {"form": PresenceForm(initial=known)})
    form = PresenceForm(request.POST)
    if form.is_valid():
        try:
            made = actions.enter(by=request.agent, entry=form.entry(), key=form.cleaned_data["key"])
            return HttpResponseRedirect(reverse("presence-page", args=[made.line]))
        except Invalid as refusal:
            refuse(form, refusal)
    return render(request, "operations/presence_form.html", {"form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@policy(roles=PLANNERS)
@require_safe
def presence_page(request: StaffRequest, id: UUID) -> HttpResponse:
    """One line as it stands, and all that it said before."""
    return _page(request, queries.line(request.agent, id))


@policy(roles=PLANNERS)
@require_http_methods(["GET", "HEAD", "POST"])
def presence_correct(request: StaffRequest, id: UUID) -> HttpResponse:
    """Say a line better, and why: what it said stays to be read."""
    last = queries.line(request.agent, id)[-1]
    permissions.check_correct(request.agent, last)
    if request.method != "POST":
        record(Operation.CONSULT, refs=[(actions.KIND, id)], details={"what": "form"})
        return _correcting(request, CorrectForm(initial=initial(last)), last)
    form, status = CorrectForm(request.POST), HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        typed = form.cleaned_data
        try:
            actions.correct(by=request.agent, line=id, entry=form.entry(), reason=typed["reason"], step=typed["step"])
            return HttpResponseRedirect(reverse("presence-page", args=[id]))
        except (Invalid, Conflict) as refusal:
            status = _refused(form, refusal)
    return _correcting(request, form, last, status)


@policy(roles=PLANNERS)
@require_POST
def presence_withdraw(request: StaffRequest, id: UUID) -> HttpResponse:
    """It was never so: the line stays to be read and counts no more."""
    steps = queries.line(request.agent, id)
    permissions.check_correct(request.agent, steps[-1])
    form, status = WithdrawForm(request.POST), HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            actions.withdraw(by=request.agent, line=id, **form.cleaned_data)
            return HttpResponseRedirect(reverse("presence-page", args=[id]))
        except (Invalid, Conflict) as refusal:
            status = _refused(form, refusal)
    return _page(request, steps, form, status)


@policy(roles=PLANNERS)
@require_http_methods(["GET", "HEAD", "POST"])
def presence_import(request: StaffRequest) -> HttpResponse:
    """A file of lines: all are entered, or none and what is wrong with each."""
    permissions.check_patrol(request.agent)
    form = LotForm(request.POST or None, request.FILES or None)
    lot, status = lots.Lot([], []), HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if uploads.is_too_heavy(request):
            form.add_error("file", uploads.said_too_heavy(MAX_BYTES))
        elif form.is_valid():
            try:
                lot = lots.enter(by=request.agent, content=form.cleaned_data["file"].read())
            except Invalid as refusal:
                refuse(form, refusal)
            if lot.made:
                return HttpResponseRedirect(reverse("presence-list"))
    else:
        record(Operation.CONSULT, details={"what": "form"})
    context = {
        "form": form,
        "wrong": [(one.line, said(one.refusal)) for one in lot.wrong],
        "columns": lots.COLUMNS,
        "demanded": lots.DEMANDED,
    }
    return render(request, "operations/presence_import.html", context, status=status)


def _refused(form: CorrectForm | WithdrawForm, refusal: Invalid | Conflict) -> HTTPStatus:
    refuse(form, refusal)
    return HTTPStatus.CONFLICT if isinstance(refusal, Conflict) else HTTPStatus.UNPROCESSABLE_ENTITY


def _correcting(
    request: StaffRequest, form: CorrectForm, last: Presence, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    return render(request, "operations/presence_form.html", {"form": form, "line": last.line}, status=status)


def _page(
    request: StaffRequest,
    steps: Sequence[Presence],
    form: WithdrawForm | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    last = steps[-1]
    record(Operation.CONSULT, refs=[(actions.KIND, last.line)])
    names = names_of({step.author_id for step in steps})
    context = {
        "line": _line(last),
        "steps": [(_line(step), names.get(step.author_id, "")) for step in reversed(steps)],
        "may_correct": permissions.can_correct(request.agent, last),
        "withdraw": form or WithdrawForm(initial={"step": last.step}),
    }
    return render(request, "operations/presence_page.html", context, status=status)
