"""Answers whose work grows with rows that nobody here may read leave at a beat: their time tells nothing (R-25)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection

# For what is looked for by words of one's own choice.
SEARCH_MS = 140
# For what a page, or a deposit, looks up by itself: fewer rows, and nobody waits for it knowingly.
PAGE_MS = 70


@contextmanager
def at_beat(milliseconds: int = SEARCH_MS) -> Iterator[None]:
    """Do it, and go on at the next beat after it; what is refused before a row is read does not wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        started = cursor.fetchone()[0]
    yield
    leave_at_beat(started, milliseconds)


def leave_at_beat(started: datetime, milliseconds: int = SEARCH_MS) -> None:
    """Go on at the next beat after a moment of the server's clock, inside the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.leave_at_beat(%s::timestamptz, %s::integer)", [started, milliseconds])


def sleep_to_beat(started: float, milliseconds: int = PAGE_MS) -> None:
    """Outside any transaction: until the next beat after `started`, a reading of time.monotonic()."""
    beat = milliseconds / 1000
    time.sleep(beat - (time.monotonic() - started) % beat)
