"""The life of an event is a complete table; hours that do not exist, or come twice, are dealt with."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from recoupe.kernel.place import Point
from recoupe.kernel.refusal import Conflict, Invalid
from recoupe.operations import rules
from recoupe.operations.enums import LIVE, PLANNED_KINDS, VAULT_KINDS, EventKind, EventState


def test_each_state_stands_in_each_table() -> None:
    assert set(rules.TRANSITIONS) == set(rules.NEEDS_MOTIVE) == set(EventState)
    for state, following in rules.TRANSITIONS.items():
        assert bool(following) is (state in LIVE)


def test_a_step_out_of_the_table_is_refused() -> None:
    with pytest.raises(Conflict):
        rules.check_step(EventState.OVER, EventState.PLANNED)


def test_the_hour_that_summer_time_skips_does_not_exist() -> None:
    with pytest.raises(Invalid):
        rules.moment(datetime(2027, 3, 28, 2, 30), "Europe/Paris", "since")


def test_of_an_hour_that_comes_twice_the_wider_window_is_meant() -> None:
    twice = datetime(2027, 10, 31, 2, 30)
    assert rules.moment(twice, "Europe/Paris", "since") == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert rules.moment(twice, "Europe/Paris", "until", last=True) == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("department", "hour"), [("75", 11), ("971", 16), ("974", 8), ("987", 22), ("986", 0), ("988", 1), ("2A", 11)]
)
def test_noon_is_that_of_the_wall(department: str, hour: int) -> None:
    found = rules.moment(datetime(2027, 1, 15, 12), rules.zone_of(department), "since")
    assert (found.hour, found.tzinfo) == (hour, UTC)


def test_a_leg_is_stored_and_read_again() -> None:
    since, until = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)
    leg = rules.Leg(Point(1.5, 43), Point(-179.9, -16.2), since, until)
    assert rules.Leg.of_row(leg.row()) == leg


# --- Tables ----------------------------------------------------------------------------------------------------
S = EventState
NOW = datetime(2027, 1, 15, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def test_the_life_of_an_event_is_this_one() -> None:
    """It may be changed, end or be dropped while it lives; it begins once; nothing follows its end."""
    wanted = {
        S.PLANNED: {S.CHANGED, S.UNDER_WAY, S.OVER, S.CANCELLED},
        S.CHANGED: {S.CHANGED, S.UNDER_WAY, S.OVER, S.CANCELLED},
        S.UNDER_WAY: {S.CHANGED, S.OVER, S.CANCELLED},
        S.OVER: set(),
        S.CANCELLED: set(),
    }
    assert wanted == rules.TRANSITIONS
    for current, to in product(S, S):
        if to in wanted[current]:
            rules.check_step(current, to)
        else:
            with pytest.raises(Conflict):
                rules.check_step(current, to)


def test_whoever_cancels_says_why_and_nobody_else_has_to() -> None:
    assert {state for state in S if rules.NEEDS_MOTIVE[state]} == {S.CANCELLED}


def test_what_belongs_to_the_vault_is_refused_in_its_own_words() -> None:
    """S-7: whoever would enter it is sent to the bureau; a mark is no kind of the form either."""
    assert {rules.kind(value) for value, _ in PLANNED_KINDS} == set(EventKind) - {EventKind.MARK}
    said = {}
    for typed in (*dict(VAULT_KINDS), EventKind.MARK.value, "picnic", ""):
        with pytest.raises(Invalid) as refused:
            rules.kind(typed)
        assert refused.value.field == "kind"
        said[typed] = refused.value.sentence
    assert {typed for typed, sentence in said.items() if sentence == rules.SENTENCE_VAULT} == set(dict(VAULT_KINDS))


def test_a_part_of_a_route_is_named_by_its_leg() -> None:
    assert (rules.part("since", 0), rules.part("since", 2)) == ("since", "since_2")


@pytest.mark.parametrize(
    ("current", "since", "wanted"),
    [
        (S.UNDER_WAY, NOW, S.UNDER_WAY),
        (S.UNDER_WAY, NOW + SECOND, S.CHANGED),
        (S.PLANNED, NOW - HOUR, S.CHANGED),
        (S.CHANGED, NOW - HOUR, S.CHANGED),
    ],
)
def test_what_has_begun_goes_on_unless_it_now_begins_later(current: S, since: datetime, wanted: S) -> None:
    assert rules.after_change(current, since, NOW) is wanted


@pytest.mark.parametrize(
    ("since", "until", "legs", "field"),
    [
        (NOW, NOW + SECOND, 0, ""),
        (NOW, NOW, 0, "until"),
        (NOW, NOW - SECOND, 3, "until_3"),
        (NOW, NOW + rules.LONGEST, 0, ""),
        (NOW, NOW + rules.LONGEST + SECOND, 2, "until_2"),
        (NOW + rules.FURTHEST, NOW + rules.FURTHEST + HOUR, 0, ""),
        (NOW + rules.FURTHEST + SECOND, NOW + rules.FURTHEST + HOUR, 0, "since"),
        (NOW + rules.FURTHEST + SECOND, NOW + rules.FURTHEST + HOUR, 3, "since_1"),
        (NOW - HOUR - rules.LATEST_ENTRY, NOW - rules.LATEST_ENTRY, 0, ""),
        (NOW - HOUR - rules.LATEST_ENTRY, NOW - rules.LATEST_ENTRY - SECOND, 0, "until"),
    ],
)
def test_a_window_is_in_order_near_and_not_over(since: datetime, until: datetime, legs: int, field: str) -> None:
    if not field:
        rules.check_window(since, until, NOW, legs)
        return
    with pytest.raises(Invalid) as refused:
        rules.check_window(since, until, NOW, legs)
    assert refused.value.field == field


def leg(first: int, last: int, lon: float = 5.0, until_lon: float = 5.0) -> rules.Leg:
    """From one hour of the day to another."""
    return rules.Leg(Point(lon, 45), Point(until_lon, 45), NOW + first * HOUR, NOW + last * HOUR)


@pytest.mark.parametrize(
    ("legs", "field"),
    [
        ([leg(0, 1)], ""),
        ([leg(0, 2), leg(0, 2)], ""),
        ([leg(n, n + 1) for n in range(rules.LEGS_MAX)], ""),
        ([leg(n, n + 1) for n in range(rules.LEGS_MAX + 1)], "route"),
        ([], "route"),
        ([leg(0, 1), leg(1, 1)], "until_2"),
        ([leg(0, 1), leg(0, 1, 5.0, 11.0)], "to_2"),
        ([leg(1, 2), leg(0, 3)], "since_2"),
        ([leg(0, 3), leg(1, 2)], "until_2"),
    ],
)
def test_a_route_goes_forward_leg_after_leg(legs: list[rules.Leg], field: str) -> None:
    if not field:
        rules.check_legs(legs)
        return
    with pytest.raises(Invalid) as refused:
        rules.check_legs(legs)
    assert refused.value.field == field


@pytest.mark.parametrize(("metres", "passes"), [(0, True), (rules.RADIUS_MAX_M, True), (-1, False), (20_001, False)])
def test_a_radius_still_names_a_place(metres: int, passes: bool) -> None:
    if passes:
        assert rules.radius(metres) == metres
        return
    with pytest.raises(Invalid):
        rules.radius(metres)
