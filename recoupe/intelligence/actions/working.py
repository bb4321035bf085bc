"""What analysts do with a deposited report, one move of W1 at a time."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from recoupe.access.agent import Agent
from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.intelligence import permissions, rules
from recoupe.intelligence.actions.budget import count_questions, telling_head
from recoupe.intelligence.actions.common import (
    KIND,
    entry_of,
    grading_of,
    known_for,
    locked,
    mention_rows,
    moment,
    moved,
    queue,
    tell,
)
from recoupe.intelligence.actions.correcting import motive
from recoupe.intelligence.entry import ReportEntry, SelectorEntry
from recoupe.intelligence.enums import Lane, NoticeKind, ReportState
from recoupe.intelligence.models import GradingHistory, Report, Selector
from recoupe.intelligence.reading import Reading, read
from recoupe.kernel.grading import Grading, Scheme
from recoupe.kernel.source import SourceKind
from recoupe.kernel.text import clean_line
from recoupe.notices.actions import mark_seen

# Whoever triages has said nothing yet of the persons.
_DONE_BY_TRIAGE = frozenset(NoticeKind.values) - {NoticeKind.CATEGORY.value}
GRADE_FIELDS = ("source_grade", "info_grade", "grade_original", "grade_scheme", "grade_doubt")


def _move(by: Agent, report: Report, to: ReportState, reason: str = "", refs: Iterable[Ref] = ()) -> Report:
    """One move of W1: check, journal, state, history, notice."""
    report = locked(report)
    permissions.check_move(by, report, to)
    transition = rules.TRANSITIONS[ReportState(report.state), to]
    why, at = clean_line(reason, 300, "reason"), moment()
    record(transition.operation, refs=[(KIND, report.id), *refs], details={"state": to})
    moved(report, to, by, at.now, why).save(force_insert=True)
    report.save(update_fields=["state"])
    tell(report, transition.notice, at)
    return report


@transaction.atomic
def triage(*, by: Agent, report: Report, reason: str = "") -> Report:
    """Take a deposited report in hand, within the day."""
    report = _move(by, report, ReportState.TRIAGED, reason)
    mark_seen(by=by, refs=[(KIND, report.id)], kinds=_DONE_BY_TRIAGE)
    return report


@transaction.atomic
def reject(*, by: Agent, report: Report, reason: str) -> Report:
    """Refuse a report, with a motive; it was deposited all the same, and others still meet it (S-1)."""
    report = _move(by, report, ReportState.REJECTED, motive(reason))
    mark_seen(by=by, refs=[(KIND, report.id)])
    return report


@transaction.atomic
def grade(
    *,
    by: Agent,
    report: Report,
    source: str,
    info: str,
    reason: str = "",
    verified: bool = False,
    scheme: Scheme | None = None,
) -> Report:
    """Give a grade, or another one: each is kept, and one that is better than the last says why."""
    report = locked(report)
    permissions.check_grade(by, report)
    why, at = clean_line(reason, 300, "reason"), moment()
    typed = Grading.typed(source, info, seen_by_reporter=report.seen_by_reporter, scheme=scheme)
    new = rules.regraded(grading_of(report), typed, SourceKind(report.source_kind), verified=verified, motive=why)
    first = report.state == ReportState.TRIAGED
    record(Operation.MODIFY, refs=[(KIND, report.id)], fields=GRADE_FIELDS, details={"grade": new.code})
    set_grade(report, new, scheme)
    GradingHistory(
        report=report,
        at=at.now,
        author_id=by.id,
        source=new.source.value,
        info=new.info.value,
        original=new.original[:4],
        doubt=new.doubt,
        motive=why,
    ).save(force_insert=True)
    if first:
        moved(report, ReportState.GRADED, by, at.now, why).save(force_insert=True)
        tell(report, rules.TRANSITIONS[ReportState.TRIAGED, ReportState.GRADED].notice, at)
    report.save(update_fields=["state", *GRADE_FIELDS])
    return report


def set_grade(report: Report, new: Grading, scheme: Scheme | None = None) -> None:
    """Copy a grade into its columns."""
    report.source_grade, report.info_grade = new.source.value, new.info.value
    report.grade_original, report.grade_doubt = new.original[:4], new.doubt
    report.grade_scheme = scheme.value if scheme else ""


@telling_head
@transaction.atomic
def confirm_selectors(
    *,
    by: Agent,
    report: Report,
    confirmed: Iterable[UUID] | None = None,
    added: Iterable[SelectorEntry] = (),
    reason: str = "",
) -> Report:
    """Confirm the selectors (all of them by default), add those that the author missed, and index the report.

    What is not confirmed is set aside: it leaves the index when the report is compared again. What is added asks a
    question of the other services: it counts in the analyst's own budget (S-1).
    """
    report = locked(report)
    permissions.check_move(by, report, ReportState.INDEXED)
    at = moment()
    record(Operation.MODIFY, refs=[(KIND, report.id)], fields=["selectors"], details={"state": ReportState.INDEXED})
    if confirmed is not None:
        kept = list(confirmed)
        report.selectors.exclude(id__in=kept).update(confirmed=False, set_aside=True)
        report.selectors.filter(id__in=kept).update(confirmed=True, set_aside=False)
    else:
        report.selectors.update(confirmed=True, set_aside=False)
    if more := tuple(added):
        extra = _read_added(by, report, more)
        Selector.objects.bulk_create(extra)
        if extra:
            count_questions(by, report.case_id, rules.questions(0, len(extra)), at)
    moved(report, ReportState.INDEXED, by, at.now, clean_line(reason, 300, "reason")).save(force_insert=True)
    report.save(update_fields=["state"])
    queue([report.id], Lane.EXPRESS)
    return report


def _read_added(by: Agent, report: Report, added: tuple[SelectorEntry, ...]) -> list[Selector]:
    """The rows of selectors that an analyst adds, read by the author's own rules; known ones are left out."""
    entry = entry_of(report)
    reading: Reading = read(
        ReportEntry(persons=entry.persons, selectors=added), known_for(by, moment().today), complete=False
    )
    held = set(report.selectors.values_list("kind", "value"))
    reading.persons = []
    for facts in reading.selectors:
        facts.person = None
    _, rows = mention_rows(report, reading)
    fresh = [row for row in rows if (row.kind, row.value) not in held]
    for row in fresh:
        row.confirmed = True
    return fresh


@transaction.atomic
def disseminate(*, by: Agent, report: Report, reason: str = "") -> Report:
    """The head of the cell lets a graded report out of it; ungraded ones never come this far."""
    return _move(by, report, ReportState.DISSEMINATED, reason)


@transaction.atomic
def file_report(*, by: Agent, report: Report, reason: str = "") -> Report:
    """Close the work on a report."""
    return _move(by, report, ReportState.FILED, reason)


@transaction.atomic
def link(*, by: Agent, report: Report, objective_id: UUID, reason: str = "") -> Report:
    """Say that a report serves an objective; the objective itself belongs to a higher room."""
    return _move(by, report, ReportState.LINKED, reason, refs=[("objective", objective_id)])


@transaction.atomic
def keep(*, by: Agent, report: Report, reason: str) -> Report:
    """Keep a report that was due for review, with a motive."""
    return _move(by, report, ReportState.FILED, motive(reason))
