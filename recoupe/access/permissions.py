"""Who may declare, mandate and designate."""

from uuid import UUID

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.kernel.refusal import Refused, gettext_noop


def check_mandate(agent: Agent) -> None:
    """A background job needs a declared purpose, as its signatory would."""
    if agent.purpose is None:
        raise Refused(gettext_noop("Déclarez d'abord une finalité : la tâche agira en votre nom."))


def check_designate(agent: Agent, subject: UUID) -> None:
    """Only a designating authority changes habilitations, and never its own."""
    if not agent.has(Role.DESIGNATING_AUTHORITY):
        raise Refused(gettext_noop("Seule une autorité d'habilitation peut modifier des droits."))
    if agent.id == subject:
        raise Refused(gettext_noop("Nul ne modifie sa propre habilitation."))


def can_designate(agent: Agent, subject: UUID) -> bool:
    """Whether check_designate would pass."""
    try:
        check_designate(agent, subject)
    except Refused:
        return False
    return True
