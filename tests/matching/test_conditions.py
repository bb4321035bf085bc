"""Conditions have no direction, an unknown holds nowhere, and a pattern reads as SQL's LIKE."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.matching.conditions import (
    Alike,
    Apart,
    Blank,
    Both,
    Condition,
    Crossed,
    Either,
    Fits,
    FitsOne,
    Near,
    OneSlip,
    Row,
    Same,
    Shared,
    Slips,
)

TEXTS = st.one_of(st.none(), st.text("abé_%1", max_size=6))
LISTS = st.one_of(st.none(), st.lists(st.text("ab_%", max_size=5), max_size=3).map(tuple))
NUMBERS = st.one_of(st.none(), st.floats(-80, 80))
ROWS = st.fixed_dictionaries({"a": TEXTS, "b": TEXTS, "x": LISTS, "n": NUMBERS, "m": NUMBERS})
CONDITIONS: list[Condition] = [
    Blank("a"), Same("a"), Crossed("a", "b"), Shared("x"), Alike("a", 0.8), Alike("a", 0.8, "b"), Slips("a", 1),
    OneSlip("x"), Apart("n", 2), Near("n", "m", 20), Fits("x"), FitsOne("a"),
    Both(Same("a"), Shared("x")), Either(Same("a"), Same("b")),
]  # fmt: skip
NOTHING: Row = dict.fromkeys(("a", "b", "x", "n", "m"))


@given(ROWS, ROWS)
def test_no_condition_has_a_direction(left: Row, right: Row) -> None:
    for condition in CONDITIONS:
        assert condition.holds(left, right) == condition.holds(right, left), condition.sql()


@given(ROWS)
def test_nothing_agrees_with_what_is_not_known(row: Row) -> None:
    for condition in CONDITIONS[1:]:
        assert not condition.holds(row, NOTHING)
        assert condition.columns <= set(NOTHING)
    assert Blank("a").holds(row, NOTHING)


@given(st.text("ab_%", max_size=8), st.text("ab_%", max_size=8))
def test_a_pattern_reads_as_sql_does(text: str, pattern: str) -> None:
    def like(one: str, two: str) -> bool:
        meant = "".join({"_": ".", "%": ".*"}.get(char, char) for char in two)
        return re.fullmatch(meant, one, re.DOTALL) is not None

    rows: tuple[Row, Row] = ({**NOTHING, "x": (text,)}, {**NOTHING, "x": (pattern,)})
    assert Fits("x").holds(*rows) == (like(text, pattern) or like(pattern, text))
    alone: tuple[Row, Row] = ({**NOTHING, "a": text}, {**NOTHING, "a": pattern})
    assert FitsOne("a").holds(*alone) == Fits("x").holds(*rows)


@pytest.mark.parametrize(("km", "near"), [(15.0, False), (25.0, True)])
def test_distances_are_those_of_the_map(km: float, near: bool) -> None:
    marseille, saint_mandrier = {"lat": 43.297, "lon": 5.379}, {"lat": 43.406, "lon": 5.220}
    assert Near("lat", "lon", km).holds(marseille, saint_mandrier) is near
