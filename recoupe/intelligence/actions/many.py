"""The same moves for many reports at once; one journal entry holds at most a hundred references."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence import permissions, rules
from recoupe.intelligence.actions.common import KIND, grading_of, moment, moved, queue, tell
from recoupe.intelligence.actions.working import GRADE_FIELDS, set_grade
from recoupe.intelligence.enums import Lane, ReportState
from recoupe.intelligence.models import GradingHistory, Report, ReportHistory, Selector
from recoupe.kernel.grading import Grading
from recoupe.kernel.source import SourceKind
from recoupe.kernel.text import clean_line


def _locked_many(ids: Iterable[UUID]) -> list[Report]:
    """The rows that the acting agent may read among these, held in one order so that two calls never wait in a ring."""
    return list(Report.objects.select_for_update().filter(id__in=list(ids)).order_by("id"))


@transaction.atomic
def grade_many(*, by: Agent, grades: Mapping[UUID, tuple[str, str]], reason: str = "") -> list[Report]:
    """Triage where it is still due, and grade: (source, info) for each report. All of them, or none."""
    reports, at = _locked_many(grades), moment()
    why = clean_line(reason, 300, "reason")
    lines: list[ReportHistory] = []
    given: list[GradingHistory] = []
    for report in reports:
        if report.state == ReportState.SUBMITTED:
            permissions.check_move(by, report, ReportState.TRIAGED)
            lines.append(moved(report, ReportState.TRIAGED, by, at.now))
        permissions.check_move(by, report, ReportState.GRADED)
        source, info = grades[report.id]
        typed = Grading.typed(source, info, seen_by_reporter=report.seen_by_reporter)
        new = rules.regraded(grading_of(report), typed, SourceKind(report.source_kind), motive=why)
        set_grade(report, new)
        lines.append(moved(report, ReportState.GRADED, by, at.now, why))
        given.append(_given(report, new, by, why, at.now))
    if reports:
        refs = [(KIND, r.id) for r in reports]
        record(Operation.MODIFY, refs=refs, fields=GRADE_FIELDS, details={"state": ReportState.GRADED})
        Report.objects.bulk_update(reports, ["state", *GRADE_FIELDS], batch_size=200)
        ReportHistory.objects.bulk_create(lines)
        GradingHistory.objects.bulk_create(given)
        for report in reports:
            tell(report, rules.TRANSITIONS[ReportState.TRIAGED, ReportState.GRADED].notice, at)
    return reports


def _given(report: Report, new: Grading, by: Agent, why: str, now: datetime) -> GradingHistory:
    return GradingHistory(
        report=report,
        at=now,
        author_id=by.id,
        source=new.source.value,
        info=new.info.value,
        original=new.original[:4],
        doubt=new.doubt,
        motive=why,
    )


@transaction.atomic
def index_many(*, by: Agent, report_ids: Iterable[UUID]) -> list[Report]:
    """Confirm every selector of graded reports and index them, in the slow lane of the cross-check."""
    reports, at = _locked_many(report_ids), moment()
    lines: list[ReportHistory] = []
    for report in reports:
        permissions.check_move(by, report, ReportState.INDEXED)
        lines.append(moved(report, ReportState.INDEXED, by, at.now))
    if reports:
        ids = [r.id for r in reports]
        record(
            Operation.MODIFY,
            refs=[(KIND, i) for i in ids],
            fields=["selectors"],
            details={"state": ReportState.INDEXED},
        )
        Selector.objects.filter(report_id__in=ids).update(confirmed=True, set_aside=False)
        Report.objects.filter(id__in=ids).update(state=ReportState.INDEXED)
        ReportHistory.objects.bulk_create(lines)
        queue(ids, Lane.BULK)
    return reports


def settle(*, report_ids: Iterable[UUID], hit: bool) -> int:
    """The matcher's word on cross-checked reports: a hit that their own side was told of, or none; others stay.

    Only the role of the matcher may call it, in its own transaction; a hit that nobody may know of is no hit here.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT intelligence.settle(%s::uuid[], %s::boolean)", [list(report_ids), hit])
        return int(cursor.fetchone()[0])
