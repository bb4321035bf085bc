"""A base in which each report names one person, laid by the set-up; what waits for the matcher is put in its queue."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from hashlib import md5
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from recoupe.crosscheck.communes import known_communes
from recoupe.demo import crew
from recoupe.demo.benches.protected import WIDE_CELL, indexed_afterwards, open_to_owner
from recoupe.intelligence.enums import Lane, PersonCategory
from recoupe.kernel.matchable import Subject
from recoupe.kernel.person import person_key
from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import normalise
from recoupe.kernel.text import name_key
from recoupe.matching.kinds import birth
from recoupe.matching.record import Record

AT_ONCE = 20_000
TABLES = ("intelligence_report", "intelligence_person", "intelligence_selector", "intelligence_outbox")

_REPORTS = """
WITH u AS MATERIALIZED (
    SELECT h.id, h.code, h.departments, ARRAY[access.key(h.id, 'unit'), access.key(w.id, 'cell')] AS readers,
           (SELECT min(k.code) FROM reference_commune k WHERE k.department_id = h.departments[1]) AS commune
      FROM reference_unit h JOIN reference_unit w ON w.code = %(cell)s::text WHERE h.code = %(unit)s::text)
INSERT INTO intelligence_report (id, owner_unit_id, readers, created_at, ref, author_id, state, version, purpose,
    source_kind, frame, seen_by_reporter, fact_text, assessment_text, event_from, event_to, event_precision,
    collected_at, submitted_at, place_kind, commune_code, place_text, departments, handling, h3_line,
    handling_conditions, silent_reason, source_grade, info_grade, grade_original, grade_doubt, products, means,
    violence, urgency, review_needed, external_ref)
SELECT r.id, u.id, u.readers, at,
    u.code || '-26-' || left(r.id::text, 18), md5(u.code)::uuid, 'SUBMITTED', 1, 'criminal_intelligence',
    'officer_observation', 'administrative', true, 'Vu devant le hall (banc d''essai).', '', at::date, at::date, 'day',
    at, at, 'commune', u.commune, '', u.departments, '{H0}', '', '', '', 'B', '2', '', false, '{}', '{}', false,
    false, false, ''
  FROM (SELECT id, now() - random() * interval '1700 days' AS at FROM unnest(%(ids)s::uuid[]) AS r (id)) r CROSS JOIN u
"""
_PERSONS = """COPY intelligence_person (id, report_id, rank, family, given, aliases, birth_year, birth_month, birth_day,
    birth_commune, category, minor_at_event, name_key, key) FROM STDIN"""
_SELECTORS = """COPY intelligence_selector (id, report_id, person_id, kind, raw, value, valid, confirmed, set_aside)
    FROM STDIN"""
_QUEUE = """
INSERT INTO intelligence_outbox (id, report_id, lane, at)
SELECT gen_random_uuid(), r.id, %s::text, now() + r.n * interval '1 microsecond'
  FROM unnest(%s::uuid[]) WITH ORDINALITY AS r (id, n)
"""


def tell(text: str) -> None:
    """Where a long run stands, beside its measures."""
    print(text, file=sys.stderr, flush=True)


def subject(record: Record) -> Subject:
    """The same person as a form or a tool hands him over."""
    selectors = tuple((kind.value, raw) for kind, raws in record.selectors.items() for raw in raws)
    return Subject(record.family, record.given, record.aliases, record.birth, record.birth_place, selectors)


def lay(records: Iterable[Record], unit: str) -> list[UUID]:
    """One report a person, as the product's own tables hold them, in their order; `WIDE_CELL` reads them all."""
    ids: list[UUID] = []
    with crew.process("migrate"), connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        with (
            open_to_owner(TABLES[0]),
            indexed_afterwards(TABLES[0]),
            open_to_owner(TABLES[1]),
            open_to_owner(TABLES[2]),
        ):
            left = iter(records)
            while part := list(islice(left, AT_ONCE)):
                new = [_id(len(ids) + at) for at in range(len(part))]
                _lay(cursor, part, new, unit)
                ids += new
                tell(f"… {len(ids)} fiches posées")
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(TABLES)}")
    return ids


def queue(reports: Sequence[UUID]) -> None:
    """Their lines of the queue, as of a file that was just opened."""
    with crew.process("migrate"), connection.cursor() as cursor, open_to_owner(TABLES[3]):
        cursor.execute(_QUEUE, [Lane.BULK.value, list(reports)])
        cursor.execute(f"VACUUM (ANALYZE) {TABLES[3]}")


def _id(number: int) -> UUID:
    return UUID(md5(f"match{number}".encode(), usedforsecurity=False).hexdigest())


def _lay(cursor: Any, part: Sequence[Record], ids: Sequence[UUID], unit: str) -> None:
    cursor.execute(_REPORTS, {"ids": list(ids), "unit": unit, "cell": WIDE_CELL})
    today = datetime.now(UTC).date()
    with cursor.copy(_PERSONS) as copy:
        for report, record in zip(ids, part, strict=True):
            copy.write_row(_person(report, record, today))
    with cursor.copy(_SELECTORS) as copy:
        for report, record in zip(ids, part, strict=True):
            for row in _selectors(report, record):
                copy.write_row(row)


def _person(report: UUID, record: Record, today: date) -> tuple[Any, ...]:
    """The person has the identifier of his report: he is alone in it."""
    born = birth.read(record.birth, today).known
    parts = (born.year, born.month, born.day) if born else (None, None, None)
    communes = known_communes().read(record.birth_place) if record.birth_place else ()
    family, given = record.family[:120], record.given[:120]
    return (
        report, report, 0, family, given, [alias[:80] for alias in record.aliases], *parts,
        communes[0].code if communes else "", PersonCategory.SUSPECT.value, False,
        f"{name_key(family)}|{name_key(given)}", person_key(given, family, born) or "",
    )  # fmt: skip


def _selectors(report: UUID, record: Record) -> Iterator[tuple[Any, ...]]:
    for kind, raws in record.selectors.items():
        for raw in raws:
            try:
                read = normalise(kind, raw)
            except Invalid:
                # No form takes it.
                continue
            yield uuid4(), report, report, kind.value, raw, read.value, read.valid, False, False
