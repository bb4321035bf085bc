"""Strangers met by chance: of the kind of a question and the size of the holding, of no single record."""

from dataclasses import replace
from pathlib import Path

import pytest

from recoupe.matching.chance import agreeing, magnitude, rounded, strangers
from recoupe.matching.model import Model, read

SHIPPED = Path(__file__).parents[2] / "recoupe" / "demo" / "model.json"


def asking(*names: str) -> Model:
    """The model that ships, as it weighs a question of these comparisons alone."""
    whole = read(SHIPPED)
    return replace(whole, comparisons=tuple(one for one in whole.comparisons if one.comparison.name in names))


def test_more_that_is_asked_meets_fewer_strangers_and_more_people_hold_more() -> None:
    name, both = asking("name"), asking("name", "birth")
    assert strangers(both, 1_000_000) < strangers(name, 1_000_000)
    assert strangers(name, 1_000) < strangers(name, 1_000_000)
    (one,) = name.comparisons
    assert strangers(name, 1_000) == rounded(1_000 * agreeing(one))
    # What speaks against is no agreement, else everybody would agree.
    assert 0 < agreeing(one) < 0.5


@pytest.mark.parametrize(
    ("people", "told"),
    [(0, 1_000), (1, 1_000), (1_000, 1_000), (1_001, 10_000), (9_999, 10_000), (10_000, 10_000), (999_999, 1_000_000)],
)
def test_one_record_more_does_not_move_the_holding(people: int, told: int) -> None:
    assert magnitude(people) == told


def test_what_is_told_has_one_figure() -> None:
    assert [rounded(one) for one in (0.0, 0.0437, 4.37, 437.0)] == [0.0, 0.04, 4.0, 400.0]
