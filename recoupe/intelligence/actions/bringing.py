"""What a service's own tool brings (P-105): read by the rules of every entry, written as a file its head opened."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction

from recoupe.access import once
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.desk.context import Tool
from recoupe.intelligence import rules
from recoupe.intelligence.actions.common import KIND, Moment, known_for, moment
from recoupe.intelligence.actions.importing import noon, selector_row
from recoupe.intelligence.entry import ReportEntry
from recoupe.intelligence.enums import ReportState
from recoupe.intelligence.importing.procedures import SENTENCE_NOT_HERE
from recoupe.intelligence.places import LivePlaces, PlaceTable
from recoupe.intelligence.reading import EXTERNAL_MAX, EntryRefused, Known, Reading, read
from recoupe.kernel.reference import human_ref
from recoupe.kernel.refusal import Invalid, Refused, gettext_noop
from recoupe.kernel.text import clean_line
from recoupe.reference import queries as reference

# Beyond these, all communes at once cost less than a question each.
FEW = 20
TRIES = 4

SENTENCE_NO_MORE = gettext_noop(
    "Le chef qui répond de cet outil n'est plus habilité à déposer pour l'unité : demandez une clé."
)
SENTENCE_NO_REF = gettext_noop("Donnez la référence de la fiche dans votre outil : elle évite les doublons.")
SENTENCE_TWICE = gettext_noop("Cette référence figure deux fois dans l'envoi : seule la première a été lue.")
SENTENCE_SPENT = gettext_noop(
    "Le plafond du jour de cet outil est atteint (%(budget)s fiches) : renvoyez cette fiche demain. "
    "Le chef de l'unité est averti."
)


class Result(StrEnum):
    """What became of one item of a batch."""

    ACCEPTED = "accepted"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Brought:
    """One report that the tool has deposited, as its own unit knows it."""

    id: UUID
    # What is erased may have neither.
    ref: str | None
    state: ReportState
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is answered for one item, in the order of the batch."""

    external_ref: str
    result: Result
    report: Brought | None = None
    faults: tuple[Invalid, ...] = ()
    # Refused because the day's budget is spent, and for nothing that is wrong with it.
    spent: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """The items of one request, with the size and the hash of what carried them."""

    entries: Sequence[ReportEntry]
    sha256: str
    size: int


def brought(refs: Sequence[str]) -> dict[str, Brought]:
    """What became of the acting tool's own deposits, by its references; nothing for any other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM intelligence.tool_reports(%s::text[])", [list(refs)])
        return {own: Brought(i, ref, ReportState(state), at) for own, i, ref, state, at in cursor.fetchall()}


def demand_tool() -> None:
    """P-105: a tool acts while who answers for it heads its unit, and may himself write for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT intelligence.tool_writes()")
        if not cursor.fetchone()[0]:
            raise Refused(SENTENCE_NO_MORE)


def read_ref(typed: str) -> str:
    """A reference of the tool's own, cleaned as its report's was; empty when no report can have it."""
    try:
        return clean_line(typed, EXTERNAL_MAX, "external_ref")
    except Invalid:
        return ""


@transaction.atomic
def bring(*, tool: Tool, batch: Batch) -> list[Outcome]:
    """Deposit a batch in the tool's context: each item is accepted, known from before, or refused with its faults."""
    demand_tool()
    once.first_of(tool.key)
    at = moment()
    readings = _read(batch.entries, known_for(tool, at.today, _places(len(batch.entries), at)))
    held = brought([ref for ref, found in readings if isinstance(found, Reading)])
    fresh = {ref: found for ref, found in readings if isinstance(found, Reading) and ref not in held}
    left, budget = _left(at)
    spent = set(list(fresh)[max(left, 0) :])
    wanted = {ref: found for ref, found in fresh.items() if ref not in spent}
    outcomes = [_outcome(ref, found, held, spent, budget) for ref, found in readings]
    if wanted:
        made = _written(tool, batch, wanted, outcomes, at)
        _count(len(made), at, budget)
        outcomes = [replace(one, report=made.get(one.external_ref, one.report)) for one in outcomes]
    return outcomes


def _places(many: int, at: Moment) -> LivePlaces:
    return PlaceTable(at.today) if many > FEW else LivePlaces(at.today)


