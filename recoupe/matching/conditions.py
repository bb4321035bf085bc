"""The closed vocabulary of comparisons: each condition is asked online and written as SQL for the batch, in one place.

A row is a record prepared for comparison: text, numbers, lists of text, None where nothing is known. A condition over
something unknown does not hold; there is no negation, so SQL's unknown and Python's False never part.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

Value = str | float | tuple[str, ...] | None
Row = Mapping[str, Value]

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
    def holds(self, left: Row, right: Row) -> bool:
        """The answer for two rows."""

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

    def holds(self, left: Row, right: Row) -> bool:
        """Asked where both write something."""
        one, two = left[self.column], right[self.column]
        return isinstance(one, str) and isinstance(two, str) and self._asked(one, two)

    @abstractmethod
    def _asked(self, one: str, two: str) -> bool:
        """The answer for two writings."""


@dataclass(frozen=True, slots=True)
class OfLists(OfColumn):
    """A question about two lists: whether an element of one has something to do with an element of the other."""

    def holds(self, left: Row, right: Row) -> bool:
        """Asked where both sides list something."""
        ours, theirs = left[self.column], right[self.column]
        return isinstance(ours, tuple) and isinstance(theirs, tuple) and self._asked(ours, theirs)

    @abstractmethod
    def _asked(self, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
        """The answer for two lists."""


@dataclass(frozen=True, slots=True)
class Blank(OfColumn):
    """One of the two sides does not know this."""

    def holds(self, left: Row, right: Row) -> bool:
        """None, or an empty list, is not to know."""
        return not (_known(left[self.column]) and _known(right[self.column]))

    def sql(self) -> str:
        """Empty lists are stored as NULL."""
        return f"({self.column}_l IS NULL OR {self.column}_r IS NULL)"


@dataclass(frozen=True, slots=True)
class Same(OfColumn):
    """Both know it and it is equal."""

    def holds(self, left: Row, right: Row) -> bool:
        """Equality of known values."""
        value = left[self.column]
        return value is not None and value == right[self.column]

    def sql(self) -> str:
        """Equality, unknown when one side is."""
        return f"{self.column}_l = {self.column}_r"


@dataclass(frozen=True, slots=True)
class Crossed(Condition):
    """What one side writes in the first column stands in the second column of the other side, and the reverse."""

    first: str
    second: str

    def holds(self, left: Row, right: Row) -> bool:
        """Both crossings."""
        one, two = left[self.first], left[self.second]
        return one is not None and two is not None and one == right[self.second] and two == right[self.first]

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

    def _asked(self, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
        return not set(ours).isdisjoint(theirs)

    def sql(self) -> str:
        """At least one element."""
        return f"list_has_any({self.column}_l, {self.column}_r)"


@dataclass(frozen=True, slots=True)
class Alike(Condition):
    """The two writings are alike: Jaro-Winkler's similarity, from 0 to 1, reaches the bound."""

    column: str
    at_least: float
    other: str = ""

    def holds(self, left: Row, right: Row) -> bool:
        """The column with itself, or with the other column in both directions."""
        other = self.other or self.column
        return self._reached(left[self.column], right[other]) and (
            other == self.column or self._reached(left[other], right[self.column])
        )

    def _reached(self, one: Value, two: Value) -> bool:
        if not isinstance(one, str) or not isinstance(two, str):
            return False
        # Unbounded on purpose: a cut-off inside the library rounds otherwise than the database does.
        return JaroWinkler.similarity(one, two) >= self.at_least

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

    def holds(self, left: Row, right: Row) -> bool:
        """The absolute difference."""
        one, two = left[self.column], right[self.column]
        if not isinstance(one, int | float) or not isinstance(two, int | float):
            return False
        return abs(one - two) <= self.at_most

    def sql(self) -> str:
        """The absolute difference."""
        return f"abs({self.column}_l - {self.column}_r) <= {self.at_most}"


