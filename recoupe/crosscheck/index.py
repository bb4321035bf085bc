"""The matcher's index in SQL: lock the keys, write the entries, find the others. Set-based: 500 records a call."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from recoupe.crosscheck import nearby
from recoupe.crosscheck.bulk import array, together
from recoupe.crosscheck.keys import keyed
from recoupe.crosscheck.models import IndexRecord
from recoupe.crosscheck.rules import COMMON_HOLDERS, STRENGTH_RANK
from recoupe.kernel.matchable import MatchRecord

_LOCK = "SELECT count(pg_advisory_xact_lock(k)) FROM unnest(%s::bigint[]) AS k"

# A pair of integers: another space of locks than the one number of a selector.
_ALL = "1919250287, 1"

_RECORDS = """
    INSERT INTO crosscheck_indexrecord (record_id, record_kind, unit_id, file, purpose, tells_self, tells_other,
        departments, office_reads, batch, author_id, at, likeness)
    SELECT r.record_id, r.record_kind, r.unit_id, r.file, r.purpose, r.tells_self, r.tells_other,
           string_to_array(r.departments, ' '), r.office_reads, r.batch, r.author_id, r.at, r.likeness
      FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::text[], %s::text[], %s::boolean[], %s::boolean[], %s::text[],
                  %s::boolean[], %s::boolean[], %s::uuid[], %s::timestamptz[], %s::text[])
           AS r (record_id, record_kind, unit_id, file, purpose, tells_self, tells_other, departments, office_reads,
                 batch, author_id, at, likeness)
    ON CONFLICT (record_id) DO UPDATE SET record_kind = excluded.record_kind, unit_id = excluded.unit_id,
        file = excluded.file, purpose = excluded.purpose, tells_self = excluded.tells_self,
        tells_other = excluded.tells_other, departments = excluded.departments, office_reads = excluded.office_reads,
        batch = excluded.batch, author_id = excluded.author_id, at = excluded.at, likeness = excluded.likeness
"""
# What these records have become: an entry that is no longer theirs goes in the statement that writes the others.
_ENTRIES = """
    WITH kept AS MATERIALIZED (
        SELECT * FROM unnest(%s::bytea[], %s::uuid[], %s::smallint[]) AS k(key, record_id, strength)),
    gone AS (
        DELETE FROM crosscheck_indexentry e
         WHERE e.record_id = ANY (%s::uuid[])
           AND NOT EXISTS (SELECT 1 FROM kept WHERE kept.key = e.key AND kept.record_id = e.record_id))
    INSERT INTO crosscheck_indexentry (key, record_id, strength) SELECT key, record_id, strength FROM kept
    ON CONFLICT (key, record_id) DO UPDATE SET strength = excluded.strength
"""
# Each pair of records of two units, once, with its best common selector. Of what one unit holds without telling others,
# the newest alone: that bound is met by its own records, so only itself could notice it.
_PAIRS = """
    WITH mine AS MATERIALIZED (
        SELECT * FROM unnest(%s::bytea[], %s::uuid[], %s::uuid[], %s::smallint[])
            AS m(key, record_id, unit_id, strength)),
    held AS MATERIALIZED (
        SELECT e.key, e.record_id, e.strength, r.unit_id, r.tells_other AND NOT u.silent AS open,
               row_number() OVER (
                   PARTITION BY e.key, r.unit_id, r.tells_other ORDER BY r.at DESC, r.record_id DESC) AS nth
          FROM crosscheck_indexentry e
          JOIN crosscheck_indexrecord r ON r.record_id = e.record_id
          JOIN reference_unit u ON u.id = r.unit_id
         WHERE e.key = ANY (ARRAY(SELECT DISTINCT key FROM mine)))
    SELECT least(mine.record_id, other.record_id), greatest(mine.record_id, other.record_id),
           max(least(mine.strength, other.strength))
      FROM mine
      JOIN held other ON other.key = mine.key AND other.record_id <> mine.record_id AND other.unit_id <> mine.unit_id
     WHERE other.open OR other.nth <= %s
     GROUP BY 1, 2
