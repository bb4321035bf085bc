"""Whom a query reaches, by who spoilt it: a hand that has not read the matching, files of others, a slipped character.

The blocks are those of the engine, ranked by its own rule, in memory: a million records are prepared, not sealed.
"""

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Protocol

import numpy as np

from recoupe.crosscheck.likeness.parts import Held
from recoupe.crosscheck.likeness.ranking import ranked
from recoupe.crosscheck.rules import BLOCK_HOLDERS, CANDIDATES_WEIGHED
from recoupe.demo.benches.frame import Measure, Target
from recoupe.demo.seed import SHIPPED
from recoupe.matching import blocking
from recoupe.matching.conditions import Row
from recoupe.matching.model import Model, read
from recoupe.matching.record import Record, prepare
from recoupe.matching.score import Asking as Beside

# The size that the bounds speak of; a smaller run prints its figures without a verdict.
MILLION = 1_000_000
REACHED, FIRST_THREE, SLIPPED = 0.98, 0.93, 0.99
FIRST = 3
# More than any query finds under blocks that search.
EVERYBODY = 1 << 20
# Identifiers one character off that name somebody else outright: these are told without a judge.
FALSE = 0.001


@dataclass(frozen=True, slots=True)
class Asked:
    """A record to be asked for, and the number of the one that is the same person; None where nobody is."""

    record: Record
    same: int | None


class Blocks:
    """Who stands under each key, as the engine keeps it; records are prepared again when they are weighed."""

    def __init__(self, model: Model, first_year: int) -> None:
        self._model, self._first_year = model, first_year
        self._today: date = datetime.now(UTC).date()
        self._records: list[Record] = []
        self._keys, self._numbers = array("q"), array("i")

    def enter(self, record: Record) -> int:
        """Its number."""
        number = len(self._records)
        self._records.append(record)
        for key in blocking.keys(self.row(record), self._model.blocking, {}):
            self._keys.append(hash(key))
            self._numbers.append(number)
        return number

    def close(self) -> None:
        """Everybody is entered: in the order of their keys; the model for so many."""
        keys, numbers = np.frombuffer(self._keys, np.int64), np.frombuffer(self._numbers, np.int32)
        order = np.argsort(keys, kind="stable")
        self._sorted, self._holders = keys[order], numbers[order]
        self.served = self._model.among(max(len(self._records), self._model.learnt_among))

    def row(self, record: Record) -> Row:
        """Prepared for comparison."""
        return prepare(record, today=self._today, first_year=self._first_year).row

    def row_of(self, number: int) -> Row:
        """That of somebody entered."""
        return self.row(self._records[number])

    def candidates(self, row: Row, most: int = CANDIDATES_WEIGHED) -> list[int]:
        """Whom the engine would weigh."""
        asked = blocking.keys(row, self._model.blocking, {})
        wanted = np.array([hash(key) for key in asked], np.int64)
        starts = np.searchsorted(self._sorted, wanted, "left").tolist()
        ends = np.searchsorted(self._sorted, wanted, "right").tolist()
        which = np.repeat(np.arange(len(starts)), np.subtract(ends, starts))
        parts = [self._holders[start:end] for start, end in zip(starts, ends, strict=True)]
        numbers = np.concatenate([np.empty(0, np.int64), *parts])
        nobody, everybody = np.zeros(numbers.size, np.int64), np.ones(numbers.size, bool)
        functions = np.array([self._model.blocking.index(key.partition(":")[0]) for key in asked], np.int64)
        held = Held(which, numbers, nobody, everybody, nobody, functions)
        return ranked(held, np.empty(0, np.int64), BLOCK_HOLDERS, most)[0]

    def __len__(self) -> int:
        return len(self._records)


class Asking(Protocol):
    """Whoever can be asked: the engine's rule in memory, or the files that the matcher has made."""

    served: Model

    def row(self, record: Record) -> Row:
        """Prepared for comparison."""

    def row_of(self, number: int) -> Row:
        """That of somebody entered."""

    def candidates(self, row: Row, most: int = CANDIDATES_WEIGHED) -> list[int]:
        """Whom the engine would weigh, or so many."""

    def __len__(self) -> int: ...


