"""Reader keys recomputed after a service joined or left a cell: by the worker, in blocks, taken up after a kill."""

from datetime import date
from uuid import UUID

from django.db import connection

from recoupe.access import context

# Rows a transaction: short enough that nobody waits behind it.
BLOCK = 2_000
REASON = "lecteurs après un changement de cellule"


def to_do(today: date) -> list[UUID]:
    """What is not finished, removals first; a service whose last day is over ends here."""
    with context.service("worker", REASON), connection.cursor() as cursor:
        cursor.execute("SELECT access.spreads_to_do(%s::date)", [today])
        return [row[0] for row in cursor.fetchall()]


def step(joined: UUID, rows: int = BLOCK) -> bool:
    """Recompute one more block of rows, in a transaction of its own; whether nothing is left."""
    with context.service("worker", REASON), connection.cursor() as cursor:
        cursor.execute("SELECT access.spread(%s::uuid, %s::integer)", [joined, rows])
        return bool(cursor.fetchone()[0])
