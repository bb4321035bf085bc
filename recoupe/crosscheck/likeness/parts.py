"""What an index is made of: its parts, what a search brings back, what undoes the last change."""

import secrets
import threading
from dataclasses import dataclass, field

import numpy as np

from recoupe.crosscheck.likeness.fresh import Fresh, Log
from recoupe.crosscheck.likeness.postings import FULL, FUNCTIONS, NUMBER_BITS, Places, Words
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
    """Who stands under some keys: the place of each key, then of each person a number, unit, openness and time.

    `functions`: of each key the rank of the function that made it.
    """

    which: Places
    numbers: Places
    units: Places
    open: Alive
    at: Places
    functions: Places


@dataclass(frozen=True, slots=True)
class View:
    """The parts that stood at one moment: a merge or another index takes none of them away from whoever reads.

    Numbers are those of this view. Whoever leaves is found no more at once, as long as his part serves; `lock` is held
    for one search at a time.
    """

    kind: "Kind"
    parts: tuple[Part, ...]
    lock: threading.RLock

    def search(self, keys: Words) -> Held:
        """Whoever stands under these keys; a key that too many share is marked by somebody without number."""
        with self.lock:
            found = [_within(at, part, keys) for at, part in enumerate(self.parts)]
        functions = (keys & np.uint64(FUNCTIONS - 1)).astype(np.int64)
        which, numbers, units, is_open, at = (np.concatenate(column) for column in zip(*found, strict=True))
        return Held(which, numbers, units, is_open, at, functions)

    def look(self, keys: Words) -> tuple[Held, dict[int, bytes]]:
        """The same, with the record that names each of them."""
        with self.lock:
            held = self.search(keys)
            return held, {number: self.record_of(number) for number in np.unique(held.numbers).tolist() if number >= 0}

    def record_of(self, number: int) -> bytes:
        """The record that names somebody."""
        return bytes(self.parts[number >> NUMBER_BITS].source.people.records[number & FULL].tobytes())

    def packed(self, number: int) -> bytes:
        """Somebody's packed row."""
        with self.lock:
            return self.parts[number >> NUMBER_BITS].source.row(number & FULL)

    def packed_of(self, number: int, record: bytes) -> bytes | None:
        """The same, if it is still this record's: what was undone gives its numbers to others."""
        with self.lock:
            source = self.parts[number >> NUMBER_BITS].source
            named = number & FULL < len(source.people) and self.record_of(number) == record
            return source.row(number & FULL) if named else None


def _within(at: int, part: Part, keys: Words) -> tuple[Places, Places, Places, Alive, Places]:
    source = part.source
    which, numbers = source.postings.under(keys) if isinstance(source, Segment) else source.under(keys)
    people = source.people
    full = numbers == FULL
    if full.any():
        numbers = np.where(full, 0, numbers)
    kept = part.alive[numbers] | full
    if not kept.all():
        which, numbers, full = which[kept], numbers[kept], full[kept]
    return (
        which,
        np.where(full, -1, numbers + (at << NUMBER_BITS)),
        people.units[numbers].astype(np.int64),
        people.open[numbers].astype(bool),
        people.at[numbers].astype(np.int64),
    )


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
