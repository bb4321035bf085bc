"""After the deposit: corrections that keep what was said before, the second reading, and the silent mark."""

from datetime import date
from uuid import UUID

from django.db import connection, transaction

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence import permissions, rules
from recoupe.intelligence.actions.budget import count_questions, telling_head
from recoupe.intelligence.actions.common import (
    KIND,
    former_version,
    known_for,
    locked,
    moment,
    moved,
    queue,
    readers_of,
    recipients_of,
    tell,
    write_mentions,
)
from recoupe.intelligence.actions.depositing import signed_assessment
from recoupe.intelligence.entry import ReportEntry
from recoupe.intelligence.enums import Frame, Lane, NoticeKind, ReportState
from recoupe.intelligence.models import Report, ReportHistory
from recoupe.intelligence.reading import Reading, read
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.text import clean_line
from recoupe.reference import queries as reference

MOTIVE_MAX = 300
SENTENCE_MOTIVE = gettext_noop("Écrivez pourquoi : ce motif reste dans l'historique de la fiche.")

SENTENCE_NATURE = gettext_noop(
    "Une fiche judiciaire déposée reste judiciaire et dans sa procédure : rejetez-la et déposez-en une autre."
)

# A grade is an analyst's once it has been given: a correction of the text does not touch it.
_GRADES = frozenset({"source_grade", "info_grade", "grade_original", "grade_scheme", "grade_doubt"})


def motive(reason: str) -> str:
    """A motive that can be stored; a blank one is refused."""
    text = clean_line(reason, MOTIVE_MAX, "reason")
    if not text:
        raise Invalid(SENTENCE_MOTIVE, field="reason")
    return text


@telling_head
@transaction.atomic
def correct(*, by: Agent, report: Report, entry: ReportEntry, reason: str, version: int | None = None) -> Report:
    """Say it better: the former version stays, the graded text is graded again, what is new counts (S-1)."""
    report = locked(report, version)
    permissions.check_correct(by, report)
    why, at = motive(reason), moment()
    reading = read(entry, known_for(by, at.today), complete=True)
    _check_nature(report, reading)
    record(Operation.MODIFY, refs=[(KIND, report.id)], fields=_changed(report, reading), details={"correction": True})
    former_version(report, by, at.now, why).save(force_insert=True)
    _apply(report, reading, by)
    if many := write_mentions(report, reading):
        count_questions(by, report.case_id, many, at)
    back = report.state not in rules.CORRECTED_IN_PLACE
    target = ReportState.TRIAGED if back else ReportState(report.state)
    moved(report, target, by, at.now, why).save(force_insert=True)
    report.readers = readers_of(report, at.today, recipients_of(report))
    report.save()
    queue([report.id], Lane.EXPRESS)
    if report.review_needed:
        tell(report, NoticeKind.READING, at)
    return report


def _check_nature(report: Report, reading: Reading) -> None:
    """S-6: a judicial report stays in its procedure; it would otherwise leave without its magistrate's agreement."""
    wanted = (reading.columns["frame"], reading.columns["case_id"])
    if report.frame == Frame.JUDICIAL and wanted != (report.frame, report.case_id):
        raise Invalid(SENTENCE_NATURE, field="frame")


def _changed(report: Report, reading: Reading) -> list[str]:
    return sorted(name for name, value in reading.columns.items() if getattr(report, name, None) != value)


def _apply(report: Report, reading: Reading, by: Agent) -> None:
    former_assessment = report.assessment_text
    ungraded = report.state in (ReportState.SUBMITTED, ReportState.TRIAGED) and not report.gradings.exists()
    for name, value in reading.columns.items():
        if name != "external_ref" and (ungraded or name not in _GRADES):
            setattr(report, name, value)
    if report.assessment_text != former_assessment:
        signed_assessment(report, by, moment().now)
    report.reviewed_by = report.reviewed_at = None
    report.version += 1


@transaction.atomic
def review(*, by: Agent, report: Report, reason: str) -> Report:
    """R-SENS-1: a second person signs that the sensitive words are absolutely necessary; otherwise it is corrected."""
    report = locked(report)
    permissions.check_review(by, report)
    why, at = motive(reason), moment()
    record(Operation.MODIFY, refs=[(KIND, report.id)], fields=["reviewed_by"])
    report.reviewed_by, report.reviewed_at = by.id, at.now
    report.save(update_fields=["reviewed_by", "reviewed_at"])
    moved(report, ReportState(report.state), by, at.now, why).save(force_insert=True)
    return report


@transaction.atomic
def mark_silent(*, by: Agent, report: Report, until: date | None, reason: str) -> Report:
    """S-3: the head of the unit makes it silent until a day, or (None) ends that; its readers follow at once."""
    report = locked(report)
    permissions.check_silence(by, report)
    why, at = motive(reason), moment()
    if until is not None:
        months = reference.whole_parameter(rules.SILENT_RULE, at.today)
        rules.check_silence(until, at.today, why, months)
    record(Operation.MODIFY, refs=[(KIND, report.id)], fields=["silent_until"])
    report.silent_until, report.silent_reason = until, why if until else ""
    report.readers = readers_of(report, at.today, recipients_of(report))
    report.save(update_fields=["silent_until", "silent_reason", "readers"])
    line = ReportHistory(
        report=report, at=at.now, actor_id=by.id, from_state=report.state, to_state=report.state, motive=why
    )
    line.save(force_insert=True)
    # The matcher must know at once who may be told.
    queue([report.id], Lane.EXPRESS)
    return report


@transaction.atomic
def end_silences(*, today: date) -> int:
    """The worker's daily task, in its own service context: a silence that was not renewed ends, its readers return."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT intelligence.silences_over(%s::date)", [today])
        over: list[UUID] = [row[0] for row in cursor.fetchall()]
        if over:
            record(Operation.MODIFY, refs=[(KIND, report_id) for report_id in over], fields=["silent_until"])
        for report_id in over:
            cursor.execute("SELECT intelligence.end_silence(%s::uuid, %s::date)", [report_id, today])
    return len(over)
