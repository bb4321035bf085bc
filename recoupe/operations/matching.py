"""What the matcher asks of this room beside the queue itself; its role alone can call it."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection


def queue_again(events: Sequence[UUID]) -> int:
    """Have these events compared again; returns how many did not wait already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT operations.queue_again(%s::uuid[])", [list(events)])
        return int(cursor.fetchone()[0])


def queue_live() -> None:
    """Have all events compared again that others still have to meet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT operations.queue_live()")
