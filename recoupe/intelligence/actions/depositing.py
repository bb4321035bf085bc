"""From a first draft to a deposit: what was submitted cannot be withdrawn, and others meet it in their turn (S-1)."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from recoupe.access import once
from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence import permissions, rules
from recoupe.intelligence.actions.budget import asked, count_questions, telling_head
from recoupe.intelligence.actions.common import (
    KIND,
    Moment,
    entry_of,
    known_for,
    locked,
    mention_rows,
    moment,
    moved,
    queue,
    readers_of,
    tell,
    write_mentions,
)
from recoupe.intelligence.entry import ReportEntry
from recoupe.intelligence.enums import Lane, NoticeKind, ReportState
from recoupe.intelligence.models import Person, Report, ReportHistory, Selector
from recoupe.intelligence.reading import Reading, read
from recoupe.kernel.reference import human_ref
from recoupe.kernel.refusal import Conflict, gettext_noop
from recoupe.reference import queries as reference

# Six random characters: with a million reports of one unit in one year a clash happens once in a thousand.
REF_TRIES = 8
# As many as one line of the journal names.
LEFT_AT_ONCE = 100


def _draft(by: Agent, reading: Reading, at: datetime, key: UUID | None) -> Report:
    return Report(
        id=once.own_id(by, key) if key else uuid4(),
        author_id=by.id,
        owner_unit_id=by.unit_id,
        collected_at=at,
        created_at=at,
        **{name: value for name, value in reading.columns.items() if name != "external_ref"},
    )


def signed_assessment(report: Report, by: Agent, at: datetime) -> None:
    """R-FACT-1: an assessment is its author's, dated; none has neither."""
    written = bool(report.assessment_text)
    report.assessment_author_id = by.id if written else None
    report.assessment_at = at if written else None


def _made(by: Agent, key: UUID | None) -> Report | None:
    """What the same form made a moment ago."""
    if key is None:
        return None
    made = once.own_id(by, key)
    once.first_of(made)
    return Report.objects.filter(id=made).first()


@transaction.atomic
def create_draft(*, by: Agent, entry: ReportEntry, key: UUID | None = None) -> Report:
    """Keep what was typed so far; only its author sees it, and nothing of it is compared.

    `key` is drawn with the form: two clicks on it make one report.
    """
    permissions.check_create(by)
    made = _made(by, key)
    if made is not None:
        return edit_draft(by=by, report=made, entry=entry) if made.state == ReportState.DRAFT else made
    at = moment()
    reading = read(entry, known_for(by, at.today), complete=False)
    report = _draft(by, reading, at.now, key)
    record(Operation.COLLECT, refs=[(KIND, report.id)], details={"state": ReportState.DRAFT})
    signed_assessment(report, by, at.now)
    report.readers = readers_of(report, at.today)
    report.save(force_insert=True)
    write_mentions(report, reading)
    return report


@transaction.atomic
def edit_draft(*, by: Agent, report: Report, entry: ReportEntry, version: int | None = None) -> Report:
    """Replace a draft by what is typed now."""
    report = locked(report, version)
    permissions.check_edit_draft(by, report)
    at = moment()
    reading = read(entry, known_for(by, at.today), complete=False)
    record(Operation.MODIFY, refs=[(KIND, report.id)], fields=sorted(reading.columns))
    for name, value in reading.columns.items():
        setattr(report, name, value)
    signed_assessment(report, by, at.now)
    report.version += 1
    report.save()
    write_mentions(report, reading)
    return report


@transaction.atomic
def discard_draft(*, by: Agent, report: Report) -> None:
    """Throw a draft away: it was never deposited."""
    report = locked(report)
    permissions.check_edit_draft(by, report)
    record(Operation.ERASE, refs=[(KIND, report.id)], details={"state": ReportState.DRAFT})
    with connection.cursor() as cursor:
        cursor.execute("SELECT intelligence.discard(%s::uuid)", [report.id])


def discard_left_drafts(*, now: datetime) -> int:
    """The worker's daily task, in its own service context: what an agent left unfinished in a unit goes after him."""
    before = now - timedelta(days=reference.whole_parameter(rules.LEFT_RULE, timezone.localdate(now)))
    gone = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT intelligence.discard_left(%s::timestamptz, %s::integer)", [before, LEFT_AT_ONCE])
            some = int(cursor.fetchone()[0])
        gone += some
        if some < LEFT_AT_ONCE:
            return gone


@telling_head
@transaction.atomic
def submit(*, by: Agent, report: Report, version: int | None = None) -> Report:
    """Deposit a draft: it gets its reference and its readers, and waits for its cross-check in the express lane."""
    report = locked(report, version)
    permissions.check_submit(by, report)
    at = moment()
    reading = read(entry_of(report), known_for(by, at.today), complete=True)
    record(Operation.MODIFY, refs=[(KIND, report.id)], details={"state": ReportState.SUBMITTED})
    count_questions(by, report.case_id, asked(reading), at)
    for name, value in reading.columns.items():
        setattr(report, name, value)
    line = _submitted(report, by, at)
    _with_ref(report, by, at, new=False)
    line.save(force_insert=True)
    _announce(report, at)
    return report


@telling_head
@transaction.atomic
def deposit(*, by: Agent, entry: ReportEntry, key: UUID | None = None) -> Report:
    """Write and deposit a report at once: what the form's main button does; `key` as in create_draft."""
    permissions.check_create(by)
    made = _made(by, key)
    if made is not None:
        if made.state != ReportState.DRAFT:
            return made
        return submit(by=by, report=edit_draft(by=by, report=made, entry=entry))
    at = moment()
    reading = read(entry, known_for(by, at.today), complete=True)
    report = _draft(by, reading, at.now, key)
    record(Operation.COLLECT, refs=[(KIND, report.id)], details={"state": ReportState.SUBMITTED})
    count_questions(by, report.case_id, asked(reading), at)
    signed_assessment(report, by, at.now)
    line = _submitted(report, by, at)
    _with_ref(report, by, at, new=True)
    line.save(force_insert=True)
    persons, selectors = mention_rows(report, reading)
    Person.objects.bulk_create(persons)
    Selector.objects.bulk_create(selectors)
    _announce(report, at)
    return report


def _submitted(report: Report, by: Agent, at: Moment) -> ReportHistory:
    line = moved(report, ReportState.SUBMITTED, by, at.now)
    report.submitted_at = report.collected_at = at.now
    report.purpose = by.purpose or ""
    report.readers = readers_of(report, at.today)
    return line


def _with_ref(report: Report, by: Agent, at: Moment, *, new: bool) -> None:
    """Save under a free reference; a taken one is tried again, which tells nobody anything."""
    for _ in range(REF_TRIES):
        report.ref = human_ref(by.unit_code, at.today.year)
        try:
            with transaction.atomic():
                report.save(force_insert=new, force_update=not new)
        except IntegrityError as error:
            if "intelligence_report_ref" not in str(error):
                raise
        else:
            return
    raise Conflict(gettext_noop("Aucune référence libre n'a été trouvée : déposez la fiche à nouveau."))


def _announce(report: Report, at: Moment) -> None:
    queue([report.id], Lane.EXPRESS)
    tell(report, rules.TRANSITIONS[ReportState.DRAFT, ReportState.SUBMITTED].notice, at)
    if report.review_needed:
        tell(report, NoticeKind.READING, at)
