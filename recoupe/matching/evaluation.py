"""How well pairs were found, against a truth that somebody holds: precision, recall, F1, by pair and by cluster."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from recoupe.matching.blocking import KEYS, bounded
from recoupe.matching.conditions import Row
from recoupe.matching.model import Model
from recoupe.matching.score import Asking

Pair = tuple[str, str]
Scored = tuple[str, str, float]


@dataclass(frozen=True, slots=True)
class Found:
    """Pairs that were found, of them right, and the true pairs there are, those that blocking lost included."""

    found: int
    right: int
    true: int

    @property
    def precision(self) -> float:
        """The share of what was found that is right."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """The share of what is true that was found."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def halves(truth: Mapping[str, str]) -> tuple[set[str], set[str]]:
    """The records to fit on and those to test on: no cluster has records in both, and no seed chooses."""
    first = {name for name, cluster in truth.items() if hashlib.sha256(cluster.encode()).digest()[0] % 2 == 0}
    return first, set(truth) - first


def true_pairs(truth: Mapping[Any, str]) -> int:
    """How many pairs of records are of one cluster."""
    return sum(size * (size - 1) // 2 for size in Counter(truth.values()).values())


def at(scored: Iterable[Scored], truth: Mapping[str, str], threshold: float) -> Found:
    """What is found at a weight that was fixed elsewhere."""
    kept = [(one, two) for one, two, weight in scored if weight >= threshold]
    return Found(len(kept), sum(truth[one] == truth[two] for one, two in kept), true_pairs(truth))


def best(scored: Iterable[Scored], truth: Mapping[str, str]) -> tuple[float, Found]:
    """The weight whose F1 is best on these records: fix it here, measure it on others."""
    total = true_pairs(truth)
    found, right = 0, 0
    chosen: tuple[float, Found] = (float("inf"), Found(0, 0, total))
    ordered = sorted(scored, key=lambda pair: -pair[2])
    for place, (one, two, weight) in enumerate(ordered):
        found, right = found + 1, right + (truth[one] == truth[two])
        last = place + 1 == len(ordered) or ordered[place + 1][2] < weight
        if last and (now := Found(found, right, total)).f1 > chosen[1].f1:
            chosen = weight, now
    return chosen


def clusters(pairs: Iterable[Pair], names: Iterable[str]) -> dict[str, str]:
    """Each record under the first name of its group, when every pair is taken for one person."""
    above = {name: name for name in names}

    def root(name: str) -> str:
        while above[name] != name:
            above[name] = above[above[name]]
            name = above[name]
        return name

    for one, two in pairs:
        low, high = sorted((root(one), root(two)))
        above[high] = low
    return {name: root(name) for name in above}


def clustered(scored: Iterable[Scored], truth: Mapping[str, str], threshold: float) -> Found:
    """As `at`, after each chain of pairs was made one group: what a merge by itself would have done."""
    groups = clusters([(one, two) for one, two, weight in scored if weight >= threshold], truth)
    members: defaultdict[str, list[str]] = defaultdict(list)
    for name, group in groups.items():
        members[group].append(name)
    found = sum(len(group) * (len(group) - 1) // 2 for group in members.values())
    right = sum(true_pairs({name: truth[name] for name in group}) for group in members.values())
    return Found(found, right, true_pairs(truth))


@dataclass(frozen=True, slots=True)
class Reach:
    """What one blocking key function reaches: its share of the true pairs, and the pairs it asks to compare."""

    function: str
    recall: float
    pairs: int


def reach(rows: Mapping[str, Row], truth: Mapping[str, str], chosen: Sequence[str] = tuple(KEYS)) -> list[Reach]:
    """Each key function alone, then all together: the ceiling of what any scoring can find behind them."""
    names = list(rows)
    total = true_pairs(truth)
    told: list[Reach] = []
    met: set[Pair] = set()
    everything: set[Pair] = set()
    for function in chosen:
        pairs = _pairs(bounded([rows[name] for name in names], [function])[0], names)
        right = {pair for pair in pairs if truth[pair[0]] == truth[pair[1]]}
        told.append(Reach(function, len(right) / total if total else 1.0, len(pairs)))
        met |= right
        everything |= pairs
    told.append(Reach("all", len(met) / total if total else 1.0, len(everything)))
    return told


def fixed(model: Model, rows: Mapping[str, Row], truth: Mapping[str, str]) -> Model:
    """The model with the weight from which it proposes: the best on one half of the clusters, the other half unseen.

    Fixed with the prior of that half's own size, so that it holds among any number of records (Model.among).
    """
    fit, _ = halves(truth)
    weight, found = best(scored(model.among(len(fit)), rows, fit), {name: truth[name] for name in fit})
    if not found.right:  # a table in which nothing true was found fixes nothing
        return model
    told = {"pairs": found.true, "precision": round(found.precision, 4), "recall": round(found.recall, 4)}
    return replace(model, threshold=round(weight, 3), made={**model.made, "threshold": told})


def recall_of_sure(rows: Mapping[str, Row], truth: Mapping[str, str]) -> float:
    """The share of the true pairs of one half that write one name and one whole date: what training calls sure."""
    fit, _ = halves(truth)
    sure: defaultdict[tuple[object, object], list[str]] = defaultdict(list)
    for name in fit:
        if rows[name]["name_bag"] is not None and rows[name]["birth"] is not None:
            sure[rows[name]["name_bag"], rows[name]["birth"]].append(truth[name])
    found = sum(true_pairs(dict(enumerate(block))) for block in sure.values())
    return found / max(1, true_pairs({name: truth[name] for name in fit}))


def judged(model: Model, rows: Mapping[str, Row], truth: Mapping[str, str]) -> Found:
    """What a model finds on the half of the clusters that fixed no weight, at its own threshold."""
    _, test = halves(truth)
    return at(scored(model.among(len(test)), rows, test), {name: truth[name] for name in test}, model.threshold)


def scored(model: Model, rows: Mapping[str, Row], names: Iterable[str]) -> list[Scored]:
    """The weights of the pairs that the model's own keys bring together among these records."""
    chosen = sorted(names)
    pairs = _pairs(bounded([rows[name] for name in chosen], model.blocking)[0], chosen)
    beside = {one: Asking(model, rows[one]) for one in {one for one, _ in pairs}}
    return [(one, two, beside[one].score(rows[two]).weight) for one, two in sorted(pairs)]


def _pairs(keys: Sequence[Sequence[str]], names: Sequence[str]) -> set[Pair]:
    blocks: defaultdict[str, list[str]] = defaultdict(list)
    for name, found in zip(names, keys, strict=True):
        for key in found:
            blocks[key].append(name)
    return {
        (one, two) if one < two else (two, one)
        for block in blocks.values()
        for place, one in enumerate(block)
        for two in block[place + 1 :]
    }
