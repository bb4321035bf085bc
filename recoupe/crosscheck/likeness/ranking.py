"""Which of those who share a block are worth weighing: who shares most and rarest; who tells nobody stands apart."""

import numpy as np

from recoupe.crosscheck.likeness.parts import Held
from recoupe.crosscheck.likeness.postings import Places


def ranked(held: Held, silent: Places, bound: int, most: int, *, unit: int | None = None) -> tuple[list[int], Places]:
    """The first so many of whom others may be told, and where those stand of whom nobody may.

    A block that more than `bound` share openly searches nobody; what tells nobody is not counted: one more would change
    what everybody else learns (R-26). `silent`: units that tell nobody today; `unit`: whose own people are left out.
    """
    nobody = np.empty(0, np.int64)
    if not held.which.size:
        return [], nobody
    keys = int(held.which.max()) + 1
    marked = held.numbers < 0
    shared = np.bincount(held.which[held.open & ~marked], minlength=keys)
    full = (shared > bound) | (np.bincount(held.which[marked], minlength=keys) > 0)
    worth = np.log2(1 + bound / np.maximum(1, shared))
    kept = ~marked & ~full[held.which]
    if unit is not None:
        kept &= held.units != unit
    told = held.open & ~np.isin(held.units, silent) if silent.size else held.open
    closed = np.flatnonzero(kept & ~told)
    told_of = np.flatnonzero(kept & told)
    if not told_of.size:
        return [], closed
    numbers, places = np.unique(held.numbers[told_of], return_inverse=True)
    votes = np.bincount(places, weights=worth[held.which[told_of]])
    order = np.lexsort((-numbers, -votes))[:most]
    return numbers[order].tolist(), closed
