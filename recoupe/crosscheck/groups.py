"""What humans said of pairs, put together: A = B and B = C make one group, A ≠ B and B = C say A ≠ C. Pure.

Only what somebody said counts: a low weight never says « different ». Groups are a function of what stands on a date:
taking one judgement back leaves exactly what there would be without it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import Self
from uuid import UUID

from recoupe.crosscheck.enums import Answer


@dataclass(frozen=True, slots=True)
class Said:
    """One judgement of a named human on two records, and when it was taken back."""

    id: UUID
    first: UUID
    second: UUID
    answer: Answer
    at: datetime
    withdrawn_at: datetime | None = None

    @property
    def pair(self) -> tuple[UUID, UUID]:
        """The two records in the order of their identifiers."""
        return min(self.first, self.second), max(self.first, self.second)

    def stands(self, on: datetime) -> bool:
        """Whether it had been said, and not taken back, at this moment."""
        return self.at <= on and (self.withdrawn_at is None or self.withdrawn_at > on)


@dataclass(slots=True)
class Groups:
    """Who is one and the same, who is not, and the judgements that contradict earlier ones: they are asked again."""

    _members: dict[UUID, frozenset[UUID]] = field(default_factory=dict)
    _apart: set[tuple[UUID, UUID]] = field(default_factory=set)
    contradictions: list[Said] = field(default_factory=list)

    @classmethod
    def of(cls, said: Iterable[Said], on: datetime) -> Self:
        """What stood at a moment: of each pair the last word, the words in the order in which they were said."""
        last: dict[tuple[UUID, UUID], Said] = {}
        for one in sorted((one for one in said if one.stands(on)), key=lambda one: (one.at, one.id)):
            last.pop(one.pair, None)
            last[one.pair] = one
        groups = cls()
        for one in last.values():
            groups._hear(one)
        return groups

    def members(self, record: UUID) -> frozenset[UUID]:
        """The records that are one and the same with this one, itself included."""
        return self._members.get(record, frozenset({record}))

    def canonical(self, record: UUID) -> UUID:
        """The record by which its group is shown, the same for every member."""
        return min(self.members(record))

    def answer(self, first: UUID, second: UUID) -> Answer:
        """What follows for two records from all that was said; « unknown » where nothing does."""
        ours = self.members(first)
        if second in ours:
            return Answer.SAME
        apart = any((min(pair), max(pair)) in self._apart for pair in product(ours, self.members(second)))
        return Answer.DIFFERENT if apart else Answer.UNKNOWN

    def groups(self) -> set[frozenset[UUID]]:
        """Every group of two records or more."""
        return set(self._members.values())

    def _hear(self, one: Said) -> None:
        follows = self.answer(*one.pair)
        if one.answer == Answer.UNKNOWN or follows == one.answer == Answer.SAME:
            return
        if follows not in (Answer.UNKNOWN, one.answer):
            self.contradictions.append(one)
        elif one.answer == Answer.DIFFERENT:
            self._apart.add(one.pair)
        else:
            whole = self.members(one.first) | self.members(one.second)
            self._members |= dict.fromkeys(whole, whole)


@dataclass(frozen=True, slots=True)
class Joined:
    """Two records that were one and the same, from one moment to another, only because of one judgement."""

    records: tuple[UUID, UUID]
    since: datetime
    until: datetime


def joined(said: Iterable[Said], taken_back: Said) -> Iterator[Joined]:
    """The pairs that a judgement alone made one while it stood, each span by itself: who acted then acted on it."""
    known = list(said)
    until = taken_back.withdrawn_at
    if until is None:
        return
    moments = {moment for one in known for moment in (one.at, one.withdrawn_at) if moment}
    within = sorted(moment for moment in moments if taken_back.at <= moment < until)
    standing: dict[tuple[UUID, UUID], datetime] = {}
    for moment in within:
        now = set(parted(known, taken_back.id, moment))
        for pair in sorted(standing.keys() - now):
            yield Joined(pair, standing.pop(pair), moment)
        standing = dict.fromkeys(now, moment) | standing
    yield from (Joined(pair, since, until) for pair, since in sorted(standing.items()))


def parted(said: Iterable[Said], taken_back: UUID, on: datetime) -> Iterator[tuple[UUID, UUID]]:
    """The pairs that were one and the same at a moment only because of this judgement: who saw them is to be told."""
    known = list(said)
    before, after = Groups.of(known, on), Groups.of((one for one in known if one.id != taken_back), on)
    for group in sorted(before.groups(), key=min):
        ordered = sorted(group)
        for at, first in enumerate(ordered):
            yield from ((first, second) for second in ordered[at + 1 :] if second not in after.members(first))
