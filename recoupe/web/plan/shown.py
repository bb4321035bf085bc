"""What the pages of the plan share: figures in words, bars of the years, tones of the states."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format

from recoupe.plan import words
from recoupe.plan.enums import BoardState, FigureState, MilestoneState
from recoupe.plan.queries import BoardRow, Figure
from recoupe.reference import queries as reference
from recoupe.reference.enums import MeasureClass
from recoupe.reference.models import Department

TONES: Mapping[BoardState, str] = {
    BoardState.NOT_MEASURED: "",
    BoardState.NOT_STARTED: "",
    BoardState.IN_PROGRESS: "info",
    BoardState.LATE: "bad",
    BoardState.BLOCKED: "warn",
    BoardState.DONE: "good",
    BoardState.ABANDONED: "",
}
FIGURE_TONES: Mapping[FigureState, str] = {
    FigureState.NO_DATA: "",
    FigureState.WITHHELD: "",
    FigureState.IN_PROGRESS: "info",
    FigureState.REACHED: "good",
    FigureState.LATE: "bad",
    FigureState.OVERDUE: "warn",
}
STEP_TONES: Mapping[MilestoneState, str] = {
    MilestoneState.AHEAD: "",
    MilestoneState.MET: "good",
    MilestoneState.LATE: "bad",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One year of a chart: its value in words, and its length out of a hundred."""

    year: int
    value: str
    length: int


@dataclass(frozen=True, slots=True)
class FigureShown:
    """One figure in words: what it is worth, out of what, since when, and how its years went."""

    figure: Figure
    value: str
    fraction: str
    target: str
    baseline: str
    fed: str
    tone: str
    estimates: list[tuple[str, Any]]
    departments: list[tuple[Department, str]]
    bars: list[Bar]

    @property
    def conflicting(self) -> bool:
        """Whether several sources say several things of one period."""
        return len(self.estimates) > 1


@dataclass(frozen=True, slots=True)
class RowShown:
    """One measure on the board."""

    row: BoardRow
    klass: str
    tone: str
    figures: list[FigureShown]
    steps: list[tuple[Any, str]]
    passed: int


def row(of: BoardRow) -> RowShown:
    """A measure as its line shows it."""
    steps = [(step, STEP_TONES[step.state]) for step in of.steps]
    passed = sum(step.state is MilestoneState.MET for step in of.steps)
    klass = str(MeasureClass(of.measure.measure_class).label)
    return RowShown(of, klass, TONES[of.state], [figure(one) for one in of.figures], steps, passed)


def figure(of: Figure) -> FigureShown:
    """A figure as a tile shows it."""
    return FigureShown(
        of,
        words.value(of),
        words.fraction(of),
        words.wanted(of.spec),
        words.baseline(of.spec),
        words.last_fed(of),
        FIGURE_TONES[of.state],
        [(words.estimate(of.spec, one), one) for one in of.estimates],
        _departments(of),
        bars(of),
    )


def bars(of: Figure) -> list[Bar]:
    """The years of a figure, the largest one filling the width; one year alone is no chart."""
    if len(of.years) < 2:
        return []
    most = max(float(value) for _year, value in of.years) or 1.0
    return [Bar(year, words.year(of.spec, value), round(100 * float(value) / most)) for year, value in of.years]


def _departments(of: Figure) -> list[tuple[Department, str]]:
    """The departments that may be told, the largest number first."""
    ranked = sorted((of.by_department or {}).items(), key=lambda item: (-item[1], item[0]))
    return [(reference.department(code), number_format(n, force_grouping=True)) for code, n in ranked]


def tally(rows: Iterable[BoardRow]) -> Sequence[tuple[str, str, int]]:
    """How many measures are in each state, in the order of the list."""
    states = [row.state for row in rows]
    return [(str(state.label), TONES[state], states.count(state)) for state in BoardState if state in states]
