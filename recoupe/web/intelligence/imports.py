"""Files of reports: handed in, checked, opened by the head of the unit, written by the worker, watched here."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from django import forms
from django.db import connection, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from recoupe.access.actions import give_mandate
from recoupe.access.agent import Agent
from recoupe.access.queries import names_of
from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.cases.naming import OwnCases
from recoupe.intelligence import actions, permissions
from recoupe.intelligence.enums import ImportState, NoticeKind
from recoupe.intelligence.importing import queries, running
from recoupe.intelligence.importing.table import MAX_BYTES
from recoupe.intelligence.models import ImportFile, ImportRefusal, Report
from recoupe.kernel.refusal import Absent, Conflict, Invalid, gettext_noop
from recoupe.notices.actions import mark_seen
from recoupe.web import paging
from recoupe.web.fields import refuse
from recoupe.web.intelligence import hits, shown, uploads
from recoupe.web.intelligence.import_forms import (
    LABELS,
    OpenForm,
    RefuseForm,
    UploadForm,
    standard_mappings,
)
from recoupe.web.middleware import StaffRequest
from recoupe.web.notices.seen import opened
from recoupe.web.policy import TAKEN_OUT, policy

# A small file is checked while its author waits; a large one by the worker.
CHECKED_AT_ONCE = 1_000_000
REFUSALS_SHOWN = 50
LINES_NAMED = 500
REPORTS_SHOWN = 10
HITS_SHOWN = 10
TONES = {
    ImportState.UPLOADED: "info",
    ImportState.CHECKED: "warn",
    ImportState.OPENED: "info",
    ImportState.RUNNING: "info",
    ImportState.DONE: "good",
    ImportState.REFUSED: "bad",
}
MOVING = frozenset({ImportState.UPLOADED, ImportState.OPENED, ImportState.RUNNING})
NO_MAPPING = gettext_noop("Cette correspondance n'existe pas.")


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file as the list and its page show it."""

    file: ImportFile
    state: ImportState
    tone: str
    by: str

    @property
    def differing(self) -> str:
        """The lines of the known rows that say something else than their report."""
        lines = self.file.lines_differing
        return ", ".join(map(str, lines[:LINES_NAMED])) + (", …" if len(lines) > LINES_NAMED else "")


@dataclass(frozen=True, slots=True)
class RefusalLine:
    """One refused row in words."""

    line: int
    field: str
    reason: str


@policy(roles=permissions.AUTHORS)
@require_safe
def import_list(request: StaffRequest) -> HttpResponse:
    """The files of one's own, and those of one's unit when one heads it."""
    found = queries.imports(request.agent)
    record(
        Operation.CONSULT,
        refs=[("import", row.id) for row in found],
        details={"what": "imports"},
        result_count=len(found),
    )
    context = {"lines": _lines(found), "may_upload": permissions.can_upload(request.agent)}
    return render(request, "intelligence/imports.html", context)


@policy(roles=permissions.AUTHORS)
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: StaffRequest) -> HttpResponse:
    """Hand in a file: it is read whole and nothing of it is written."""
    permissions.check_upload(request.agent)
    form = UploadForm(request.POST or None, request.FILES or None)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if uploads.is_too_heavy(request):
            form.add_error("file", uploads.said_too_heavy(MAX_BYTES))
        elif form.is_valid():
            try:
                made = _handed_in(request.agent, form)
            except Invalid as refusal:
                refuse(form, refusal)
            else:
                return HttpResponseRedirect(reverse("import-page", args=[made.id]))
    context = {
        "form": form,
        "mappings": [(name, LABELS.get(name, name), text) for name, text in standard_mappings().items()],
    }
    return render(request, "intelligence/import_new.html", context, status=status)


