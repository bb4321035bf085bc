"""Two questions that must take as long as each other, in random order; a rank test tells them apart or not (R-25)."""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby

from recoupe.demo.benches.visitor import Visitor
from tests.world import TestAgent

# What the rank test may say of two questions that are the same: 0.5, and four times its own spread at 10,000 pairs.
BAND = 0.02
# Seconds, status and size of an answer to one desk, for what is hidden or for what is absent.
Ask = Callable[[Visitor, bool, int], tuple[float, int, int]]


@dataclass(frozen=True)
class Probe:
    """One endpoint, asked for what others hold (`hidden`) and for what nobody holds; each answer has a size."""

    name: str
    ask: Ask


@dataclass
class Times:
    """What one probe took, both ways, and how its answers looked from outside."""

    hidden: list[float] = field(default_factory=list)
    absent: list[float] = field(default_factory=list)
    shapes: dict[bool, set[tuple[int, int]]] = field(default_factory=lambda: {True: set(), False: set()})

    def add(self, hidden: bool, seconds: float, status: int, size: int) -> None:
        """One answer."""
        (self.hidden if hidden else self.absent).append(seconds)
        self.shapes[hidden].add((status, size))

    @property
    def auc(self) -> float:
        """How often what is hidden takes longer than what is absent: 0.5 when the time tells nothing."""
        return auc(self.hidden, self.absent)

    @property
    def median_apart(self) -> float:
        """Milliseconds between the two medians."""
        return 1000 * (sorted(self.hidden)[len(self.hidden) // 2] - sorted(self.absent)[len(self.absent) // 2])


def auc(one: Sequence[float], two: Sequence[float]) -> float:
    """The share of pairs in which the first is the larger, ties counted half (Mann and Whitney)."""
    ranked = sorted([(value, True) for value in one] + [(value, False) for value in two])
    rank, total = 0, 0.0
    for _, group in groupby(ranked, key=lambda pair: pair[0]):
        ties = list(group)
        total += sum(mine for _, mine in ties) * (rank + (len(ties) + 1) / 2)
        rank += len(ties)
    return (total - len(one) * (len(one) + 1) / 2) / (len(one) * len(two))


def race(probe: Probe, people: Sequence[TestAgent], port: int, pairs: int, chance: random.Random) -> Times:
    """So many pairs, the order of each drawn, by several desks at once: most answers sleep until their beat."""
    found = Times()
    shares = [range(desk, pairs, len(people)) for desk in range(len(people))]
    orders = [[chance.random() < 0.5 for _ in share] for share in shares]

    def desk(number: int) -> list[tuple[bool, float, int, int]]:
        visitor = Visitor(people[number].token, port)
        met = []
        for rank, first in zip(shares[number], orders[number], strict=True):
            met += [(hidden, *probe.ask(visitor, hidden, rank)) for hidden in (first, not first)]
        visitor.close()
        return met

    with ThreadPoolExecutor(len(people)) as pool:
        for met in pool.map(desk, range(len(people))):
            for hidden, seconds, status, size in met:
                found.add(hidden, seconds, status, size)
    return found


def read(path: Callable[[bool, int], str]) -> Ask:
    """A page whose address names the thing."""
    return lambda visitor, hidden, rank: _timed(lambda: visitor.get(path(hidden, rank)))


def sent(path: str, fields: Callable[[bool, int], dict[str, str]]) -> Ask:
    """A form whose words name the thing."""
    return lambda visitor, hidden, rank: _timed(lambda: visitor.post(path, fields(hidden, rank)))


def _timed(ask: Callable[[], object]) -> tuple[float, int, int]:
    started = time.perf_counter()
    answer = ask()
    return time.perf_counter() - started, answer.status, len(answer.body)  # type: ignore[attr-defined]
