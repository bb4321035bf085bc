"""What waits for an agent, newest first: his own keys only, one line an object whatever the number of his keys."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection

from recoupe.access.agent import Agent

_END = datetime(9999, 1, 1, tzinfo=UTC)
_LAST = UUID(int=2**128 - 1)
COUNTED_AT_MOST = 500

# Each key is read newest first and the few rows merged; the row policy of the table holds here as everywhere.
_WAITING = """
    SELECT n.kind, n.record_kind, n.record_id, max(n.at) AS at, min(n.due_at) AS due_at
      FROM unnest(access.keys()) AS k
      CROSS JOIN LATERAL (SELECT * FROM notices_notice r
         WHERE r.key = k AND r.seen_at IS NULL AND (r.at, r.record_id) < (%s::timestamptz, %s::uuid)
           AND (cardinality(%s::text[]) = 0 OR r.kind = ANY (%s::text[]))
         ORDER BY r.at DESC, r.record_id DESC LIMIT %s::integer) n
     GROUP BY n.kind, n.record_kind, n.record_id
     ORDER BY at DESC, n.record_id DESC LIMIT %s::integer
"""
_OVERDUE = """
    SELECT n.kind, n.record_kind, n.record_id, max(n.at) AS at, min(n.due_at) AS due_at
      FROM notices_notice n
     WHERE n.key = ANY (access.keys()) AND n.seen_at IS NULL AND n.due_at < %s::timestamptz
     GROUP BY n.kind, n.record_kind, n.record_id
     ORDER BY due_at, n.record_id LIMIT %s::integer
"""
# What is late and the newest of two sets of kinds, in one question.
_GLANCE = (
    f"SELECT 0 AS part, late.* FROM ({_OVERDUE}) AS late"  # noqa: S608 - our own texts
    f" UNION ALL SELECT 1, asked.* FROM ({_WAITING}) AS asked"
    f" UNION ALL SELECT 2, told.* FROM ({_WAITING}) AS told"
)
# The objects that wait, by kind, up to some hundreds a key.
OBJECTS = """
    SELECT DISTINCT n.kind, n.record_id FROM unnest(access.keys()) AS k
      CROSS JOIN LATERAL (SELECT r.kind, r.record_id FROM notices_notice r
         WHERE r.key = k AND r.seen_at IS NULL ORDER BY r.at DESC LIMIT %s::integer) n
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits: its kind, the object to open, since when (UTC) and by when."""

    kind: str
    record_kind: str
    record_id: UUID
    at: datetime
    due_at: datetime | None

    def overdue(self, now: datetime) -> bool:
        """Whether its term has passed."""
        return self.due_at is not None and self.due_at < now


def waiting(agent: Agent, before: Waiting | None = None, limit: int = 25, kinds: Iterable[str] = ()) -> list[Waiting]:
    """One page of what waits for the agent (of these kinds, or of all), older than `before`."""
    start = (before.at, before.record_id) if before else (_END, _LAST)
    wanted = sorted(kinds)
    return _rows(_WAITING, [*start, wanted, wanted, limit, limit])


def overdue(agent: Agent, now: datetime, limit: int = 25) -> list[Waiting]:
    """What should have been dealt with before `now`, the oldest term first."""
    return _rows(_OVERDUE, [now, limit])


@dataclass(frozen=True, slots=True)
class Glance:
    """What is late, the newest that asks for an act, and the newest that one has only to know."""

    late: list[Waiting]
    asked: list[Waiting]
    told: list[Waiting]


def glance(agent: Agent, now: datetime, asked: Iterable[str], told: Iterable[str], limits: tuple[int, int]) -> Glance:
    """As `overdue` and `waiting` tell them, all of them up to the first limit, what is only told up to the second."""
    params: list[UUID | datetime | int | list[str]] = [now, limits[0]]
    for kinds, limit in ((sorted(asked), limits[0]), (sorted(told), limits[1])):
        params += [_END, _LAST, kinds, kinds, limit, limit]
    found: tuple[list[Waiting], list[Waiting], list[Waiting]] = ([], [], [])
    with connection.cursor() as cursor:
        cursor.execute(_GLANCE, params)
        for part, *row in cursor.fetchall():
            found[part].append(Waiting(*row))
    # A union keeps no order.
    late = sorted(found[0], key=lambda one: (one.due_at or now, one.record_id))
    newest = (sorted(part, key=lambda one: (one.at, one.record_id), reverse=True) for part in found[1:])
    return Glance(late, *newest)


def named(agent: Agent) -> dict[str, set[UUID]]:
    """The objects that wait for the agent, by kind, up to some hundreds a key; he may no longer read all of them."""
    found: dict[str, set[UUID]] = {}
    with connection.cursor() as cursor:
        cursor.execute(OBJECTS, [COUNTED_AT_MOST])
        for kind, record in cursor.fetchall():
            found.setdefault(kind, set()).add(record)
    return found


def _rows(query: str, params: list[UUID | datetime | int | list[str]]) -> list[Waiting]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return [Waiting(*row) for row in cursor.fetchall()]
