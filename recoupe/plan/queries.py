"""The board of the 55 measures: what the system counts, what the owners bring, and the state that follows from both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.kernel.refusal import Absent, gettext_noop
from recoupe.plan import catalogue, permissions, rules, values
from recoupe.plan.catalogue import Estimate, Milestone
from recoupe.plan.enums import BoardState, FigureState, MilestoneState, PlanObjective, Standing, Verdict
from recoupe.plan.figures import FigureSpec
from recoupe.plan.models import Card, Decision, Evidence
from recoupe.reference import queries as reference
from recoupe.reference.models import Measure, Unit

NO_MEASURE = gettext_noop("Le plan compte 55 mesures : celle-ci n'existe pas.")


@dataclass(frozen=True, slots=True)
class Figure:
    """One indicator as it is shown; `made` says that it comes from the demonstration's invented data.

    What the system counts has numerator and denominator, and departments above the threshold of small cells, counted
    once a month (`departments_as_of`). What is imported has `estimates`: all that is told of its last period.
    """

    spec: FigureSpec
    state: FigureState
    made: bool
    numerator: int | None = None
    denominator: int | None = None
    value: Fraction | None = None
    withheld: bool = False
    as_of: datetime | None = None
    by_department: Mapping[str, int] | None = None
    departments_as_of: datetime | None = None
    estimates: tuple[Estimate, ...] = ()
    years: tuple[tuple[int, Any], ...] = ()

    @property
    def percent(self) -> float | None:
        """A share in percent, one decimal."""
        return None if self.value is None else round(float(self.value) * 100, 1)


@dataclass(frozen=True, slots=True)
class Step:
    """One milestone of a measure with what its evidence says; `met_on` None: no evidence yet."""

    milestone: Milestone
    state: MilestoneState
    met_on: date | None


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One measure: who answers for it, what shows where it stands, and the state that follows."""

    measure: Measure
    owner: Unit
    partners: tuple[str, ...]
    state: BoardState
    figures: tuple[Figure, ...]
    steps: tuple[Step, ...]
    proofs: int
    standing: Standing

    @property
    def measured(self) -> bool:
        """Whether an indicator of it has a value, or could have one counted here."""
        return any(figure.spec.computed or figure.state is not FigureState.NO_DATA for figure in self.figures)

    @property
    def overdue(self) -> tuple[Figure, ...]:
        """Its indicators that were not fed in time."""
        return tuple(figure for figure in self.figures if figure.state is FigureState.OVERDUE)


@dataclass(frozen=True, slots=True)
class BoardSection:
    """One objective of the plan and its measures, by number."""

    objective: PlanObjective
    rows: tuple[BoardRow, ...]

    @property
    def measured(self) -> int:
        """How many of its measures have a figure."""
        return sum(1 for row in self.rows if row.measured)


@dataclass(frozen=True, slots=True)
class _Row:
    code: str
    department: str
    counted: rules.Counted
    as_of: datetime


@dataclass(frozen=True, slots=True)
class _Shown:
    """The evidence of all measures, as far as states need it: how many, and which milestones on which day."""

    proofs: Mapping[int, int]
    met: Mapping[str, date]


def _rows() -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, department, numerator, denominator, withheld, computed_at FROM plan.figures()")
        return [
            _Row(code, department, rules.Counted(numerator, denominator, withheld), at)
            for code, department, numerator, denominator, withheld, at in cursor.fetchall()
        ]


