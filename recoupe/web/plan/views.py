"""The board of the 55 measures and the figures around them; nobody types a state."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.plan import catalogue, queries
from recoupe.plan.permissions import BOARD_ROLES
from recoupe.plan.queries import BoardSection
from recoupe.web.middleware import StaffRequest
from recoupe.web.plan import shown
from recoupe.web.plan.shown import RowShown
from recoupe.web.policy import policy
from recoupe.web.shell import opens


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
    rows = [row for part in sections for row in part.rows]
    record(Operation.CONSULT, details={"what": "plan"}, result_count=len(rows))
    context = {
        "sections": [SectionShown(part, [shown.row(row) for row in part.rows]) for part in sections],
        "tally": shown.tally(rows),
        "overdue": [(row, figure) for row in rows for figure in row.overdue],
        "stock_url": _stock_url(request.agent),
        "made": any(figure.made for row in rows for figure in row.figures),
    }
    return render(request, "plan/board.html", context)


@policy(roles=BOARD_ROLES)
@require_safe
def plan_context(request: StaffRequest) -> HttpResponse:
    """The plan's timeline and the figures around it: what several sources say stands side by side."""
    figures = queries.context(request.agent)
    record(Operation.CONSULT, details={"what": "plan", "plan": "plan_context"}, result_count=len(figures))
    context = {"figures": [shown.figure(figure) for figure in figures], "timeline": catalogue.timeline()}
    return render(request, "plan/context.html", context)


def _stock_url(agent: Agent) -> str:
    """The page that counts the deal points of a day again, for those whom it lets in."""
    url = reverse("dealpoint-stock")
    return url if opens(url, agent.roles) else ""
