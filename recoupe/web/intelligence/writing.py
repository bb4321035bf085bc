"""Writing a report: the form, drafts, the deposit, corrections. What is typed comes back whenever it is refused."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.cases import permissions as case_permissions
from recoupe.crosscheck.actions import wait_until_crosschecked
from recoupe.intelligence import actions, permissions, queries
from recoupe.intelligence.actions.common import entry_of
from recoupe.intelligence.attachments import MAX_BYTES
from recoupe.intelligence.entry import ReportEntry
from recoupe.intelligence.enums import ReportState
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Conflict, Invalid
from recoupe.web.intelligence import uploads
from recoupe.web.intelligence.report_forms import PersonForm, SelectorForm
from recoupe.web.intelligence.sheet import PERSONS, SELECTORS, ReportSheet
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import EVERY, policy

# How long a deposit waits for its hits; they come in their own time when the matcher is busy.
WAIT_S = 2.0
Save = Callable[[ReportSheet, ReportEntry], Report]


@policy(roles=permissions.AUTHORS)
@require_http_methods(["GET", "HEAD", "POST"])
def report_new(request: StaffRequest) -> HttpResponse:
    """A blank form; deposit it, or keep it as a draft."""
    permissions.check_create(request.agent)
    if request.method != "POST":
        return _shown(request, ReportSheet.blank(request.agent, key=uuid4()))
    agent, draft = request.agent, "draft" in request.POST

    def save(sheet: ReportSheet, entry: ReportEntry) -> Report:
        key = sheet.form.cleaned_data["key"]
        write = actions.create_draft if draft else actions.deposit
        return _attached(agent, sheet, write(by=agent, entry=entry, key=key))

    return _answer(request, _posted(request), save, draft=draft)


@policy(roles=permissions.AUTHORS)
@require_http_methods(["GET", "HEAD", "POST"])
def report_edit(request: StaffRequest, id: UUID) -> HttpResponse:
    """A draft of one's own, taken up again."""
    agent, report = request.agent, queries.report(request.agent, id)
    if report.state != ReportState.DRAFT and permissions.is_author(agent, report):
        return HttpResponseRedirect(reverse("report-page", args=[id]))
    permissions.check_edit_draft(agent, report)
    if request.method != "POST":
        record(Operation.CONSULT, refs=[("report", id)], details={"what": "draft"})
        return _shown(request, ReportSheet.of_entry(agent, entry_of(report), version=report.version), report=report)
    draft = "draft" in request.POST

    def save(sheet: ReportSheet, entry: ReportEntry) -> Report:
        version = sheet.form.cleaned_data["version"]
        kept = _attached(agent, sheet, actions.edit_draft(by=agent, report=report, entry=entry, version=version))
        return kept if draft else actions.submit(by=agent, report=kept)

    return _answer(request, _posted(request, report), save, draft=draft, report=report)


@policy(roles=permissions.AUTHORS, step_up=EVERY)
@require_http_methods(["GET", "HEAD", "POST"])
def report_correct(request: StaffRequest, id: UUID) -> HttpResponse:
    """A deposited report, said better, with the reason; the former version stays in its history."""
    agent, report = request.agent, queries.report(request.agent, id)
    permissions.check_correct(agent, report)
    if request.method != "POST":
        record(Operation.CONSULT, refs=[("report", id)])
        sheet = ReportSheet.of_entry(agent, entry_of(report), version=report.version)
        return _shown(request, sheet.correcting(), report=report)

    def save(sheet: ReportSheet, entry: ReportEntry) -> Report:
        data = sheet.form.cleaned_data
        return actions.correct(by=agent, report=report, entry=entry, reason=data["reason"], version=data["version"])

    return _answer(request, _posted(request, report).correcting(), save, draft=False, report=report)


@policy(roles=permissions.AUTHORS)
@require_POST
def report_discard(request: StaffRequest, id: UUID) -> HttpResponse:
    """Throw a draft away."""
    actions.discard_draft(by=request.agent, report=queries.report(request.agent, id))
    return HttpResponseRedirect(reverse("report-drafts"))


@policy(roles=permissions.AUTHORS)
@require_safe
def report_drafts(request: StaffRequest) -> HttpResponse:
    """One's own drafts; nobody else sees them."""
    found = queries.drafts(request.agent)
    record(
        Operation.CONSULT,
        refs=[("report", report.id) for report in found],
        details={"what": "drafts"},
        result_count=len(found),
    )
    return render(request, "intelligence/drafts.html", {"drafts": found})


