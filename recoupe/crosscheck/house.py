"""What a pull must know of the organisation today: silence, contacts, cells, acts; read afresh in each transaction."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone

from recoupe.crosscheck.bulk import array, held
from recoupe.crosscheck.models import IndexRecord
from recoupe.crosscheck.rules import Facts, Judge, comparable, in_order, told
from recoupe.reference.enums import ActEffect
from recoupe.reference.models import Unit
from recoupe.reference.models.organisation import unit_id
from recoupe.reference.organisation import Contact, cell_of_department, duty_contact, office
from recoupe.reference.rules import effect_of

_ACTS = "SELECT file_a, file_b, purpose, effect, valid_from, valid_to FROM reference_interconnectionact"


class _Act(NamedTuple):
    """What the choice of an act needs of it (reference.rules.Act)."""

    file_a: str
    file_b: str
    purpose: str
    effect: str
    valid_from: date | None
    valid_to: date | None


class House:
    """The organisation as one transaction sees it: a unit made silent a second ago is silent here."""

    def __init__(self, rows: Iterable[IndexRecord]) -> None:
        self.rows = {row.record_id: row for row in rows}
        self.now = timezone.now()
        self.today: date = timezone.localdate(self.now)
        units = list({row.unit_id for row in self.rows.values()})
        self._units = {unit.id: unit for unit in held(Unit, "id = ANY (%s::uuid[])", array(units))} if units else {}
        self._contacts: dict[UUID, Contact] = {}
        self._cells: dict[str, UUID | None] = {}

    @classmethod
    def of(cls, record_ids: Iterable[UUID], written: Sequence[IndexRecord] = ()) -> "House":
        """What concerns these records of the index, and those that this transaction has just written."""
        others = set(record_ids).difference(row.record_id for row in written)
        read = held(IndexRecord, "record_id = ANY (%s::uuid[])", array(list(others))) if others else ()
        return cls([*written, *read])

    @cached_property
    def office_id(self) -> UUID:
        """The national office."""
        return office(self.today).id

    @cached_property
    def _acts(self) -> list[_Act]:
        with connection.cursor() as cursor:
            cursor.execute(_ACTS)
            return [_Act(*row) for row in cursor.fetchall()]

    def entered(self, record_ids: Iterable[UUID], mark: str) -> bool:
        """Whether the index holds all of these, their people entered under this engine."""
        return all(i in self.rows and self.rows[i].likeness == mark for i in record_ids)

    def facts(self, record_id: UUID) -> Facts:
        """One record, its unit's silence included."""
        row = self.rows[record_id]
        return Facts(
            record_kind=row.record_kind,
            record_id=row.record_id,
            unit_id=row.unit_id,
            file=row.file,
            purpose=row.purpose,
            tells_self=row.tells_self,
            tells_other=row.tells_other,
            unit_silent=self._units[row.unit_id].silent,
            departments=frozenset(row.departments),
            office_reads=row.office_reads,
            batch=row.batch,
            author_id=row.author_id,
            at=row.at,
        )

    def effect(self, asker: Facts, holder: Facts) -> ActEffect | None:
        """What the acts in force allow between the two files, for the purpose declared by who deposited last (S-5)."""
        return effect_of(self._acts, frozenset((asker.file, holder.file)), asker.purpose, self.today)

    def sides_told(self, first: Facts, second: Facts) -> int:
        """How many sides of this pair would learn of a hit; none where no act lets the two files be compared."""
        asker, holder = in_order(first, second)
        return sum(told(asker, holder)) if comparable(self.effect(asker, holder)) else 0

    def unit(self, identifier: UUID) -> Unit:
        """A unit that holds one of the records."""
        return self._units[identifier]

    def contact(self, identifier: UUID) -> Contact:
        """Who answers for a unit (S-4)."""
        if identifier not in self._contacts:
            self._contacts[identifier] = duty_contact(self._units[identifier], self.today)
        return self._contacts[identifier]

    def desk(self, identifier: UUID) -> UUID:
        """The unit that answers for a unit: itself, its cell or the office."""
        code = self.contact(identifier).unit_code
        return identifier if code == self._units[identifier].code else unit_id(code)

    def cell(self, department: str) -> UUID | None:
        """The cell of a department today."""
        if department not in self._cells:
            found = cell_of_department(department, self.today)
            self._cells[department] = found.id if found else None
        return self._cells[department]

    def cells(self, facts: Facts) -> set[UUID]:
        """The cells that read a record."""
        return {cell for code in facts.cells_reading if (cell := self.cell(code)) is not None}

    def judge(self, judge: Judge) -> tuple[UUID, bool] | None:
        """(unit, whether it is the office) that judges a weak pair; None when no cell exists and the office may not."""
        for department in judge.departments:
            cell = self.cell(department)
            if cell is not None:
                return cell, False
        return (self.office_id, True) if judge.office else None
