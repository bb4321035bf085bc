"""The life of an imported file (S-1): handed in, checked, opened by the head of the unit, written block by block."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from recoupe.access import once
from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity
from recoupe.access.keys import own, own_key, reader_key, reader_keys
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence import bulk, permissions
from recoupe.intelligence.actions.common import KIND, Moment, moment, notice_keys, queue, readers_of
from recoupe.intelligence.actions.correcting import MOTIVE_MAX, motive
from recoupe.intelligence.enums import ImportState, Lane, NoticeKind, ReportState
from recoupe.intelligence.importing import comparing
from recoupe.intelligence.importing.checking import Checked, PreparedRow, RowRefusal
from recoupe.intelligence.importing.mapping import FileMapping
from recoupe.intelligence.importing.table import MAX_BYTES, SENTENCE_HEAVY
from recoupe.intelligence.models import ImportFile, ImportRefusal, Person, Report, ReportHistory, Selector
from recoupe.intelligence.reading import SelectorFacts
from recoupe.kernel.reference import human_ref
from recoupe.kernel.refusal import Absent, Conflict, Invalid, gettext_noop
from recoupe.kernel.text import clean_line
from recoupe.notices.actions import notify

IMPORT = "import"
# One transaction a file would exhaust the locks and hold up every other entry's hits.
BLOCK = 500
REFUSALS_AT_ONCE = 5_000
# Between the noon of a day that a file gives and the time zones of the territory it stays that day.
NOON = time(12)

SENTENCE_ABSENT = gettext_noop("Ce fichier n'existe pas, ou il n'est pas de votre unité.")
SENTENCE_REFUSED_ROWS = gettext_noop(
    "%(count)s lignes sont refusées : corrigez le fichier, ou demandez que les lignes valables soient écrites."
)
SENTENCE_NOTHING = gettext_noop("Aucune ligne de ce fichier ne peut être écrite.")
SENTENCE_ELSEWHERE = gettext_noop("Une autre tâche a déjà écrit ces lignes.")


def _locked(import_file: ImportFile) -> ImportFile:
    try:
        found: ImportFile = ImportFile.objects.defer("content", "readers").select_for_update().get(id=import_file.id)
    except ImportFile.DoesNotExist as error:
        raise Absent(SENTENCE_ABSENT) from error
    return found


@transaction.atomic
def upload_import(
    *, by: Agent, name: str, content: bytes, mapping: dict[str, Any], key: UUID | None = None
) -> ImportFile:
    """Hand in a file with its mapping; nothing of it is read or compared before the head of the unit opens it.

    `key` is drawn with the form: two clicks on it hand in one file.
    """
    permissions.check_upload(by)
    digest = hashlib.sha256(content).hexdigest()
    identity = once.own_id(by, key, digest) if key else uuid4()
    if key:
        once.first_of(identity)
        made: ImportFile | None = ImportFile.objects.filter(id=identity).first()
        if made:
            return made
    if len(content) > MAX_BYTES:
        raise Invalid(SENTENCE_HEAVY, field="file", max=MAX_BYTES // 1024 // 1024)
    FileMapping.from_json(mapping)
    title = clean_line(name, 200, "name") or "—"
    at = moment()
    handed = ImportFile(
        id=identity,
        owner_unit_id=by.unit_id,
        name=title,
        sha256=digest,
        content=content,
        size=len(content),
        mapping=mapping,
        uploaded_by=by.id,
        created_at=at.now,
        readers=reader_keys({own(by.id, by.unit_id), (by.unit_id, Capacity.HEAD)}),
    )
    record(Operation.COLLECT, refs=[(IMPORT, handed.id)], details={"state": ImportState.UPLOADED})
    handed.save(force_insert=True)
    return handed


@transaction.atomic
def check_import(*, by: Agent, import_file: ImportFile, checked: Checked) -> ImportFile:
    """Keep what the dry run found; the head of the unit is told that a file waits for him."""
    found = _locked(import_file)
    if found.state != ImportState.UPLOADED:
        raise Conflict(permissions.SENTENCE_FILE_STATE, state=ImportState(found.state).label)
    state = ImportState.CHECKED if checked.valid else ImportState.REFUSED
    record(Operation.MODIFY, refs=[(IMPORT, found.id)], details={"state": state})
    found.state = state
    found.rows_total, found.rows_valid, found.rows_refused = checked.total, checked.valid, checked.refused
    fields = ["state", "rows_total", "rows_valid", "rows_refused"]
    if state is ImportState.REFUSED:
        found.content, found.reason, found.finished_at = None, SENTENCE_NOTHING, moment().now
        fields += ["content", "reason", "finished_at"]
    found.save(update_fields=fields)
    _keep(found, checked.refusals)
    if state is ImportState.CHECKED:
        notify([reader_key(found.owner_unit_id, Capacity.HEAD)], NoticeKind.IMPORT_READY.value, (IMPORT, found.id))
    return found


@transaction.atomic
def open_import(*, by: Agent, import_file: ImportFile, accept_valid: bool = False, reason: str = "") -> ImportFile:
    """S-1: the head of the unit opens this one file; with refused rows nothing is written unless he asks for it."""
    found = _locked(import_file)
    permissions.check_open_import(by, found)
    found.reason = clean_line(reason, MOTIVE_MAX, "reason")
    if found.rows_refused and not accept_valid:
        raise Conflict(SENTENCE_REFUSED_ROWS, count=found.rows_refused)
    record(
        Operation.MODIFY,
        refs=[(IMPORT, found.id)],
        details={"state": ImportState.OPENED, "accept_valid": accept_valid},
    )
    found.state, found.accept_valid = ImportState.OPENED, accept_valid
    found.opened_by, found.opened_at = by.id, moment().now
    found.save(update_fields=["state", "accept_valid", "opened_by", "opened_at", "reason"])
    return found


@transaction.atomic
def refuse_import(*, by: Agent, import_file: ImportFile, reason: str) -> ImportFile:
    """The head of the unit refuses a file; its content is dropped."""
    found = _locked(import_file)
    permissions.check_open_import(by, found)
    return _ended(found, ImportState.REFUSED, motive(reason))


@transaction.atomic
def fail_import(*, by: Agent, import_file: ImportFile, fault: Invalid) -> ImportFile:
    """A file that cannot be read at all is refused with its sentence."""
    found = _locked(import_file)
    if found.state != ImportState.UPLOADED or by.unit_id != found.owner_unit_id:
        raise Conflict(permissions.SENTENCE_FILE_STATE, state=ImportState(found.state).label)
    refused = _ended(found, ImportState.REFUSED, fault.sentence)
    _keep(refused, [RowRefusal(0, fault.field, fault.sentence, {k: str(v)[:80] for k, v in fault.params.items()})])
    return refused


def _ended(found: ImportFile, state: ImportState, reason: str) -> ImportFile:
    record(Operation.MODIFY, refs=[(IMPORT, found.id)], details={"state": state})
    found.state, found.reason, found.content, found.finished_at = state, reason[:300], None, moment().now
    found.save(update_fields=["state", "reason", "content", "finished_at"])
    notify([own_key(found.uploaded_by, found.owner_unit_id)], NoticeKind.IMPORT_DONE.value, (IMPORT, found.id))
    return found


@transaction.atomic
def finish_import(*, by: Agent, import_file: ImportFile) -> ImportFile:
    """All rows are behind us: drop the content, tell who handed it in."""
    found = _locked(import_file)
    permissions.check_run_import(by, found)
    if found.rows_done < found.rows_total:
        raise Conflict(SENTENCE_ELSEWHERE)
    return _ended(found, ImportState.DONE, found.reason)


@transaction.atomic
def import_block(
    *,
    by: Agent,
    import_file: ImportFile,
    rows: Sequence[PreparedRow],
    position: int,
    passed: int,
    refusals: Iterable[RowRefusal] = (),
) -> ImportFile:
    """Write one block of rows and the progress of the file in one transaction; known rows change nothing.

    `position` is the rank of the block's first row in the file and `passed` how many rows it covers: a block that
    another task has written meanwhile is refused, so that a file resumed twice is written once.
    """
    found = _locked(import_file)
    permissions.check_run_import(by, found)
    if found.rows_done != position:
        raise Conflict(SENTENCE_ELSEWHERE)
    held = comparing.known(rows)
    fresh = _unknown(rows, held)
    at = moment()
    reports = [_report(by, found, row, at) for row in fresh]
    refs = [(KIND, report["id"]) for report in reports] or [(IMPORT, found.id)]
    record(Operation.COLLECT, refs=refs, details={"import": str(found.id), "state": ReportState.SUBMITTED})
    if reports:
        _write(found, reports, fresh, at)
    found.rows_refused += _keep(found, refusals)
    found.state = ImportState.RUNNING
    found.rows_done += passed
    found.rows_written += len(reports)
    found.rows_known += len(rows) - len(reports)
    found.lines_differing += comparing.differing(rows, held)
    found.save(update_fields=["state", "rows_done", "rows_written", "rows_known", "rows_refused", "lines_differing"])
    return found


def _unknown(rows: Sequence[PreparedRow], known: Collection[UUID]) -> list[PreparedRow]:
    """The rows that are new to the unit, each once."""
    wanted = {row.fingerprint: row for row in reversed(rows)}
    return [row for fingerprint, row in reversed(wanted.items()) if fingerprint not in known]


def _report(by: Agent, source: ImportFile, row: PreparedRow, at: Moment) -> dict[str, Any]:
    """The columns of a row's report, but its readers."""
    columns = row.reading.columns
    collected = row.reading.collected_on
    signed = bool(columns["assessment_text"])
    return {
        "id": uuid4(),
        "owner_unit_id": source.owner_unit_id,
        "author_id": source.uploaded_by,
        "state": ReportState.SUBMITTED.value,
        "version": 1,
        "ref": human_ref(by.unit_code, at.today.year),
        "purpose": by.purpose.value if by.purpose else "",
        "created_at": at.now,
        "submitted_at": at.now,
        "collected_at": noon(collected) if collected and collected < at.today else at.now,
        "silent_reason": "",
        "import_id": source.id,
        "fingerprint": row.fingerprint,
        "assessment_author_id": source.uploaded_by if signed else None,
        "assessment_at": at.now if signed else None,
        **columns,
    }


