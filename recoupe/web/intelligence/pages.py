"""The page of one report, its attachment, its print."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from recoupe.access.agent import Agent
from recoupe.access.enums import OPERATIONAL_ROLES
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import permissions as dealpoint_permissions
from recoupe.intelligence import permissions, queries
from recoupe.intelligence.enums import NoticeKind, ReportState
from recoupe.intelligence.models import Report
from recoupe.notices.actions import mark_seen
from recoupe.web.intelligence import shown
from recoupe.web.intelligence.hits import hits_of
from recoupe.web.intelligence.offers import offers
from recoupe.web.intelligence.opened import Opened
from recoupe.web.intelligence.prints import paper_of
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import TAKEN_OUT, policy
from recoupe.web.printing.pdf import print_paper

JUST_NOW_MIN = 3
RELATED = 12
# What the page itself tells: reading it is enough.
TOLD_BY_THE_PAGE = (NoticeKind.RECEIVED, NoticeKind.USED, NoticeKind.CLOSED, NoticeKind.REJECTED)


@policy(roles=OPERATIONAL_ROLES)
@require_safe
def report_page(request: StaffRequest, id: UUID) -> HttpResponse:
    """All that the agent may know of one report, and what he may do with it."""
    report = queries.report(request.agent, id)
    return page(request, report)


def page(
    request: StaffRequest,
    report: Report,
    *,
    bound: Mapping[str, forms.Form] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page, with a form that was just refused as it was filled."""
    agent = request.agent
    of, hits = Opened(agent, report), hits_of(agent, report)
    related = _related(of)
    refs = [("report", report.id), *hits.refs, *(("report", line.report.id) for line in related)]
    record(Operation.CONSULT, refs=refs[:100])
    if report.author_id == agent.id:
        mark_seen(by=agent, refs=[("report", report.id)], kinds=[kind.value for kind in TOLD_BY_THE_PAGE])
    context = {
        **_facts(of),
        "hits": hits,
        "related": related,
        "offers": offers(of, bound or {}),
        "may_edit": permissions.can_edit_draft(agent, report),
        "may_correct": permissions.can_correct(agent, report),
        "may_propose_point": dealpoint_permissions.can_propose(agent, report),
        "just_deposited": _just_deposited(agent, report),
    }
    return render(request, "intelligence/page.html", context, status=status)


@policy(roles=OPERATIONAL_ROLES, polled=True)
@require_safe
def report_hits(request: StaffRequest, id: UUID) -> HttpResponse:
    """The hits alone, asked again while the comparison runs."""
    report = queries.report(request.agent, id)
    hits = hits_of(request.agent, report)
    record(Operation.CONSULT, refs=[("report", report.id), *hits.refs[:99]], details={"what": "hits"})
    return render(request, "intelligence/_hits.html", {"report": report, "hits": hits})


@policy(roles=OPERATIONAL_ROLES)
@require_safe
def report_attachment(request: StaffRequest, id: UUID) -> HttpResponse:
    """The photo or document, under a name that says nothing."""
    report = queries.report(request.agent, id)
    found = queries.attachment(request.agent, report)
    record(Operation.CONSULT, refs=[("report", report.id)], fields=["attachment"])
    response = HttpResponse(bytes(found.content), content_type=found.media_type)
    image = found.media_type.startswith("image/")
    ending = found.media_type.rpartition("/")[2]
    place = "inline" if image else "attachment"
    response["Content-Disposition"] = f'{place}; filename="{report.ref or "brouillon"}.{ending}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@policy(roles=OPERATIONAL_ROLES, step_up=TAKEN_OUT)
@require_safe
def report_print(request: StaffRequest, id: UUID) -> HttpResponse:
    """The report on paper, with its marking and a serial number."""
    report = queries.report(request.agent, id)
    return print_paper(by=request.agent, paper=paper_of(request.agent, report))


def _facts(of: Opened) -> dict[str, Any]:
    agent, report = of.agent, of.report
    state, past = ReportState(report.state), shown.past(agent, report)
    return {
        "report": report,
        "state": state,
        "tone": shown.TONES[state],
        "title": report.ref or _("Brouillon"),
        "unit": shown.unit_name(report.owner_unit_id),
        "author": past.names.get(report.author_id, ""),
        "assessment_author": past.names.get(report.assessment_author_id, "") if report.assessment_author_id else "",
        "event": shown.event(report),
        "place": shown.place(report),
        "source": shown.source(report),
        "grade_words": shown.grade_words(report),
        "handling": shown.handling(report),
        "h3_line": shown.h3_line(report),
        "case": shown.case_of(agent, report),
        "products": shown.products(report),
        "means": shown.means(report),
        "persons": [shown.person(row) for row in of.people],
        "selectors": of.selectors,
        "steps": shown.steps(past),
        "versions": shown.versions(past),
        "attached": of.attached,
        "attached_image": of.attached.startswith("image/"),
    }


def _related(of: Opened) -> list[shown.Line]:
    """Other reports that the agent reads and that hold one of the same identifiers."""
    pairs = [(row.kind, row.value) for row in of.held]
    held = queries.known(of.agent, pairs, limit=RELATED * 2) if pairs else []
    ids = list(dict.fromkeys(line.report_id for line in held if line.report_id != of.report.id))[:RELATED]
    found = queries.in_lines(of.agent, ids)
    return shown.lines(found[i] for i in ids if i in found)


def _just_deposited(agent: Agent, report: Report) -> bool:
    return (
        report.author_id == agent.id
        and report.import_id is None
        and shown.minutes_ago(report.submitted_at) < JUST_NOW_MIN
    )
