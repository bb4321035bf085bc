"""What a room hands over of one of its records so that it can be compared: its selectors and who may be told."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recoupe.kernel.selectors import Strength


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody whom a record names, as it was written; without category nor origin (S-8)."""

    family: str
    given: str
    aliases: tuple[str, ...]
    birth: str
    birth_place: str
    selectors: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MatchRecord:
    """One record to compare; it carries neither its text nor its reference, and never leaves the matcher.

    `tells_self`: its own side may learn of a hit; `tells_other`: so may the other side (kernel.handling.tells).
    `readers_cell`: departments whose cell reads it; `readers_office`: whether the office's analysts read it.
    `batch_import`: the file it came from, whose sender is never told (S-1); None when it was typed.
    `purpose`: declared by who deposited it (S-5); the other side reads it as the motive of the hit.
    `selectors`: (kind, normalised value, strength); a person enters as its weak key.
    `subjects`: whom it names, to be compared by likeness.
    """

    record_kind: str
    record_id: UUID
    unit_id: UUID
    file: str
    purpose: str
    tells_self: bool
    tells_other: bool
    readers_cell: frozenset[str]
    readers_office: bool
    batch_import: UUID | None
    author_id: UUID | None
    selectors: tuple[tuple[str, str, Strength], ...]
    at: datetime
    subjects: tuple[Subject, ...] = ()
