"""Who is like somebody among what one session reads: hidden records neither take a place nor count (R-26)."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db import connection
from django.utils import timezone

from recoupe.crosscheck import waterfall
from recoupe.crosscheck.engine import Engine
from recoupe.crosscheck.nearby import held_under
from recoupe.crosscheck.pages import Held
from recoupe.crosscheck.question import Chance, Found
from recoupe.crosscheck.rules import BLOCK_HOLDERS, CANDIDATES_WEIGHED
from recoupe.kernel.matchable import Subject
from recoupe.matching.chance import magnitude, strangers
from recoupe.matching.conditions import Row
from recoupe.matching.kinds.names import COMPARISON as NAME
from recoupe.matching.score import Score

# As many as one looks at: whoever is further away is not the one who is meant.
TOP = 5
_RECORDS = """
    SELECT s.id, s.record_id FROM crosscheck_indexsubject s
      JOIN crosscheck_indexrecord r ON r.record_id = s.record_id AND r.likeness = %s
     WHERE s.id = ANY (%s::integer[])
"""
_READABLE = "SELECT r FROM crosscheck.readable(%s::uuid[]) AS r"
_SEALED = "SELECT id, record_id, sealed FROM crosscheck_indexsubject WHERE id = ANY (%s::integer[])"
_PEOPLE = "SELECT people FROM crosscheck_indexstate"


def find(
    engine: Engine, people: Sequence[Subject], *, loosely: bool, most: int = TOP
) -> tuple[tuple[tuple[Found, ...], ...], tuple[Chance, ...]]:
    """For each of these people, under the context of `crosscheck.ask`: whom it reads, and what chance gives."""
    today = timezone.localdate()
    rows = [engine.row(one, today) for one in people]
    blocks = [engine.blocks(row) for row in rows]
    held = held_under({key for keys in blocks for key in keys})
    mine = _readable(engine, {number for one in held.values() for number in (*one.open, *one.closed)})
    ranked = [_by_rarity([held[key] for key in keys if key in held], mine) for keys in blocks]
    sealed = _sealed({number for numbers in ranked for number in numbers})
    among = _magnitude()
    found, chances = [], []
    for row, numbers in zip(rows, ranked, strict=True):
        asking = engine.for_one(row)
        weighed = _weighed(asking, row, [(number, *sealed[number]) for number in numbers if number in sealed], loosely)
        found.append(tuple(Found(record, tuple(waterfall.written(score))) for record, score in weighed[:most]))
        names = tuple(trained.comparison.name for trained in asking.model.comparisons)
        chances.append(Chance(names, strangers(asking.model, among) if names else 0.0, among))
    return tuple(found), tuple(chances)


def _readable(engine: Engine, numbers: Iterable[int]) -> Mapping[int, UUID]:
    """Of these numbers those that stand for somebody whom the context reads and may be told the name of."""
    with connection.cursor() as cursor:
        cursor.execute(_RECORDS, [engine.mark, list(numbers)])
        records = dict(cursor.fetchall())
        cursor.execute(_READABLE, [list(set(records.values()))])
        read = {record for (record,) in cursor.fetchall()}
    return {number: record for number, record in records.items() if record in read}


def _by_rarity(blocks: Sequence[Held], mine: Mapping[int, UUID]) -> list[int]:
    """Those of one's own reading who share most, and what fewest of them share."""
    shared: dict[int, float] = defaultdict(float)
    for held in blocks:
        read = [number for number in (*held.open, *held.closed) if number in mine]
        worth = math.log2(1 + BLOCK_HOLDERS / max(1, len(read)))
        for number in read:
            shared[number] += worth
    return sorted(shared, key=lambda number: (-shared[number], -number))[:CANDIDATES_WEIGHED]


def _sealed(numbers: Iterable[int]) -> dict[int, tuple[UUID, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute(_SEALED, [list(numbers)])
        return {number: (record, bytes(sealed)) for number, record, sealed in cursor.fetchall()}


def _weighed(
    engine: Engine, row: Row, others: Iterable[tuple[int, UUID, bytes]], loosely: bool
) -> list[tuple[UUID, Score]]:
    """The records that name somebody alike, each by who is likest in it, the likest first."""
    best: dict[UUID, Score] = {}
    for _, record, sealed in others:
        theirs = engine.unseal(sealed, record)
        score = engine.proposed(row, theirs)
        if score is None and loosely:
            score = _named_alike(engine.weighed(row, theirs))
        if score and (record not in best or best[record].weight < score.weight):
            best[record] = score
    return sorted(best.items(), key=lambda one: (-one[1].weight, one[0]))


def _named_alike(score: Score) -> Score | None:
    """Whoever looks for a name means it: one that is alike is shown. An identifier that is nearly the same never is."""
    agrees = any(part.agrees and part.comparison is NAME for part in score.parts)
    return score if agrees else None


def _magnitude() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE)
        found = cursor.fetchone()
    return magnitude(found[0] if found else 0)
