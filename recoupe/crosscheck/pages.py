"""Postings packed eight bytes each: who stands under a keyed hash, in pages that are read by bisection.

A key has 48 bits: sixteen choose the page, twenty-six tell it from others, six name the function that made it, so that
a block that too many share is reported by its function. A word of a page is the last 32 bits of the key, then
somebody's number, whose highest bit says that nobody else may be told of him.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 16
FUNCTIONS = 1 << 6
LOW = 32
CLOSED = 1 << 31
# In place of all who stand under a key that too many share; no number is as high.
FULL = CLOSED - 1
_WORD = np.dtype("<u8")


def key_of(digest: bytes, function: int) -> int:
    """The key of a keyed hash, made by the function of this rank."""
    return int.from_bytes(digest[:6], "big") & ~(FUNCTIONS - 1) | function


def bucket_of(key: int) -> int:
    """The page that holds a key."""
    return key >> LOW


@dataclass(slots=True)
class Held:
    """Who stands under one key: those whom others may be told of, the others, and whether they are too many."""

    open: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    full: bool = False

    def add(self, number: int) -> None:
        """One word of a page, without its key."""
        if number == FULL:
            self.full = True
        elif number & CLOSED:
            self.closed.append(number ^ CLOSED)
        else:
            self.open.append(number)


def look(page: bytes, key: int, held: Held) -> None:
    """Add whoever stands under a key in its page."""
    words = np.frombuffer(page, _WORD)
    wanted = key & (1 << LOW) - 1
    first, past = words.searchsorted(np.array([wanted << LOW, (wanted + 1 << LOW) - 1], _WORD))
    for word in words[first:past].tolist():
        held.add(word & (1 << LOW) - 1)


@dataclass(frozen=True, slots=True)
class Part:
    """Some pages next to one another: the key and the number of each of their postings."""

    keys: NDArray[np.int64]
    numbers: NDArray[np.int64]

    @classmethod
    def of(cls, pages: Sequence[tuple[int, bytes]], fresh: Sequence[tuple[int, int]]) -> "Part":
        """What stands in pages, and what was entered since, in order, each once."""
        words = np.frombuffer(b"".join(page for _, page in pages), _WORD)
        buckets = np.repeat(
            np.array([bucket for bucket, _ in pages], np.int64), [len(page) // _WORD.itemsize for _, page in pages]
        )
        new = np.array(fresh, np.int64).reshape(-1, 2)
        keys = np.concatenate([buckets << LOW | (words >> np.uint64(LOW)).astype(np.int64), new[:, 0]])
        numbers = np.concatenate([(words & np.uint64((1 << LOW) - 1)).astype(np.int64), new[:, 1]])
        order = np.lexsort((numbers, keys))
        keys, numbers = keys[order], numbers[order]
        return cls(keys, numbers)._kept(
            np.append(True, (keys[1:] != keys[:-1]) | (numbers[1:] != numbers[:-1]))[: keys.size]
        )

    def _kept(self, which: NDArray[np.bool_]) -> "Part":
        return Part(self.keys[which], self.numbers[which])

    def people(self) -> list[int]:
        """The number of everybody who stands here."""
        found: list[int] = np.unique(self.numbers[self.numbers != FULL] & ~CLOSED).tolist()
        return found

    def without_the_gone(self, living: NDArray[np.int64]) -> "Part":
        """Only whoever is still in the index: their numbers, in order."""
        return self._kept((self.numbers == FULL) | np.isin(self.numbers & ~CLOSED, living))

    def bounded(self, bound: int) -> "Part":
        """One mark in place of all who stand under a key that more than `bound` share openly."""
        if not self.keys.size:
            return self
        starts = np.flatnonzero(np.append(True, self.keys[1:] != self.keys[:-1]))
        sizes = np.diff(np.append(starts, self.keys.size))
        shared = np.add.reduceat((self.numbers < FULL).astype(np.int64), starts)
        marked = np.add.reduceat((self.numbers == FULL).astype(np.int64), starts)
        full = np.repeat((shared > bound) | (marked > 0), sizes)
        first = np.zeros(self.keys.size, bool)
        first[starts] = True
        return Part(self.keys, np.where(full, FULL, self.numbers))._kept(~full | first)

    def pages(self) -> list[tuple[int, bytes]]:
        """The pages again, those that hold something."""
        if not self.keys.size:
            return []
        buckets = self.keys >> LOW
        words = (self.keys & (1 << LOW) - 1).astype(_WORD) << np.uint64(LOW) | self.numbers.astype(_WORD)
        starts = np.flatnonzero(np.append(True, buckets[1:] != buckets[:-1]))
        ends = np.append(starts[1:], buckets.size)
        return [(int(buckets[s]), words[s:e].tobytes()) for s, e in zip(starts, ends, strict=True)]

    def full_by_function(self) -> dict[int, int]:
        """How many keys too many share, by the rank of their function."""
        ranks = self.keys[self.numbers == FULL] & (FUNCTIONS - 1)
        return {int(rank): int(count) for rank, count in zip(*np.unique(ranks, return_counts=True), strict=True)}


def word(number: int, is_open: bool) -> int:
    """Somebody's number as it stands in a page."""
    return number if is_open else number | CLOSED


def buckets_of(keys: Iterable[int]) -> list[int]:
    """The pages of these keys, each once."""
    return sorted({bucket_of(key) for key in keys})
