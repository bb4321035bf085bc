"""Splink with the model of its own documentation for the historical figures, on the very same records."""

import logging
import time
from typing import Any

import pyarrow
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
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


def _linker(lines: list[dict[str, Any]], settings: Any) -> Linker:
    api = DuckDBAPI()
    return Linker(api.register(pyarrow.Table.from_pylist(lines)), settings, log_level=logging.ERROR)


def _pairs(linker: Linker) -> list[Scored]:
    found = linker.inference.predict().as_pyarrow_table().to_pydict()
    return list(zip(found["unique_id_l"], found["unique_id_r"], found["match_weight"], strict=True))