@dataclass(frozen=True, slots=True)
class Near(Condition):
    """Two points lie within that many kilometres: a flat Earth is exact enough at the distances asked for."""

    lat: str
    lon: str
    km: float

    def holds(self, left: Row, right: Row) -> bool:
        """Equirectangular distance."""
        found = [side[name] for side in (left, right) for name in (self.lat, self.lon)]
        if not all(isinstance(value, int | float) for value in found):
            return False
        lat, lon, other_lat, other_lon = (float(value) for value in found if isinstance(value, int | float))
        east = (lon - other_lon) * math.cos(math.radians((lat + other_lat) / 2))
        return (east * east + (lat - other_lat) * (lat - other_lat)) * _KM_PER_DEGREE**2 <= self.km**2

    def sql(self) -> str:
        """Equirectangular distance."""
        return f"near({self.lat}_l, {self.lon}_l, {self.lat}_r, {self.lon}_r, {self.km})"

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it reads."""
        return frozenset({self.lat, self.lon})


@dataclass(frozen=True, slots=True)
class Fits(OfLists):
    """One list holds a partial writing (_ for a character, % for several) that fits a writing of the other list."""

    def _asked(self, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
        return any(_like(one, two) or _like(two, one) for one in ours for two in theirs)

    def sql(self) -> str:
        """Any pair, in either direction."""
        return f"fits({self.column}_l, {self.column}_r)"


@dataclass(frozen=True, slots=True)
class FitsOne(OfTexts):
    """The writing of one side is partial (_ for a character, % for several) and fits that of the other."""

    def _asked(self, one: str, two: str) -> bool:
        return _like(one, two) or _like(two, one)

    def sql(self) -> str:
        """In either direction."""
        return f"({self.column}_l LIKE {self.column}_r OR {self.column}_r LIKE {self.column}_l)"


@dataclass(frozen=True, slots=True)
class OneSlip(OfLists):
    """Two writings of the two lists are one slip apart: one character changed, added, left out or exchanged."""

    def _asked(self, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
        return any(DamerauLevenshtein.distance(one, two, score_cutoff=1) <= 1 for one in ours for two in theirs)

    def sql(self) -> str:
        """Any pair."""
        return f"one_slip({self.column}_l, {self.column}_r)"


class _Several(Condition):
    """What is made of other conditions."""

    def __init__(self, *parts: Condition) -> None:
        self._parts = parts

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The conditions of which it is made."""
        return self._parts

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it reads."""
        return frozenset().union(*(part.columns for part in self.parts))


class Both(_Several):
    """All of several conditions."""

    def holds(self, left: Row, right: Row) -> bool:
        """Every one."""
        # A generator costs more than what it asks.
        for part in self._parts:  # noqa: SIM110
            if not part.holds(left, right):
                return False
        return True

    def sql(self) -> str:
        """Every one."""
        return "(" + " AND ".join(part.sql() for part in self.parts) + ")"


class Either(_Several):
    """At least one of several conditions."""

    def holds(self, left: Row, right: Row) -> bool:
        """One is enough."""
        for part in self._parts:  # noqa: SIM110
            if part.holds(left, right):
                return True
        return False

    def sql(self) -> str:
        """One is enough."""
        return "(" + " OR ".join(part.sql() for part in self.parts) + ")"


class Otherwise(Condition):
    """What is left when no level above held: the last of every comparison."""

    def holds(self, left: Row, right: Row) -> bool:
        """Always."""
        return True

    def sql(self) -> str:
        """The word by which the batch knows its last level."""
        return "ELSE"

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it reads."""
        return frozenset()


def _known(value: Value) -> bool:
    return value is not None and value != ()


def _like(text: str, pattern: str) -> bool:
    """SQL's LIKE without escapes, linear in practice: greedy on the last %."""
    at = place = mark = 0
    star = -1
    while at < len(text):
        if place < len(pattern) and pattern[place] == "%":
            star, mark, place = place, at, place + 1
        elif place < len(pattern) and pattern[place] in ("_", text[at]):
            at, place = at + 1, place + 1
        elif star >= 0:
            mark += 1
            at, place = mark, star + 1
        else:
            return False
    return all(char == "%" for char in pattern[place:])
