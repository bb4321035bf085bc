"""What the matcher takes: records to compare, without text or reference. Only its role can call the function below."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from recoupe.intelligence import rules
from recoupe.intelligence.enums import Lane
from recoupe.intelligence.permissions import STRICTEST
from recoupe.kernel.handling import Handling, tells
from recoupe.kernel.matchable import MatchRecord, Subject
from recoupe.kernel.selectors import Selector, SelectorKind, Strength, strength
from recoupe.reference import queries as reference
from recoupe.reference.enums import File

_COLUMNS = (
    "report_id, unit_id, author_id, frame, purpose, handling, h3_line, silent, departments, import_id, at, selectors,"
    " subjects"
)
_TAKE = f"SELECT {_COLUMNS} FROM intelligence.take(%s::text, %s::integer)"  # noqa: S608
_TAKE_LINES = f"SELECT {_COLUMNS} FROM intelligence.take_lines(%s::uuid[])"  # noqa: S608


def selectors_since(lane: Lane | str, limit: int = 100) -> list[MatchRecord]:
    """Take reports out of the queue, in the caller's transaction: if it fails they wait again.

    A report may come again (correction, silence, confirmed selectors): it then replaces what was known of it.
    Two callers never get the same line; at most 500 a call. A line that failed before is not among them.
    """
    return _taken(_TAKE, Lane(lane).value, limit)


def selectors_of(lines: Sequence[UUID]) -> list[MatchRecord]:
    """Take these lines of the queue, those that failed before included."""
    return _taken(_TAKE_LINES, list(lines))


def withdrawn_since(limit: int = 100) -> list[UUID]:
    """Take the reports that were erased since: nothing compares them any more."""
    return _ids("intelligence.take_withdrawn(NULL::uuid[], %s::integer)", limit)


def withdrawn_of(lines: Sequence[UUID]) -> list[UUID]:
    """Take these lines of erasure, those that failed before included."""
    return _ids("intelligence.take_withdrawn(%s::uuid[], 500)", list(lines))


def lines_waiting(lane: Lane | str, limit: int, *, tried: bool = False) -> list[UUID]:
    """The next lines of a lane, left where they are: those never tried, or those that failed and are due again."""
    return _ids("intelligence.lines(%s::text, %s::boolean, %s::integer)", Lane(lane).value, tried, limit)


def blame(line: UUID, fault: str, *, wait_s: int, most: int) -> tuple[UUID, bool] | None:
    """Count one failure of a line: its report and whether it is parked now; None when somebody else took it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT report_id, parked FROM intelligence.blame"
            "(%s::uuid, %s::text, make_interval(secs => %s::integer), %s::integer)",
            [line, fault, wait_s, most],
        )
        found: tuple[UUID, bool] | None = cursor.fetchone()
        return found


def unpark() -> list[UUID]:
    """Put every parked line back in its queue; the reports concerned."""
    return _ids("intelligence.unpark()")


def deposited(after: UUID, limit: int) -> list[UUID]:
    """The reports that ought to be in the index, by identifier, a page after another."""
    return _ids("intelligence.deposited(%s::uuid, %s::integer)", after, limit)


def queue_again(reports: Sequence[UUID]) -> int:
    """Have the matcher take these again: what is deposited as one of a file, what is no more as an erasure."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT intelligence.queue_again(%s::uuid[])", [list(reports)])
        return int(cursor.fetchone()[0])


def _ids(call: str, *params: Any) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {call}", list(params))  # noqa: S608
        return [row[0] for row in cursor.fetchall()]


def _taken(query: str, *params: Any) -> list[MatchRecord]:
    with connection.cursor() as cursor:
        cursor.execute(query, list(params))
        names = [column.name for column in cursor.description or ()]
        return [_record(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _record(row: dict[str, Any]) -> MatchRecord:
    """One line of the queue, with who may be told and who reads it."""
    handling = _handling(tuple(row["handling"]), row["h3_line"])
    # Inspection services and the source bureau are silent whatever they wrote (S-4).
    silent = bool(row["silent"]) or reference.unit_by_id(row["unit_id"]).silent
    tells_self, tells_other = tells(handling, silent)
    read_by_cells = rules.cells_read(handling, silent)
    return MatchRecord(
        record_kind="report",
        record_id=row["report_id"],
        unit_id=row["unit_id"],
        file=File.REPORTS.value,
        purpose=row["purpose"],
        tells_self=tells_self,
        tells_other=tells_other,
        readers_cell=frozenset(row["departments"]) if read_by_cells else frozenset(),
        readers_office=rules.office_reads(handling, silent),
        batch_import=row["import_id"],
        author_id=row["author_id"],
        selectors=_selectors(row["selectors"]),
        at=row["at"],
        subjects=_subjects(row["subjects"]),
    )


@lru_cache(maxsize=256)
def _handling(codes: tuple[str, ...], h3_line: str) -> Handling:
    return Handling.parse(codes, h3_line, "-") if codes else STRICTEST


def _selectors(found: Any) -> tuple[tuple[str, str, Strength], ...]:
    rows = json.loads(found) if isinstance(found, str) else found
    return tuple(
        (kind, value, strength(Selector(SelectorKind(kind), value, value, valid))) for kind, value, valid in rows
    )


def _subjects(found: Any) -> tuple[Subject, ...]:
    rows = json.loads(found) if isinstance(found, str) else found
    return tuple(
        Subject(
            family=row["family"],
            given=row["given"],
            aliases=tuple(row["aliases"]),
            birth=_birth(*row["birth"]),
            birth_place=row["birth_place"],
            selectors=tuple((kind, raw) for kind, raw in row["selectors"]),
        )
        for row in rows
    )


def _birth(day: int | None, month: int | None, year: int | None) -> str:
    """A partial date as one writes it."""
    if year is None:
        return ""
    return "/".join(f"{part:02d}" for part in (day, month, year) if part is not None)