"""


# Which of these selectors more records hold than each pair of them can be told. Only those count that let others be
# told: one silent record more would change what everybody else learns. Most are held by few, whoever they tell.
_COMMON = """
    WITH held AS MATERIALIZED (
        SELECT k FROM unnest(%s::bytea[]) AS k
         WHERE EXISTS (SELECT 1 FROM crosscheck_indexentry e WHERE e.key = k OFFSET %s))
    SELECT k FROM held
     WHERE (SELECT count(*) FROM (
               SELECT 1 FROM crosscheck_indexentry e JOIN crosscheck_indexrecord r ON r.record_id = e.record_id
                 JOIN reference_unit u ON u.id = r.unit_id
                WHERE e.key = k AND r.tells_other AND NOT u.silent LIMIT %s) held) >= %s
"""
# Of each common selector, the newest record of each unit among those alike in who is told and under which acts.
_STANDING = """
    SELECT DISTINCT ON (e.key, r.unit_id, r.file, r.purpose, r.tells_self, r.tells_other) e.key, e.record_id, e.strength
      FROM crosscheck_indexentry e JOIN crosscheck_indexrecord r ON r.record_id = e.record_id
     WHERE e.key = ANY (%s::bytea[]) AND e.record_id <> ALL (%s::uuid[])
     ORDER BY e.key, r.unit_id, r.file, r.purpose, r.tells_self, r.tells_other, r.at DESC, e.record_id DESC
"""
# What these records have already met through a common selector: a record that comes again keeps its hits.
_MET = """
    WITH known AS MATERIALIZED (
        SELECT low, high, low AS mine, high AS across FROM crosscheck_hit WHERE low = ANY (%(records)s::uuid[])
         UNION ALL
        SELECT low, high, high, low FROM crosscheck_hit WHERE high = ANY (%(records)s::uuid[]))
    SELECT known.low, known.high, max(least(mine.strength, other.strength))
      FROM known
      JOIN unnest(%(keys)s::bytea[], %(records)s::uuid[], %(ranks)s::smallint[]) AS mine(key, record_id, strength)
        ON mine.record_id = known.mine
      JOIN crosscheck_indexentry other ON other.key = mine.key AND other.record_id = known.across
     GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One keyed selector of one record."""

    key: bytes
    record_id: UUID
    unit_id: UUID
    rank: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records of two units, in the order of their identifiers, and the rank of their best common selector."""

    low: UUID
    high: UUID
    rank: int


def entries_of(key: bytes, records: Iterable[MatchRecord]) -> list[Entry]:
    """The keyed selectors of these records, each once, with its best strength."""
    best: dict[tuple[bytes, UUID], Entry] = {}
    for record in records:
        for kind, value, strength in record.selectors:
            entry = Entry(keyed(key, kind, value), record.record_id, record.unit_id, STRENGTH_RANK[strength])
            known = best.get((entry.key, entry.record_id))
            if known is None or known.rank < entry.rank:
                best[entry.key, entry.record_id] = entry
    return list(best.values())


def lock(entries: Iterable[Entry]) -> None:
    """Serialise two entries of one selector, in sorted order so that two transactions never wait for each other."""
    numbers = sorted({int.from_bytes(entry.key[:8], "big", signed=True) for entry in entries})
    _run(_LOCK, numbers)


def share() -> None:
    """Held by every pull until its end: an erasure waits for those that may have read its records before."""
    _run(f"SELECT pg_advisory_xact_lock_shared({_ALL})")


def alone() -> None:
    """Wait for the pulls under way, and hold back the next ones for the moment of an erasure."""
    _run(f"SELECT pg_advisory_xact_lock({_ALL})")


def forget(record_ids: Sequence[UUID]) -> None:
    """Take records out of the index: nothing meets them any more."""
    nearby.forget(record_ids)
    forget_named(record_ids)