@policy(roles=permissions.AUTHORS)
@require_safe
def report_row(request: StaffRequest) -> HttpResponse:
    """One more empty row, as a fragment; the form asks for it by the number of rows that it shows."""
    permissions.check_create(request.agent)
    kind = SELECTORS if SELECTORS + "-TOTAL_FORMS" in request.GET else PERSONS
    typed = request.GET.get(f"{kind}-TOTAL_FORMS", "")
    rank = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0
    form = (SelectorForm if kind == SELECTORS else PersonForm)(prefix=f"{kind}-{rank}")
    shown = {"row": form, "kind": kind, "number": rank + 1, "total": rank + 1, "prefix": kind}
    return render(request, "intelligence/_more_row.html", shown)


def _posted(request: StaffRequest, report: Report | None = None) -> ReportSheet:
    case_id = str(report.case_id or "") if report else ""
    return ReportSheet.posted(request.agent, request.POST, request.FILES, case_id=case_id)


def _attached(agent: Agent, sheet: ReportSheet, report: Report) -> Report:
    """Join the file that came along, before anything is deposited for good."""
    handed = sheet.form.cleaned_data.get("attachment")
    if handed is not None and not queries.has_attachment(agent, report):
        actions.attach(by=agent, report=report, content=handed.read())
    return report


def _answer(
    request: StaffRequest, sheet: ReportSheet, save: Save, *, draft: bool, report: Report | None = None
) -> HttpResponse:
    """Save, or show the form again: with one more row, with proposals to confirm, or with its faults."""
    more = request.POST.get("more", "")
    if more in (PERSONS, SELECTORS):
        sheet.with_one_more(more)
        sheet.propose(request.agent)
        return _shown(request, sheet, report=report, more=more)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if uploads.is_too_heavy(request):
        # Nothing of such a file is kept in memory: without this line the report would go without it, unsaid.
        sheet.form.add_error(None, uploads.said_too_heavy(MAX_BYTES))
    if not sheet.is_valid():
        sheet.refuse_the_rest(request.agent, complete=not draft)
    else:
        entry = sheet.entry()
        if not draft:
            sheet.propose(request.agent)
            if sheet.unanswered(entry):
                return _shown(request, sheet, report=report, review=True)
        try:
            with transaction.atomic():
                saved = save(sheet, entry)
        except Invalid as refusal:
            sheet.refuse(refusal)
        except Conflict as refusal:
            sheet.refuse(refusal)
            status = HTTPStatus.CONFLICT
        else:
            return _done(request, saved)
    if not sheet.mentions:
        sheet.propose(request.agent)
    return _shown(request, sheet, report=report, status=status)


def _done(request: StaffRequest, saved: Report) -> HttpResponse:
    if saved.state == ReportState.DRAFT:
        return HttpResponseRedirect(reverse("report-drafts"))
    # What was acknowledged is durable first; its hits are then on the page that follows.
    transaction.on_commit(lambda: wait_for_hits(request, saved.id), robust=True)
    return HttpResponseRedirect(reverse("report-page", args=[saved.id]))


def wait_for_hits(request: StaffRequest, report_id: UUID) -> None:
    """After the commit, under the session that wrote the report."""
    wait_until_crosschecked(request.COOKIES.get(settings.SESSION_COOKIE, ""), report_id, WAIT_S)


def _shown(
    request: StaffRequest,
    sheet: ReportSheet,
    *,
    report: Report | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    **more: Any,
) -> HttpResponse:
    if report is not None and queries.has_attachment(request.agent, report):
        sheet.form.fields.pop("attachment", None)
    if report is None or request.method == "POST":
        # The form offers the procedures of the unit, and a refused one comes back with its report.
        refs = [("report", report.id)] if report is not None else []
        record(Operation.CONSULT, refs=[*refs, *sheet.offered_cases], details={"what": "form"})
    correcting = report is not None and report.state != ReportState.DRAFT
    title = _("Nouveau renseignement")
    if report is not None:
        title = _("Corriger %(ref)s") % {"ref": report.ref} if correcting else _("Brouillon")
    context = {
        "sheet": sheet,
        "form": sheet.form,
        "report": report,
        "correcting": correcting,
        "title": title,
        "may_deposit": permissions.can_submit(request.agent, report) if report else True,
        "may_open_case": case_permissions.can_open(request.agent),
        "has_attachment": "attachment" not in sheet.form.fields,
        **more,
    }
    return render(request, "intelligence/new.html", context, status=status)