def _counted_years() -> Mapping[str, tuple[tuple[int, Fraction], ...]]:
    """What each figure that the system counts was worth at the end of each year, as it was told then."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, year, numerator, denominator FROM plan.years()")
        rows = cursor.fetchall()
    found: dict[str, list[tuple[int, Fraction]]] = {}
    for code, year, numerator, denominator in rows:
        spec = catalogue.indicators().get(code)
        worth = rules.counted_value(spec, rules.Counted(numerator, denominator, False)) if spec else None
        if worth is not None:
            found.setdefault(code, []).append((year, worth))
    return {code: tuple(years) for code, years in found.items()}


def _shown() -> _Shown:
    proofs: dict[int, int] = {}
    met: dict[str, date] = {}
    for milestone in catalogue.milestones().values():
        if milestone.met_on is not None:
            proofs[milestone.measure] = proofs.get(milestone.measure, 0) + 1
            met[milestone.code] = milestone.met_on
    rows = Evidence.objects.order_by("at").values_list("measure", "milestone", "dated")
    for measure, code, on in rows:
        proofs[measure] = proofs.get(measure, 0) + 1
        if code:
            met[code] = min(on, met.get(code, on))
    return _Shown(proofs, met)


def standings() -> dict[int, Standing]:
    """What the committee last decided of each measure; the others are open."""
    rows = Decision.objects.order_by("session__held_on").values_list("measure", "verdict")
    return {measure: rules.STANDINGS[Verdict(verdict)] for measure, verdict in rows}


def board(agent: Agent) -> list[BoardSection]:
    """The 55 measures by objective, each with the state that the table gives it."""
    permissions.check_read_board(agent)
    figures = _figures(_rows(), values.by_year(), _counted_years())
    shown, decided = _shown(), standings()
    owners = {card.measure: card.owner_id for card in Card.objects.all()}
    rows = [
        _measure(measure, reference.unit_by_id(owners[measure.number]), figures, shown, decided)
        for measure in reference.measures()
    ]
    return [
        BoardSection(objective, tuple(row for row in rows if row.measure.objective == objective))
        for objective in PlanObjective
    ]


def context(agent: Agent) -> list[Figure]:
    """The figures around the plan that belong to no measure: conflicting estimates stay side by side."""
    permissions.check_read_board(agent)
    told = values.by_year()
    return [_imported(spec, told.get(spec.code, ())) for spec in catalogue.indicators_of(0)]


def row(agent: Agent, number: int) -> BoardRow:
    """One measure as the board has it; Absent beyond the 55."""
    found = next((row for part in board(agent) for row in part.rows if row.measure.number == number), None)
    if found is None:
        raise Absent(NO_MEASURE)
    return found


def card(agent: Agent, number: int) -> Card:
    """Who answers for a measure; Absent beyond the 55."""
    permissions.check_read_board(agent)
    found: Card | None = Card.objects.filter(pk=number).first()
    if found is None:
        raise Absent(NO_MEASURE)
    return found


def evidence(agent: Agent, number: int) -> list[Evidence]:
    """What the owner showed for a measure, newest first."""
    permissions.check_read_board(agent)
    return list(Evidence.objects.filter(measure=number).defer("content").order_by("-dated", "-at"))


def evidence_file(agent: Agent, evidence_id: UUID) -> Evidence:
    """One file of values; Absent when there is none."""
    permissions.check_read_board(agent)
    found: Evidence | None = Evidence.objects.filter(pk=evidence_id, kind="file").first()
    if found is None:
        raise Absent(gettext_noop("Ce fichier de valeurs n'existe pas."))
    return found


def told(agent: Agent, number: int) -> Mapping[str, Sequence[Estimate]]:
    """Every value of every imported indicator of a measure, oldest first."""
    permissions.check_read_board(agent)
    return values.all_of([spec.code for spec in catalogue.indicators_of(number) if not spec.computed])


def decisions(agent: Agent, number: int) -> list[Decision]:
    """What the committee decided of a measure, the last one first."""
    permissions.check_read_board(agent)
    return list(Decision.objects.filter(measure=number).select_related("session").order_by("-session__held_on"))


def fed_by(number: int) -> frozenset[UUID]:
    """The agents who brought evidence for a measure."""
    return frozenset(Evidence.objects.filter(measure=number).values_list("by_id", flat=True))


def _figures(
    rows: list[_Row], imported: Mapping[str, Sequence[Estimate]], years: Mapping[str, tuple[tuple[int, Fraction], ...]]
) -> dict[int, list[Figure]]:
    national = {row.code: row for row in rows if not row.department}
    local: dict[str, list[_Row]] = {}
    for row in rows:
        if row.department and row.counted.numerator is not None:
            local.setdefault(row.code, []).append(row)
    found: dict[int, list[Figure]] = {}
    for spec in catalogue.indicators().values():
        if not spec.computed:
            found.setdefault(spec.measure, []).append(_imported(spec, imported.get(spec.code, ())))
        elif spec.code in national:
            counted = _counted(spec, national[spec.code], local.get(spec.code, []))
            found.setdefault(spec.measure, []).append(replace(counted, years=years.get(spec.code, ())))
    return found


def _measure(
    measure: Measure, owner: Unit, figures: Mapping[int, list[Figure]], shown: _Shown, decided: Mapping[int, Standing]
) -> BoardRow:
    own = tuple(figures.get(measure.number, ()))
    steps = tuple(_step(milestone, shown.met) for milestone in catalogue.milestones_of(measure.number))
    proofs = shown.proofs.get(measure.number, 0)
    standing = decided.get(measure.number, Standing.OPEN)
    state = rules.measure_state((
        standing,
        rules.values_of([(figure.state, figure.spec.target is not None) for figure in own]),
        rules.course_of([(step.state, step.milestone.due is not None) for step in steps]),
        proofs > 0,
    ))  # fmt: skip
    partners = catalogue.cards()[measure.number].partners
    return BoardRow(measure, owner, partners, state, own, steps, proofs, standing)


def _step(milestone: Milestone, met: Mapping[str, date]) -> Step:
    met_on = met.get(milestone.code)
    return Step(milestone, rules.milestone_state(milestone.due, met_on is not None, timezone.localdate()), met_on)


def _counted(spec: FigureSpec, row: _Row, local: Iterable[_Row]) -> Figure:
    departments = {one.department: one for one in local}
    return Figure(
        spec=spec,
        state=rules.figure_state(spec, row.counted, timezone.localdate(row.as_of)),
        made=bool(settings.DEMO),
        numerator=row.counted.numerator,
        denominator=row.counted.denominator,
        value=rules.counted_value(spec, row.counted),
        withheld=row.counted.withheld,
        as_of=row.as_of,
        by_department={
            code: one.counted.numerator for code, one in departments.items() if one.counted.numerator is not None
        },
        departments_as_of=max((one.as_of for one in departments.values()), default=None),
    )


def _imported(spec: FigureSpec, rows: Sequence[Estimate]) -> Figure:
    estimates = values.latest(rows)
    worth = [values.worth(spec, one.value) for one in estimates]
    last = estimates[0].last if estimates else None
    return Figure(
        spec=spec,
        state=rules.imported_state(spec, worth, last, timezone.localdate()),
        made=bool(settings.DEMO) and any(one.evidence is not None for one in estimates),
        value=worth[-1] if worth else None,
        estimates=estimates,
        years=tuple(values.yearly(rows)),
    )