@dataclass(slots=True)
class Told:
    """What came of the queries of one source."""

    asked: int = 0
    reached: int = 0
    shares: int = 0
    found_by_all: int = 0
    found_and_reached: int = 0
    first_three: int = 0
    could_be: int = 0
    wrong: int = 0

    def add(self, blocks: Asking, asked: Asked) -> None:
        """Ask, weigh all who share a block, and weigh the right one whether it is among those weighed or not."""
        row = blocks.row(asked.record)
        wide = blocks.candidates(row, EVERYBODY)
        near = wide[:CANDIDATES_WEIGHED]
        others = [(number, blocks.row_of(number)) for number in near if number != asked.same]
        beside = Beside(blocks.served, row)
        weighed = [(beside.score(other), other) for _, other in others]
        self.asked += 1
        self.wrong += any(beside.strength(found, other) for found, other in weighed)
        if asked.same is None:
            return
        same = blocks.row_of(asked.same)
        right, reached = beside.score(same), asked.same in near
        proposed = beside.strength(right, same) is not None
        above = sum(found.weight > right.weight for found, _ in weighed)
        beyond = (one for one in wide[CANDIDATES_WEIGHED:] if one != asked.same)
        homonyms = above + sum(beside.score(blocks.row_of(one)).weight > right.weight for one in beyond)
        self.reached += reached
        self.shares += asked.same in wide
        self.found_by_all += proposed
        self.found_and_reached += proposed and reached
        self.could_be += homonyms < FIRST
        self.first_three += homonyms < FIRST and reached and above < FIRST


def interval(right: int, of: int) -> tuple[float, float]:
    """Wilson's, at 95 %."""
    if not of:
        return 0.0, 1.0
    z, share = 1.96, right / of
    middle, wide = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - wide) / (1 + z * z / of), (middle + wide) / (1 + z * z / of)


@dataclass(frozen=True, slots=True)
class Source:
    """Who spoilt: what is entered of him, and what is asked for, each with its place among what is entered."""

    name: str
    entered: Sequence[Record]
    asked: Sequence[Asked]
    # One character of one identifier and nothing else: nobody can be proposed on that, and all must be reached.
    slips: bool = False


def measures(around: Iterable[Record], sources: Sequence[Source], *, first_year: int) -> Iterator[Measure]:
    """Each source asked for in one holding: `around`, and what every source enters."""
    blocks = Blocks(read(SHIPPED), first_year)
    for record in around:
        blocks.enter(record)
    numbers = [blocks.enter(record) for source in sources for record in source.entered]
    blocks.close()
    yield from told(blocks, sources, numbers)


def told(blocks: Asking, sources: Sequence[Source], numbers: Sequence[int]) -> Iterator[Measure]:
    """Each source asked for; `numbers` are of those whom the sources have entered, in their order."""
    slips, first = Told(), 0
    for source in sources:
        mine = Told()
        for asked in source.asked:
            same = None if asked.same is None else numbers[first + asked.same]
            mine.add(blocks, replace(asked, same=same))
        first += len(source.entered)
        if source.slips:
            slips.asked, slips.wrong = slips.asked + mine.asked, slips.wrong + mine.wrong
        yield from _told(source, mine, len(blocks))
    how = _between("demandes sur un identifiant faux d'un caractère qui nomment un autre", slips.wrong, slips.asked)
    said = f"{len(blocks)} fiches, {slips.asked} demandes"
    yield Measure("recall: slips, false hits", slips.wrong / max(1, slips.asked), "part", how, said, Target(FALSE))


def _told(source: Source, told: Told, size: int) -> Iterator[Measure]:
    said = f"{size} fiches, {told.asked} demandes"
    if not source.entered:
        how = _between("demandes sur des inconnus dont un juge aura une paire à écarter", told.wrong, told.asked)
        yield Measure(f"recall: {source.name}, false pairs to judge", _share(told.wrong, told.asked), "part", how, said)
        return
    if source.slips:
        how = _between("la bonne fiche est parmi celles pesées", told.reached, told.asked)
        value = _share(told.reached, told.asked)
        yield Measure(f"recall: {source.name}", value, "part", how, said, Target(SLIPPED, at_least=True))
        return
    how = _between("de ce que la comparaison avec toutes propose", told.found_and_reached, told.found_by_all)
    how += (
        f" ; de toutes les demandes {_share(told.reached, told.asked):.4f} sont parmi celles pesées, "
        f"{_share(told.shares, told.asked):.4f} partagent un bloc"
    )
    value = _share(told.found_and_reached, told.found_by_all)
    yield Measure(f"recall: {source.name}", value, "part", how, said, _aim(REACHED, size))
    how = _between("où trois autres ne s'accordent pas mieux", told.first_three, told.could_be)
    how += (
        f" ; de toutes {_share(told.first_three, told.asked):.4f}, limite des homonymes "
        f"{_share(told.could_be, told.asked):.4f} ; un autre proposé aussi {_share(told.wrong, told.asked):.4f}"
    )
    value = _share(told.first_three, told.could_be)
    yield Measure(f"recall: {source.name}: first three", value, "part", how, said, _aim(FIRST_THREE, size))


def _aim(least: float, size: int) -> Target | None:
    return Target(least, at_least=True) if size >= MILLION else None


def _share(right: int, of: int) -> float:
    return right / max(1, of)


def _between(how: str, right: int, of: int) -> str:
    low, high = interval(right, of)
    return f"{how} ; {right} sur {of}, à 95 % de {low:.4f} à {high:.4f}"
