"""The index of likeness in SQL: whom a record names goes in under keyed blocks; candidates come out to be weighed."""

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from recoupe.crosscheck import pages, waterfall
from recoupe.crosscheck.engine import Engine
from recoupe.crosscheck.pages import Held
from recoupe.crosscheck.rules import BLOCK_HOLDERS, CANDIDATES_FETCHED, CANDIDATES_WEIGHED, COMMON_HOLDERS
from recoupe.kernel.matchable import MatchRecord
from recoupe.matching.conditions import Row
from recoupe.matching.score import Score

# Two transactions that enter two records alike must not both miss the other: one at a time from here to the commit.
_ALONE = "SELECT pg_advisory_xact_lock(1919250287, 2)"
# Their postings stay behind without anybody, until the next fold: a number leads nowhere.
_FORGET = """
    WITH gone AS (DELETE FROM crosscheck_indexsubject WHERE record_id = ANY (%s::uuid[]) RETURNING id)
    UPDATE crosscheck_indexstate SET dropped = dropped + n, people = people - n
      FROM (SELECT count(*) AS n FROM gone) g WHERE n > 0
"""
_NUMBERS = """
    INSERT INTO crosscheck_indexstate AS s (id, last, people, fresh)
    VALUES (1, %(people)s, %(people)s, %(postings)s)
    ON CONFLICT (id) DO UPDATE SET last = s.last + excluded.last, people = s.people + excluded.people,
        fresh = s.fresh + excluded.fresh
    RETURNING last, ARRAY(SELECT u.id FROM reference_unit u WHERE u.silent AND u.id = ANY (%(units)s::uuid[]))
"""
_SUBJECTS = """
    INSERT INTO crosscheck_indexsubject (id, record_id, sealed)
    SELECT * FROM unnest(%s::integer[], %s::uuid[], %s::bytea[])
"""
_BLOCKS = """
    INSERT INTO crosscheck_indexblock (key, open, subject)
    SELECT * FROM unnest(%s::bigint[], %s::boolean[], %s::integer[])
"""
# Who stands under these keys: in the pages, and among those entered since, as many as it takes to know that a block is
# too large. What tells nobody is not counted with the others: one more would change what everybody else learns.
_HELD = """
    SELECT k.key, b.subject, NULL::bytea FROM unnest(%(keys)s::bigint[]) AS k(key) CROSS JOIN LATERAL (
        SELECT f.subject FROM crosscheck_indexblock f WHERE f.key = k.key AND f.open LIMIT %(bound)s + 1) b
     UNION ALL
    SELECT f.key, 2147483648 + f.subject, NULL FROM crosscheck_indexblock f
     WHERE f.key = ANY (%(keys)s::bigint[]) AND NOT f.open
     UNION ALL
    SELECT p.bucket, NULL, p.postings FROM crosscheck_indexpage p WHERE p.bucket = ANY (%(buckets)s::integer[])
"""
_OPEN = """
    SELECT count(*)
      FROM crosscheck_indexsubject s
      JOIN crosscheck_indexrecord r ON r.record_id = s.record_id AND r.likeness = %s
      JOIN reference_unit u ON u.id = r.unit_id
     WHERE r.tells_other AND NOT u.silent
"""
_OTHERS = """
    SELECT s.id, s.record_id, s.sealed, r.unit_id, r.tells_other AND NOT u.silent, r.at
      FROM crosscheck_indexsubject s
      JOIN crosscheck_indexrecord r ON r.record_id = s.record_id AND r.likeness = %s
      JOIN reference_unit u ON u.id = r.unit_id
     WHERE s.id = ANY (%s::integer[])
"""


@dataclass(frozen=True, slots=True)
class Alike:
    """Two records that seem to name one and the same: the weight, the steps to it, the model that weighed."""

    low: UUID
    high: UUID
    weight: float
    steps: list[dict[str, Any]]
    model: str


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody just entered, under the number that the index gives him."""

    number: int
    record: MatchRecord
    row: Row
    blocks: list[int]


@dataclass(frozen=True, slots=True)
class _Other:
    """Somebody who may be the same, still sealed."""

    number: int
    record_id: UUID
    sealed: bytes
    unit_id: UUID
    open: bool
    at: datetime


def forget(record_ids: Sequence[UUID]) -> None:
    """Take out whomever these records name."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [list(record_ids)])


def alone() -> None:
    """Until the end of this transaction nobody else enters or folds."""
    with connection.cursor() as cursor:
        cursor.execute(_ALONE)


def meet(engine: Engine, records: Sequence[MatchRecord]) -> dict[tuple[UUID, UUID], Alike]:
    """Enter whom these records name, over what was known of them, and weigh who is alike; records of two units only."""
    alone()
    forget([record.record_id for record in records])
    entered = enter(engine, records)
    engine = sized(engine)
    found: dict[tuple[UUID, UUID], Alike] = {}
    for pair, weighed in weigh(engine, entered):
        known = found.get(pair)
        if known is None or known.weight < weighed.weight:
            found[pair] = Alike(*pair, weighed.weight, waterfall.written(weighed), engine.name)
    return found