def _read(entries: Sequence[ReportEntry], known: Known) -> list[tuple[str, Reading | list[Invalid]]]:
    seen: set[str] = set()
    found: list[tuple[str, Reading | list[Invalid]]] = []
    for entry in entries:
        try:
            ref = clean_line(entry.external_ref, EXTERNAL_MAX, "external_ref")
            if not ref:
                raise Invalid(SENTENCE_NO_REF, field="external_ref")
            if ref in seen:
                raise Invalid(SENTENCE_TWICE, field="external_ref")
            if entry.frame.strip() == "judicial":
                raise Invalid(SENTENCE_NOT_HERE, field="frame")
            reading = read(entry, known, complete=True)
        except EntryRefused as refused:
            found.append((entry.external_ref, refused.errors))
        except Invalid as fault:
            found.append((entry.external_ref, [fault]))
        else:
            seen.add(ref)
            found.append((ref, reading))
    return found


def _outcome(
    ref: str, found: Reading | list[Invalid], held: Mapping[str, Brought], spent: set[str], budget: int
) -> Outcome:
    if not isinstance(found, Reading):
        return Outcome(ref, Result.REFUSED, faults=tuple(found))
    if ref in held:
        return Outcome(ref, Result.KNOWN, held[ref])
    if ref in spent:
        fault = Invalid(SENTENCE_SPENT, field="", budget=budget)
        return Outcome(ref, Result.REFUSED, faults=(fault,), spent=True)
    return Outcome(ref, Result.ACCEPTED)


def _left(at: Moment) -> tuple[int, int]:
    budget = reference.whole_parameter(rules.TOOL_BUDGET_RULE, at.today)
    return budget - _count(0, at, budget), budget


def _count(many: int, at: Moment, budget: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT intelligence.tool_count(%s::date, %s::integer, %s::integer)", [at.today, many, budget])
        return int(cursor.fetchone()[0])


def _written(
    tool: Tool, batch: Batch, wanted: Mapping[str, Reading], outcomes: Sequence[Outcome], at: Moment
) -> dict[str, Brought]:
    """The reports of a batch; a reference of the house that is taken is drawn again, which tells nobody anything."""
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                return _write(tool, batch, wanted, outcomes, at)
        except IntegrityError as error:
            if "intelligence_report_ref" not in str(error):
                raise
    return _write(tool, batch, wanted, outcomes, at)


def _write(
    tool: Tool, batch: Batch, wanted: Mapping[str, Reading], outcomes: Sequence[Outcome], at: Moment
) -> dict[str, Brought]:
    file = uuid4()
    reports = [_report(tool, reading, at) for reading in wanted.values()]
    refs = [(KIND, report["id"]) for report in reports]
    details = {"import": str(file), "state": ReportState.SUBMITTED, "answers": str(tool.answers)}
    record(Operation.COLLECT, refs=refs, details=details)
    persons: list[dict[str, Any]] = []
    selectors: list[dict[str, Any]] = []
    for report, reading in zip(reports, wanted.values(), strict=True):
        ids = [uuid4() for _ in reading.persons]
        persons += [{"id": i, "report_id": report["id"], **p} for i, p in zip(ids, reading.persons, strict=True)]
        rows = [selector_row(report["id"], ids, facts) for facts in reading.selectors]
        selectors += [row | {"set_aside": False} for row in rows]
    counted = [one.result for one in outcomes]
    told = {"id": file, "sha256": batch.sha256, "size": batch.size, "total": len(outcomes),
            "refused": counted.count(Result.REFUSED), "known": counted.count(Result.KNOWN)}  # fmt: skip
    refusals = [_refusal(rank, fault) for rank, one in enumerate(outcomes, 1) for fault in one.faults]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT intelligence.tool_deposit(%s::jsonb, %s::jsonb, %s::jsonb, %s::jsonb, %s::jsonb)",
            [_json(part) for part in (told, reports, persons, selectors, refusals)],
        )
    return {
        report["external_ref"]: Brought(report["id"], report["ref"], ReportState.SUBMITTED, at.now)
        for report in reports
    }


def _report(tool: Tool, reading: Reading, at: Moment) -> dict[str, Any]:
    """What the tool says of a report; whose it is, its state, its dates and its readers are the database's to say."""
    collected = reading.collected_on
    return {
        "id": uuid4(),
        "ref": human_ref(tool.unit, at.today.year),
        "collected_at": noon(collected) if collected and collected < at.today else None,
        **reading.columns,
    }


def _refusal(rank: int, fault: Invalid) -> dict[str, Any]:
    params = {name: value if isinstance(value, int) else str(value)[:80] for name, value in fault.params.items()}
    return {"line": rank, "field": fault.field, "sentence": fault.sentence, "params": params}


def _json(part: object) -> str:
    return json.dumps(part, default=str, ensure_ascii=False, allow_nan=False)
