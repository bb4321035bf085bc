"""Where presence is proposed: by what the lot found, never by its own footsteps. The loop is the gate of issue 7."""

from itertools import pairwise

import pytest

from recoupe.demo.benches.effort import BIAS, BOUND, World, by_records, by_reports, loop, mean, ours
from recoupe.operations.presence.shares import Area, directed, drawn, propose, rates

KEY = b"a key of these tests"


def test_patrols_do_not_follow_their_own_footsteps() -> None:
    """Two hundred years of thirteen rounds, on the same areas for each rule: 20 of 100 recorded twice too much."""
    nothing_drawn = World(random_percent=0)
    ruled, naive = mean(ours, World()), mean(loop, nothing_drawn)
    others = mean(by_records, nothing_drawn), mean(by_reports, nothing_drawn)
    assert ruled.ratio <= BOUND
    # What the gate is there for: whoever goes where most was found goes there thrice as much as is deserved.
    assert naive.ratio > 2
    assert min(one.ratio for one in others) > 1.3
    # Nor is the rule fair by looking nowhere in particular: it finds more for an hour than a presence spread evenly.
    assert ruled.yielded > mean(lambda known: known.recorded * 0 + 0.01, nothing_drawn).yielded


def test_where_even_the_lot_is_recorded_twice_nobody_can_know() -> None:
    """The limit of the rule, told by the bench: it rests on honest records of what the lot found."""
    assert BOUND < mean(ours, World(drawn_bias=BIAS), seeds=40).ratio < BIAS


def test_shares_are_of_one_whole_and_follow_the_size_where_nothing_is_known() -> None:
    found = directed([Area("a", 300, 0, 0), Area("b", 100, 0, 0)])
    assert found == pytest.approx({"a": 0.75, "b": 0.25})
    assert directed([]) == {}
    assert directed([Area("a", 0, 0, 0)]) == {"a": 0}


def test_a_rate_is_believed_as_far_as_chance_cannot_explain_it() -> None:
    # One fact in two hours says little, a hundred in two hundred say much: both are half a fact an hour.
    often, once_only = rates([Area("a", 1, 200, 100), Area("b", 1, 2, 1), Area("c", 1, 200, 10), Area("d", 1, 50, 5)])[
        :2
    ]
    assert 0.4 < often < 0.5
    assert once_only < often
    # Areas that differ by no more than chance are held to be alike.
    alike = rates([Area("a", 1, 100, 10), Area("b", 1, 100, 11), Area("c", 1, 100, 9)])
    assert len(set(alike)) == 1
    assert alike[0] == pytest.approx(0.1)


def test_where_nobody_went_by_lot_the_rate_is_that_of_the_whole() -> None:
    unseen, *_ = rates([Area("a", 1, 0, 0), Area("b", 1, 100, 30), Area("c", 1, 100, 2)])
    assert unseen == pytest.approx(32 / 200)


def test_the_lot_is_the_same_all_week_and_another_one_the_next() -> None:
    areas = [Area(str(n), 1, 0, 0) for n in range(100)]
    weeks = [drawn(areas, 10, KEY, f"13:2026-{week}") for week in range(20)]
    assert weeks[0] == drawn(areas, 10, KEY, "13:2026-0")
    assert weeks[0] != drawn(areas, 10, b"another key", "13:2026-0")
    assert all(one != other for one, other in pairwise(weeks))
    assert len({area for week in weeks for area in week}) > 70


def test_a_large_area_is_drawn_more_often_and_an_empty_one_never() -> None:
    areas = [Area("large", 90, 0, 0), Area("small", 10, 0, 0), Area("empty", 0, 0, 0)]
    first = [drawn(areas, 1, KEY, str(n))[0] for n in range(1_000)]
    assert 860 < first.count("large") < 940
    assert "empty" not in drawn(areas, 3, KEY, "0")


def test_the_random_part_is_whole_and_never_none() -> None:
    areas = [Area(str(n), 1, 0, 0) for n in range(50)]
    assert len(propose(areas, 3, 10, (KEY, "w")).drawn) == 1
    assert len(propose(areas, 51, 10, (KEY, "w")).drawn) == 6
    assert sum(propose(areas, 51, 10, (KEY, "w")).directed.values()) == pytest.approx(1)