def sized(engine: Engine) -> Engine:
    """The engine for as many people as stand in the index and others may be told of; counted once an hour.

    Who tells nobody is not counted: one more would change what everybody else learns (R-26).
    """
    return engine.among(_people(engine.mark, engine.model.learnt_among, int(time.monotonic() // 3600)))


@lru_cache(maxsize=1)
def _people(mark: str, least: int, hour: int) -> int:
    """`least`: so many change nothing, and are not counted; `hour` alone makes the count anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT people FROM crosscheck_indexstate WHERE id = 1")
        [(people,)] = cursor.fetchall() or [(0,)]
        if people <= least:
            return least
        cursor.execute(_OPEN, [mark])
        [(people,)] = cursor.fetchall()
        return int(people)


def enter(engine: Engine, records: Sequence[MatchRecord]) -> list[Entered]:
    """Give each person named a number, his sealed row and his blocks."""
    today = timezone.localdate()
    people = [(record, engine.row(subject, today)) for record in records for subject in record.subjects]
    if not people:
        return []
    blocks = [engine.blocks(row) for _, row in people]
    with connection.cursor() as cursor:
        units = list({record.unit_id for record, _ in people})
        counts: dict[str, Any] = {"people": len(people), "postings": sum(map(len, blocks)), "units": units}
        cursor.execute(_NUMBERS, counts)
        last, silent = cursor.fetchone()
        entered = [
            Entered(last - len(people) + 1 + at, record, row, blocks[at]) for at, (record, row) in enumerate(people)
        ]
        ids = [one.record.record_id for one in entered]
        sealed = [engine.seal(one.row, one.record.record_id) for one in entered]
        cursor.execute(_SUBJECTS, [[one.number for one in entered], ids, sealed])
        postings = [
            (key, one.record.tells_other and one.record.unit_id not in silent, one.number)
            for one in entered
            for key in one.blocks
        ]
        if postings:
            cursor.execute(_BLOCKS, [list(column) for column in zip(*sorted(postings), strict=True)])
    return entered


def weigh(
    engine: Engine, entered: Sequence[Entered], *, all_of_them: bool = False
) -> list[tuple[tuple[UUID, UUID], Score]]:
    """Who of the others is proposed beside somebody just entered, with the waterfall; or all who were weighed."""
    ranked = _ranked(entered)
    others = _others(engine, {number for numbers in ranked for number in numbers})
    rows: dict[int, Row] = {}
    found = []
    for mine, numbers in zip(entered, ranked, strict=True):
        asking = engine.for_one(mine.row)
        for other in _worth_weighing(mine, [others[number] for number in numbers if number in others]):
            if other.number not in rows:
                rows[other.number] = engine.unseal(other.sealed, other.record_id)
            theirs = rows[other.number]
            weighed = asking.weighed(mine.row, theirs) if all_of_them else asking.proposed(mine.row, theirs)
            if weighed:
                one, two = mine.record.record_id, other.record_id
                found.append(((min(one, two), max(one, two)), weighed))
    return found


def _worth_weighing(mine: Entered, others: Iterable[_Other]) -> list[_Other]:
    """Those of other units, rarest first: so many of whom others may be told, and the newest of each silent holder."""
    across = [other for other in others if other.unit_id != mine.record.unit_id]
    silent: dict[UUID, list[_Other]] = defaultdict(list)
    for other in across:
        if not other.open:
            silent[other.unit_id].append(other)
    newest = [sorted(held, key=lambda one: (one.at, one.number))[-COMMON_HOLDERS:] for held in silent.values()]
    return [other for other in across if other.open][:CANDIDATES_WEIGHED] + [one for held in newest for one in held]


def _ranked(entered: Sequence[Entered]) -> list[list[int]]:
    """For each person, the numbers of who shares a block with him, most and rarest blocks first."""
    held = held_under({key for one in entered for key in one.blocks})
    return [by_rarity([held[key] for key in one.blocks if key in held], one.number) for one in entered]


def held_under(keys: Iterable[int]) -> dict[int, Held]:
    """Who stands under each of these keys that not too many share."""
    wanted = list(keys)
    found: dict[int, Held] = {key: Held() for key in wanted}
    of_bucket: dict[int, list[int]] = defaultdict(list)
    for key in wanted:
        of_bucket[pages.bucket_of(key)].append(key)
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"keys": wanted, "buckets": list(of_bucket), "bound": BLOCK_HOLDERS}
        cursor.execute(_HELD, asked)
        for place, number, page in cursor.fetchall():
            if page is None:
                found[place].add(number)
                continue
            for key in of_bucket[place]:
                pages.look(bytes(page), key, found[key])
    return {key: held for key, held in found.items() if not held.full and len(held.open) <= BLOCK_HOLDERS}


def by_rarity(blocks: Sequence[Held], me: int) -> list[int]:
    """Who shares these blocks, most and rarest first; after them whoever tells nobody, unranked (R-26)."""
    shared: dict[int, float] = defaultdict(float)
    silent: set[int] = set()
    for held in blocks:
        worth = math.log2(1 + BLOCK_HOLDERS / max(1, len(held.open)))
        for number in held.open:
            shared[number] += worth
        silent.update(held.closed)
    shared.pop(me, None)
    silent.discard(me)
    ranked = sorted(shared, key=lambda number: (-shared[number], -number))
    return ranked[:CANDIDATES_FETCHED] + sorted(silent)


def _others(engine: Engine, numbers: Iterable[int]) -> Mapping[int, _Other]:
    """Whoever still stands under these numbers, entered under this engine."""
    with connection.cursor() as cursor:
        cursor.execute(_OTHERS, [engine.mark, list(numbers)])
        return {
            number: _Other(number, record, bytes(sealed), unit, told, at)
            for number, record, sealed, unit, told, at in cursor.fetchall()
        }
