"""`recoupe bench effort`: a year of patrols that follow what they found, and a year by our rule, on the same areas.

A hundred areas of one size; twenty were recorded twice as much as they deserve, and go on being so by whoever is sent
there and by whoever reports. Only a place drawn by lot is looked at without knowing. No rule reads the truth.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recoupe.demo.benches.frame import Bench, Measure, Target
from recoupe.operations.presence.shares import Area, directed

AREAS, DOUBLED, SEEDS, ROUNDS = 100, 20, 200, 13
# Of one round (four weeks), over all areas; what an hour finds in the mean area, and how much areas differ.
HOURS = 4_000.0
FACTS_AN_HOUR, SHAPE = 0.1, 4.0
BIAS = 2.0
RANDOM_PERCENT = 10
# Seen already when the year begins: as many hours in each area.
PAST_HOURS = 40.0
BOUND = 1.10

Numbers = npt.NDArray[np.float64]
# The share of the directed hours of each area, from what is known of it.
Rule = Callable[["Known"], Numbers]


@dataclass(frozen=True, slots=True)
class Known:
    """What a rule may read of the areas: what was recorded, what was reported, and what the drawn hours found."""

    recorded: Numbers
    reported: Numbers
    drawn_hours: Numbers
    drawn_found: Numbers


@dataclass(frozen=True, slots=True)
class Year:
    """Patrols of the doubled areas over their share of the true facts; facts found for each hour."""

    ratio: float
    yielded: float


@dataclass(frozen=True, slots=True)
class World:
    """How the areas are looked at: the part that is drawn, and whether even drawn hours record twice there."""

    random_percent: int = RANDOM_PERCENT
    drawn_bias: float = 1.0


def loop(known: Known) -> Numbers:
    """As many areas as were ever doubled, those of most recorded facts, share all."""
    most = np.argsort(-known.recorded, kind="stable")[:DOUBLED]
    shares = np.zeros(AREAS)
    shares[most] = 1 / DOUBLED
    return shares


def by_reports(known: Known) -> Numbers:
    """In the proportion of what people report."""
    return np.asarray(known.reported / known.reported.sum())


def by_records(known: Known) -> Numbers:
    """In the proportion of what was recorded."""
    return np.asarray(known.recorded / known.recorded.sum())


def ours(known: Known) -> Numbers:
    """The rule of the product."""
    numbers = zip(known.drawn_hours, known.drawn_found, strict=True)
    found = directed([Area(str(i), 1.0, float(h), int(f)) for i, (h, f) in enumerate(numbers)])
    return np.array([found[str(i)] for i in range(AREAS)])


def year(rule: Rule, seed: int, world: World) -> Year:
    """Thirteen rounds; what is found in one decides on the next."""
    draw = np.random.default_rng(seed)
    truth = draw.gamma(SHAPE, FACTS_AN_HOUR / SHAPE, AREAS)
    bias = np.where(np.arange(AREAS) < DOUBLED, BIAS, 1.0)
    recorded = draw.poisson(truth * bias * PAST_HOURS).astype(float)
    reporting = truth * bias * draw.lognormal(0.0, 0.5, AREAS)
    reported, hours, found = np.ones(AREAS), np.zeros(AREAS), np.zeros(AREAS)
    drawn_hours, drawn_found = np.zeros(AREAS), np.zeros(AREAS)
    part = world.random_percent / 100
    for _ in range(ROUNDS):
        reported += draw.poisson(reporting * PAST_HOURS)
        # Four hours a slot; each slot of the drawn part falls where the lot says.
        lot = draw.multinomial(round(HOURS * part / 4), np.full(AREAS, 1 / AREAS)) * 4.0
        sent = (HOURS - lot.sum()) * rule(Known(recorded, reported, drawn_hours, drawn_found))
        met = draw.poisson(truth * sent), draw.poisson(truth * lot)
        recorded = recorded + met[0] * bias + met[1] * np.where(bias > 1, world.drawn_bias, 1.0)
        drawn_hours = drawn_hours + lot
        drawn_found = drawn_found + met[1] * np.where(bias > 1, world.drawn_bias, 1.0)
        hours, found = hours + sent + lot, found + met[0] + met[1]
    deserved = truth[:DOUBLED].sum() / truth.sum()
    return Year(float(hours[:DOUBLED].sum() / hours.sum() / deserved), float(found.sum() / hours.sum()))


def mean(rule: Rule, world: World, seeds: int = SEEDS) -> Year:
    """The mean of so many years, each of its own seed."""
    years = [year(rule, seed, world) for seed in range(seeds)]
    return Year(float(np.mean([y.ratio for y in years])), float(np.mean([y.yielded for y in years])))


def effort(bench: Bench) -> Iterator[Measure]:
    """The ratio of each rule on the same years, and what an hour finds; then a world in which no rule can know."""
    nothing_drawn = World(random_percent=0)
    how = f"{SEEDS} années, {AREAS} zones dont {DOUBLED} relevées deux fois trop, {RANDOM_PERCENT} % tirés au sort"
    target = Target(full=BOUND, tenth=BOUND)
    ruled = mean(ours, World())
    yield Measure("ratio_ours", ruled.ratio, "ratio", "notre règle : patrouilles sur faits réels", how, target)
    for name, rule, says in (
        ("loop", loop, "la boucle : toutes les patrouilles aux vingt zones les plus relevées"),
        ("by_records", by_records, "à proportion des relevés"),
        ("by_reports", by_reports, "à proportion des signalements"),
    ):
        naive = mean(rule, nothing_drawn)
        yield Measure(f"ratio_{name}", naive.ratio, "ratio", says, how)
        yield Measure(f"found_{name}", naive.yielded * 100, "facts", f"{says} : faits pour 100 heures", how)
    yield Measure("found_ours", ruled.yielded * 100, "facts", "notre règle : faits pour 100 heures", how)
    blind = mean(ours, World(drawn_bias=BIAS))
    says = "notre règle, si même les heures tirées au sort relèvent deux fois trop : aucune règle ne peut le savoir"
    yield Measure("ratio_if_the_lot_is_biased", blind.ratio, "ratio", says, how)
