"""Rates and their bounds: the tables of the exact ones, and what a count of nothing says."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel.rates import bounds, rate, share

# The exact bounds of a Poisson count at 95 % (Garwood, Biometrika 28, 1936, by the quantiles of chi squared).
EXACT = {0: (0.0, 3.689), 1: (0.025, 5.572), 2: (0.242, 7.225), 5: (1.624, 11.668), 10: (4.795, 18.390),
         20: (12.217, 30.888), 50: (37.111, 65.919), 100: (81.364, 121.627)}  # fmt: skip


@pytest.mark.parametrize("count", EXACT)
def test_the_bounds_are_those_of_the_table(count: int) -> None:
    low, high = bounds(count)
    assert (low, high) == pytest.approx(EXACT[count], abs=0.1)


@given(st.integers(0, 10**6))
def test_a_count_lies_within_its_bounds_and_more_facts_say_more(count: int) -> None:
    low, high = bounds(count)
    assert low <= count < high
    assert (high - low) / (count + 1) >= 3.6 / math.sqrt(count + 1)


def test_a_rate_is_so_many_for_so_many() -> None:
    found = rate(5, 50_000, 100_000)
    assert found is not None
    assert (found.count, found.value) == (5, 10.0)
    assert found.low < 10 < found.high
    assert rate(3, 0) is None
    with pytest.raises(ValueError, match="negative"):
        bounds(-1)


@pytest.mark.parametrize("part", [(0, 10), (1, 10), (5, 10), (10, 10), (30, 200), (1, 1)])
def test_at_its_bounds_a_true_share_is_just_as_far_from_what_was_seen_as_chance_goes(part: tuple[int, int]) -> None:
    count, of = part
    found = share(count, of)
    assert found is not None
    assert found.value == count / of
    for bound in (found.low, found.high):
        if 0 < bound < 1:
            assert abs(found.value - bound) == pytest.approx(1.959964 * math.sqrt(bound * (1 - bound) / of))
    assert (found.low == 0) is (count == 0)
    assert (found.high == 1) is (count == of)


@given(st.integers(1, 10**5).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_a_share_lies_within_its_bounds_and_these_within_all(part: tuple[int, int]) -> None:
    found = share(*part)
    assert found is not None
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high


def test_nothing_has_no_share_and_no_part_is_more_than_its_whole() -> None:
    assert share(0, 0) is None
    for count, of in ((3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="more than its whole"):
            share(count, of)
