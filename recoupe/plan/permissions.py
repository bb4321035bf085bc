"""Who reads the board, who feeds a measure, who writes what the committee decided; policies.sql says the same."""

from collections.abc import Collection
from uuid import UUID

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.kernel.refusal import Refused, asks, gettext_noop
from recoupe.plan.models import Card
from recoupe.reference.enums import UnitKind

# The same list stands in plan.reads(), which refuses the others (tested).
BOARD_ROLES = (
    Role.INVESTIGATOR,
    Role.UNIT_HEAD,
    Role.CROSS_ANALYST,
    Role.CROSS_HEAD,
    Role.OFAST_ANALYST,
    Role.PROSECUTOR,
    Role.EXAMINING_JUDGE,
    Role.DPO,
    Role.PLAN_MANAGER,
)
NO_PURPOSE = gettext_noop("Déclarez d'abord une finalité.")


def check_read_board(agent: Agent) -> None:
    """Roles that act, direct or oversee read the board; duty desks and technical roles do not."""
    if not agent.has(*BOARD_ROLES):
        raise Refused(gettext_noop("Votre habilitation n'ouvre pas le tableau du plan."))
    if agent.purpose is None:
        raise Refused(NO_PURPOSE)


can_read_board = asks(check_read_board)


def check_feed(agent: Agent, card: Card) -> None:
    """Evidence and values come from a plan manager of the unit that answers for the measure, and from nobody else."""
    if not agent.works_as(Role.PLAN_MANAGER):
        raise Refused(gettext_noop("Votre habilitation ne permet pas d'alimenter le tableau du plan."))
    if agent.unit_id != card.owner_id:
        raise Refused(gettext_noop("Seul le service qui répond de cette mesure l'alimente."))
    if agent.purpose is None:
        raise Refused(NO_PURPOSE)


can_feed = asks(check_feed)


def check_preside(agent: Agent) -> None:
    """The committee's meetings, decisions and frozen boards are written by a plan manager of the office alone."""
    if not agent.works_as(Role.PLAN_MANAGER) or agent.unit_kind != UnitKind.OFFICE:
        raise Refused(gettext_noop("Seul le secrétariat du comité, à l'office, écrit ce que le comité a décidé."))
    if agent.purpose is None:
        raise Refused(NO_PURPOSE)


can_preside = asks(check_preside)


def check_decide(agent: Agent, fed_by: Collection[UUID]) -> None:
    """The secretariat writes a decision, but nobody on a measure that he himself fed."""
    check_preside(agent)
    if agent.id in fed_by:
        raise Refused(gettext_noop("Nul n'écrit la décision du comité sur une mesure qu'il a lui-même alimentée."))


can_decide = asks(check_decide)
