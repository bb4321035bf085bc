"""Who stands under a keyed hash, five bytes a posting: searched in one pass for all the keys of a row.

A key has 40 bits: 34 of a keyed hash, 6 that name the function that made it, so that a block that too many share is
reported by its function. Its first 20 bits choose the bucket; the others lie beside somebody's number of 20 bits.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Places = NDArray[np.int64]

FUNCTIONS = 1 << 6
# Under this rank stands the record itself, so that whoever it names is found again to be taken out.
OF_RECORD = FUNCTIONS - 1
NUMBER_BITS = 20
# In place of all who stand under a key that too many share; no number is as high.
FULL = (1 << NUMBER_BITS) - 1
BUCKETS = 1 << 20
_REST_BITS = 20
_LOW_BITS = 32 - NUMBER_BITS
_HASH = (1 << 34) - 1
_SLICES = 16


def key_of(key: bytes, text: bytes, function: int) -> int:
    """The key of a text under the matcher's own key: without it, a list of all names finds none."""
    return (int.from_bytes(hmac.digest(key, text, "sha256")[:5], "big") & _HASH) << 6 | function


def keys_of(key: bytes, texts: Iterable[str], ranks: Mapping[str, int]) -> set[int]:
    """The keys of many texts, each « function:text »."""
    whole, keyed = int.from_bytes, hmac.digest
    return {
        (whole(keyed(key, text.encode(), "sha256")[:5], "big") & _HASH) << 6 | ranks[text[: text.index(":")]]
        for text in texts
    }


@dataclass(frozen=True, slots=True)
class Postings:
    """In the order of their keys: where each bucket starts, the low 32 bits of each posting, the next 8."""

    starts: NDArray[np.uint32]
    low: NDArray[np.uint32]
    high: NDArray[np.uint8]

    def under(self, keys: Words) -> tuple[Places, Places]:
        """For each posting under one of these keys: the place of its key among them, and a number."""
        buckets = (keys >> np.uint64(_REST_BITS)).astype(np.int64)
        first = self.starts[buckets].astype(np.int64)
        sizes = self.starts[buckets + 1].astype(np.int64) - first
        which = np.repeat(np.arange(keys.size), sizes)
        at = np.arange(which.size) + np.repeat(first - np.append(0, np.cumsum(sizes)[:-1]), sizes)
        low = self.low[at]
        rest = (self.high[at].astype(np.uint32) << np.uint32(_LOW_BITS)) | (low >> np.uint32(NUMBER_BITS))
        wanted = (keys & np.uint64((1 << _REST_BITS) - 1)).astype(np.uint32)
        found = np.flatnonzero(rest == wanted[which])
        return which[found], (low[found] & np.uint32(FULL)).astype(np.int64)

    def words(self, first: int, past: int) -> Words:
        """Key and number of each posting of these buckets, as one word of 60 bits, in order."""
        at = slice(int(self.starts[first]), int(self.starts[past]))
        ends = self.starts[first : past + 1].astype(np.int64)
        sizes = ends[1:] - ends[:-1]
        buckets = np.repeat(np.arange(first, past, dtype=np.uint64), sizes)
        rest = self.high[at].astype(np.uint64) << np.uint64(32) | self.low[at].astype(np.uint64)
        return buckets << np.uint64(_REST_BITS + NUMBER_BITS) | rest


def slices() -> Iterator[tuple[int, int]]:
    """The buckets in parts, so that a merge holds a part of them at a time."""
    width = BUCKETS // _SLICES
    for at in range(_SLICES):
        yield at * width, (at + 1) * width


def bounded(words: Words, is_open: NDArray[np.bool_], bound: int) -> Words:
    """One mark in place of all who stand under a key that more than `bound` of them share openly."""
    if not words.size:
        return words
    keys, numbers = words >> np.uint64(NUMBER_BITS), (words & np.uint64(FULL)).astype(np.int64)
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    sizes = np.diff(np.append(starts, keys.size))
    marked = numbers == FULL
    shared = np.add.reduceat(np.where(marked, 0, is_open[np.where(marked, 0, numbers)]).astype(np.int64), starts)
    full = (shared > bound) | (np.add.reduceat(marked.astype(np.int64), starts) > 0)
    full &= (keys[starts] & np.uint64(FUNCTIONS - 1)) != np.uint64(OF_RECORD)
    if not full.any():
        return words
    first = np.zeros(keys.size, bool)
    first[starts] = True
    of_full = np.repeat(full, sizes)
    put: Words = np.where(of_full, words | np.uint64(FULL), words)[~of_full | first]
    return put


class Packer:
    """Postings as they are packed, slice after slice."""

    def __init__(self, most: int) -> None:
        self._counts = np.zeros(BUCKETS + 1, np.uint32)
        self._low = np.empty(most, np.uint32)
        self._high = np.empty(most, np.uint8)
        self._size = 0
        self.full = np.zeros(FUNCTIONS, np.int64)

    def add(self, words: Words) -> None:
        """The next words, in order."""
        past = self._size + words.size
        self._low[self._size : past] = words.astype(np.uint32)
        self._high[self._size : past] = (words >> np.uint64(32)).astype(np.uint8)
        self._size = past
        buckets, counts = np.unique(words >> np.uint64(_REST_BITS + NUMBER_BITS), return_counts=True)
        self._counts[buckets.astype(np.int64) + 1] += counts.astype(np.uint32)
        marks = words[(words & np.uint64(FULL)) == np.uint64(FULL)] >> np.uint64(NUMBER_BITS)
        self.full += np.bincount((marks & np.uint64(FUNCTIONS - 1)).astype(np.int64), minlength=FUNCTIONS)

    def packed(self) -> Postings:
        """All of them."""
        starts = np.cumsum(self._counts, dtype=np.uint32)
        return Postings(starts, self._low[: self._size], self._high[: self._size])


def merged(parts: Sequence[Words]) -> Words:
    """Several runs of words in one order."""
    found: Words = np.sort(np.concatenate(parts), kind="stable") if parts else np.empty(0, np.uint64)
    return found
