"""Who may propose a point, add to it and move it: twins that raise with a sentence, or answer."""

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Role
from recoupe.dealpoints import rules
from recoupe.dealpoints.enums import FINAL, OPEN_TO_EVIDENCE, DealPointState
from recoupe.dealpoints.models import DealPoint
from recoupe.intelligence.enums import ReportState
from recoupe.intelligence.models import Report
from recoupe.intelligence.permissions import is_silent
from recoupe.kernel.refusal import Conflict, Refused, asks, gettext_noop

# Those who bring knowledge of the ground; magistrates, duty desks and the administration do not.
CONTRIBUTORS = (Role.INVESTIGATOR, Role.UNIT_HEAD, Role.CROSS_ANALYST, Role.CROSS_HEAD, Role.OFAST_ANALYST)
NOT_CITABLE = frozenset({ReportState.DRAFT, ReportState.REJECTED, ReportState.ERASED})


def demand_contributor(agent: Agent) -> None:
    """Whoever only reads (P-81) is refused whatever the report, hence before his words are read."""
    if not agent.writes_as(*CONTRIBUTORS):
        raise Refused(gettext_noop("Votre habilitation ne permet pas de proposer un point de deal."))


def check_import(agent: Agent) -> None:
    """A contributor hands in a file of points; each of its lines is then a proposal of his own."""
    demand_contributor(agent)


can_import = asks(check_import)


def check_propose(agent: Agent, report: Report) -> None:
    """A contributor proposes a point from a submitted report that he may read and that its handling lets him use."""
    demand_contributor(agent)
    rules.checked_shareable(report.handling, own=report.owner_unit_id == agent.unit_id)
    if report.state in NOT_CITABLE:
        raise Conflict(gettext_noop("Seule une fiche déposée peut appuyer un point de deal."))
    if is_silent(report):
        raise Conflict(gettext_noop("Cette fiche est silencieuse : elle ne peut fonder un point que d'autres voient."))


can_propose = asks(check_propose)


def check_add_evidence(agent: Agent, point: DealPoint, report: Report) -> None:
    """The same right as to propose, on a point that may still receive evidence."""
    check_propose(agent, report)
    if DealPointState(point.state) not in OPEN_TO_EVIDENCE:
        raise Conflict(gettext_noop("Ce point n'est plus suivi : il ne reçoit plus d'éléments."))


can_add_evidence = asks(check_add_evidence)


def decides(agent: Agent, point: DealPoint, capacity: Capacity) -> bool:
    """Whether the agent holds this capacity of a cell of this very point; the office where there is no cell."""
    if not point.cells:
        return agent.holds(agent.unit_id, Capacity.OFFICE)
    return any(agent.holds(cell, capacity) for cell in point.cells)


def check_move(agent: Agent, point: DealPoint, to: DealPointState) -> None:
    """A cell of the point moves it: its analyst looks, its head decides, along the transitions of W5."""
    if to not in rules.DECIDED_BY:
        raise Refused(gettext_noop("Un point ne revient pas à son début."))
    if not decides(agent, point, rules.DECIDED_BY[to]):
        raise Refused(
            gettext_noop("Seul le chef de la CROSS du point peut prendre cette décision.")
            if decides(agent, point, Capacity.CELL)
            else gettext_noop("Seule la CROSS du département du point peut le faire changer d'état.")
        )
    if to not in rules.TRANSITIONS[DealPointState(point.state)]:
        raise Conflict(
            gettext_noop("Un point « %(state)s » ne peut pas passer à l'état « %(to)s »."),
            state=DealPointState(point.state).label,
            to=to.label,
        )


can_move = asks(check_move)


def check_separate(agent: Agent, point: DealPoint) -> None:
    """Whoever merges a point undoes its merger: the head of a cell of that very point."""
    if not decides(agent, point, rules.DECIDED_BY[DealPointState.MERGED]):
        raise Refused(gettext_noop("Seul le chef de la CROSS du point peut prendre cette décision."))
    if DealPointState(point.state) not in rules.GIVEN_BACK:
        raise Conflict(gettext_noop("Ce point n'est pas fusionné."))


can_separate = asks(check_separate)


def check_correct(agent: Agent, point: DealPoint) -> None:
    """The cell of a point says anew what is known of it, as long as the point is one."""
    if not decides(agent, point, Capacity.CELL):
        raise Refused(gettext_noop("Seule la CROSS du département du point corrige ce qui en est connu."))
    if DealPointState(point.state) in FINAL:
        raise Conflict(gettext_noop("Ce point n'est plus suivi : il ne se corrige plus."))


can_correct = asks(check_correct)


def check_price(agent: Agent, point: DealPoint) -> None:
    """Who may bring a record to a point may say what is paid there."""
    demand_contributor(agent)
    if DealPointState(point.state) not in OPEN_TO_EVIDENCE:
        raise Conflict(gettext_noop("Ce point n'est plus suivi : il ne reçoit plus d'éléments."))


can_price = asks(check_price)


def moves(agent: Agent, point: DealPoint) -> list[DealPointState]:
    """The states to which the agent may bring the point now, in the order of its life."""
    return [to for to in DealPointState if can_move(agent, point, to)]
