"""Who stands under a keyed hash, four bytes a posting: searched in one pass for all the keys of a row.

A key has 32 bits: 27 of a keyed hash, 5 that name the function that made it, so that a block that too many share is
reported by its function. A segment has about as many buckets as people: the first bits of a key choose the bucket, the
others lie beside somebody's number. Whom chance puts under a key is weighed like the others, and found unlike.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    # OpenSSL's own copies ten times slower than it hashes a name.
    from _sha256 import sha256  # type: ignore[import-not-found]
except ImportError:
    from hashlib import sha256

Words = NDArray[np.uint64]
Places = NDArray[np.int64]

_FUNCTION_BITS = 5
FUNCTIONS = 1 << _FUNCTION_BITS
# Under this rank stands the record itself, so that whoever it names is found again to be taken out.
OF_RECORD = FUNCTIONS - 1
KEY_BITS = 32
KEYS = 1 << KEY_BITS
NUMBER_BITS = 20
# In place of all who stand under a key that too many share; no number is as high.
FULL = (1 << NUMBER_BITS) - 1
_HASH = KEYS - FUNCTIONS
_SLICES = 16
# Texts of one function whose keys are kept at hand.
_MOST_KNOWN = 16_384
_INNER, _OUTER = bytes(x ^ 0x36 for x in range(256)), bytes(x ^ 0x5C for x in range(256))


def key_of(key: bytes, text: bytes, function: int) -> int:
    """The key of a text under the matcher's own key: without it, a list of all names finds none."""
    return int.from_bytes(hmac.digest(key, text, "sha256")[:4], "little") & _HASH | function


class Keyer:
    """The keys of many texts: HMAC-SHA-256, the hash of its own key taken once for all of them."""

    def __init__(self, key: bytes, ranks: Mapping[str, int]) -> None:
        padded = key.ljust(64, b"\0")
        self._outer = sha256(padded.translate(_OUTER))
        inner = sha256(padded.translate(_INNER))
        self._functions = {name: (_begun(inner, f"{name}:"), rank) for name, rank in ranks.items()}
        self._known: dict[str, dict[str, int]] = {name: {} for name in ranks}

    def keys_of_each(self, rows: Sequence[Iterable[tuple[str, Iterable[str]]]]) -> list[Words]:
        """Those of each row, each once: by function, what it makes; a text is hashed as « function:text »."""
        keys, sizes = list[int](), list[int]()
        for made in rows:
            before = len(keys)
            self._add(made, keys)
            sizes.append(len(keys) - before)
        owners = np.repeat(np.arange(len(sizes), dtype=np.uint64), np.array(sizes, np.int64))
        words = np.unique(owners << np.uint64(KEY_BITS) | np.array(keys, np.uint64))
        bounds = words.searchsorted(np.arange(len(sizes) + 1, dtype=np.uint64) << np.uint64(KEY_BITS)).tolist()
        words &= np.uint64(KEYS - 1)
        return [words[first:past] for first, past in pairwise(bounds)]

    def keys(self, made: Iterable[tuple[str, Iterable[str]]]) -> Words:
        """Those of one row."""
        keys = list[int]()
        self._add(made, keys)
        return np.array(sorted(set(keys)), np.uint64)

    def _add(self, made: Iterable[tuple[str, Iterable[str]]], keys: list[int]) -> None:
        for name, texts in made:
            known = self._known[name]
            keys += [known.get(text) or self._hashed(name, text) for text in texts]

    def _hashed(self, name: str, text: str) -> int:
        """The key of a text, kept: the same words come again and again."""
        begun, rank = self._functions[name]
        inner = begun.copy()
        inner.update(text.encode())
        whole = self._outer.copy()
        whole.update(inner.digest())
        key: int = int.from_bytes(whole.digest()[:4], "little") & _HASH | rank
        known = self._known[name]
        if len(known) >= _MOST_KNOWN:
            known.clear()
        known[text] = key
        return key


def _begun(inner: Any, text: str) -> Any:
    begun = inner.copy()
    begun.update(text.encode())
    return begun


