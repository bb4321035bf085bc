"""Plans of statements, kept for a few records: to plan them anew each time took longer than to do them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# Of more, each list is worth a plan of its own: a plan made for a few looks each of them up by itself.
FEW = 20
# Each of these statements looks up what it is given by a key, whatever it is given: also in a table that was empty when
# the plan was made.
_KEEP = "SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)"


@contextmanager
def kept(records: int) -> Iterator[None]:
    """To the end of this transaction the statements on so few records are planned once for the connection."""
    if records > FEW:
        yield
        return
    raw = connection.connection
    before, raw.prepare_threshold = raw.prepare_threshold, 1
    try:
        with connection.cursor() as cursor:
            cursor.execute(_KEEP)
        yield
    finally:
        raw.prepare_threshold = before


def forget() -> None:
    """Plan anew what is asked next: tables have grown since, and a plan that suited a hundred rows reads a million."""
    with connection.cursor() as cursor:
        cursor.execute("DISCARD PLANS")
