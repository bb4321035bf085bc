"""The closed vocabulary of comparisons: each condition is asked online and written as SQL for the batch, in one place.

A row is a record prepared for comparison: text, numbers, lists of text, None where nothing is known. A condition over
something unknown does not hold; there is no negation, so SQL's unknown and Python's False never part.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from recoupe.matching import asked
from recoupe.matching.asked import Asked, always, like, never

Value = asked.Value
Row = asked.Row

_KM_PER_DEGREE = 111.195

# What the batch's database must know before it reads a condition.
MACROS = (
    "CREATE OR REPLACE TEMP MACRO one_slip(a, b) AS"
    " len(list_filter(a, lambda x: len(list_filter(b, lambda y: damerau_levenshtein(x, y) <= 1)) > 0)) > 0",
    "CREATE OR REPLACE TEMP MACRO fits(a, b) AS"
    " len(list_filter(a, lambda x: len(list_filter(b, lambda y: x LIKE y OR y LIKE x)) > 0)) > 0",
    "CREATE OR REPLACE TEMP MACRO near(lat_a, lon_a, lat_b, lon_b, km) AS"
    " (pow((lon_a - lon_b) * cos(radians((lat_a + lat_b) / 2)), 2) + pow(lat_a - lat_b, 2))"
    f" * {_KM_PER_DEGREE**2} <= km * km",
)


class Condition(ABC):
    """A question about two rows, symmetric by construction."""

    @abstractmethod
    def beside(self, left: Row) -> Asked:
        """The same question of whoever stands beside this row: what it asks of it alone is worked out once."""

    def holds(self, left: Row, right: Row) -> bool:
        """The answer for two rows."""
        return self.beside(left)(right)

    @abstractmethod
    def sql(self) -> str:
        """The same question in the batch's SQL, columns ending in _l and _r."""

    def likely(self) -> str:
        """In the batch's SQL, what costs less to ask where the question itself is dear, never false where it holds."""
        return self.sql()

    @property
    @abstractmethod
    def columns(self) -> frozenset[str]:
        """The columns that it reads."""

    @property
    def parts(self) -> tuple["Condition", ...]:
        """The conditions of which it is made."""
        return ()


@dataclass(frozen=True, slots=True)
class OfColumn(Condition):
    """A question about one column."""

    column: str

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it reads."""
        return frozenset({self.column})


@dataclass(frozen=True, slots=True)
class OfTexts(OfColumn):
    """A question about what both sides write in one column."""

    def beside(self, left: Row) -> Asked:
        """Asked where both write something."""
        column, holds, one = self.column, self._asked, left[self.column]
        if not isinstance(one, str):
            return never
        return lambda right: isinstance(two := right[column], str) and holds(one, two)

    @abstractmethod
    def _asked(self, one: str, two: str) -> bool:
        """The answer for two writings."""


@dataclass(frozen=True, slots=True)
class OfLists(OfColumn):
    """A question about two lists: whether an element of one has something to do with an element of the other."""


@dataclass(frozen=True, slots=True)
class OfElements(OfLists):
    """The same, asked of one element after another."""

    def beside(self, left: Row) -> Asked:
        """Asked where both sides list something."""
        column, holds, ours = self.column, self._asked, left[self.column]
        if not isinstance(ours, tuple) or not ours:
            return never
        return lambda right: isinstance(theirs := right[column], tuple) and holds(ours, theirs)

    @abstractmethod
    def _asked(self, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
        """The answer for two lists."""


@dataclass(frozen=True, slots=True)
class Blank(OfColumn):
    """One of the two sides does not know this."""

    def beside(self, left: Row) -> Asked:
        """None, or an empty list, is not to know."""
        column = self.column
        return (lambda right: not _known(right[column])) if _known(left[column]) else always

    def sql(self) -> str:
        """Empty lists are stored as NULL."""
        return f"({self.column}_l IS NULL OR {self.column}_r IS NULL)"


@dataclass(frozen=True, slots=True)
class Same(OfColumn):
    """Both know it and it is equal."""

    def beside(self, left: Row) -> Asked:
        """Equality of known values."""
        column, value = self.column, left[self.column]
        return never if value is None else lambda right: value == right[column]

    def sql(self) -> str:
        """Equality, unknown when one side is."""
        return f"{self.column}_l = {self.column}_r"


@dataclass(frozen=True, slots=True)
class Crossed(Condition):
    """What one side writes in the first column stands in the second column of the other side, and the reverse."""

    first: str
    second: str

    def beside(self, left: Row) -> Asked:
        """Both crossings."""
        first, second, one, two = self.first, self.second, left[self.first], left[self.second]
        if one is None or two is None:
            return never
        return lambda right: one == right[second] and two == right[first]

    def sql(self) -> str:
        """Both crossings."""
        return f"({self.first}_l = {self.second}_r AND {self.second}_l = {self.first}_r)"

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it reads."""
        return frozenset({self.first, self.second})


