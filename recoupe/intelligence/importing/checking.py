"""Reading every row of a file before one is written: what is valid, what is refused, on which line and why."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from recoupe.intelligence.entry import ReportEntry
from recoupe.intelligence.importing.mapping import BoundMapping, FileMapping
from recoupe.intelligence.importing.procedures import NoProcedures, Procedures, placed
from recoupe.intelligence.importing.table import Row, Table, read_table
from recoupe.intelligence.reading import EntryRefused, Known, Reading, faults, read
from recoupe.kernel.refusal import Invalid, gettext_noop

SENTENCE_SAME_REF = gettext_noop("La ligne %(line)s porte la même référence avec un autre contenu.")


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """Why one row is refused: its line in the file, the column, the sentence and its parameters."""

    line: int
    field: str
    sentence: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PreparedRow:
    """One valid row, read: what import_block writes."""

    line: int
    fingerprint: UUID
    reading: Reading


@dataclass(frozen=True, slots=True)
class Checked:
    """A whole file, read: how many rows, and every refusal."""

    total: int
    refusals: list[RowRefusal]

    @property
    def refused(self) -> int:
        """How many rows are refused."""
        return len({refusal.line for refusal in self.refusals})

    @property
    def valid(self) -> int:
        """How many rows can be written."""
        return self.total - self.refused


class FileReader:
    """One file with its mapping, for one unit: its rows can be read any number of times, from any row on."""

    def __init__(
        self,
        content: bytes,
        mapping: FileMapping,
        known: Known,
        unit_id: UUID,
        *,
        procedures: Procedures | None = None,
    ) -> None:
        self._table: Table = read_table(content, sheet=mapping.sheet, delimiter=mapping.delimiter)
        self._bound: BoundMapping = mapping.bound(self._table.header)
        self._known = known
        self._unit = unit_id.bytes
        self._procedures = procedures or NoProcedures()
        self._first_row_of_ref: dict[str, Row] | None = None

    @property
    def total(self) -> int:
        """How many rows the file has."""
        return len(self._table.rows)

    def check(self) -> Checked:
        """Read all rows (a dry run)."""
        refusals = [found for found in self.rows(0, self.total) if isinstance(found, RowRefusal)]
        return Checked(self.total, refusals)

    def rows(self, start: int, stop: int) -> Iterator[PreparedRow | RowRefusal]:
        """Rows from one rank to another: each read, or refused once for each of its faults."""
        for row in self._table.rows[start:stop]:
            try:
                yield self._prepared(row)
            except EntryRefused as refused:
                for error in refused.errors:
                    yield self._refusal(row, error)
            except Invalid as error:
                yield self._refusal(row, error)

    def _prepared(self, row: Row) -> PreparedRow:
        self._table.check(row)
        reading = read(self._entry(row), self._known, complete=True)
        ref = reading.columns["external_ref"]
        if ref:
            first = self._first_rows().get(ref, row)
            if first.line != row.line and self._bound.content(first.cells) != self._bound.content(row.cells):
                raise Invalid(SENTENCE_SAME_REF, field="external_ref", line=first.line)
            digest = hashlib.sha256(self._unit + b"ref:" + ref.encode()).digest()
        else:
            content = hashlib.sha256(self._bound.content(row.cells).encode("utf-8", "surrogatepass")).digest()
            digest = hashlib.sha256(self._unit + b"row:" + content).digest()
        return PreparedRow(row.line, UUID(bytes=digest[:16]), reading)

    def _entry(self, row: Row) -> ReportEntry:
        """The row's entry with its procedure; when that one is refused, every other fault of the row is said too."""
        entry = self._bound.entry(row.cells)
        try:
            return placed(entry, *self._bound.procedure(row.cells), self._procedures)
        except Invalid as fault:
            others = faults(entry, self._known, complete=True)
            raise EntryRefused([fault, *(other for other in others if other.field != "case_id")]) from fault

    def _first_rows(self) -> dict[str, Row]:
        """The row in which each reference of the file stands first."""
        if self._first_row_of_ref is None:
            found: dict[str, Row] = {}
            for row in self._table.rows:
                if ref := self._bound.reference(row.cells).strip():
                    found.setdefault(ref, row)
            self._first_row_of_ref = found
        return self._first_row_of_ref

    def _refusal(self, row: Row, error: Invalid) -> RowRefusal:
        params = {name: value if isinstance(value, int) else str(value)[:80] for name, value in error.params.items()}
        return RowRefusal(row.line, self._bound.column_of(error)[:80], error.sentence, params)
