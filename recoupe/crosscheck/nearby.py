"""The index of likeness in SQL: whom a record names goes in under keyed blocks; candidates come out to be weighed."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from recoupe.crosscheck import waterfall
from recoupe.crosscheck.engine import Engine
from recoupe.crosscheck.rules import BLOCK_HOLDERS, COMMON_HOLDERS
from recoupe.kernel.matchable import MatchRecord
from recoupe.matching.conditions import Row
from recoupe.matching.score import Score

# Two transactions that enter two records alike must not both miss the other: one at a time from here to the commit.
_ALONE = "SELECT pg_advisory_xact_lock(1919250287, 2)"
_FORGET = (
    "DELETE FROM crosscheck_indexblock WHERE subject_id IN"
    " (SELECT id FROM crosscheck_indexsubject WHERE record_id = ANY (%s::uuid[]))",
    "DELETE FROM crosscheck_indexsubject WHERE record_id = ANY (%s::uuid[])",
)
_SUBJECTS = """
    INSERT INTO crosscheck_indexsubject (id, record_id, model, sealed)
    SELECT id, record_id, %s, sealed FROM unnest(%s::bigint[], %s::uuid[], %s::bytea[]) AS s(id, record_id, sealed)
"""
_BLOCKS = """
    INSERT INTO crosscheck_indexblock (key, subject_id) SELECT * FROM unnest(%s::bigint[], %s::bigint[])
"""
# A block with more open holders than the bound searches nobody: its other blocks do. Holders that tell nobody are not
# counted, one of them more would change what everybody else learns; of a unit's, the newest are met.
_CANDIDATES = """
    WITH asked AS MATERIALIZED (
        SELECT * FROM unnest(%(keys)s::bigint[], %(subjects)s::bigint[], %(units)s::uuid[])
            AS a(key, subject_id, unit_id)),
    wanted AS MATERIALIZED (
        SELECT d.key FROM (SELECT DISTINCT key FROM asked) d
         WHERE (SELECT count(*) FROM (
                   SELECT 1 FROM crosscheck_indexblock b JOIN crosscheck_indexsubject s ON s.id = b.subject_id
                     JOIN crosscheck_indexrecord r ON r.record_id = s.record_id
                     JOIN reference_unit u ON u.id = r.unit_id
                    WHERE b.key = d.key AND r.tells_other AND NOT u.silent LIMIT %(bound)s + 1) held) <= %(bound)s),
    held AS MATERIALIZED (
        SELECT b.key, s.id, s.record_id, r.unit_id, r.tells_other AND NOT u.silent AS open,
               row_number() OVER (PARTITION BY b.key, r.unit_id, r.tells_other ORDER BY r.at DESC, s.id DESC) AS nth
          FROM wanted JOIN crosscheck_indexblock b ON b.key = wanted.key
          JOIN crosscheck_indexsubject s ON s.id = b.subject_id AND s.model = %(model)s
          JOIN crosscheck_indexrecord r ON r.record_id = s.record_id
          JOIN reference_unit u ON u.id = r.unit_id)
    SELECT DISTINCT asked.subject_id, held.id FROM asked
      JOIN held ON held.key = asked.key AND held.unit_id <> asked.unit_id
     WHERE held.open OR held.nth <= %(silent)s
"""
_ROWS = "SELECT id, record_id, sealed FROM crosscheck_indexsubject WHERE id = ANY (%s::bigint[])"


@dataclass(frozen=True, slots=True)
class Alike:
    """Two records that seem to name one and the same: the weight, the steps to it, the model that weighed."""

    low: UUID
    high: UUID
    weight: float
    steps: list[dict[str, Any]]
    model: str


@dataclass(frozen=True, slots=True)
class _Entered:
    """Somebody just entered, under the number that the index gives him."""

    number: int
    record: MatchRecord
    row: Row
    blocks: list[int]


def forget(record_ids: Sequence[UUID]) -> None:
    """Take out whomever these records name."""
    with connection.cursor() as cursor:
        for query in _FORGET:
            cursor.execute(query, [list(record_ids)])


def meet(engine: Engine, records: Sequence[MatchRecord]) -> dict[tuple[UUID, UUID], Alike]:
    """Enter whom these records name, over what was known of them, and weigh who is alike; records of two units only."""
    with connection.cursor() as cursor:
        cursor.execute(_ALONE)
    forget([record.record_id for record in records])
    entered = _enter(engine, records)
    found: dict[tuple[UUID, UUID], Alike] = {}
    for pair, weighed in _weighed(engine, entered):
        known = found.get(pair)
        if known is None or known.weight < weighed.weight:
            found[pair] = Alike(*pair, weighed.weight, waterfall.written(weighed), engine.name)
    return found


def _enter(engine: Engine, records: Sequence[MatchRecord]) -> dict[int, _Entered]:
    today = timezone.localdate()
    entered = []
    for record in records:
        for subject in record.subjects:
            row = engine.row(subject, today)
            # Drawn, not counted: a number says nothing of how many there are.
            entered.append(_Entered(secrets.randbits(63), record, row, engine.blocks(row)))
    numbers = [one.number for one in entered]
    ids = [one.record.record_id for one in entered]
    sealed = [engine.seal(one.row, one.record.record_id) for one in entered]
    keys = [key for one in entered for key in one.blocks]
    held = [one.number for one in entered for _ in one.blocks]
    with connection.cursor() as cursor:
        cursor.execute(_SUBJECTS, [engine.name, numbers, ids, sealed])
        cursor.execute(_BLOCKS, [keys, held])
    return {one.number: one for one in entered}


def _weighed(engine: Engine, entered: dict[int, _Entered]) -> list[tuple[tuple[UUID, UUID], Score]]:
    candidates = _candidates(engine, entered)
    others = _unsealed(engine, {other for _, other in candidates})
    found = []
    for number, other in candidates:
        mine, (across, row) = entered[number], others[other]
        if weighed := engine.proposed(mine.row, row):
            one = mine.record.record_id
            found.append(((min(one, across), max(one, across)), weighed))
    return found


def _unsealed(engine: Engine, numbers: Iterable[int]) -> dict[int, tuple[UUID, Row]]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [list(numbers)])
        return {number: (record, engine.unseal(bytes(sealed), record)) for number, record, sealed in cursor.fetchall()}


def _candidates(engine: Engine, entered: dict[int, _Entered]) -> list[tuple[int, int]]:
    """Who shares a block with somebody just entered."""
    asked = [(key, one.number, one.record.unit_id) for one in entered.values() for key in one.blocks]
    if not asked:
        return []
    keys, subjects, units = (list(column) for column in zip(*asked, strict=True))
    params: dict[str, Any] = {"keys": keys, "subjects": subjects, "units": units, "model": engine.name}
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, params | {"bound": BLOCK_HOLDERS, "silent": COMMON_HOLDERS})
        return [(mine, other) for mine, other in cursor.fetchall()]
