"""Training without labels, by Splink on DuckDB: the prior, u by random pairs, m by expectation and maximisation."""

import importlib.metadata
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from splink import Linker

from recoupe.matching.batch import UNSEEN, connected, settings, table, twice_known
from recoupe.matching.blocking import KEYS
from recoupe.matching.comparison import Comparison
from recoupe.matching.conditions import Row, Value
from recoupe.matching.model import Frequencies, Model, Shares, Trained
from recoupe.matching.record import COMPARISONS, SELECTORS

# Pairs that are surely one person, for the prior; then one pass a rule, each leaving out what its rule fixes.
SURE = ("l.name_bag = r.name_bag AND l.birth = r.birth",)
PASSES = ("l.birth = r.birth", "l.name_sound = r.name_sound")
BY_PHONE = "l.phone = r.phone"
RECALL = 0.7  # the share of the true pairs that SURE is taken to find
# Measured on the historical figures: four times as many change no figure of F1 by more than a thousandth.
PAIRS = 250_000


# Whoever is one person differs in anything at least this often: too few were seen to call it impossible.
LEAST_ERROR = 1e-3
# Columns of identifiers of which one is enough to be one and the same.
EXACT = ("phone", "plate", "imei", "iban", "wallet", "handle", "email", "siren", "container", "ship_number")

_OF_IDENTIFIERS = frozenset(comparison.name for _, comparison in SELECTORS.values())

