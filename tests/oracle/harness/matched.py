"""What the tables hold of records, sides told and questions put, at one moment; never the index of the matcher."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from tests.oracle import telling
from tests.oracle.harness.facts import Reader
from tests.oracle.telling import Told

# The cell of each department and the office of today are facts of the organisation.
CELLS = """SELECT d, u.id FROM reference_unit u, unnest(u.departments) AS d WHERE u.kind = 'cross'
    AND coalesce(u.opens_on, u.valid_from, '-infinity') <= current_date
    AND coalesce(u.valid_to, 'infinity') >= current_date"""
MINORS = """SELECT p.birth_year, p.birth_month, p.birth_day, r.event_from, p.minor_at_event FROM intelligence_person p
    JOIN intelligence_report r ON r.id = p.report_id WHERE r.ref NOT LIKE 'ZQ%'"""
# A number of the plan and an address that delivers identify; a name with a full date of birth is weak (S-1, S-2).
STRENGTHS = {"phone": "certain", "email": "strong"}


@dataclass(frozen=True)
class Moment:
    """One moment of the world: what the policy asks for, and what is told."""

    organisation: telling.Organisation
    records: dict[str, telling.Record]
    new: frozenset[str]
    told: frozenset[Told]
    judged: dict[frozenset[str], str]
    # (what, its departments, its cells) of points and objectives; (birth, day of the facts, mark) of persons.
    placed: tuple[tuple[str, frozenset[str], frozenset[str]], ...]
    persons: tuple[tuple[tuple[Any, Any, Any], date, bool], ...]

    def due(self) -> telling.Answer:
        """What the oracle says of it."""
        return telling.answer(self.organisation, self.records.values(), self.new)


def moment(reader: Reader, new: frozenset[str] | None = None) -> Moment:
    """As it stands now; `new`: the records whose pairs are compared (all of them when none are said)."""
    records = _records(reader)
    wanted = frozenset(records) if new is None else new
    told = {
        Told(str(r[0]), str(r[1]), r[2], r[3], r[4])
        for r in reader.rows(
            "SELECT s.record_id, CASE WHEN s.record_id = h.low THEN h.high ELSE h.low END, s.side, s.strength,"
            " coalesce(t.content_allowed, h.content_allowed) FROM crosscheck_hitside s JOIN crosscheck_hit h"
            " ON h.id = s.hit_id LEFT JOIN crosscheck_contactthread t ON t.hit_id = h.id"
            # Of registrations and events the oracle says who reads a side, not which of them meet.
            " WHERE NOT EXISTS (SELECT 1 FROM crosscheck_hitside o WHERE o.hit_id = h.id AND o.record_kind <> 'report')"
        )
    }
    questions = {
        frozenset({str(r[0]), str(r[1])}): str(r[2])
        for r in reader.rows(
            "SELECT first_id, second_id, owner_unit_id FROM crosscheck_judgement WHERE state = 'ASKED'"
        )
    }
    return Moment(
        organisation=_organisation(reader),
        records=records,
        new=wanted,
        told=frozenset(one for one in told if {one.record, one.other} & wanted),
        judged={pair: unit for pair, unit in questions.items() if pair & wanted},
        placed=tuple(
            (f"{table} {r[0]}", frozenset(r[1]), frozenset(map(str, r[2])))
            for table in ("dealpoints_dealpoint", "coordination_objective")
            for r in reader.rows(f"SELECT id, departments, cells FROM {table}")
        ),
        persons=tuple(((r[0], r[1], r[2]), r[3], r[4]) for r in reader.rows(MINORS)),
    )


def _organisation(reader: Reader) -> telling.Organisation:
    acts = reader.rows("SELECT file_a, file_b, purpose, effect, valid_from, valid_to FROM reference_interconnectionact")
    ((office,),) = reader.rows("SELECT id FROM reference_unit WHERE code = 'OFAST'")
    return telling.Organisation(
        units=reader.units(),
        cells={r[0]: str(r[1]) for r in reader.rows(CELLS)},
        office=str(office),
        acts=tuple(telling.Act(frozenset(r[:2]), *r[2:]) for r in acts),
        today=timezone.localdate(),
    )


def _records(reader: Reader) -> dict[str, telling.Record]:
    """Reports that were deposited through the product: those laid by hand into the tables met nobody."""
    named: dict[str, dict[tuple[str, str], str]] = {}
    for report, kind, value, valid in reader.rows(
        "SELECT report_id, kind, value, valid FROM intelligence_selector WHERE kind <> 'person'"
    ):
        named.setdefault(str(report), {})[kind, value] = STRENGTHS.get(kind, "strong") if valid else "strong"
    for row in reader.rows(
        "SELECT report_id, family, given, birth_year, birth_month, birth_day FROM intelligence_person"
    ):
        if (key := _whole_name(*row[1:])) is not None:
            named.setdefault(str(row[0]), {})["person", key] = "weak"
    rows = reader.rows(
        "SELECT id, owner_unit_id, purpose, submitted_at, handling, h3_line, silent_until, departments, import_id"
        " FROM intelligence_report WHERE state NOT IN ('DRAFT', 'ERASED') AND ref NOT LIKE 'ZQ%'"
    )
    return {
        str(r[0]): telling.Record(
            str(r[0]), str(r[1]), r[2], r[3], frozenset(r[4]), r[5], r[6], frozenset(r[7]), named.get(str(r[0]), {}),
            by_file=r[8] is not None,
        )
        for r in rows
    }  # fmt: skip


def _whole_name(family: str, given: str, year: Any, month: Any, day: Any) -> str | None:
    """S-2: a name and a full date of birth; 1 January counts as a year."""
    if not (family and given and year and month and day) or (month, day) == (1, 1):
        return None
    return f"{family.casefold()}|{given.casefold()}|{year}-{month}-{day}"
