"""What a service's own tool brings (P-105): read by the rules of every entry, written as files its head opened."""

import json
from collections.abc import Collection, Mapping, Sequence
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
from recoupe.intelligence.actions.allowance import Allowance, may_ask_unknown
from recoupe.intelligence.actions.common import KIND, Moment, known_for, moment
from recoupe.intelligence.actions.importing import BLOCK, noon, selector_row
from recoupe.intelligence.entry import ReportEntry
from recoupe.intelligence.enums import ReportState
from recoupe.intelligence.importing import comparing
from recoupe.intelligence.importing.procedures import Procedures, placed
from recoupe.intelligence.places import LivePlaces, PlaceTable
from recoupe.intelligence.reading import EXTERNAL_MAX, EntryRefused, Reading, read
from recoupe.kernel.reference import human_ref
from recoupe.kernel.refusal import Invalid, Refused, gettext_noop
from recoupe.kernel.text import clean_line

# Beyond these, all communes at once cost less than a question each.
FEW = 20
TRIES = 4

SENTENCE_NO_MORE = gettext_noop(
    "Le chef qui répond de cet outil n'est plus habilité à déposer pour l'unité : demandez une clé."
)
SENTENCE_NO_REF = gettext_noop("Donnez la référence de la fiche dans votre outil : elle évite les doublons.")
SENTENCE_TWICE = gettext_noop("Cette référence figure deux fois dans l'envoi : seule la première a été lue.")
SENTENCE_CONFLICT = gettext_noop(
    "Cette référence est connue, et sa fiche dit autre chose : rien n'y a changé. Corrigez-la dans Recoupe, ou "
    "déposez le nouveau fait sous une autre référence."
)
SENTENCE_UNWRITTEN = gettext_noop("Cette fiche n'a pas été écrite : renvoyez-la, avec la même référence.")


class Result(StrEnum):
    """What became of one item of a batch."""

    ACCEPTED = "accepted"
    KNOWN = "known"
    # Known with another content, which stays.
    CONFLICT = "conflict"
    REFUSED = "refused"
    # Its block could not be written, for nothing that is wrong with it.
    UNWRITTEN = "unwritten"


@dataclass(frozen=True, slots=True)
class Brought:
    """One report that the tool has deposited, as its own unit knows it."""

    id: UUID
    # What is erased may have neither.
    ref: str | None
    state: ReportState
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a batch, as it was sent: what the report says, and the procedure that it names."""

    entry: ReportEntry
    case_number: str = ""
    case_court: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """One item as read: its rank in the batch, from 1, its reference, and either what it says or its faults."""

    rank: int
    ref: str
    said: Reading | None
    faults: tuple[Invalid, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is answered for one item, in the order of the batch."""

    rank: int
    external_ref: str
    result: Result
    report: Brought | None = None
    faults: tuple[Invalid, ...] = ()
    # Refused because a budget of the day is spent, and for nothing that is wrong with it.
    spent: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """What carried the items of one request: its hash and its size."""

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


def may_check(unknown: int) -> bool:
    """Whether the tool may be told of so many references that it never brought; they are counted either way."""
    return not unknown or may_ask_unknown(unknown, moment())


def read_ref(typed: str) -> str:
    """A reference of the tool's own, cleaned as its report's was; empty when no report can have it."""
    try:
        return clean_line(typed, EXTERNAL_MAX, "external_ref")
    except Invalid:
        return ""


def read_items(*, tool: Tool, items: Sequence[Item], procedures: Procedures) -> list[Read]:
    """Read a whole batch by the rules of every entry, in the tool's context; nothing is written."""
    demand_tool()
    at = moment()
    known = known_for(tool, at.today, PlaceTable(at.today) if len(items) > FEW else LivePlaces(at.today))
    seen: set[str] = set()
    found = []
    for rank, item in enumerate(items, 1):
        try:
            ref = _fresh_ref(item.entry.external_ref, seen)
            said = read(placed(item.entry, item.case_number, item.case_court, procedures), known, complete=True)
        except EntryRefused as refused:
            found.append(Read(rank, item.entry.external_ref, None, tuple(map(_named, refused.errors))))
        except Invalid as fault:
            found.append(Read(rank, item.entry.external_ref, None, (fault,)))
        else:
            seen.add(ref)
            found.append(Read(rank, ref, said))
    return found


