"""The figures of an evaluation, on tables small enough to be counted by hand."""

from pathlib import Path

import pytest

from recoupe.matching.evaluation import (
    Found,
    at,
    best,
    clustered,
    fixed,
    halves,
    judged,
    reach,
    recall_of_sure,
    true_pairs,
)
from recoupe.matching.model import read
from tests.matching import made

# a, b, c are one person; d, e another; f is alone.
TRUTH = {"a": "1", "b": "1", "c": "1", "d": "2", "e": "2", "f": "3"}
SCORED = [("a", "b", 9.0), ("d", "e", 8.0), ("c", "f", 7.0), ("b", "c", 6.0), ("a", "d", 1.0)]


def test_pairs_found_at_a_weight() -> None:
    assert true_pairs(TRUTH) == 4
    assert at(SCORED, TRUTH, 8.0) == Found(2, 2, 4)
    assert at(SCORED, TRUTH, 6.0) == Found(4, 3, 4)
    found = at(SCORED, TRUTH, 6.0)
    assert (found.precision, found.recall, found.f1) == (0.75, 0.75, 0.75)
    assert at([], TRUTH, 0.0).f1 == 0.0


def test_the_best_weight_is_where_f1_is_highest() -> None:
    weight, found = best(SCORED, TRUTH)
    assert (weight, found) == (6.0, Found(4, 3, 4))
    assert best([], TRUTH)[1] == Found(0, 0, 4)


def test_pairs_of_equal_weight_are_taken_together() -> None:
    tied = [("a", "b", 5.0), ("a", "f", 5.0), ("d", "e", 5.0), ("b", "f", 5.0)]
    assert best(tied, TRUTH) == (5.0, Found(4, 2, 4))


def test_a_chain_of_pairs_is_one_group() -> None:
    assert clustered(SCORED, TRUTH, 8.0) == Found(2, 2, 4)
    assert clustered(SCORED, TRUTH, 6.0) == Found(7, 4, 4)


def test_no_person_is_in_both_halves() -> None:
    truth = {found.key: str(found.person) for found in made.world(200, seed=8)}
    fit, test = halves(truth)
    assert fit | test == set(truth) and not fit & test
    assert not {truth[name] for name in fit} & {truth[name] for name in test}
    assert 0.3 < len(fit) / len(truth) < 0.7


def test_the_reach_of_all_keys_is_not_below_that_of_one() -> None:
    world = made.world(80, seed=4)
    rows, truth = made.rows(world), {found.key: str(found.person) for found in world}
    told = reach(rows, truth, ("phonetic", "birth_date", "rare_word"))
    assert [found.function for found in told] == ["phonetic", "birth_date", "rare_word", "all"]
    assert told[-1].recall == pytest.approx(max(found.recall for found in told))
    assert told[-1].recall > told[0].recall and told[-1].pairs <= sum(found.pairs for found in told[:-1])


def test_the_weight_that_proposes_is_fixed_on_one_half_whatever_the_other_holds() -> None:
    model = read(Path(__file__).parent / "data" / "model.json")
    world = made.world(120, seed=12)
    rows, truth = made.rows(world), {found.key: str(found.person) for found in world}
    learnt = fixed(model, rows, truth)
    assert learnt.threshold != model.threshold
    assert 0 < learnt.made["threshold"]["recall"] <= 1
    fit, test = halves(truth)
    lied = {name: cluster if name in fit else f"{cluster}-{name}" for name, cluster in truth.items()}
    kept = {name: cluster for name, cluster in lied.items() if name in fit or halves({name: cluster})[1]}
    assert fixed(model, {name: rows[name] for name in kept}, kept).threshold == learnt.threshold
    assert judged(learnt, rows, truth).true == true_pairs({name: truth[name] for name in test})
    assert fixed(model, rows, {name: name for name in rows}) is model


def test_the_share_of_sure_pairs_is_that_of_one_half() -> None:
    row = {"name_bag": "jean martin", "birth": "1980-03-12"}
    unknown = {"name_bag": "jean martin", "birth": None}
    fitted = next(name for name in "abcdefgh" if halves({"x": name})[0])
    truth = dict.fromkeys(("1", "2", "3"), fitted)
    assert recall_of_sure({"1": row, "2": row, "3": unknown}, truth) == pytest.approx(1 / 3)
