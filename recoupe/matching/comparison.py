"""A comparison is a list of levels, strongest first; each level is a condition and the sentence that tells it."""

from dataclasses import dataclass

from recoupe.kernel.refusal import gettext_noop
from recoupe.matching.conditions import Blank, Condition, Otherwise, Row

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
    """One attribute of two records: unknown where `unknown` holds, else the first level whose condition holds."""

    name: str
    label: str
    unknown: Blank
    levels: tuple[Level, ...]

    def place(self, left: Row, right: Row) -> int | None:
        """The place of the level of two rows among the levels; None where there is nothing to compare."""
        if self.unknown.holds(left, right):
            return None
        at = 0
        while not self.levels[at].when.holds(left, right):
            at += 1
        return at

    def level(self, left: Row, right: Row) -> Level | None:
        """The level of two rows; None where there is nothing to compare."""
        place = self.place(left, right)
        return None if place is None else self.levels[place]

    def columns(self) -> frozenset[str]:
        """Every column that a row must have."""
        read = self.unknown.columns.union(*(level.when.columns for level in self.levels))
        return read | {level.frequency for level in self.levels if level.frequency}


def compared(name: str, label: str, column: str, *levels: Level, otherwise: str) -> Comparison:
    """A comparison that is unknown without this column and that ends with what is left."""
    last = Level("different", Otherwise(), otherwise, apart=True)
    return Comparison(name, label, Blank(column), (*levels, last))
