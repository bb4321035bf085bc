"""The four functions that this site may call, and whose keys a letter is sealed to. Nothing here knows who asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from recoupe.sealing import letter as sealed

# The cell of the department (its own before one that it shares: `reference.organisation`), its antenna, the office.
_ADDRESSEES = """
WITH at_work AS (
    SELECT u.* FROM reference_unit u
     WHERE coalesce(u.opens_on, u.valid_from, '-infinity') <= %(on)s AND coalesce(u.valid_to, 'infinity') >= %(on)s),
cell AS (
    SELECT u.id, u.parent_id FROM at_work u WHERE u.kind = 'cross' AND %(area)s = ANY (u.departments)
     ORDER BY cardinality(u.departments), u.code LIMIT 1),
slots (slot, unit) AS (
    SELECT 0, c.id FROM cell c
    UNION ALL SELECT 2, u.id FROM cell c JOIN at_work u ON u.id = c.parent_id AND u.kind = 'antenna'
    UNION ALL SELECT 3, u.id FROM at_work u WHERE u.kind = 'office')
SELECT DISTINCT ON (s.slot) s.slot, s.unit, k.public FROM slots s
  LEFT JOIN tips_publickey k
    ON k.unit_id = s.unit AND k.valid_from <= %(on)s AND coalesce(k.valid_to, 'infinity') >= %(on)s
 ORDER BY s.slot, k.valid_from DESC NULLS LAST, k.id
"""


@dataclass(frozen=True, slots=True)
class Thread:
    """What a receipt finds: how many letters are kept, and the last answers, sealed."""

    letters: int
    answers: tuple[bytes, ...]


def keys_for(area: str, on: date) -> list[bytes | None]:
    """The public keys of the four slots; None for a slot without addressee, or whose addressee has no key that day."""
    keys: list[bytes | None] = [None] * sealed.SLOTS
    with connection.cursor() as cursor:
        cursor.execute(_ADDRESSEES, {"area": area, "on": on})
        for slot, _unit, public in cursor.fetchall():
            keys[slot] = bytes(public) if public is not None else None
    return keys


def deposit(letter: bytes, proof: bytes) -> bool:
    """Keep a letter, by a proof of work that has not served; Invalid with a sentence where it is none."""
    sealed.parse(letter)
    return bool(_called("SELECT tips.deposit(%s, %s)", [letter, proof])[0])


def spend(proof: bytes) -> bool:
    """Whether this proof of work (its hash) serves for the first time."""
    return bool(_called("SELECT tips.spend(%s)", [proof])[0])


def fetch(key: bytes) -> Thread:
    """The thread that a receipt's fetch key opens; one that nobody has is empty."""
    letters, answers = _called("SELECT letters, answers FROM tips.fetch(%s)", [key])
    return Thread(letters, tuple(bytes(one) for one in answers))


def burn(key: bytes) -> bool:
    """Whether there was anything under this key; nothing is any more."""
    return bool(_called("SELECT tips.burn(%s)", [key])[0])


@transaction.atomic
def _called(query: str, params: Sequence[bytes]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        [row] = cursor.fetchall()
    return tuple(row)