@policy(roles=permissions.AUTHORS)
@require_safe
def import_mapping(request: StaffRequest, name: str) -> HttpResponse:
    """One of our mappings, to start from."""
    text = standard_mappings().get(name)
    if text is None:
        raise Absent(NO_MAPPING)
    response = HttpResponse(text, content_type="application/toml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.toml"'
    return response


@policy(roles=permissions.AUTHORS)
@require_safe
def import_page(request: StaffRequest, id: UUID) -> HttpResponse:
    """Where one file stands, which rows were refused and why, what may be done with it."""
    return _page(request, queries.import_file(request.agent, id))


@policy(roles=permissions.AUTHORS, polled=True)
@require_safe
def import_progress(request: StaffRequest, id: UUID) -> HttpResponse:
    """How far the file has come, as a fragment; the page is asked anew once it is written, and once it is compared."""
    found = queries.import_file(request.agent, id)
    moving = _moves(found) or ("met" in request.GET and queries.still_compared(request.agent, id))
    response = render(request, "intelligence/_progress.html", {"line": _lines([found])[0], "moving": moving})
    if not moving:
        response["HX-Refresh"] = "true"
    return response


@policy(roles=permissions.AUTHORS, step_up=TAKEN_OUT)
@require_safe
def import_refusals(request: StaffRequest, id: UUID) -> HttpResponse:
    """The refused rows as a table to correct the file by: line, column, reason."""
    found = queries.import_file(request.agent, id)
    rows = _said(queries.refusals(request.agent, found))
    record(Operation.EXPORT, refs=[("import", found.id)], details={"what": "refusals"}, result_count=len(rows))
    out = io.StringIO()
    table = csv.writer(out, delimiter=";")
    table.writerow([gettext("ligne"), gettext("colonne"), gettext("motif")])
    table.writerows([row.line, _harmless(row.field), _harmless(row.reason)] for row in rows)
    # The mark tells spreadsheets that this is UTF-8.
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="lignes-refusees.csv"'
    response["Cache-Control"] = "no-store"
    return response


@policy(roles=permissions.AUTHORS)
@require_POST
def import_open(request: StaffRequest, id: UUID) -> HttpResponse:
    """The head of the unit opens this one file; the worker writes it in his name."""
    agent, found, form = request.agent, queries.import_file(request.agent, id), OpenForm(request.POST)
    if found.state in (ImportState.OPENED, ImportState.RUNNING, ImportState.DONE):
        # Opened before: who may not open it is refused all the same.
        with suppress(Conflict):
            permissions.check_open_import(agent, found)
        return HttpResponseRedirect(reverse("import-page", args=[id]))
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            actions.open_import(by=agent, import_file=found, **form.cleaned_data)
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            _ask("recoupe.import_file", agent, id)
            mark_seen(by=agent, refs=[("import", id)])
            return HttpResponseRedirect(reverse("import-page", args=[id]))
    return _page(request, found, open_form=form, status=status)


@policy(roles=permissions.AUTHORS)
@require_POST
def import_refuse(request: StaffRequest, id: UUID) -> HttpResponse:
    """The head of the unit refuses a file; its content is dropped."""
    found, form = queries.import_file(request.agent, id), RefuseForm(request.POST, auto_id="id_refuse_%s")
    if form.is_valid():
        actions.refuse_import(by=request.agent, import_file=found, reason=form.cleaned_data["reason"])
        mark_seen(by=request.agent, refs=[("import", id)])
        return HttpResponseRedirect(reverse("import-page", args=[id]))
    return _page(request, found, refuse_form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@policy(roles=permissions.AUTHORS)
@require_POST
def import_resume(request: StaffRequest, id: UUID) -> HttpResponse:
    """Ask again for what a stopped worker left; what was written stays, and is not written twice."""
    agent, found = request.agent, queries.import_file(request.agent, id)
    permissions.demand_member(agent, found)
    if found.state == ImportState.UPLOADED:
        _ask("recoupe.check_file", agent, id)
    elif found.state in MOVING:
        _ask("recoupe.import_file", agent, id)
    return HttpResponseRedirect(reverse("import-page", args=[id]))


def _handed_in(agent: Agent, form: UploadForm) -> ImportFile:
    handed = form.cleaned_data["file"]
    content = handed.read()
    said = form.cleaned_data
    made = actions.upload_import(
        by=agent, name=handed.name or "", content=content, mapping=said["plain"], key=said["key"]
    )
    if made.state != ImportState.UPLOADED:
        return made  # the same form sent twice
    if len(content) > CHECKED_AT_ONCE:
        _ask("recoupe.check_file", agent, made.id)
        return made

    @contextmanager
    def here() -> Iterator[Agent]:
        with transaction.atomic():
            yield agent

    return running.check(here, made.id, naming=OwnCases)


def _ask(task: str, agent: Agent, import_id: UUID) -> None:
    """Leave a job that acts in the agent's name; asked twice, the second one finds nothing left to do.

    Not by the library, which reads back the number of the job: it counts those of every service.
    """
    mandate = give_mandate(by=agent, task=task)
    with connection.cursor() as cursor:
        cursor.execute("SELECT worker.ask(%s::text, %s::uuid, %s::uuid)", [task, import_id, mandate.id])


def _lines(found: list[ImportFile]) -> list[FileLine]:
    people = names_of({row.uploaded_by for row in found})
    return [
        FileLine(row, ImportState(row.state), TONES[ImportState(row.state)], people.get(row.uploaded_by, ""))
        for row in found
    ]


def _moves(found: ImportFile) -> bool:
    return found.state in MOVING


def _said(rows: list[ImportRefusal]) -> list[RefusalLine]:
    return [RefusalLine(row.line, row.field, _sentence(row)) for row in rows]


def _sentence(row: ImportRefusal) -> str:
    text = gettext(row.sentence) if row.sentence else ""
    return text % row.params if row.params else text


def _harmless(text: str) -> str:
    """A cell that a spreadsheet takes for text, whatever it begins with."""
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text


def _reason(found: ImportFile, refusals: list[RefusalLine]) -> str:
    """Why a file was opened or refused; a file that could not be read at all says it as its line 0."""
    whole = next((row.reason for row in refusals if row.line == 0), "")
    return whole or (gettext(found.reason) if found.reason else "")


def _awaited(agent: Agent, found: ImportFile) -> list[str]:
    """What of a file still waits for an act: its opening, or the triage of its reports."""
    waits = [NoticeKind.IMPORT_READY.value] if found.state == ImportState.CHECKED else []
    if queries.is_left(agent, found.id):
        waits.append(NoticeKind.TO_TRIAGE.value)
    return waits


def _met(met: hits.FileHits | None, reports: list[Report]) -> list[Ref]:
    """What the lines of hits name beside the reports that the page lists."""
    if met is None:
        return []
    listed = {report.id for report in reports}
    return [*met.refs, *(("report", row.report.id) for row in met.rows if row.report.id not in listed)]


def _page(
    request: StaffRequest,
    found: ImportFile,
    *,
    open_form: forms.Form | None = None,
    refuse_form: forms.Form | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    agent = request.agent
    # One more than is shown says that there are more; the line of the whole file comes first.
    whole = found.state == ImportState.DONE and not found.rows_refused
    refusals = [] if whole else _said(queries.refusals(agent, found, REFUSALS_SHOWN + 1))
    reports = queries.brought(agent, [found.id], REPORTS_SHOWN)[found.id]
    further = paging.PageForm(request.GET)
    if not further.is_valid():
        raise Invalid(paging.UNKNOWN_LIST)
    before = further.cleaned_data["before"]
    met = hits.hits_of_file(agent, found.id, HITS_SHOWN, before) if found.state == ImportState.DONE else None
    refs = [("import", found.id), *(("report", report.id) for report in reports), *_met(met, reports)]
    record(Operation.CONSULT, refs=refs, result_count=found.rows_refused)
    opened(agent, ("import", found.id), keeping=_awaited(agent, found))
    may_open, here = permissions.can_open_import(agent, found), reverse("import-page", args=[found.id])
    context = {
        "line": _lines([found])[0],
        "moving": _moves(found) or (met is not None and met.pending),
        "met": met,
        "newer_url": paging.newest(request.GET.dict()) and here,
        "older_url": here + paging.older({}, met.following) if met and met.following else "",
        "reason": _reason(found, refusals),
        "before": running.imported_before(agent, found) if found.state == ImportState.CHECKED else None,
        "refusals": [row for row in refusals if row.line][:REFUSALS_SHOWN],
        "more_refusals": len(refusals) > REFUSALS_SHOWN,
        "lines": shown.lines(reports),
        "open_form": (open_form or OpenForm()) if may_open else None,
        "refuse_form": (refuse_form or RefuseForm(auto_id="id_refuse_%s")) if may_open else None,
        "may_resume": _moves(found)
        and (permissions.can_run_import(agent, found) or found.state == ImportState.UPLOADED),
    }
    return render(request, "intelligence/import_page.html", context, status=status)
