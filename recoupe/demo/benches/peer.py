"""Splink with the model of its own documentation for the historical figures, on the very same records."""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink import blocking_rule_library as blocking
from splink import comparison_library as compare

from recoupe.matching.evaluation import Scored

_SURE = [
    "l.first_name = r.first_name and levenshtein(r.dob, l.dob) <= 1",
    "l.surname = r.surname and levenshtein(r.dob, l.dob) <= 1",
    "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2",
]
_RECALL = 0.6
_PAIRS = 5e6


def documented(
    fit: list[dict[str, Any]], test: list[dict[str, Any]], seed: int
) -> tuple[list[Scored], list[Scored], float]:
    """Trained on the one half, its pairs on both, and the seconds it took; occupation included, which we never read."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    started = time.perf_counter()
    learner = _linker(fit, _settings())
    learner.training.estimate_probability_two_random_records_match(_SURE, recall=_RECALL)
    learner.training.estimate_u_using_random_sampling(max_pairs=_PAIRS, seed=seed)
    for rule in (block_on("first_name", "surname"), block_on("dob")):
        learner.training.estimate_parameters_using_expectation_maximisation(rule)
    learnt = learner.misc.save_model_to_json()
    found = [_pairs(learner), _pairs(_linker(test, learnt))]
    return found[0], found[1], time.perf_counter() - started


def _settings() -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[
            block_on("first_name", "surname"),
            block_on("surname", "dob"),
            block_on("first_name", "dob"),
            block_on("postcode_fake", "first_name"),
            block_on("postcode_fake", "surname"),
            block_on("dob", "birth_place"),
            block_on("substr(postcode_fake,1,3)", "dob"),
            block_on("substr(postcode_fake,1,3)", "first_name"),
            block_on("substr(postcode_fake,1,3)", "surname"),
            block_on("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob,1,4)"),
        ],
        comparisons=[
            compare.ForenameSurnameComparison(
                "first_name", "surname", forename_surname_concat_col_name="first_and_surname"
            ),
            compare.DateOfBirthComparison("dob", input_is_string=True),
            compare.PostcodeComparison("postcode_fake"),
            compare.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
            compare.ExactMatch("occupation").configure(term_frequency_adjustments=True),
        ],
    )


_FEBRL_SURE = [
    "l.soc_sec_id = r.soc_sec_id",
    "l.given_name = r.given_name and l.surname = r.surname and l.date_of_birth = r.date_of_birth",
    "l.given_name = r.surname and l.surname = r.given_name and l.date_of_birth = r.date_of_birth",
]
_FEBRL_RECALL = 0.9


def documented_febrl(
    fit: Sequence[Mapping[str, str]], test: Sequence[Mapping[str, str]], seed: int
) -> tuple[tuple[list[Scored], list[Scored]], float]:
    """As its guide links FEBRL's set 4, learnt anew on each half without labels; its pairs on both, and the seconds."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    started = time.perf_counter()
    found = []
    for half in (fit, test):
        lines = [{name: value or None for name, value in line.items()} for line in half]
        linker = _linker(lines, _febrl_settings())
        linker.training.estimate_probability_two_random_records_match(_FEBRL_SURE, recall=_FEBRL_RECALL)
        linker.training.estimate_u_using_random_sampling(max_pairs=_PAIRS, seed=seed)
        for rule in (block_on("date_of_birth"), block_on("postcode")):
            linker.training.estimate_parameters_using_expectation_maximisation(rule)
        found.append(_pairs(linker, "rec_id"))
    return (found[0], found[1]), time.perf_counter() - started


def _febrl_settings() -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="rec_id",
        blocking_rules_to_generate_predictions=[
            block_on("given_name", "surname"),
            blocking.CustomRule("l.given_name = r.surname and l.surname = r.given_name", sql_dialect="duckdb"),
            block_on("date_of_birth"),
            block_on("soc_sec_id"),
            block_on("state", "address_1"),
            block_on("street_number", "address_1"),
            block_on("postcode"),
        ],
        comparisons=[
            compare.NameComparison("given_name"),
            compare.NameComparison("surname"),
            compare.DateOfBirthComparison(
                "date_of_birth", input_is_string=True, datetime_format="%Y%m%d", invalid_dates_as_null=True
            ),
            compare.DamerauLevenshteinAtThresholds("soc_sec_id", [2]),
            compare.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            compare.DamerauLevenshteinAtThresholds("postcode", [2]).configure(term_frequency_adjustments=True),
        ],
    )


# From which its pairs count as found: a probability of one half.
PROPOSED = 0.0


def alone(lines: Sequence[Mapping[str, str]], seed: int) -> tuple[list[Scored], float]:
    """A holding linked as its guide begins: four exact rules, its own comparisons; its pairs, and the seconds."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    plain = [{name: value or None for name, value in line.items() if name in _PLAIN} for line in lines]
    started = time.perf_counter()
    exact = [block_on("family", "given"), block_on("family", "birth"), block_on("given", "birth"), block_on("phone")]
    linker = _linker(
        plain,
        SettingsCreator(
            link_type="dedupe_only",
            blocking_rules_to_generate_predictions=exact,
            comparisons=[
                compare.JaroWinklerAtThresholds("given", [0.92, 0.8]).configure(term_frequency_adjustments=True),
                compare.JaroWinklerAtThresholds("family", [0.92, 0.8]).configure(term_frequency_adjustments=True),
                compare.ExactMatch("birth"),
                compare.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
                compare.ExactMatch("phone"),
            ],
        ),
    )
    sure = ["l.family = r.family and l.given = r.given and l.birth = r.birth"]
    linker.training.estimate_probability_two_random_records_match(sure, recall=_RECALL)
    linker.training.estimate_u_using_random_sampling(max_pairs=_PAIRS, seed=seed)
    for rule in (block_on("family", "given"), block_on("birth", "birth_place")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    return _pairs(linker), time.perf_counter() - started


_PLAIN = frozenset({"unique_id", "family", "given", "birth", "birth_place", "phone"})


def _linker(lines: list[dict[str, Any]], settings: Any) -> Linker:
    api = DuckDBAPI()
    return Linker(api.register(pyarrow.Table.from_pylist(lines)), settings, log_level=logging.ERROR)


def _pairs(linker: Linker, name: str = "unique_id") -> list[Scored]:
    found = linker.inference.predict().as_pyarrow_table().to_pydict()
    return list(zip(found[f"{name}_l"], found[f"{name}_r"], found["match_weight"], strict=True))
