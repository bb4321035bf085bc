"""The board of the 55 measures, as the system counts them; nobody types a state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.plan import queries
from recoupe.plan.enums import BoardState, FigureUnit
from recoupe.plan.permissions import BOARD_ROLES
from recoupe.plan.queries import BoardRow, BoardSection, Figure
from recoupe.reference import queries as reference
from recoupe.reference.enums import MeasureClass
from recoupe.reference.models import Department
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy
from recoupe.web.shell import opens

TONES: Mapping[BoardState, str] = {
    BoardState.NOT_MEASURED: "",
    BoardState.NO_DATA: "",
    BoardState.IN_PROGRESS: "info",
    BoardState.REACHED: "good",
    BoardState.LATE: "bad",
}


@dataclass(frozen=True, slots=True)
class FigureShown:
    """One figure in words: what it is worth, and out of what."""

    figure: Figure
    value: str
    fraction: str
    target: str
    departments: list[tuple[Department, str]]


@dataclass(frozen=True, slots=True)
class RowShown:
    """One measure on the board."""

    row: BoardRow
    klass: str
    tone: str
    figures: list[FigureShown]


@dataclass(frozen=True, slots=True)
class SectionShown:
    """One objective of the plan on the board."""

    section: BoardSection
    rows: list[RowShown]


@policy(roles=BOARD_ROLES)
@require_safe
def plan_board(request: StaffRequest) -> HttpResponse:
    """All measures by objective; each has its own anchor."""
    sections = queries.board(request.agent)
    record(Operation.CONSULT, details={"what": "plan"}, result_count=sum(len(part.rows) for part in sections))
    context = {
        "sections": [SectionShown(part, [_row(row) for row in part.rows]) for part in sections],
        "tally": _tally(row for part in sections for row in part.rows),
        "stock_url": _stock_url(request.agent),
        "made": any(figure.made for part in sections for row in part.rows for figure in row.figures),
    }
    return render(request, "plan/board.html", context)


def _stock_url(agent: Agent) -> str:
    """The page that counts the deal points of a day again, for those whom it lets in."""
    url = reverse("dealpoint-stock")
    return url if opens(url, agent.roles) else ""


def _tally(rows: Iterable[BoardRow]) -> list[tuple[str, str, int]]:
    """How many measures are in each state, in the order of the list."""
    states = [row.state for row in rows]
    return [(str(state.label), TONES[state], states.count(state)) for state in BoardState if state in states]


def _row(row: BoardRow) -> RowShown:
    klass = str(MeasureClass(row.measure.measure_class).label)
    return RowShown(row, klass, TONES[row.state], [_figure(figure) for figure in row.figures])


def _figure(figure: Figure) -> FigureShown:
    return FigureShown(figure, _value(figure), _fraction(figure), _target(figure), _departments(figure))


def _departments(figure: Figure) -> list[tuple[Department, str]]:
    """The departments that may be told, the largest number first."""
    ranked = sorted(figure.by_department.items(), key=lambda item: (-item[1], item[0]))
    return [(reference.department(code), number_format(n, force_grouping=True)) for code, n in ranked]


def _value(figure: Figure) -> str:
    if figure.withheld:
        return gettext("Non publié")
    if figure.spec.unit is FigureUnit.SHARE:
        return "—" if figure.percent is None else f"{number_format(figure.percent, 1)} %"
    return "—" if figure.numerator is None else number_format(figure.numerator, force_grouping=True)


def _fraction(figure: Figure) -> str:
    if figure.withheld:
        return gettext("Trop peu de cas : le nombre en désignerait.")
    if figure.spec.unit is not FigureUnit.SHARE or figure.denominator is None:
        return ""
    if not figure.denominator:
        return gettext("Aucun cas sur la période")
    parts = {
        "n": number_format(figure.numerator or 0, force_grouping=True),
        "of": number_format(figure.denominator, force_grouping=True),
    }
    return gettext("%(n)s sur %(of)s") % parts


def _target(figure: Figure) -> str:
    target = figure.spec.target
    if target is None:
        return ""
    share = number_format(round(float(target) * 100), 0)
    if figure.spec.due is None:
        return gettext("Cible : %(share)s %%") % {"share": share}
    return gettext("Cible : %(share)s %% au %(day)s") % {"share": share, "day": figure.spec.due.strftime("%d/%m/%Y")}
