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
