"""Which of those who share a block are worth weighing: who shares most and rarest; who tells nobody stands apart."""

from collections.abc import Collection

import numpy as np

from recoupe.crosscheck.likeness.parts import Held
from recoupe.crosscheck.likeness.postings import Places
from recoupe.crosscheck.likeness.segment import Alive


def ranked(held: Held, silent: Places, bound: int, most: int, *, unit: int | None = None) -> tuple[list[int], Places]:
    """The first so many of whom others may be told, and where those stand of whom nobody may.

    A block that more than `bound` share openly searches nobody; what tells nobody is not counted: one more would change
    what everybody else learns (R-26). `silent`: units that tell nobody today; `unit`: whose own people are left out.
    """
    shared, kept = _searched(held, bound)
    if unit is not None:
        kept &= held.units != unit
    told = held.open & ~np.isin(held.units, silent) if silent.size else held.open
    return _voted(held, kept & told, shared, bound, most), np.flatnonzero(kept & ~told)


def ranked_among(held: Held, mine: Collection[int], bound: int, most: int) -> list[int]:
    """The first so many of these people alone: nobody else is counted, takes a place or makes a block worth less."""
    _, kept = _searched(held, bound)
    kept &= np.isin(held.numbers, np.fromiter(mine, np.int64, len(mine)))
    shared = np.bincount(held.which[kept], minlength=1)
    return _voted(held, kept, shared, bound, most)


def _searched(held: Held, bound: int) -> tuple[Places, Alive]:
    """How many share each block openly, and which places stand in a block that searches."""
    keys = int(held.which.max()) + 1 if held.which.size else 1
    marked = held.numbers < 0
    shared = np.bincount(held.which[held.open & ~marked], minlength=keys)
    full = (shared > bound) | (np.bincount(held.which[marked], minlength=keys) > 0)
    return shared, ~marked & ~full[held.which]


def _voted(held: Held, kept: Alive, shared: Places, bound: int, most: int) -> list[int]:
    at = np.flatnonzero(kept)
    if not at.size:
        return []
    worth = np.log2(1 + bound / np.maximum(1, shared))
    numbers, places = np.unique(held.numbers[at], return_inverse=True)
    votes = np.bincount(places, weights=worth[held.which[at]])
    order = np.lexsort((-numbers, -votes))[:most]
    found: list[int] = numbers[order].tolist()
    return found
