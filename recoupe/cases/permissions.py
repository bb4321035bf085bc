"""Who opens, closes and hands over a procedure: check_x raises a sentence, can_x asks."""

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Role
from recoupe.cases.enums import CaseState
from recoupe.cases.models import Case
from recoupe.kernel.refusal import Conflict, Refusal, Refused, gettext_noop

SENTENCE_OPEN = gettext_noop("Votre habilitation ne permet pas d'ouvrir une procédure.")
SENTENCE_OWN = gettext_noop("Seul le service qui tient la procédure peut le faire.")
SENTENCE_CLOSED = gettext_noop("Cette procédure est close.")


def check_open(agent: Agent) -> None:
    """Investigators and heads of unit open their unit's procedures."""
    if not agent.has(Role.INVESTIGATOR, Role.UNIT_HEAD):
        raise Refused(SENTENCE_OPEN)


def check_change(agent: Agent, case: Case) -> None:
    """The unit that holds an open procedure closes it or names another magistrate."""
    if not (agent.has(Role.INVESTIGATOR, Role.UNIT_HEAD) and agent.holds(case.owner_unit_id, Capacity.UNIT)):
        raise Refused(SENTENCE_OWN)
    if case.state != CaseState.OPEN:
        raise Conflict(SENTENCE_CLOSED)


def can_open(agent: Agent) -> bool:
    """Whether check_open would pass."""
    try:
        check_open(agent)
    except Refusal:
        return False
    return True


def can_change(agent: Agent, case: Case) -> bool:
    """Whether check_change would pass."""
    try:
        check_change(agent, case)
    except Refusal:
        return False
    return True
