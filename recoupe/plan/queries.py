"""The board of the 55 measures: figures that the system counts, and the state that follows from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.conf import settings
from django.db import connection
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.plan import permissions, rules
from recoupe.plan.enums import BoardState, PlanObjective
from recoupe.plan.figures import SPECS, FigureSpec
from recoupe.reference import queries as reference
from recoupe.reference.models import Measure


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as it is shown; `made` says that it comes from the demonstration's invented data.

    `by_department` has only departments above the threshold of small cells, counted once a month (`departments_as_of`),
    and is empty for most figures.
    """

    spec: FigureSpec
    numerator: int | None
    denominator: int | None
    value: Fraction | None
    withheld: bool
    state: BoardState
    as_of: datetime
    made: bool
    by_department: Mapping[str, int]
    departments_as_of: datetime | None

    @property
    def percent(self) -> float | None:
        """A share in percent, one decimal."""
        return None if self.value is None else round(float(self.value) * 100, 1)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One measure with its state and its figures (none: not measured)."""

    measure: Measure
    state: BoardState
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class BoardSection:
    """One objective of the plan and its measures, by number."""

    objective: PlanObjective
    rows: tuple[BoardRow, ...]

    @property
    def measured(self) -> int:
        """How many of its measures have a figure."""
        return sum(1 for row in self.rows if row.figures)


@dataclass(frozen=True, slots=True)
class _Row:
    code: str
    department: str
    counted: rules.Counted
    as_of: datetime


def _rows() -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, department, numerator, denominator, withheld, computed_at FROM plan.figures()")
        return [
            _Row(code, department, rules.Counted(numerator, denominator, withheld), at)
            for code, department, numerator, denominator, withheld, at in cursor.fetchall()
        ]


def board(agent: Agent) -> list[BoardSection]:
    """The 55 measures by objective, each with the state that its figures give."""
    permissions.check_read_board(agent)
    rows = _rows()
    national = {row.code: row for row in rows if not row.department}
    local: dict[str, list[_Row]] = {}
    for row in rows:
        if row.department and row.counted.numerator is not None:
            local.setdefault(row.code, []).append(row)
    figures: dict[int, list[Figure]] = {}
    for spec in SPECS:
        if spec.code in national:
            figures.setdefault(spec.measure, []).append(_figure(spec, national[spec.code], local.get(spec.code, [])))
    measures = [_measure(measure, figures.get(measure.number, [])) for measure in reference.measures()]
    return [
        BoardSection(objective, tuple(row for row in measures if row.measure.objective == objective))
        for objective in PlanObjective
    ]


def _measure(measure: Measure, figures: Iterable[Figure]) -> BoardRow:
    shown = tuple(figures)
    return BoardRow(measure, rules.measure_state([figure.state for figure in shown]), shown)


def _figure(spec: FigureSpec, row: _Row, local: list[_Row]) -> Figure:
    return Figure(
        spec=spec,
        numerator=row.counted.numerator,
        denominator=row.counted.denominator,
        value=rules.share(row.counted),
        withheld=row.counted.withheld,
        state=rules.figure_state(spec, row.counted, timezone.localdate(row.as_of)),
        as_of=row.as_of,
        made=bool(settings.DEMO),
        by_department={one.department: one.counted.numerator for one in local if one.counted.numerator is not None},
        departments_as_of=max((one.as_of for one in local), default=None),
    )
