"""The most that two rows can weigh, asked of few of their columns: whoever cannot reach a bound is not weighed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recoupe.matching.model import Frequencies, Model, Trained

# Sums of floats in another order than the scorer's.
_SLACK = 1e-6
# What reads more columns is taken at its strongest: to carry them through the join would cost more than they spare.
_MOST_COLUMNS = 5


@dataclass(frozen=True, slots=True)
class Ceiling:
    """An expression in bits over columns ending in _l and _r, never below the weight of the pair.

    `read`: the columns whose values it compares; `known`: those of which it asks only whether both sides know them.
    """

    sql: str
    read: frozenset[str]
    known: frozenset[str]

    def reaches(self, least: float) -> str:
        """What holds of every pair that weighs at least so much."""
        return f"{self.sql} >= {least - _SLACK!r}"


def ceiling(model: Model, comparisons: Sequence[Trained]) -> Ceiling:
    """By these comparisons of the model, where at least those are unknown that either row leaves blank."""
    terms, read, known = [repr(math.log2(model.prior / (1 - model.prior)))], set[str](), set[str]()
    for trained in comparisons:
        columns, unknown = trained.comparison.columns(), trained.comparison.unknown
        tops = [_top(trained, at, model.frequencies) for at in range(len(trained.shares))]
        if len(columns) <= _MOST_COLUMNS:
            read |= columns
            asked = " ".join(_cases(trained, tops))
        else:
            known |= unknown.columns
            asked = f"ELSE {max(tops)!r}"
        terms.append(f"CASE WHEN {unknown.sql()} THEN 0 {asked} END")
    return Ceiling(f"({' + '.join(terms)})", frozenset(read), frozenset(known - read))


def _cases(trained: Trained, tops: Sequence[float]) -> list[str]:
    """What each level can bring; where a cheaper question is asked, it or any level below."""
    found = []
    for at, level in enumerate(trained.comparison.levels[:-1]):
        likely = level.when.likely()
        found.append(f"WHEN {likely} THEN {tops[at] if likely == level.when.sql() else max(tops[at:])!r}")
    return [*found, f"ELSE {tops[-1]!r}"]


def _top(trained: Trained, at: int, frequencies: Mapping[str, Frequencies]) -> float:
    """The weight of a level with what the rarest value would add; nothing is added where no side has a value."""
    shares, level = trained.shares[at], trained.comparison.levels[at]
    if level.frequency not in frequencies or shares.u <= 0:
        return shares.weight
    return shares.weight + max(0.0, math.log2(shares.u * frequencies[level.frequency].records))