@dataclass(frozen=True, slots=True)
class Shared(OfLists):
    """The two lists have an element in common."""

    def beside(self, left: Row) -> Asked:
        """Their elements are looked up in one set of ours."""
        column, ours = self.column, left[self.column]
        if not isinstance(ours, tuple) or not ours:
            return never
        apart = frozenset(ours).isdisjoint
        return lambda right: isinstance(theirs := right[column], tuple) and not apart(theirs)

    def sql(self) -> str:
        """At least one element."""
        return f"list_has_any({self.column}_l, {self.column}_r)"


@dataclass(frozen=True, slots=True)
class Alike(Condition):
    """The two writings are alike: Jaro-Winkler's similarity, from 0 to 1, reaches the bound."""

    column: str
    at_least: float
    other: str = ""

    def beside(self, left: Row) -> Asked:
        """The column with itself, or with the other column in both directions."""
        column, other = self.column, self.other or self.column
        there = self._reached(left[column], other)
        if other == column or there is never:
            return there
        back = self._reached(left[other], column)
        return never if back is never else lambda right: there(right) and back(right)

    def _reached(self, one: Value, column: str) -> Asked:
        if not isinstance(one, str):
            return never
        at_least, similarity = self.at_least, JaroWinkler.similarity
        # Unbounded on purpose: a cut-off inside the library rounds otherwise than the database does.
        return lambda right: isinstance(two := right[column], str) and similarity(one, two) >= at_least

    def sql(self) -> str:
        """The database carries the same algorithm by the same author."""
        other = self.other or self.column
        pairs = {(self.column, other), (other, self.column)}
        return " AND ".join(f"jaro_winkler_similarity({a}_l, {b}_r) >= {self.at_least}" for a, b in sorted(pairs))

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it reads."""
        return frozenset({self.column, self.other or self.column})


@dataclass(frozen=True, slots=True)
class Slips(OfTexts):
    """At most that many characters changed, added, left out or exchanged with their neighbour."""

    at_most: int

    def _asked(self, one: str, two: str) -> bool:
        return DamerauLevenshtein.distance(one, two, score_cutoff=self.at_most) <= self.at_most

    def sql(self) -> str:
        """Damerau and Levenshtein's distance."""
        return f"damerau_levenshtein({self.column}_l, {self.column}_r) <= {self.at_most}"

    def likely(self) -> str:
        """One slip of ten characters leaves the first four or the last four as they were."""
        if self.at_most > 1:
            return self.sql()
        one, two = f"{self.column}_l", f"{self.column}_r"
        short = f"least(length({one}), length({two})) < 10"
        return f"({short} OR {one}[:4] = {two}[:4] OR {one}[-4:] = {two}[-4:])"


@dataclass(frozen=True, slots=True)
class Apart(OfColumn):
    """Two numbers differ by at most this much."""

    at_most: float

    def beside(self, left: Row) -> Asked:
        """The absolute difference."""
        column, at_most, one = self.column, self.at_most, left[self.column]
        if not isinstance(one, int | float):
            return never
        return lambda right: isinstance(two := right[column], int | float) and abs(one - two) <= at_most

    def sql(self) -> str:
        """The absolute difference."""
        return f"abs({self.column}_l - {self.column}_r) <= {self.at_most}"