def forget_named(record_ids: Sequence[UUID]) -> None:
    """The same for records that name nobody to be compared by likeness."""
    _run("DELETE FROM crosscheck_indexentry WHERE record_id = ANY (%s::uuid[])", list(record_ids))
    _run("DELETE FROM crosscheck_indexrecord WHERE record_id = ANY (%s::uuid[])", list(record_ids))


def write(records: Sequence[MatchRecord], entries: Sequence[Entry], likeness: str = "") -> list[IndexRecord]:
    """Enter the records, or what they have become since they were last entered; `likeness` is the engine's mark."""
    rows = [_row(record, likeness) for record in records]
    columns = _columns(entries)
    with together():
        if rows:
            _run(_RECORDS, *map(list, zip(*map(_written, rows), strict=True)))
        _run(_ENTRIES, columns.keys, columns.records, columns.ranks, [r.record_id for r in records])
    return rows


def pairs(entries: Sequence[Entry]) -> list[Pair]:
    """The records of other units that share a key with these."""
    columns = _columns(entries)
    return [
        Pair(*row) for row in _rows(_PAIRS, columns.keys, columns.records, columns.units, columns.ranks, COMMON_HOLDERS)
    ]


def common(entries: Iterable[Entry]) -> set[bytes]:
    """The keys that more than COMMON_HOLDERS records hold and let others know of, those just written included."""
    keys = list({entry.key for entry in entries})
    return {bytes(row[0]) for row in _rows(_COMMON, keys, COMMON_HOLDERS, COMMON_HOLDERS + 1, COMMON_HOLDERS + 1)}


def standing(keys: Iterable[bytes], arrivals: Iterable[UUID]) -> list[tuple[bytes, UUID, int]]:
    """(key, record, rank) of the newest holders of each common key, the arrivals apart."""
    wanted = list(keys)
    rows = _rows(_STANDING, wanted, list(arrivals)) if wanted else []
    return [(bytes(key), record, rank) for key, record, rank in rows]


def met(entries: Sequence[Entry]) -> list[Pair]:
    """The pairs that these records already make through these keys."""
    if not entries:
        return []
    columns = _columns(entries)
    with connection.cursor() as cursor:
        keys, records, ranks = array(columns.keys), array(columns.records), array(columns.ranks)
        cursor.execute(_MET, {"keys": keys, "records": records, "ranks": ranks})
        return [Pair(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class _Columns:
    keys: list[bytes]
    records: list[UUID]
    units: list[UUID]
    ranks: list[int]


def _columns(entries: Sequence[Entry]) -> _Columns:
    return _Columns(
        [e.key for e in entries],
        [e.record_id for e in entries],
        [e.unit_id for e in entries],
        [e.rank for e in entries],
    )


def _row(record: MatchRecord, likeness: str) -> IndexRecord:
    return IndexRecord(
        record_id=record.record_id,
        record_kind=record.record_kind,
        unit_id=record.unit_id,
        file=record.file,
        purpose=record.purpose,
        tells_self=record.tells_self,
        tells_other=record.tells_other,
        departments=sorted(record.readers_cell),
        office_reads=record.readers_office,
        batch=record.batch_import is not None,
        author_id=record.author_id,
        at=record.at,
        likeness=likeness,
    )


def _written(row: IndexRecord) -> tuple[Any, ...]:
    """In the order of `_RECORDS`; codes of departments hold no blank."""
    return (
        row.record_id, row.record_kind, row.unit_id, row.file, row.purpose, row.tells_self, row.tells_other,
        " ".join(row.departments), row.office_reads, row.batch, row.author_id, row.at, row.likeness,
    )  # fmt: skip


def _rows(query: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, _carried(params))
        return list(cursor.fetchall())


def _run(query: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query, _carried(params))


def _carried(params: Sequence[Any]) -> list[Any]:
    return [array(one) if isinstance(one, list) else one for one in params]
