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
asked AS (SELECT unnest(%(areas)s::text[]) AS area),
cell AS (
    SELECT DISTINCT ON (a.area) a.area, u.id, u.parent_id
      FROM asked a JOIN at_work u ON u.kind = 'cross' AND a.area = ANY (u.departments)
     ORDER BY a.area, cardinality(u.departments), u.code),
slots (area, slot, unit) AS (
    SELECT c.area, 0, c.id FROM cell c
    UNION ALL SELECT c.area, 2, u.id FROM cell c JOIN at_work u ON u.id = c.parent_id AND u.kind = 'antenna'
    UNION ALL SELECT a.area, 3, u.id FROM asked a, at_work u WHERE u.kind = 'office')
SELECT DISTINCT ON (s.area, s.slot) s.area, s.slot, k.public FROM slots s
  LEFT JOIN tips_publickey k
    ON k.unit_id = s.unit AND k.valid_from <= %(on)s AND coalesce(k.valid_to, 'infinity') >= %(on)s
 ORDER BY s.area, s.slot, k.valid_from DESC NULLS LAST, k.id
"""
_AREAS = "SELECT code, name FROM reference_department ORDER BY code"
CELL, NEIGHBOUR, ANTENNA, OFFICE = range(sealed.SLOTS)
Keys = list[bytes | None]


@dataclass(frozen=True, slots=True)
class Thread:
    """What a receipt finds: how many letters are kept, and the last answers, sealed."""

    letters: int
    answers: tuple[bytes, ...]


def keys_for(area: str, on: date, *, neighbour: str = "") -> Keys:
    """The public keys of the four slots; None for a slot without addressee, or whose addressee has no key that day."""
    found = _keys([area, neighbour] if neighbour else [area], on)
    keys = found.get(area, [None] * sealed.SLOTS)
    across = found.get(neighbour, [None])[CELL]
    keys[NEIGHBOUR] = across if across != keys[CELL] else None
    return keys


def departments() -> dict[str, str]:
    """The name of each department by its code."""
    with connection.cursor() as cursor:
        cursor.execute(_AREAS)
        return dict(cursor.fetchall())


def open_areas(on: date) -> dict[str, Keys]:
    """The keys of every department whose cell can read that day; the slot of a neighbour is left empty."""
    return {area: keys for area, keys in _keys(list(departments()), on).items() if keys[CELL]}


def _keys(areas: list[str], on: date) -> dict[str, Keys]:
    found: dict[str, Keys] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ADDRESSEES, {"areas": areas, "on": on})
        for area, slot, public in cursor.fetchall():
            found.setdefault(area, [None] * sealed.SLOTS)[slot] = bytes(public) if public is not None else None
    return found


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
