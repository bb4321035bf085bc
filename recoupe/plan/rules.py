"""From milestones, evidence, values and the committee's decisions to the state of a measure: pure functions.

Nothing is ever declared by hand (W13): the state is read in one table, whose completeness is tested.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

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

B = BoardState
F = FigureState
ANY = None
Facts = tuple[Standing, Values, Course, bool]
Pattern = tuple[Standing | None, Values | None, Course | None, bool | None]

# The first line that fits says the state; the last one fits all that is under way.
STATES: tuple[tuple[Pattern, BoardState], ...] = (
    ((Standing.ABANDONED, ANY, ANY, ANY), B.ABANDONED),
    ((Standing.BLOCKED, ANY, ANY, ANY), B.BLOCKED),
    ((ANY, ANY, Course.LATE, ANY), B.LATE),
    ((ANY, Values.BEHIND, ANY, ANY), B.LATE),
    # Done wants evidence and a last value of every indicator.
    ((ANY, Values.REACHED, Course.NONE, True), B.DONE),
    ((ANY, Values.REACHED, Course.MET, True), B.DONE),
    ((ANY, Values.KNOWN, Course.MET, True), B.DONE),
    ((ANY, Values.NONE, Course.NONE, False), B.NOT_MEASURED),
    # A milestone that waits for no day measures nothing.
    ((ANY, Values.NONE, Course.UNDATED, False), B.NOT_MEASURED),
    ((ANY, Values.NONE, Course.AHEAD, False), B.NOT_STARTED),
    ((ANY, ANY, ANY, ANY), B.IN_PROGRESS),
)
STANDINGS: dict[Verdict, Standing] = {
    Verdict.BLOCKED: Standing.BLOCKED,
    Verdict.ABANDONED: Standing.ABANDONED,
    Verdict.RESUMED: Standing.OPEN,
}
# Which verdicts a measure may receive, by what the committee last decided of it.
VERDICTS: dict[Standing, frozenset[Verdict]] = {
    Standing.OPEN: frozenset({Verdict.BLOCKED, Verdict.ABANDONED}),
    Standing.BLOCKED: frozenset({Verdict.RESUMED, Verdict.ABANDONED}),
    Standing.ABANDONED: frozenset({Verdict.RESUMED}),
}
# How long after the end of a period its value may still be awaited.
GRACE: dict[Cadence, timedelta] = {
    Cadence.WEEKLY: timedelta(days=3),
    Cadence.MONTHLY: timedelta(days=15),
    Cadence.QUARTERLY: timedelta(days=15),
    Cadence.YEARLY: timedelta(days=90),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """What SQL returned of a figure: a withheld number is None (below the threshold of small cells)."""

    numerator: int | None
    denominator: int | None
    withheld: bool


def share(counted: Counted) -> Fraction | None:
    """Numerator over denominator; None when one is withheld or there is nothing to divide by."""
    if counted.numerator is None or not counted.denominator:
        return None
    return Fraction(counted.numerator, counted.denominator)


def counted_value(spec: FigureSpec, counted: Counted) -> Fraction | None:
    """What a figure that the system counts is worth, in its unit."""
    if spec.unit is FigureUnit.SHARE:
        return share(counted)
    return None if counted.numerator is None else Fraction(counted.numerator)


def reaches(spec: FigureSpec, value: Fraction) -> bool:
    """Whether a value keeps the target, in the direction that the indicator should go."""
    if spec.target is None:
        return False
    return value <= spec.target if spec.direction is Direction.DOWN else value >= spec.target


def figure_state(spec: FigureSpec, counted: Counted, today: date) -> FigureState:
    """No data, withheld, in progress, reached, or late once the plan's day has passed below the target."""
    if counted.withheld:
        return F.WITHHELD
    if spec.unit is FigureUnit.COUNT and not counted.numerator and spec.target is None:
        return F.NO_DATA
    return _judged(spec, counted_value(spec, counted), today)


def _judged(spec: FigureSpec, value: Fraction | None, today: date) -> FigureState:
    if value is None:
        return F.NO_DATA
    if reaches(spec, value):
        return F.REACHED
    return F.LATE if spec.target is not None and spec.due is not None and spec.due < today else F.IN_PROGRESS


def imported_state(spec: FigureSpec, values: Sequence[Fraction], last: date | None, today: date) -> FigureState:
    """The same for what is imported: of several estimates of the last period the least favourable is held."""
    if not values or last is None:
        return F.NO_DATA
    if overdue(spec.cadence, last, today):
        return F.OVERDUE
    worst = max(values) if spec.direction is Direction.DOWN else min(values)
    return _judged(spec, worst, today)


def last_end(cadence: Cadence, day: date) -> date | None:
    """The last day, up to this one, on which a whole period of the cadence ended; None when nothing is awaited."""
    if cadence is Cadence.WEEKLY:
        return day - timedelta(days=(day.weekday() + 1) % 7)
    if cadence is Cadence.YEARLY:
        months = 12
    elif cadence is Cadence.QUARTERLY:
        months = 3
    elif cadence is Cadence.MONTHLY:
        months = 1
    else:
        return None
    tomorrow = day + timedelta(days=1)
    month = (tomorrow.month - 1) // months * months + 1
    return date(tomorrow.year, month, 1) - timedelta(days=1)


def overdue(cadence: Cadence, last: date, today: date) -> bool:
    """Whether a period whose value is awaited ended after the last one that was fed."""
    grace = GRACE.get(cadence)
    if grace is None:
        return False
    awaited = last_end(cadence, today - grace)
    return awaited is not None and last < awaited


def milestone_state(due: date | None, met: bool, today: date) -> MilestoneState:
    """Met by evidence; late once its day has passed without any."""
    if met:
        return MilestoneState.MET
    return MilestoneState.LATE if due is not None and due < today else MilestoneState.AHEAD


def values_of(figures: Sequence[tuple[FigureState, bool]]) -> Values:
    """The indicators of a measure together: their states, and whether each has a target."""
    states = [state for state, _target in figures]
    if all(state is F.NO_DATA for state in states):
        return Values.NONE
    if F.LATE in states or F.OVERDUE in states:
        return Values.BEHIND
    # What nobody may read proves nothing: a measure is not done by a number that is withheld.
    if (
        F.NO_DATA in states
        or F.WITHHELD in states
        or any(target and state is not F.REACHED for state, target in figures)
    ):
        return Values.SHORT
    return Values.REACHED if any(target for _state, target in figures) else Values.KNOWN


def course_of(milestones: Sequence[tuple[MilestoneState, bool]]) -> Course:
    """The milestones of a measure together: their states, and whether each has a day; one late makes it late."""
    states = {state for state, _dated in milestones}
    if not states:
        return Course.NONE
    if MilestoneState.LATE in states:
        return Course.LATE
    if states == {MilestoneState.MET}:
        return Course.MET
    if MilestoneState.MET in states:
        return Course.UNDERWAY
    return Course.AHEAD if any(dated for _state, dated in milestones) else Course.UNDATED


def measure_state(facts: Facts) -> BoardState:
    """The state that the table gives to these facts."""
    return next(state for pattern, state in STATES if fits(pattern, facts))


def fits(pattern: Pattern, facts: Facts) -> bool:
    """Whether a line of the table speaks of these facts."""
    return all(wanted is ANY or wanted == found for wanted, found in zip(pattern, facts, strict=True))
