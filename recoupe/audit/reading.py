"""What the journal tells the service that holds a record: who opened it, without the agent and the motive (R-44)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which openings: from a moment on, before another, of one record or of all."""

    since: datetime
    before: datetime
    only: UUID | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Opening:
    """One record opened, printed or exported by another service."""

    at: datetime
    unit: UUID
    purpose: str
    operation: str
    record: UUID
    kind: str


def openings(query: str, kind: str, wanted: Wanted) -> list[Opening]:
    """Newest first, and all those of the last moment; `query` calls the function of the room that holds the records."""
    with connection.cursor() as cursor:
        cursor.execute(query, [wanted.since, wanted.before, wanted.only, wanted.limit])
        return [Opening(at, unit, purpose, operation, record, kind) for at, unit, purpose, operation, record in cursor]


@dataclass(frozen=True, slots=True)
class Ground:
    """Records that were wrongly one, from when to when, and the references of what was made of them so far."""

    records: tuple[UUID, ...]
    since: datetime
    until: datetime
    refs: tuple[str, ...] = ()

    def of(self, kind: str) -> list[UUID]:
        """The identifiers of one kind among the references."""
        return [UUID(ref.partition(":")[2]) for ref in self.refs if ref.startswith(f"{kind}:")]


@dataclass(frozen=True, slots=True)
class Touch:
    """One row made on a ground, or one agent's openings of it: by which service, since when, how often."""

    what: str
    ref: str
    unit: UUID
    at: datetime
    agent: UUID | None = None
    times: int = 1


def touched_by(agent: object, ground: Ground) -> list[Touch]:
    """Who opened, printed or exported what stands on this ground, for those who oversee; nothing for others."""
    pair = [f"report:{record}" for record in ground.records]
    query = "SELECT * FROM audit.touched_by(%s::text[], %s::text[], %s::timestamptz, %s::timestamptz)"
    with connection.cursor() as cursor:
        cursor.execute(query, [pair, list(ground.refs), ground.since, ground.until])
        return [Touch(what, ref, unit, at, actor, times) for what, ref, unit, actor, at, times in cursor]
