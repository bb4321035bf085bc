"""The list table: what an agent may read, newest first, by keyset pages and without totals."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from django.db import connection

from recoupe.access.enums import FeedKind

_KINDS = {kind.label: kind for kind in FeedKind}
_END = datetime(9999, 1, 1, tzinfo=UTC)
_LAST = UUID(int=2**128 - 1)
# A narrow filter reads the list this many pages further at most, then says that more may follow.
ROUNDS = 8
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the next one holds what is older."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One object of a list and the time by which it is ordered (UTC)."""

    id: UUID
    at: datetime


def publish(kind: str, object_id: UUID, at: datetime, readers: Iterable[int]) -> None:
    """List one new object for each of its reader keys."""
    publish_many(kind, [(object_id, at, readers)])


def publish_many(kind: str, rows: Iterable[tuple[UUID, datetime, Iterable[int]]]) -> None:
    """List new objects, in one statement."""
    lines = [(key, at, object_id) for object_id, at, keys in rows for key in set(keys)]
    if not lines:
        return
    keys, times, ids = (list(column) for column in zip(*lines, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_feed (key, kind, at, id) SELECT DISTINCT j, %s::smallint, t, i"
            " FROM unnest(%s::bigint[], %s::timestamptz[], %s::uuid[]) AS line (k, t, i)"
            " CROSS JOIN LATERAL access.joined(k) AS j",
            [int(_KINDS[kind]), keys, times, ids],
        )


def republish(kind: str, object_id: UUID, at: datetime, readers: Iterable[int]) -> None:
    """Replace the readers of a listed object: the matcher's alone, as publish() is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access.republish(%s::smallint, %s::uuid, %s::timestamptz, %s::bigint[])",
            [int(_KINDS[kind]), object_id, at, sorted(set(readers))],
        )


def page(kind: str, limit: int = 25, before: Cursor | None = None) -> list[FeedRow]:
    """The newest objects of this kind that the acting context may read, older than `before`; at most 500."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, at FROM access.feed(%s::smallint, %s::integer, %s::timestamptz, %s::uuid)",
            [int(_KINDS[kind]), limit, before.at if before else _END, before.id if before else _LAST],
        )
        return [FeedRow(*row) for row in cursor.fetchall()]


def narrowed(
    kind: str, limit: int, before: Cursor | None, passing: Callable[[list[UUID]], Mapping[UUID, Row]]
) -> tuple[list[Row], Cursor | None]:
    """One page of the listed objects that pass, and where the next one starts; it may be short before the end."""
    rows, cursor = list[Row](), before
    for _ in range(ROUNDS):
        listed = page(kind, limit + 1, cursor)
        found = passing([line.id for line in listed])
        for line in listed:
            if len(rows) == limit:
                return rows, cursor
            cursor = Cursor(line.at, line.id)
            if line.id in found:
                rows.append(found[line.id])
        if len(listed) <= limit:
            return rows, None
    return rows, cursor
