"""The weight of two rows under a model, as Splink computes it, with the waterfall of reasons; and what it proposes."""

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple, Self

from recoupe.kernel.refusal import Conflict, gettext_noop
from recoupe.kernel.selectors import SelectorKind, Strength, normalise
from recoupe.kernel.selectors import strength as strength_of
from recoupe.matching.comparison import SENTENCE_UNKNOWN, Comparison, Level
from recoupe.matching.conditions import Row
from recoupe.matching.model import Frequencies, Model
from recoupe.matching.record import SELECTORS

SENTENCE_TWO_MODELS = gettext_noop(
    "Ces résultats viennent de deux modèles : ils ne se comparent pas, relancez la recherche."
)
SENTENCE_RARE = gettext_noop("Cette écriture est rare : elle compte davantage.")
SENTENCE_COMMON = gettext_noop("Cette écriture est courante : elle compte moins.")


class Part(NamedTuple):
    """What one comparison brings: the bits of its level, and those of the rarity of the value."""

    comparison: Comparison
    level: Level | None
    base: float = 0.0
    rarity: float = 0.0

    @property
    def weight(self) -> float:
        """Both together."""
        return self.base + self.rarity

    @property
    def agrees(self) -> bool:
        """The level speaks for one and the same."""
        return self.level is not None and not self.level.apart and self.weight > 0

    @property
    def reasons(self) -> tuple[str, ...]:
        """The sentences to read, keys of gettext."""
        if self.level is None:
            return (SENTENCE_UNKNOWN,)
        if abs(self.rarity) < 1:  # below one bit the rarity is not worth a sentence
            return (self.level.reason,)
        return self.level.reason, SENTENCE_RARE if self.rarity > 0 else SENTENCE_COMMON


class Score(NamedTuple):
    """The waterfall: the prior, then each part, whose sum is the weight in bits."""

    version: str
    prior: float
    parts: tuple[Part, ...]

    @property
    def weight(self) -> float:
        """The match weight, in bits: each one doubles the odds."""
        return self.prior + sum(part.weight for part in self.parts)

    @property
    def probability(self) -> float:
        """The probability that these odds are."""
        weight = max(-1000.0, min(1000.0, self.weight))
        return 1 / (1 + math.exp2(-weight))


class Asking:
    """One row to be weighed beside many: what a model asks of it alone is worked out once."""

    def __init__(self, model: Model, row: Row) -> None:
        self.model = model
        self._row = row
        self._prior = math.log2(model.prior / (1 - model.prior))
        self._asked = [(trained, trained.comparison.beside(row)) for trained in model.comparisons]
        self._whole = [(kind, column) for kind, column in _EXACT.items() if row[column]]

    def score(self, other: Row) -> Score:
        """The same as if the other one were asked about this one."""
        parts: list[Part] = []
        for trained, beside in self._asked:
            place = beside(other)
            if place is None:
                parts.append(Part(trained.comparison, None))
                continue
            level = trained.comparison.levels[place]
            rarity = 0.0
            if level.frequency and level.frequency in self.model.frequencies:
                frequencies = self.model.frequencies[level.frequency]
                rarity = _rarity(frequencies, (self._row, other), level.frequency, trained.shares[place].u)
            parts.append(Part(trained.comparison, level, trained.weights[place], rarity))
        return Score(self.model.version, self._prior, tuple(parts))

    def proposed(self, other: Row) -> Score | None:
        """The weight beside another row where something is proposed."""
        found = self.score(other)
        return found if self.strength(found, other) else None

    def strength(self, found: Score, other: Row) -> Strength | None:
        """What a match is worth in the three words, None where nothing is proposed (S-1, S-2).

        Only an identifier that both write in full is more than weak. Whatever else, a person's name and birth above
        all, is weak at most, needs two attributes that agree, and a weight that reaches the model's threshold.
        """
        exact = [_exact(kind, self._row, other) for kind, column in self._whole if other[column]]
        for best in (Strength.CERTAIN, Strength.STRONG):
            if best in exact:
                return best
        if found.weight < self.model.threshold:
            return None
        return Strength.WEAK if sum(part.agrees for part in found.parts) >= 2 else None

    @classmethod
    def known(cls, model: Model, row: Row) -> Self:
        """The same without the comparisons that this row leaves blank: they weigh nothing beside anybody."""
        kept = tuple(one for one in model.comparisons if not one.comparison.unknown.holds(row, row))
        return cls(replace(model, comparisons=kept), row)


def score(model: Model, left: Row, right: Row) -> Score:
    """The weight of two rows, the same for either order."""
    return Asking(model, left).score(right)


def strength(model: Model, found: Score, left: Row, right: Row) -> Strength | None:
    """What the match of two rows is worth."""
    return Asking(model, left).strength(found, right)


def _rarity(frequencies: Frequencies, rows: tuple[Row, Row], column: str, u: float) -> float:
    """log2(u of the level) - log2(the larger of the two shares), nothing where no side has a value."""
    shares = [frequencies.share(value) for row in rows if isinstance(value := row[column], str)]
    return math.log2(u) - math.log2(max(shares)) if shares and u > 0 else 0.0


# In which column each kind of identifier stands as it is written in full.
_EXACT: dict[SelectorKind, str] = {kind: kind.value for kind in SELECTORS} | {
    SelectorKind.COMPANY: "siren", SelectorKind.CONTAINER: "container", SelectorKind.VESSEL: "ship_number",
}  # fmt: skip


def _exact(kind: SelectorKind, left: Row, right: Row) -> Strength | None:
    """The strength of the best identifier of this kind that both rows hold whole."""
    ours, theirs = left[_EXACT[kind]], right[_EXACT[kind]]
    if not isinstance(ours, tuple) or not isinstance(theirs, tuple):
        return None
    found = {strength_of(normalise(kind, value)) for value in set(ours) & set(theirs)}
    return next((best for best in (Strength.CERTAIN, Strength.STRONG) if best in found), None)


def best(scores: Iterable[tuple[str, Score]], count: int) -> list[tuple[str, Score]]:
    """The first of a list of candidates, heaviest first, by name where equal; two models in one list are refused."""
    found = list(scores)
    if len({score.version for _, score in found}) > 1:
        raise Conflict(SENTENCE_TWO_MODELS)
    return sorted(found, key=lambda item: (-item[1].weight, item[0]))[:count]