def _fresh_ref(typed: str, seen: Collection[str]) -> str:
    ref = clean_line(typed, EXTERNAL_MAX, "external_ref")
    if not ref:
        raise Invalid(SENTENCE_NO_REF, field="external_ref")
    if ref in seen:
        raise Invalid(SENTENCE_TWICE, field="external_ref")
    return ref


def _named(fault: Invalid) -> Invalid:
    """A tool names a procedure by its number, and knows no other name of it."""
    return Invalid(fault.sentence, field="case_number", **fault.params) if fault.field == "case_id" else fault


def blocks(items: Sequence[Read]) -> list[Sequence[Read]]:
    """A batch in what is written at once; there is always a first."""
    return [items[start : start + BLOCK] for start in range(0, len(items), BLOCK)] or [items]


@transaction.atomic
def bring(*, tool: Tool, batch: Batch, items: Sequence[Read]) -> list[Outcome]:
    """Deposit one block in the tool's context: each item is accepted, known from before, or refused with its faults."""
    demand_tool()
    once.first_of(tool.key)
    at = moment()
    held = brought([item.ref for item in items if item.said])
    differing = _differing(items, held)
    allowance = Allowance(tool, at)
    outcomes = [_outcome(item, held, differing, allowance) for item in items]
    wanted = {item.ref: item.said for item, one in zip(items, outcomes, strict=True)
              if item.said and one.result is Result.ACCEPTED}  # fmt: skip
    if wanted:
        made = _written(tool, batch, wanted, outcomes, at)
        allowance.write()
        outcomes = [replace(one, report=made[one.external_ref]) if one.result is Result.ACCEPTED else one
                    for one in outcomes]  # fmt: skip
    return outcomes


def unwritten(items: Sequence[Read]) -> list[Outcome]:
    """What is answered for a block that could not be written: what is wrong by itself, and what is to be sent again."""
    again = (Invalid(SENTENCE_UNWRITTEN, field=""),)
    return [
        Outcome(item.rank, item.ref, Result.UNWRITTEN, faults=again)
        if item.said
        else Outcome(item.rank, item.ref, Result.REFUSED, faults=item.faults)
        for item in items
    ]


def _differing(items: Sequence[Read], held: Collection[str]) -> set[str]:
    """Of the known items those that say something else than the report under their reference."""
    again = [
        {**item.said.columns, "persons": item.said.persons,
         "selectors": [{"kind": one.kind, "value": one.value} for one in item.said.selectors]}
        for item in items if item.said and item.ref in held
    ]  # fmt: skip
    if not again:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM intelligence.tool_differing(%s::text[], %s::text[], %s::jsonb)",
            [list(comparing.SAID), list(comparing.NAMED), _json(again)],
        )
        return {ref for (ref,) in cursor.fetchall()}


def _outcome(item: Read, held: Mapping[str, Brought], differing: Collection[str], allowance: Allowance) -> Outcome:
    if not item.said:
        return Outcome(item.rank, item.ref, Result.REFUSED, faults=item.faults)
    if item.ref in differing:
        conflict = Invalid(SENTENCE_CONFLICT, field="external_ref")
        return Outcome(item.rank, item.ref, Result.CONFLICT, held[item.ref], (conflict,))
    if item.ref in held:
        return Outcome(item.rank, item.ref, Result.KNOWN, held[item.ref])
    if spent := allowance.refusal(item.said):
        return Outcome(item.rank, item.ref, Result.REFUSED, faults=(spent,), spent=True)
    return Outcome(item.rank, item.ref, Result.ACCEPTED)


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
    refused = [one for one in outcomes if one.result is Result.REFUSED]
    differing = [one.rank for one in outcomes if one.result is Result.CONFLICT]
    told = {"id": file, "sha256": batch.sha256, "size": batch.size, "total": len(outcomes), "refused": len(refused),
            "known": len(outcomes) - len(refused) - len(reports), "differing": differing}  # fmt: skip
    refusals = [_refusal(one.rank, fault) for one in refused for fault in one.faults]
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
