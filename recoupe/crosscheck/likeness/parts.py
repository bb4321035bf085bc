"""What an index is made of: its parts, what a search brings back, what undoes the last change."""

import secrets
from dataclasses import dataclass, field

import numpy as np

from recoupe.crosscheck.likeness.fresh import Fresh, Log
from recoupe.crosscheck.likeness.postings import Places
from recoupe.crosscheck.likeness.segment import Alive, Segment


@dataclass(slots=True)
class Part:
    """A segment, or what was entered since, and who in it is not gone."""

    source: Segment | Fresh
    alive: Alive
    log: Log | None = None

    def living(self) -> Alive:
        """One flag for each of its people."""
        return self.alive[: len(self.source.people)]

    def grow(self) -> None:
        """Whoever was just added is alive."""
        past = len(self.source.people)
        if past > self.alive.size:
            self.alive = np.concatenate([self.alive, np.ones(past, bool)])


@dataclass(frozen=True, slots=True)
class Held:
    """Who stands under some keys: the place of each key, then of each person a number, unit, openness and time."""

    which: Places
    numbers: Places
    units: Places
    open: Alive
    at: Places


@dataclass(frozen=True, slots=True)
class Built:
    """A new segment, and who was alive in its parts when it was begun."""

    source: Segment
    alive: list[Alive]


@dataclass(slots=True)
class Undo:
    """How the log and its people stood before the last change, and who left by it."""

    size: int
    count: int
    units: int
    gone: list[int]


@dataclass(slots=True)
class Kind:
    """What an index is made for: the mark of its model, how its rows are packed, its own random name."""

    mark: str
    columns: tuple[str, ...]
    common: bytes
    name: str = field(default_factory=lambda: secrets.token_hex(16))
