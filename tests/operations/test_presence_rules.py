"""What a line of the ledger may say: hours at midnight, in the nights of 23 and 25 hours, overseas; numbers; places."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.source import DISCOVERED, OFFERED, REPORTED, VAULT_ONLY, SourceKind
from recoupe.operations.presence import rules
from recoupe.operations.presence.enums import Allocation

PARIS, CAYENNE, NOUMEA = "Europe/Paris", "America/Cayenne", "Pacific/Noumea"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "said"),
    [("22:30", time(22, 30)), ("22h30", time(22, 30)), ("22h", time(22)), ("2230", time(22, 30)), ("7", time(7)),
     (" 07 : 05", time(7, 5)), ("00:00", time())],
)  # fmt: skip
def test_hours_as_they_are_typed_at_night(typed: str, said: time) -> None:
    assert rules.hour(typed, "since") == said


@pytest.mark.parametrize("typed", ["", "25:00", "24:00", "12:60", "midi", "-1:00", "12:30:00", "٣"])
def test_what_is_no_hour_is_a_sentence(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.hour(typed, "since")
    assert refused.value.field == "since"


def test_midnight_ends_a_day() -> None:
    assert rules.hour("24:00", "until", last=True) == time()
    since, until = rules.window(date(2026, 11, 20), time(20), time(), PARIS, NOW)
    assert until - since == timedelta(hours=4)
    assert rules.window(date(2026, 11, 20), time(), time(1), PARIS, NOW)[0] == datetime(2026, 11, 19, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 28), 7), (date(2026, 10, 24), 9), (date(2026, 11, 20), 8)]
)  # fmt: skip
def test_a_night_has_the_hours_that_it_has(day: date, hours: int) -> None:
    since, until = rules.window(day, time(22), time(6), PARIS, NOW)
    assert until - since == timedelta(hours=hours)


def test_the_clock_is_that_of_the_place() -> None:
    assert rules.window(date(2026, 11, 20), time(22), time(2), CAYENNE, NOW)[0] == datetime(2026, 11, 21, 1, tzinfo=UTC)
    # It is night already in Nouméa when it is noon in Greenwich.
    assert rules.window(date(2026, 11, 23), time(20), time(22), NOUMEA, NOW)[1] == datetime(
        2026, 11, 23, 11, tzinfo=UTC
    )
    with pytest.raises(Invalid):
        rules.window(date(2026, 11, 23), time(20), time(22), PARIS, NOW)


@pytest.mark.parametrize(
    ("day", "since", "until", "field"),
    [
        (date(2026, 3, 29), time(2, 30), time(6), "since"),  # the hour that summer time skips
        (date(2026, 11, 20), time(8), time(8), "until"),
        (date(2026, 11, 20), time(8), time(7), "until"),  # 23 hours
        (date(2026, 11, 24), time(8), time(9), "day"),
        (date(2026, 11, 23), time(12), time(14), "day"),  # not over yet
        (date(2025, 11, 1), time(8), time(9), "day"),
    ],
)
def test_a_window_that_cannot_be_is_a_sentence(day: date, since: time, until: time, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.window(day, since, until, PARIS, NOW)
    assert refused.value.field == field
    assert str(refused.value)


@pytest.mark.parametrize("typed", ["-1", "10000", "1,5", "dix", "1e3"])
def test_a_number_is_whole_and_not_negative(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.whole(typed, "controls")
    assert refused.value.field == "controls"


def test_nothing_written_in_a_file_is_none() -> None:
    assert [rules.whole(typed, "fines") for typed in ("", " 0 ", "12")] == [0, 0, 12]
    with pytest.raises(Invalid):
        rules.whole("", "staff", 1, rules.STAFF_MAX)


def test_what_sent_a_patrol_is_a_word_or_its_label() -> None:
    assert rules.allocation(" Random ") is Allocation.RANDOM
    assert rules.allocation("lieu tiré au sort") is Allocation.RANDOM
    with pytest.raises(Invalid):
        rules.allocation("chance")


def test_a_place_is_of_the_territory() -> None:
    rules.check_territory("Marseille", "13", {"13", "83"})
    rules.check_territory("Marseille", "13", ())
    with pytest.raises(Invalid) as refused:
        rules.check_territory("Lille", "59", {"13", "83"})
    assert "Lille" in str(refused.value)
    assert "13, 83" in str(refused.value)


def test_each_kind_of_source_is_found_or_told_or_of_the_vault() -> None:
    assert set(SourceKind) == DISCOVERED | REPORTED | VAULT_ONLY
    assert not DISCOVERED & REPORTED
    assert set(OFFERED) == DISCOVERED | REPORTED