@dataclass(frozen=True, slots=True)
class Near(Condition):
    """Two points lie within that many kilometres: a flat Earth is exact enough at the distances asked for."""

    lat: str
    lon: str
    km: float

    def beside(self, left: Row) -> Asked:
        """Equirectangular distance."""
        ours = self._point(left)
        if ours is None:
            return never
        lat, lon = ours

        def near(right: Row) -> bool:
            theirs = self._point(right)
            if theirs is None:
                return False
            east = (lon - theirs[1]) * math.cos(math.radians((lat + theirs[0]) / 2))
            return (east * east + (lat - theirs[0]) * (lat - theirs[0])) * _KM_PER_DEGREE**2 <= self.km**2

        return near

    def _point(self, row: Row) -> tuple[float, float] | None:
        lat, lon = row[self.lat], row[self.lon]
        return (lat, lon) if isinstance(lat, int | float) and isinstance(lon, int | float) else None

    def sql(self) -> str:
        """Equirectangular distance."""
        return f"near({self.lat}_l, {self.lon}_l, {self.lat}_r, {self.lon}_r, {self.km})"

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it reads."""
        return frozenset({self.lat, self.lon})


@dataclass(frozen=True, slots=True)
class Fits(OfElements):
    """One list holds a partial writing (_ for a character, % for several) that fits a writing of the other list."""

    def _asked(self, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
        return any(like(one, two) or like(two, one) for one in ours for two in theirs)

    def sql(self) -> str:
        """Any pair, in either direction."""
        return f"fits({self.column}_l, {self.column}_r)"


@dataclass(frozen=True, slots=True)
class FitsOne(OfTexts):
    """The writing of one side is partial (_ for a character, % for several) and fits that of the other."""

    def _asked(self, one: str, two: str) -> bool:
        return like(one, two) or like(two, one)

    def sql(self) -> str:
        """In either direction."""
        return f"({self.column}_l LIKE {self.column}_r OR {self.column}_r LIKE {self.column}_l)"


@dataclass(frozen=True, slots=True)
class OneSlip(OfElements):
    """Two writings of the two lists are one slip apart: one character changed, added, left out or exchanged."""

    def _asked(self, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
        return any(DamerauLevenshtein.distance(one, two, score_cutoff=1) <= 1 for one in ours for two in theirs)

    def sql(self) -> str:
        """Any pair."""
        return f"one_slip({self.column}_l, {self.column}_r)"


class Several(Condition):
    """What is made of other conditions."""

    def __init__(self, *parts: Condition) -> None:
        self._parts = parts

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The conditions of which it is made."""
        return self._parts

    @abstractmethod
    def joined(self, parts: Sequence[Asked]) -> Asked:
        """What is made of the same questions once one side is known."""

    def beside(self, left: Row) -> Asked:
        """Each part beside this row."""
        return self.joined([part.beside(left) for part in self._parts])

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it reads."""
        return frozenset().union(*(part.columns for part in self.parts))


class Both(Several):
    """All of several conditions."""

    def joined(self, parts: Sequence[Asked]) -> Asked:
        """Every one."""
        return asked.every(parts)

    def sql(self) -> str:
        """Every one."""
        return "(" + " AND ".join(part.sql() for part in self.parts) + ")"


class Either(Several):
    """At least one of several conditions."""

    def joined(self, parts: Sequence[Asked]) -> Asked:
        """One is enough."""
        return asked.one_of(parts)

    def sql(self) -> str:
        """One is enough."""
        return "(" + " OR ".join(part.sql() for part in self.parts) + ")"


class Otherwise(Condition):
    """What is left when no level above held: the last of every comparison."""

    def beside(self, left: Row) -> Asked:
        """Always."""
        return always

    def sql(self) -> str:
        """The word by which the batch knows its last level."""
        return "ELSE"

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it reads."""
        return frozenset()


def _known(value: Value) -> bool:
    return value is not None and value != ()