def noon(day: date) -> datetime:
    """The moment that stands for a day given without an hour."""
    return timezone.make_aware(datetime.combine(day, NOON))


def _write(source: ImportFile, reports: list[dict[str, Any]], rows: list[PreparedRow], at: Moment) -> None:
    """The rows of a block in as many statements as there are tables."""
    alike: dict[tuple[Any, ...], Report] = {}
    persons: list[dict[str, Any]] = []
    selectors: list[dict[str, Any]] = []
    for report, row in zip(reports, rows, strict=True):
        report["readers"] = _readers(report, alike, at)
        ids = [uuid4() for _ in row.reading.persons]
        persons += [{"id": i, "report_id": report["id"], **p} for i, p in zip(ids, row.reading.persons, strict=True)]
        selectors += [selector_row(report["id"], ids, facts) for facts in row.reading.selectors]
    bulk.insert(Report, reports)
    bulk.insert(Person, persons)
    bulk.insert(Selector, selectors)
    bulk.insert(ReportHistory, [_line(report, at) for report in reports])
    queue((report["id"] for report in reports), Lane.BULK)
    _tell_cells(source, alike.values(), at)


def _readers(report: dict[str, Any], alike: dict[tuple[Any, ...], Report], at: Moment) -> list[int]:
    """Reports of one unit with the same departments and codes have the same readers: computed once a block."""
    by_what = ("owner_unit_id", "author_id", "state", "departments", "handling", "h3_line", "handling_conditions")
    same = (*report["departments"], "/", *report["handling"], report["h3_line"])
    if same not in alike:
        alike[same] = Report(**{name: report[name] for name in by_what})
        alike[same].readers = readers_of(alike[same], at.today)
    readers: list[int] = alike[same].readers
    return readers


