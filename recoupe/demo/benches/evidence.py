"""`recoupe bench match FILE… --page`: the page docs/matching.md and its pictures, from the run that was just made."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from recoupe.config.paths import PROJECT
from recoupe.demo.benches import charts
from recoupe.demo.benches.frame import SAVED, Evidence, machine
from recoupe.demo.commit import commit
from recoupe.demo.seed import SHIPPED
from recoupe.matching.evaluation import Scored, true_pairs
from recoupe.matching.model import Model, read

PAGE = PROJECT / "docs" / "matching.md"
PICTURES = PROJECT / "docs" / "matching"
# Where the rates of groups are counted: the generator that knows a group stays with the tests.
FAIRNESS = "tests.matching.fairness"
_POINTS = 80
_BINS = 10

HEAD = """# How well the cross-check compares: evidence

Written by `recoupe bench match FILE… --page`; nothing here is typed by hand. {date}, commit {commit}, {cores} cores,
{memory} GiB, Python {python}. A threshold is always fixed on other persons than those it is measured on.
"""


def write(evidence: Evidence, measures: Iterable[Mapping[str, Any]]) -> Path:
    """The page and its pictures, over those of the run before."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    served = read(SHIPPED)
    for name, picture in _pictures(evidence, served).items():
        (PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8")
    PAGE.write_text("\n".join(_page(evidence, list(measures), served)), encoding="utf-8")
    return PAGE


def curve(scored: Sequence[Scored], truth: Mapping[str, str]) -> list[tuple[float, float]]:
    """(recall, precision) from the heaviest pair to the lightest, thinned; pairs of equal weight come together."""
    total = true_pairs(truth) or 1
    ordered = sorted(scored, key=lambda pair: -pair[2])
    step = max(1, len(ordered) // _POINTS)
    points: list[tuple[float, float]] = []
    right, due = 0, step
    for place, (one, two, weight) in enumerate(ordered, 1):
        right += truth[one] == truth[two]
        last = place == len(ordered)
        if last or (place >= due and ordered[place][2] < weight):
            points.append((right / total, right / place))
            due = place + step
    return points


def calibration(scored: Sequence[Scored], truth: Mapping[str, str]) -> list[tuple[float, float]]:
    """(told probability, share that is right) of pairs in ten bins of what was told."""
    told: list[list[tuple[float, bool]]] = [[] for _ in range(_BINS)]
    for one, two, weight in scored:
        probability = 1 / (1 + 2 ** -max(-60.0, min(60.0, weight)))
        told[min(_BINS - 1, int(probability * _BINS))].append((probability, truth[one] == truth[two]))
    return [
        (sum(p for p, _ in found) / len(found), sum(right for _, right in found) / len(found))
        for found in told
        if found
    ]


def _pictures(evidence: Evidence, served: Model) -> dict[str, str]:
    curves = [(name, curve(*found)) for name, found in evidence.scored.items()]
    bins = [(name, calibration(*found)) for name, found in evidence.scored.items()]
    ideal = ("as told", [(0.0, 0.0), (1.0, 1.0)])
    weights = [
        (f"{trained.comparison.name}: {level.name}", shares.weight)
        for trained in served.comparisons
        for level, shares in zip(trained.comparison.levels, trained.shares, strict=True)
    ]
    return {
        "precision-recall": charts.lines("Precision and recall, half not fitted on", ("recall", "precision"), curves),
        "calibration": charts.lines("Calibration", ("told probability", "share that is right"), [ideal, *bins]),
        "reach": charts.bars("True pairs that each key brings together", evidence.reach),
        "weights": charts.bars(f"Weights of the model that ships ({served.version}), bits", weights),
    }


def _page(evidence: Evidence, measures: Sequence[Mapping[str, Any]], served: Model) -> Iterable[str]:
    here = machine()
    yield HEAD.format(
        date=datetime.now(UTC).date().isoformat(), commit=commit()[:12], cores=here["cores"],
        memory=here["memory_gib"], python=here["python"],
    )  # fmt: skip
    yield "## Measures\n"
    yield from _table(measures)
    yield from _online()
    yield "\n## Pictures\n"
    for name, text in (
        ("precision-recall", "Precision and recall"), ("calibration", "Calibration"),
        ("reach", "Reach of each blocking key"), ("weights", "m/u weights of the model that ships"),
    ):  # fmt: skip
        yield f"![{text}](matching/{name}.svg)\n"
    yield from _shipped(served)
    yield from _fairness(served)


def _table(measures: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    yield "| measure | value | to reach | | how |\n|---|---|---|---|---|"
    for line in measures:
        verdict = {True: "reached", False: "**missed**", None: ""}[line["met"]]
        aim = "" if line["target"] is None else f"{line['target']:.4g}"
        how = f"{line['how']} ; {line['size']}"
        yield f"| {line['name']} | {line['value']} {line['unit']} | {aim} | {verdict} | {how} |"


def _online() -> Iterable[str]:
    """The last whole run on the real processes that was kept."""
    kept = SAVED / "match.json"
    if not kept.is_file():
        return
    run = json.loads(kept.read_text(encoding="utf-8"))
    yield f"""
## On the real processes

`recoupe bench match FILE… --online --save`, {run["date"][:10]}, commit {run["commit"][:12]}, load before it
{run["machine"]["load_before"]} on {run["machine"]["cores"]} cores.
"""
    yield from _table(run["measures"])


def _shipped(served: Model) -> Iterable[str]:
    made = served.made
    yield f"## The model that ships: {served.version}\n"
    told = made.get("threshold", {})
    yield f"""Learnt without labels from {made["records"]} records of made persons (`python -m recoupe.demo.holding`,
then `recoupe train`), Splink {made["splink"]}, seed {made["seed"]}. It proposes from {served.threshold:.2f} bits, prior
included: the best F1 on one half of the persons (precision {told.get("precision")}, recall {told.get("recall")} there).
The prior follows the number of records: each has {served.matches:.2f} others of the same person, so that among N of
them two taken at random are one person {served.matches:.2f} times in N - 1;
below {served.learnt_among}, as among these.

Seen between no two of the strangers compared, and counted as once in a million (numbers are lent, given to somebody
else and copied wrong; no length makes one surer): {_never(made["unseen"], "u")}.
Seen of no one person, and counted as once in a thousand: {_never(made["unseen"], "m")}.
"""


def _never(unseen: Sequence[str], share: str) -> str:
    return ", ".join(name.rpartition(".")[0] for name in unseen if name.endswith(f".{share}")) or "none"


def _fairness(served: Model) -> Iterable[str]:
    """Error rates between groups that no rule reads; counted where the generator that knows them lives."""
    if not (PROJECT / "tests").is_dir():
        return
    if str(PROJECT) not in sys.path:
        sys.path.append(str(PROJECT))
    rates: Callable[[Model], Sequence[Mapping[str, Any]]] = resolve_name(f"{FAIRNESS}:rates")
    yield "## Error rates between groups\n"
    yield "Names of four origins, known to the made world of the tests alone; no row holds one, no rule reads one.\n"
    yield "| group | true pairs | recall | wrong pairs for a true one |\n|---|---|---|---|"
    found = rates(served)
    for one in found:
        yield f"| {one['group']} | {one['true']} | {one['recall']:.3f} | {one['wrong']:.3f} |"
    recalls = [one["recall"] for one in found]
    yield f"\nApart: {max(recalls) - min(recalls):.3f} of recall between the best served and the worst.\n"
