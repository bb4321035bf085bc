"""Who reads the board; it holds national counts only."""

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.kernel.refusal import Refused, asks, gettext_noop

# The same list stands in plan.figures(), which refuses the others (tested).
BOARD_ROLES = (
    Role.INVESTIGATOR,
    Role.UNIT_HEAD,
    Role.CROSS_ANALYST,
    Role.CROSS_HEAD,
    Role.OFAST_ANALYST,
    Role.PROSECUTOR,
    Role.EXAMINING_JUDGE,
    Role.DPO,
)


def check_read_board(agent: Agent) -> None:
    """Roles that act, direct or oversee read the board; duty desks and technical roles do not."""
    if not agent.has(*BOARD_ROLES):
        raise Refused(gettext_noop("Votre habilitation n'ouvre pas le tableau du plan."))
    if agent.purpose is None:
        raise Refused(gettext_noop("Déclarez d'abord une finalité."))


can_read_board = asks(check_read_board)
