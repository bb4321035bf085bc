"""Reader keys: one signed 64-bit number for each unit (or agent in one unit) and capacity."""

from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from recoupe.access.enums import Capacity
from recoupe.reference.enums import UnitKind

_OWN_CAPACITY: dict[str, Capacity] = {UnitKind.CROSS: Capacity.CELL, UnitKind.OFFICE: Capacity.OFFICE}


def own_capacity(unit_kind: str) -> Capacity:
    """What a unit's own members hold of it: analysts of a cell or of the office, members of any other unit."""
    return _OWN_CAPACITY.get(unit_kind, Capacity.UNIT)


def own(agent_id: UUID, unit_id: UUID) -> tuple[UUID, Capacity]:
    """An agent as a reader in his own name: in this unit, and no more once he has left it (R-ACC-1)."""
    # access.seat() in SQL.
    digest = sha256(f"{agent_id}@{unit_id}".encode()).digest()
    return UUID(bytes=digest[:16]), Capacity.AGENT


def own_key(agent_id: UUID, unit_id: UUID) -> int:
    """The key of an agent in one unit; the same number as SQL access.own_key()."""
    return reader_key(*own(agent_id, unit_id))


# The same few units and desks come back with every row that a file makes.
@lru_cache(maxsize=16_384)
def reader_key(target: UUID, capacity: Capacity | str) -> int:
    """The key of `target` in `capacity`; the same number as SQL access.key(), so that no lookup table is needed."""
    digest = sha256(f"{target}:{Capacity(capacity).value}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def reader_keys(audience: set[tuple[UUID, Capacity]] | frozenset[tuple[UUID, Capacity]]) -> list[int]:
    """The keys of an audience, sorted so that equal audiences store equal arrays."""
    return sorted(reader_key(target, capacity) for target, capacity in audience)
