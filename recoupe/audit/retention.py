"""The end of an entry: after its term it goes with its salt, and its leaf stays (R-44, R-69).

One wrong clock erases nothing: the term must be over for this process, for the database, and for the notary and every
witness, whose moments stand signed in the checkpoints.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import connection

from recoupe.audit.notary import witnesses
from recoupe.audit.notes import WITNESS, Key, UnreadableError, read

AT_ONCE = 2_000
# The newest checkpoint may not have its witnesses yet; one of those before it has, or somebody is silent.
LOOKED_AT = 20


def erase_over_term(log_key: Key, now: datetime) -> int:
    """Erase one block of entries whose term is over by every clock, with its line in the journal; how many went."""
    signed = signed_moment(log_key)
    if signed is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit.erase(%s::timestamptz, %s::integer)", [min(now, signed), AT_ONCE])
        return int(cursor.fetchone()[0])


def signed_moment(log_key: Key) -> datetime | None:
    """The earliest moment that the notary and the witnesses gave to the last checkpoint that all of them signed."""
    keys = [Key(name, WITNESS, public) for name, public in witnesses()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit.signed(%s::integer, NULL)", [LOOKED_AT])
        notes = [note for (note,) in cursor.fetchall()]
    return next((at for note in notes if (at := _moment(note, log_key, keys)) is not None), None)


def _moment(note: str, log_key: Key, keys: Iterable[Key]) -> datetime | None:
    try:
        point = read(note)
        moments = [point.witnessed_at(key) for key in keys]
        if not point.signed_by(log_key):
            return None
    except UnreadableError:
        return None
    given = [at for at in moments if at is not None]
    return datetime.fromtimestamp(min([point.at, *given]), UTC) if len(given) == len(moments) else None
