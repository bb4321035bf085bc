"""Telling somebody that something waits for him, and taking it off his list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.notices.models import Notice

Ref = tuple[str, UUID]

# One statement whatever their number: a file leaves thousands.
_LEAVE = """
    INSERT INTO notices_notice (id, key, kind, record_kind, record_id, at, due_at)
    SELECT n.id, n.key, n.kind, n.record_kind, n.record_id, moment.at, n.due_at
      FROM (SELECT %s::timestamptz AS at) moment,
           unnest(%s::uuid[], %s::bigint[], %s::text[], %s::text[], %s::uuid[], %s::timestamptz[])
             AS n(id, key, kind, record_kind, record_id, due_at)
    ON CONFLICT DO NOTHING
"""
_WAITS = """
    SELECT 1 FROM notices_notice
     WHERE record_id = ANY (%s::uuid[]) AND seen_at IS NULL AND (cardinality(%s::text[]) = 0 OR kind = ANY (%s::text[]))
     LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Addressed:
    """One notice before it is written: to each holder of one of `keys`, about `ref`, to be dealt with by `due`."""

    keys: Iterable[int]
    kind: str
    ref: Ref
    due: datetime | None = None


def notify(keys: Iterable[int], kind: str, ref: Ref, due: datetime | None = None) -> None:
    """Leave one notice for each key; the caller has written its journal entry in this transaction."""
    notify_many([Addressed(keys, kind, ref, due)])


def notify_many(notices: Iterable[Addressed]) -> None:
    """Leave several notices in one statement; one that already waits unseen is not doubled."""
    rows = [(uuid4(), key, n.kind, *n.ref, n.due) for n in notices for key in sorted(set(n.keys))]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_LEAVE, [timezone.now(), *(list(column) for column in zip(*rows, strict=True))])


def mark_seen(*, by: Agent, refs: Sequence[Ref], kinds: Iterable[str] = ()) -> int:
    """Take what concerns these objects off the list of the agent's keys (of these kinds, or of all)."""
    wanted, named = [record_id for _, record_id in refs], sorted(kinds)
    # Most pages find nothing: asked by itself, it costs one statement and no transaction of its own.
    with connection.cursor() as cursor:
        cursor.execute(_WAITS, [wanted, named, named])
        if cursor.fetchone() is None:
            return 0
    waiting = Notice.objects.filter(record_id__in=wanted, seen_at__isnull=True)
    if named:
        waiting = waiting.filter(kind__in=named)
    with transaction.atomic():
        record(Operation.MODIFY, refs=list(refs), details={"notice": "seen"})
        return waiting.update(seen_at=timezone.now())