def bits_for(people: int) -> int:
    """Of a number in a segment of so many: the highest is nobody's, and marks a key that too many share."""
    return max(4, people.bit_length())


@dataclass(frozen=True, slots=True)
class Postings:
    """In the order of their keys: where each bucket starts, and of each posting the rest of its key and a number."""

    bits: int
    starts: NDArray[np.uint32]
    packed: NDArray[np.uint32]

    def under(self, keys: Words) -> tuple[Places, Places]:
        """For each posting under one of these keys: the place of its key among them, and a number."""
        rest_bits = KEY_BITS - self.bits
        buckets = (keys >> np.uint64(rest_bits)).astype(np.int64)
        first = self.starts[buckets].astype(np.int64)
        sizes = self.starts[buckets + 1].astype(np.int64) - first
        which = np.repeat(np.arange(keys.size), sizes)
        at = np.arange(which.size) + np.repeat(first - np.append(0, np.cumsum(sizes)[:-1]), sizes)
        packed = self.packed[at]
        wanted = (keys & np.uint64((1 << rest_bits) - 1)).astype(np.uint32)
        found = np.flatnonzero(packed >> np.uint32(self.bits) == wanted[which])
        return which[found], self._numbers(packed[found]).astype(np.int64)

    def words(self, first: int, past: int) -> Words:
        """Key and number of each posting of these keys, as one word of 52 bits, in order."""
        rest_bits = KEY_BITS - self.bits
        first, past = first >> rest_bits, past >> rest_bits
        packed = self.packed[int(self.starts[first]) : int(self.starts[past])]
        ends = self.starts[first : past + 1].astype(np.int64)
        sizes = ends[1:] - ends[:-1]
        buckets = np.repeat(np.arange(first, past, dtype=np.uint64), sizes)
        keys = buckets << np.uint64(rest_bits) | (packed >> np.uint32(self.bits)).astype(np.uint64)
        return keys << np.uint64(NUMBER_BITS) | self._numbers(packed).astype(np.uint64)

    def _numbers(self, packed: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """A mark is one whatever the segment's size."""
        numbers = packed & np.uint32((1 << self.bits) - 1)
        return np.where(numbers == (1 << self.bits) - 1, np.uint32(FULL), numbers)


def slices() -> Iterator[tuple[int, int]]:
    """All keys in parts, so that a merge holds a part of them at a time."""
    width = KEYS // _SLICES
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

    def __init__(self, people: int, most: int) -> None:
        self._bits = bits_for(people)
        self._counts = np.zeros((1 << self._bits) + 1, np.uint32)
        self._packed = np.empty(most, np.uint32)
        self._size = 0
        self.full = np.zeros(FUNCTIONS, np.int64)

    def add(self, words: Words) -> None:
        """The next words, in order."""
        keys, numbers = words >> np.uint64(NUMBER_BITS), words & np.uint64(FULL)
        mark = np.uint64((1 << self._bits) - 1)
        rest = keys & np.uint64((1 << KEY_BITS - self._bits) - 1)
        past = self._size + words.size
        self._packed[self._size : past] = rest << np.uint64(self._bits) | np.minimum(numbers, mark)
        self._size = past
        buckets, counts = np.unique(keys >> np.uint64(KEY_BITS - self._bits), return_counts=True)
        self._counts[buckets.astype(np.int64) + 1] += counts.astype(np.uint32)
        marked = keys[numbers == np.uint64(FULL)] & np.uint64(FUNCTIONS - 1)
        self.full += np.bincount(marked.astype(np.int64), minlength=FUNCTIONS)

    def packed(self) -> Postings:
        """All of them."""
        return Postings(self._bits, np.cumsum(self._counts, dtype=np.uint32), self._packed[: self._size])


def merged(parts: Sequence[Words]) -> Words:
    """Several runs of words in one order."""
    found: Words = np.sort(np.concatenate(parts), kind="stable") if parts else np.empty(0, np.uint64)
    return found
