"""Training without labels, by Splink on DuckDB: the prior, u by random pairs, m by expectation and maximisation."""

import importlib.metadata
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from splink import Linker

from recoupe.matching.batch import connected, settings, table
from recoupe.matching.blocking import KEYS
from recoupe.matching.comparison import Comparison
from recoupe.matching.conditions import Row
from recoupe.matching.model import Frequencies, Model, Shares, Trained
from recoupe.matching.record import COMPARISONS

# Pairs that are surely one person, for the prior; then one pass a rule, each leaving out what its rule fixes.
SURE = ("l.name_bag = r.name_bag AND l.birth = r.birth",)
PASSES = ("l.birth = r.birth", "l.name_sound = r.name_sound")
RECALL = 0.7  # the share of the true pairs that SURE is taken to find
# Measured on the historical figures: four times as many change no figure of F1 by more than a thousandth.
PAIRS = 250_000
# A level that no two strangers showed is not certain for all that: it counts as seen once in this many pairs.
UNSEEN_U = 1e-6


@dataclass(frozen=True, slots=True)
class Choice:
    """What to train: comparisons, blocking keys, and the weight from which something is proposed."""

    comparisons: tuple[str, ...] = ("name", "birth", "birth_place", "address")
    blocking: tuple[str, ...] = ("phonetic", "whole_name", "birth_date", "partial_date", "same_day", "rare_word")
    threshold: float = 10.0
    sure: tuple[str, ...] = SURE
    passes: tuple[str, ...] = PASSES
    recall: float = RECALL
    pairs: int = PAIRS


def train(rows: Mapping[str, Row], *, version: str, on: date, seed: int, choice: Choice = Choice()) -> Model:
    """The model of a table of records; the same table, seed and packages give the same model."""
    comparisons = [COMPARISONS[name] for name in choice.comparisons]
    unknown = set(choice.blocking) - set(KEYS)
    if unknown:
        raise LookupError(sorted(unknown))
    _, records = connected(table(rows, comparisons))
    linker = Linker(records, settings(comparisons, choice.sure), log_level=logging.ERROR)
    training = linker.training
    training.estimate_probability_two_random_records_match(list(choice.sure), recall=choice.recall)
    # In one query a comparison: levels that strangers hardly ever show would never end it early.
    training.estimate_u_using_random_sampling(max_pairs=choice.pairs, seed=seed, min_count_per_level=None, num_chunks=1)
    for rule in choice.passes:
        training.estimate_parameters_using_expectation_maximisation(rule)
    found: dict[str, Any] = linker.misc.save_model_to_json()
    unseen: list[str] = []
    return Model(
        version,
        float(found["probability_two_random_records_match"]),
        tuple(
            _trained(comparison, learnt, unseen)
            for comparison, learnt in zip(comparisons, found["comparisons"], strict=True)
        ),
        frequencies(comparisons, list(rows.values())),
        choice.blocking,
        choice.threshold,
        {
            "on": on.isoformat(),
            "records": len(rows),
            "seed": seed,
            "sure": list(choice.sure),
            "recall": choice.recall,
            "passes": list(choice.passes),
            "unseen": unseen,
            **{name: importlib.metadata.version(name) for name in ("splink", "duckdb")},
        },
    )


def _trained(comparison: Comparison, learnt: Mapping[str, Any], unseen: list[str]) -> Trained:
    """Splink leaves out what it did not see; those levels are named in the file and, without an m, weigh nothing."""
    shares: list[Shares] = []
    levels = [level for level in learnt["comparison_levels"] if not level.get("is_null_level")]
    for level, found in zip(comparison.levels, levels, strict=True):
        m, u = found.get("m_probability"), found.get("u_probability")
        unseen += [f"{comparison.name}.{level.name}.{name}" for name, value in (("m", m), ("u", u)) if not value]
        chance = float(u or UNSEEN_U)
        shares.append(Shares(float(m or chance), chance))
    return Trained(comparison, tuple(shares))


def frequencies(comparisons: Sequence[Comparison], rows: Sequence[Row]) -> dict[str, Frequencies]:
    """How many records bear each value of the columns whose rarity weighs; values borne once are left out."""
    columns = sorted({level.frequency for found in comparisons for level in found.levels if level.frequency})
    made: dict[str, Frequencies] = {}
    for column in columns:
        count = Counter(str(value) for row in rows if (value := row[column]) is not None)
        made[column] = Frequencies(max(1, count.total()), {value: borne for value, borne in count.items() if borne > 1})
    return made
