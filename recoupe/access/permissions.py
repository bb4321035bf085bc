"""Who may declare, mandate, designate, and join services to cells."""

from uuid import UUID

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.kernel.refusal import Refused, asks, gettext_noop


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


can_designate = asks(check_designate)


def check_cells(agent: Agent, service: UUID) -> None:
    """Only a designating authority says which services are of which cells, and never of its own service."""
    if not agent.has(Role.DESIGNATING_AUTHORITY):
        raise Refused(gettext_noop("Seule une autorité d'habilitation associe un service à une cellule."))
    if agent.unit_id == service:
        raise Refused(gettext_noop("Nul ne décide pour son propre service : une autre autorité doit le faire."))


can_cells = asks(check_cells)
