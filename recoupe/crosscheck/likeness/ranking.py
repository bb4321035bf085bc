"""Which of those who share a block are worth weighing: who shares most and rarest; who tells nobody stands apart."""

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from recoupe.crosscheck.likeness.parts import Held
from recoupe.crosscheck.likeness.postings import FUNCTIONS, Places
from recoupe.crosscheck.likeness.segment import Alive

Weights = NDArray[np.float64]
_NONE = -1


def ranked(held: Held, silent: Places, bound: int, most: int, *, unit: int | None = None) -> tuple[list[int], Places]:
    """The first so many of whom others may be told, and where those stand of whom nobody may.

    A block that more than `bound` share openly searches nobody; what tells nobody is not counted: one more would change
    what everybody else learns (R-26). `silent`: units that tell nobody today; `unit`: whose own people are left out.
    """
    keys = int(held.which.max(initial=0)) + 1
    own = np.array([_NONE if unit is None else unit])
    [found] = ranked_each(held, np.zeros(keys, np.int64), own, silent, bound=bound, most=most)
    return found


def ranked_each(
    held: Held, askers: Places, units: Places, silent: Places, *, bound: int, most: int
) -> Iterator[tuple[list[int], Places]]:
    """The same for many who were searched at once: `askers` says whose each key is, `units` of which unit each is."""
    shared, kept = _searched(held, bound)
    whose = askers[held.which]
    kept &= held.units != units[whose]
    told = held.open & ~np.isin(held.units, silent) if silent.size else held.open
    worth = _worth(shared, bound)
    chosen, closed = _of_each(kept & told, whose, units.size), _of_each(kept & ~told, whose, units.size)
    for at, apart in zip(chosen, closed, strict=True):
        yield _voted(held, at, worth, most), apart


def _of_each(kept: Alive, whose: Places, many: int) -> list[Places]:
    """Where what is kept stands, asker by asker."""
    at = np.flatnonzero(kept)
    at = at[np.argsort(whose[at], kind="stable")]
    return np.split(at, np.searchsorted(whose[at], np.arange(1, many)))


def ranked_among(held: Held, mine: Collection[int], bound: int, most: int) -> list[int]:
    """The first so many of these people alone: nobody else is counted, takes a place or makes a block worth less."""
    _, kept = _searched(held, bound)
    kept &= np.isin(held.numbers, np.fromiter(mine, np.int64, len(mine)))
    shared = np.bincount(held.which[kept], minlength=1)
    return _voted(held, np.flatnonzero(kept), _worth(shared, bound), most)


def _searched(held: Held, bound: int) -> tuple[Places, Alive]:
    """How many share each block openly, and which places stand in a block that searches."""
    keys = int(held.which.max()) + 1 if held.which.size else 1
    marked = held.numbers < 0
    shared = np.bincount(held.which[held.open & ~marked], minlength=keys)
    full = (shared > bound) | (np.bincount(held.which[marked], minlength=keys) > 0)
    return shared, ~marked & ~full[held.which]


def _worth(shared: Places, bound: int) -> Weights:
    """What it says to stand in a block: the more, the fewer do."""
    worth: Weights = np.log2(1 + bound / np.maximum(1, shared))
    return worth


def _voted(held: Held, at: Places, worth: Weights, most: int) -> list[int]:
    """Of each function the best block alone counts: five groups of letters of one name say one thing, not five."""
    if not at.size:
        return []
    numbers, places = np.unique(held.numbers[at], return_inverse=True)
    which = held.which[at]
    said = places * FUNCTIONS + held.functions[which]
    order = np.lexsort((worth[which], said))
    best = order[np.append(np.diff(said[order]) > 0, True)]
    votes = np.bincount(places[best], weights=worth[which[best]])
    order = np.lexsort((-numbers, -votes))[:most]
    found: list[int] = numbers[order].tolist()
    return found