def selector_row(report_id: UUID, persons: list[UUID], facts: SelectorFacts) -> dict[str, Any]:
    """The columns of one identifier of a report that is written among many."""
    return {
        "id": uuid4(),
        "report_id": report_id,
        "person_id": persons[facts.person] if facts.person is not None else None,
        "kind": facts.kind,
        "raw": facts.raw,
        "value": facts.value,
        "valid": facts.valid,
        "confirmed": False,
    }


def _line(report: dict[str, Any], at: Moment) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "report_id": report["id"],
        "at": at.now,
        "actor_id": report["author_id"],
        "from_state": "",
        "to_state": ReportState.SUBMITTED.value,
        "motive": "",
    }


def _tell_cells(source: ImportFile, samples: Iterable[Report], at: Moment) -> None:
    """One notice a file for each cell concerned: three thousand would hide what an agent typed."""
    keys = {key for report in samples for key in notice_keys(report, NoticeKind.TO_TRIAGE, at.today)}
    notify(sorted(keys), NoticeKind.TO_TRIAGE.value, (IMPORT, source.id))


def _keep(found: ImportFile, refusals: Iterable[RowRefusal]) -> int:
    """Keep all that the check had not refused yet (it is refused again when its block is read); how many rows."""
    wanted = list(refusals)
    if not wanted:
        return 0
    lines = {refusal.line for refusal in wanted}
    held = set(found.refusals.filter(line__range=(min(lines), max(lines))).values_list("line", flat=True))
    rows = (
        ImportRefusal(import_file=found, line=r.line, field=r.field, sentence=r.sentence, params=r.params)
        for r in wanted
        if r.line not in held
    )
    while part := list(islice(rows, REFUSALS_AT_ONCE)):
        ImportRefusal.objects.bulk_create(part)
    return len(lines - held)
