"""The life of an event is a complete table; hours that do not exist, or come twice, are dealt with."""

from datetime import UTC, datetime

import pytest

from recoupe.kernel.place import Point
from recoupe.kernel.refusal import Conflict, Invalid
from recoupe.operations import rules
from recoupe.operations.enums import LIVE, EventState


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
