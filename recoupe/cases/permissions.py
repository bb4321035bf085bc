"""Who opens, closes and hands over a procedure: check_x raises a sentence, can_x asks."""

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Role
from recoupe.cases.enums import CaseState
from recoupe.cases.models import Case
from recoupe.kernel.refusal import Conflict, Refused, asks, gettext_noop

SENTENCE_OPEN = gettext_noop("Votre habilitation ne permet pas d'ouvrir une procédure.")
SENTENCE_OWN = gettext_noop("Seul le service qui tient la procédure peut le faire.")
SENTENCE_HEAD = gettext_noop("Seul le chef du service qui tient la procédure peut désigner un autre magistrat.")
SENTENCE_CLOSED = gettext_noop("Cette procédure est close.")


def check_open(agent: Agent) -> None:
    """Investigators and heads of unit open their unit's procedures."""
    if not agent.has(Role.INVESTIGATOR, Role.UNIT_HEAD):
        raise Refused(SENTENCE_OPEN)


def check_change(agent: Agent, case: Case) -> None:
    """The unit that holds an open procedure closes it."""
    if not (agent.has(Role.INVESTIGATOR, Role.UNIT_HEAD) and agent.holds(case.owner_unit_id, Capacity.UNIT)):
        raise Refused(SENTENCE_OWN)
    if case.state != CaseState.OPEN:
        raise Conflict(SENTENCE_CLOSED)


def check_change_magistrate(agent: Agent, case: Case) -> None:
    """S-6: a release needs the magistrate in charge, so whoever asks for one does not choose him: the head does."""
    if not (agent.has(Role.UNIT_HEAD) and agent.holds(case.owner_unit_id, Capacity.HEAD)):
        raise Refused(SENTENCE_HEAD)
    if case.state != CaseState.OPEN:
        raise Conflict(SENTENCE_CLOSED)


can_open = asks(check_open)


can_change = asks(check_change)


can_change_magistrate = asks(check_change_magistrate)
