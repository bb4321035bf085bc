"""Partial dates: every French and ISO writing, nothing outside 1900..today, nothing that is not in the calendar."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel import dates
from recoupe.kernel.dates import DateInterval, PartialDate, plausible
from recoupe.kernel.refusal import Invalid

TODAY = date(2026, 11, 22)
DAYS = st.dates(date(1900, 1, 1), TODAY)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("12/03/1985", "1985-03-12"),
        ("1/3/1985", "1985-03-01"),
        ("12-03-1985", "1985-03-12"),
        ("12.03.1985", "1985-03-12"),
        ("12 03 1985", "1985-03-12"),
        (" 1985-03-12 ", "1985-03-12"),
        ("1985-03", "1985-03"),
        ("03/1985", "1985-03"),
        ("1985", "1985"),
        ("00/00/1985", "1985"),
        ("00/03/1985", "1985-03"),
        ("19850312", "1985-03-12"),
        ("mars 1985", "1985-03"),
        ("12 mars 1985", "1985-03-12"),
        ("12 MARS 1985", "1985-03-12"),
        ("1er janvier 2020", "2020-01-01"),
        ("le 3 août 2024", "2024-08-03"),
        ("12 janv. 2020", "2020-01-12"),
        ("5 déc. 2020", "2020-12-05"),
        ("15 févr 2020", "2020-02-15"),
        ("2024-03-12 00:00:00", "2024-03-12"),
        ("2024-03-12T14:30", "2024-03-12"),
        ("12/03/2024 14h30", "2024-03-12"),
        ("29/02/2024", "2024-02-29"),
        ("22/11/2026", "2026-11-22"),
        ("11/2026", "2026-11"),
        ("01/01/1900", "1900-01-01"),
    ],
)
def test_what_people_write(text: str, iso: str) -> None:
    assert PartialDate.parse(text, today=TODAY).isoformat() == iso


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", dates.SENTENCE_UNREADABLE),
        ("hier", dates.SENTENCE_UNREADABLE),
        ("12 mrs 2020", dates.SENTENCE_UNREADABLE),
        ("1985-3-12-4", dates.SENTENCE_UNREADABLE),
        ("9" * 5000, dates.SENTENCE_UNREADABLE),
        ("12/03/1985" + " " * 100, dates.SENTENCE_UNREADABLE),
        ("30/02/2024", dates.SENTENCE_IMPOSSIBLE),
        ("29/02/2023", dates.SENTENCE_IMPOSSIBLE),
        ("12/13/2023", dates.SENTENCE_IMPOSSIBLE),
        ("2023-13-01", dates.SENTENCE_IMPOSSIBLE),
        ("01/01/0001", dates.SENTENCE_TOO_OLD),
        ("0001-01-01", dates.SENTENCE_TOO_OLD),
        ("0000-00-00", dates.SENTENCE_TOO_OLD),
        ("31/12/1899", dates.SENTENCE_TOO_OLD),
        ("23/11/2026", dates.SENTENCE_FUTURE),
        ("12/2026", dates.SENTENCE_FUTURE),
        ("2027", dates.SENTENCE_FUTURE),
        ("9999-12-31", dates.SENTENCE_FUTURE),
        ("12/03/85", dates.SENTENCE_SHORT_YEAR),
        ("0000", dates.SENTENCE_TOO_OLD),
    ],
)
def test_what_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refusal:
        PartialDate.parse(text, today=TODAY, field="birth")
    assert (refusal.value.sentence, refusal.value.field) == (sentence, "birth")


@pytest.mark.parametrize(("text", "year"), [("12/03/26", 2026), ("12/03/27", 1927), ("3 mai 99", 1999)])
def test_two_digit_years_only_on_request(text: str, year: int) -> None:
    assert PartialDate.parse(text, today=TODAY, two_digit_years=True).year == year


@given(DAYS)
def test_a_full_date_reads_back_in_both_writings(day: date) -> None:
    whole = PartialDate.of(day)
    assert PartialDate.parse(whole.isoformat(), today=TODAY) == whole
    assert PartialDate.parse(whole.french(), today=TODAY) == whole
    assert whole.first == whole.last == day and whole.is_full and whole.precision == "day"


@given(DAYS, st.integers(0, 1))
def test_a_partial_date_spans_all_that_it_can_mean(day: date, with_month: int) -> None:
    partial = PartialDate(day.year, day.month if with_month else None)
    assert partial.first <= day <= partial.last
    before, after = partial.first - timedelta(1), partial.last + timedelta(1)
    kept = (lambda d: (d.year, d.month)) if with_month else (lambda d: d.year)
    assert kept(before) != kept(day) != kept(after)
    assert not partial.is_full and partial.precision == ("month" if with_month else "year")
    assert PartialDate.parse(partial.french(), today=date(9999, 1, 1)) == partial


@given(st.text(max_size=40))
def test_reading_refuses_but_never_breaks(text: str) -> None:
    try:
        found = PartialDate.parse(text, today=TODAY)
    except Invalid:
        return
    assert date(1900, 1, 1) <= found.first <= TODAY


@pytest.mark.parametrize(
    "parts",
    [(2024, None, 3), (2024, 2, 30), (2024, 0, None), (2024, 13, None), (10_000, None, None), (2024, 1, 10**30)],
)
def test_a_date_outside_the_calendar_cannot_be_built(parts: tuple[int, int | None, int | None]) -> None:
    with pytest.raises(Invalid):
        PartialDate(*parts)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("mars 2024", date(2024, 3, 1), date(2024, 3, 31)),
        ("12/03/2024", date(2024, 3, 12), date(2024, 3, 12)),
        ("du 3 au 5 mars 2024", date(2024, 3, 3), date(2024, 3, 5)),
        ("du 1er au 3 mars 2024", date(2024, 3, 1), date(2024, 3, 3)),
        ("du 28 février au 2 mars 2024", date(2024, 2, 28), date(2024, 3, 2)),
        ("du 01/02 au 03/04/2024", date(2024, 2, 1), date(2024, 4, 3)),
        ("entre le 03/02/2024 et le 05/02/2024", date(2024, 2, 3), date(2024, 2, 5)),
        ("de janvier à mars 2024", date(2024, 1, 1), date(2024, 3, 31)),
        ("2026", date(2026, 1, 1), TODAY),
    ],
)
def test_intervals(text: str, start: date, end: date) -> None:
    assert DateInterval.parse(text, today=TODAY) == DateInterval(start, end)


@pytest.mark.parametrize(
    "text", ["du 5 au 3 mars 2024", "du 2025 au 2024", "du au", "du 3 au 5", "entre chien et loup"]
)
def test_intervals_that_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        DateInterval.parse(text, today=TODAY, field="event")
    assert refusal.value.field == "event"


@given(st.tuples(DAYS, DAYS).map(sorted), st.tuples(DAYS, DAYS).map(sorted))
def test_two_intervals_overlap_when_a_day_is_common(one: list[date], other: list[date]) -> None:
    first, second = DateInterval(*one), DateInterval(*other)
    common = max(one[0], other[0]) <= min(one[1], other[1])
    assert first.overlaps(second) == second.overlaps(first) == common
    assert first.contains(one[0]) and first.contains(one[1]) and not first.contains(one[1] + timedelta(1))


def test_an_interval_of_two_partial_dates() -> None:
    assert DateInterval.of(PartialDate(2024, 2), PartialDate(2024, 3)) == DateInterval(
        date(2024, 2, 1), date(2024, 3, 31)
    )
    with pytest.raises(Invalid):
        DateInterval(date(2024, 2, 2), date(2024, 2, 1))


@pytest.mark.parametrize("day", [date.min, date(1989, 12, 31), date(2101, 1, 1), date.max])
def test_an_act_lies_in_our_time(day: date) -> None:
    assert plausible(date(1990, 1, 1), "on") == date(1990, 1, 1)
    with pytest.raises(Invalid) as refused:
        plausible(day, "on")
    assert refused.value.field == "on"
