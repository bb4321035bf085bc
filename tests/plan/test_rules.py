"""The state of a measure: one table over all that may be, in which each line serves; cadences; shares."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.plan import rules
from recoupe.plan.enums import (
    BoardState,
    Cadence,
    Course,
    Direction,
    FigureState,
    FigureUnit,
    MilestoneState,
    Standing,
    Values,
    Verdict,
)
from recoupe.plan.figures import FigureSpec
from recoupe.plan.rules import Counted, Facts, share

B, F, M = BoardState, FigureState, MilestoneState
EVERY: list[Facts] = list(product(Standing, Values, Course, (False, True)))


# -- the table ---------------------------------------------------------------------------------------------------------
def test_the_table_gives_every_case_a_state_and_each_of_its_lines_serves() -> None:
    first = [next(n for n, (pattern, _s) in enumerate(rules.STATES) if rules.fits(pattern, facts)) for facts in EVERY]
    assert len(first) == len(EVERY) == 3 * 5 * 6 * 2
    assert set(first) == set(range(len(rules.STATES)))
    assert {rules.measure_state(facts) for facts in EVERY} == set(BoardState)


@pytest.mark.parametrize(
    ("values", "course", "evidence", "state"),
    [
        (Values.NONE, Course.NONE, False, B.NOT_MEASURED),
        (Values.NONE, Course.UNDATED, False, B.NOT_MEASURED),
        (Values.NONE, Course.AHEAD, False, B.NOT_STARTED),
        (Values.NONE, Course.UNDATED, True, B.IN_PROGRESS),
        (Values.KNOWN, Course.AHEAD, False, B.IN_PROGRESS),
        (Values.SHORT, Course.MET, True, B.IN_PROGRESS),
        (Values.REACHED, Course.UNDERWAY, True, B.IN_PROGRESS),
        (Values.REACHED, Course.MET, True, B.DONE),
        (Values.KNOWN, Course.MET, True, B.DONE),
        (Values.REACHED, Course.LATE, True, B.LATE),
        (Values.BEHIND, Course.MET, True, B.LATE),
    ],
)
def test_the_state_of_an_open_measure(values: Values, course: Course, evidence: bool, state: BoardState) -> None:
    assert rules.measure_state((Standing.OPEN, values, course, evidence)) is state


def test_nothing_is_done_without_evidence_and_a_last_value() -> None:
    for facts in EVERY:
        if rules.measure_state(facts) is B.DONE:
            _standing, values, course, evidence = facts
            assert evidence
            assert values in (Values.REACHED, Values.KNOWN)
            assert course in (Course.NONE, Course.MET)


def test_blocked_and_abandoned_are_the_committees_alone() -> None:
    for facts in EVERY:
        state = rules.measure_state(facts)
        assert (state is B.BLOCKED) is (facts[0] is Standing.BLOCKED)
        assert (state is B.ABANDONED) is (facts[0] is Standing.ABANDONED)


def test_every_verdict_leads_somewhere_and_can_be_given() -> None:
    assert set(rules.STANDINGS) == set(Verdict)
    assert set(rules.VERDICTS) == set(Standing)
    assert set().union(*rules.VERDICTS.values()) == set(Verdict)
    for standing, verdicts in rules.VERDICTS.items():
        assert standing not in {rules.STANDINGS[verdict] for verdict in verdicts}


# -- what the table is asked -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("figures", "values"),
    [
        ([], Values.NONE),
        ([(F.NO_DATA, True)], Values.NONE),
        ([(F.NO_DATA, False), (F.IN_PROGRESS, False)], Values.SHORT),
        ([(F.IN_PROGRESS, False)], Values.KNOWN),
        ([(F.WITHHELD, False)], Values.SHORT),
        ([(F.IN_PROGRESS, False), (F.WITHHELD, False)], Values.SHORT),
        ([(F.REACHED, True), (F.WITHHELD, False)], Values.SHORT),
        ([(F.WITHHELD, False), (F.OVERDUE, False)], Values.BEHIND),
        ([(F.IN_PROGRESS, True)], Values.SHORT),
        ([(F.REACHED, True), (F.IN_PROGRESS, False)], Values.REACHED),
        ([(F.REACHED, True), (F.IN_PROGRESS, True)], Values.SHORT),
        ([(F.REACHED, True), (F.LATE, True)], Values.BEHIND),
        ([(F.REACHED, True), (F.OVERDUE, False)], Values.BEHIND),
        ([(F.OVERDUE, False), (F.NO_DATA, False)], Values.BEHIND),
    ],
)
def test_the_indicators_of_a_measure_together(figures: list[tuple[FigureState, bool]], values: Values) -> None:
    assert rules.values_of(figures) is values


@pytest.mark.parametrize(
    ("steps", "course"),
    [
        ([], Course.NONE),
        ([(M.AHEAD, False)], Course.UNDATED),
        ([(M.AHEAD, True), (M.AHEAD, False)], Course.AHEAD),
        ([(M.MET, False), (M.AHEAD, False)], Course.UNDERWAY),
        ([(M.MET, True)], Course.MET),
        ([(M.MET, True), (M.LATE, True)], Course.LATE),
    ],
)
def test_the_milestones_of_a_measure_together(steps: list[tuple[MilestoneState, bool]], course: Course) -> None:
    assert rules.course_of(steps) is course


@pytest.mark.parametrize(
    ("due", "met", "state"),
    [
        (None, False, M.AHEAD), (None, True, M.MET), (date(2020, 1, 1), False, M.AHEAD),
        (date(2019, 12, 31), False, M.LATE), (date(2019, 12, 31), True, M.MET),
    ],
)  # fmt: skip
def test_a_milestone_is_late_the_day_after_its_own(due: date | None, met: bool, state: MilestoneState) -> None:
    assert rules.milestone_state(due, met, date(2020, 1, 1)) is state


# -- cadences ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cadence", "day", "end"),
    [
        (Cadence.WEEKLY, date(2026, 11, 23), date(2026, 11, 22)),
        (Cadence.WEEKLY, date(2026, 11, 22), date(2026, 11, 22)),
        (Cadence.MONTHLY, date(2026, 11, 23), date(2026, 10, 31)),
        (Cadence.MONTHLY, date(2026, 11, 30), date(2026, 11, 30)),
        (Cadence.QUARTERLY, date(2026, 11, 23), date(2026, 9, 30)),
        (Cadence.QUARTERLY, date(2026, 12, 31), date(2026, 12, 31)),
        (Cadence.YEARLY, date(2026, 11, 23), date(2025, 12, 31)),
        (Cadence.YEARLY, date(2026, 12, 31), date(2026, 12, 31)),
        (Cadence.NONE, date(2026, 11, 23), None),
        (Cadence.DAILY, date(2026, 11, 23), None),
    ],
)
def test_the_last_whole_period(cadence: Cadence, day: date, end: date | None) -> None:
    assert rules.last_end(cadence, day) == end


@pytest.mark.parametrize(
    ("cadence", "last", "today", "late"),
    [
        (Cadence.WEEKLY, date(2026, 11, 15), date(2026, 11, 24), False),
        (Cadence.WEEKLY, date(2026, 11, 15), date(2026, 11, 25), True),
        (Cadence.QUARTERLY, date(2026, 6, 30), date(2026, 10, 14), False),
        (Cadence.QUARTERLY, date(2026, 6, 30), date(2026, 10, 15), True),
        (Cadence.YEARLY, date(2024, 12, 31), date(2026, 3, 30), False),
        (Cadence.YEARLY, date(2024, 12, 31), date(2026, 3, 31), True),
        (Cadence.NONE, date(1968, 12, 31), date(2026, 3, 31), False),
    ],
)
def test_a_value_is_late_once_its_grace_is_over(cadence: Cadence, last: date, today: date, late: bool) -> None:
    assert rules.overdue(cadence, last, today) is late


@given(st.sampled_from(sorted(rules.GRACE)), st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 400))
def test_what_is_fed_once_stays_so_long_and_is_late_for_good(cadence: Cadence, last: date, days: int) -> None:
    later = last + timedelta(days=days)
    if rules.overdue(cadence, last, later):
        assert rules.overdue(cadence, last, later + timedelta(days=1))
    assert not rules.overdue(cadence, later, later)


# -- imported values ---------------------------------------------------------------------------------------------------
def spec(direction: Direction = Direction.UP, due: date | None = None) -> FigureSpec:
    return FigureSpec(
        "m4_x", 4, FigureUnit.COUNT, *("x", "x", "x"), target=Fraction(10), due=due,  # type: ignore[arg-type]
        direction=direction, cadence=Cadence.YEARLY, computed=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("of", "values", "state"),
    [
        (spec(), [], F.NO_DATA),
        (spec(), [Fraction(10)], F.REACHED),
        (spec(), [Fraction(10), Fraction(9)], F.IN_PROGRESS),
        (spec(Direction.DOWN), [Fraction(10), Fraction(9)], F.REACHED),
        (spec(Direction.DOWN), [Fraction(11), Fraction(9)], F.IN_PROGRESS),
        (spec(due=date(2026, 1, 31)), [Fraction(9)], F.LATE),
        (spec(due=date(2026, 1, 31)), [Fraction(10)], F.REACHED),
    ],
)
def test_of_several_estimates_the_least_favourable_is_held(
    of: FigureSpec, values: list[Fraction], state: FigureState
) -> None:
    last = date(2025, 12, 31) if values else None
    assert rules.imported_state(of, values, last, date(2026, 2, 1)) is state


def test_an_old_value_is_overdue_even_when_it_kept_the_target() -> None:
    assert rules.imported_state(spec(), [Fraction(99)], date(2023, 12, 31), date(2026, 2, 1)) is F.OVERDUE


# -- shares ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("numerator", "denominator", "wanted"),
    [(3, 4, Fraction(3, 4)), (0, 4, Fraction(0)), (None, 4, None), (3, None, None), (3, 0, None), (None, None, None)],
)
def test_a_share_wants_both_its_numbers(
    numerator: int | None, denominator: int | None, wanted: Fraction | None
) -> None:
    assert share(Counted(numerator, denominator, withheld=None in (numerator, denominator))) == wanted
