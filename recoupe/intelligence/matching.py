"""What the matcher takes: records to compare, without text or reference. Only its role can call the function below."""

import json
from typing import Any

from django.db import connection

from recoupe.intelligence import rules
from recoupe.intelligence.enums import Lane
from recoupe.intelligence.permissions import STRICTEST
from recoupe.kernel.handling import Handling, tells
from recoupe.kernel.matchable import MatchRecord
from recoupe.kernel.selectors import Selector, SelectorKind, Strength, strength
from recoupe.reference import queries as reference
from recoupe.reference.enums import File

_TAKE = """
    SELECT report_id, unit_id, author_id, frame, purpose, handling, h3_line, silent, departments, import_id, at,
           selectors
      FROM intelligence.take(%s::text, %s::integer)
"""


def selectors_since(lane: Lane | str, limit: int = 100) -> list[MatchRecord]:
    """Take reports out of the queue, in the caller's transaction: if it fails they wait again.

    A report may come again (correction, silence, confirmed selectors): it then replaces what was known of it.
    Two callers never get the same line; at most 500 a call.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [Lane(lane).value, limit])
        names = [column.name for column in cursor.description or ()]
        return [_record(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _record(row: dict[str, Any]) -> MatchRecord:
    """One line of the queue, with who may be told and who reads it."""
    handling = Handling.parse(row["handling"], row["h3_line"], "-") if row["handling"] else STRICTEST
    # Inspection services and the source bureau are silent whatever they wrote (S-4).
    silent = bool(row["silent"]) or reference.unit_by_id(row["unit_id"]).silent
    tells_self, tells_other = tells(handling, silent)
    read_by_cells = rules.cells_read(handling, silent)
    return MatchRecord(
        record_kind="report",
        record_id=row["report_id"],
        unit_id=row["unit_id"],
        file=File.REPORTS.value,
        purpose_kind=row["frame"],
        tells_self=tells_self,
        tells_other=tells_other,
        readers_cell=frozenset(row["departments"]) if read_by_cells else frozenset(),
        readers_office=rules.office_reads(handling, silent),
        batch_import=row["import_id"],
        author_id=row["author_id"],
        motive_category=row["purpose"],
        selectors=_selectors(row["selectors"]),
        at=row["at"],
    )


def _selectors(found: Any) -> tuple[tuple[str, str, Strength], ...]:
    rows = json.loads(found) if isinstance(found, str) else found
    return tuple(
        (kind, value, strength(Selector(SelectorKind(kind), value, value, valid))) for kind, value, valid in rows
    )