# By which keys the records are met that have something to compare here.
KEYS_OF: dict[str, tuple[str, ...]] = {
    "name": ("phonetic", "whole_name", "rare_word", "gram", "two_words"),
    "birth": ("birth_date", "partial_date", "same_day", "whole_date"),
    "alias": ("alias",),
    "address": ("street",),
    "phone": ("phone_end", "slip_phone_dialled"),
    "plate": ("slip_plate", "partial_plate", "plate_seen"),
    "imei": ("slip_imei_body",),
    "iban": ("slip_iban",),
    "wallet": ("slip_wallet",),
    "handle": ("handle_bare", "slip_handle_name"),
    "email": ("slip_email", "email_box"),
    "company": ("slip_siren", "firm_sounds"),
    "container": ("slip_container_body",),
    "vessel": ("slip_ship_number", "ship_name"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What to train: comparisons, blocking keys, and the weight from which something is proposed.

    `recall`: the share of the true pairs that `sure` finds; `least_borne`: values borne by fewer count as borne once.
    """

    comparisons: tuple[str, ...] = ("name", "birth", "birth_place", "address")
    blocking: tuple[str, ...] = ("phonetic", "whole_name", "birth_date", "partial_date", "same_day", "rare_word")
    threshold: float = 10.0
    sure: tuple[str, ...] = SURE
    passes: tuple[str, ...] = PASSES
    recall: float = RECALL
    pairs: int = PAIRS
    least_borne: int = 2

    @classmethod
    def of(cls, rows: Mapping[str, Row], **others: Any) -> Self:
        """Every comparison of which at least two rows know something, and the keys of each."""
        known = [found.name for found in COMPARISONS.values() if twice_known(found, rows)]
        # Whoever writes one number is one person far more surely than whoever bears one name.
        passes = (PASSES[0], BY_PHONE) if "phone" in known else PASSES
        return cls(tuple(known), tuple(key for name in known for key in KEYS_OF.get(name, ())), passes=passes, **others)


def train(rows: Mapping[str, Row], *, version: str, on: date, seed: int, choice: Choice = Choice()) -> Model:
    """The model of a table of records; the same table, seed and packages give the same model."""
    comparisons = [COMPARISONS[name] for name in choice.comparisons]
    unknown = set(choice.blocking) - set(KEYS)
    if unknown:
        raise LookupError(sorted(unknown))
    chances = _chances(strangers(rows), comparisons, choice.pairs, seed)
    _, records = connected(table(rows, comparisons))
    linker = Linker(records, settings(comparisons, choice.sure, chances=chances), log_level=logging.ERROR)
    training = linker.training
    training.estimate_probability_two_random_records_match(list(choice.sure), recall=choice.recall)
    for rule in choice.passes:
        training.estimate_parameters_using_expectation_maximisation(rule)
    found: dict[str, Any] = linker.misc.save_model_to_json()
    unseen: list[str] = []
    prior = float(found["probability_two_random_records_match"])
    return Model(
        version,
        prior * (len(rows) - 1),
        prior,
        tuple(
            _trained(comparison, learnt, chances[comparison.name], unseen)
            for comparison, learnt in zip(comparisons, found["comparisons"], strict=True)
        ),
        frequencies(comparisons, list(rows.values()), choice.least_borne),
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


def strangers(rows: Mapping[str, Row]) -> dict[str, Row]:
    """Rows of which hardly two are one person: what a level is worth among strangers is not learnt from copies.

    Only those that know a birth, as a copy without one could not be told from a namesake.
    """
    seen: set[tuple[object, object]] = set()
    kept: dict[str, Row] = {}
    for name, row in rows.items():
        year = row["birth_year"]
        marks = {(row[column], year) for column in ("name_bag", "name_sound") if row[column] is not None}
        marks |= {(column, value) for column in EXACT for value in _texts(row[column])}
        if year is None or marks & seen:
            continue
        seen |= marks
        kept[name] = row
    return kept


def unrelated(rows: Mapping[str, Row]) -> dict[str, Row]:
    """Of strangers, those of which no two write one birth date, or one sound of a name with one year of birth.

    So few write an identifier of a kind that a handful of copies left among them would make its slips look common;
    whoever is left out so is none whose numbers differ from those of the others.
    """
    seen: set[tuple[object, object]] = set()
    kept: dict[str, Row] = {}
    for name, row in rows.items():
        marks: set[tuple[object, object]] = {(sound, row["birth_year"]) for sound in _texts(row["name_sounds"])}
        marks |= {("birth", day) for day in (row["birth"], row["birth_turned"]) if day is not None}
        if not marks & seen:
            seen |= marks
            kept[name] = row
    return kept


def _texts(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _chances(
    rows: Mapping[str, Row], comparisons: Sequence[Comparison], pairs: int, seed: int
) -> dict[str, list[float | None]]:
    """How often each level is seen between two of these rows taken at random; None where it never was.

    Of each comparison among the rows that know it: one record in twenty writes a plate, and of pairs taken from all of
    them hardly any would have two to compare.
    """
    found: dict[str, list[float | None]] = {}
    surely = unrelated(rows)
    for comparison in comparisons:
        pool = surely if comparison.name in _OF_IDENTIFIERS else rows
        known = {name: row for name, row in pool.items() if not comparison.unknown.holds(row, row)}
        found[comparison.name] = _seen(known, comparison, pairs, seed)
    return found


def _seen(rows: Mapping[str, Row], comparison: Comparison, pairs: int, seed: int) -> list[float | None]:
    if len(rows) < 2:
        return [None] * len(comparison.levels)
    _, records = connected(table(rows, [comparison]))
    linker = Linker(records, settings([comparison], SURE[:1]), log_level=logging.ERROR)
    # In one query a comparison: levels that strangers hardly ever show would never end it early.
    linker.training.estimate_u_using_random_sampling(max_pairs=pairs, seed=seed, min_count_per_level=None, num_chunks=1)
    learnt: dict[str, Any] = linker.misc.save_model_to_json()["comparisons"][0]
    return [level.get("u_probability") for level in learnt["comparison_levels"][1:]]


def _trained(
    comparison: Comparison, learnt: Mapping[str, Any], chances: Sequence[float | None], unseen: list[str]
) -> Trained:
    """Splink leaves out what it did not see; those levels are named in the file."""
    shares: list[Shares] = []
    levels = [level for level in learnt["comparison_levels"] if not level.get("is_null_level")]
    for level, found, chance in zip(comparison.levels, levels, chances, strict=True):
        m, u = found.get("m_probability"), float(chance or UNSEEN)
        unseen += [f"{comparison.name}.{level.name}.{name}" for name, value in (("m", m), ("u", chance)) if not value]
        # Too seldom seen to say: such a level speaks for nothing, and against no more than the least error allows.
        least = LEAST_ERROR if level.apart else u
        shares.append(Shares(float(m) if m and m >= LEAST_ERROR else max(float(m or 0), least), u))
    return Trained(comparison, tuple(shares))


def frequencies(comparisons: Sequence[Comparison], rows: Sequence[Row], least: int = 2) -> dict[str, Frequencies]:
    """How many records bear each value of the columns whose rarity weighs; what fewer than `least` bear is left out."""
    columns = sorted({level.frequency for found in comparisons for level in found.levels if level.frequency})
    made: dict[str, Frequencies] = {}
    for column in columns:
        count = Counter(str(value) for row in rows if (value := row[column]) is not None)
        made[column] = Frequencies(
            max(1, count.total()), {value: borne for value, borne in count.items() if borne >= least}
        )
    return made
