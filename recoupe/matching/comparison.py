"""A comparison is a list of levels, strongest first; each level is a condition and the sentence that tells it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from recoupe.kernel.refusal import gettext_noop
from recoupe.matching.asked import Asked, never, remembered
from recoupe.matching.conditions import Blank, Condition, Otherwise, Row, Several

SENTENCE_UNKNOWN = gettext_noop("Rien à comparer : l'une des deux fiches ne le dit pas.")


@dataclass(frozen=True, slots=True)
class Level:
    """One degree of agreement; `frequency` is the column whose rarity weighs on it, `apart`: it speaks against."""

    name: str
    when: Condition
    reason: str
    frequency: str = ""
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """One attribute of two records: unknown where `unknown` holds, else the first level whose condition holds.

    `often`: conditions that several levels ask, answered once for two rows.
    """

    name: str
    label: str
    unknown: Blank
    levels: tuple[Level, ...]
    often: tuple[Condition, ...] = ()

    def beside(self, left: Row) -> Callable[[Row], int | None]:
        """The place of the level among the levels for this row and any other; None where nothing can be compared."""
        known = {id(condition): remembered(condition.beside(left)) for condition in self.often}
        unknown = self.unknown.beside(left)
        # The last one is what is left.
        last = len(self.levels) - 1
        asked = [(at, _beside(level.when, left, known)) for at, level in enumerate(self.levels[:last])]
        possible = [(at, holds) for at, holds in asked if holds is not never]

        def place(right: Row) -> int | None:
            if unknown(right):
                return None
            for at, holds in possible:
                if holds(right):
                    return at
            return last

        return place

    def level(self, left: Row, right: Row) -> Level | None:
        """The level of two rows; None where there is nothing to compare."""
        place = self.beside(left)(right)
        return None if place is None else self.levels[place]

    def columns(self) -> frozenset[str]:
        """Every column that a row must have."""
        read = self.unknown.columns.union(*(level.when.columns for level in self.levels))
        return read | {level.frequency for level in self.levels if level.frequency}


def _beside(condition: Condition, left: Row, known: Mapping[int, Asked]) -> Asked:
    """The condition beside a row; what it is made of is taken from those known already."""
    found = known.get(id(condition))
    if found is None and isinstance(condition, Several):
        found = condition.joined([_beside(part, left, known) for part in condition.parts])
    return found or condition.beside(left)


def compared(name: str, label: str, column: str, *levels: Level, otherwise: str) -> Comparison:
    """A comparison that is unknown without this column and that ends with what is left."""
    last = Level("different", Otherwise(), otherwise, apart=True)
    return Comparison(name, label, Blank(column), (*levels, last))
