"""Who asks for a registration, who decides on it, who completes it: check_x raises a sentence, can_x asks."""

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Role
from recoupe.cases.enums import CaseState
from recoupe.cases.models import Case
from recoupe.kernel.refusal import Conflict, Refused, asks, gettext_noop
from recoupe.reference import queries as reference
from recoupe.targets import rules
from recoupe.targets.enums import OPEN_TO_UNIT, Doer, TargetState
from recoupe.targets.models import RegisteredTarget

SENTENCE_ROLE = gettext_noop("Votre habilitation ne permet pas de demander une inscription au fichier.")
SENTENCE_OWN = gettext_noop("Une inscription se demande pour une procédure de votre service.")
SENTENCE_CLOSED = gettext_noop("Cette procédure est close : plus personne ne s'inscrit sous elle.")
SENTENCE_SILENT = gettext_noop(
    "Un service silencieux n'inscrit personne au fichier : sa demande passe par l'autorité dont il relève."
)
SENTENCE_MANAGER = gettext_noop("Seul le gestionnaire du fichier peut prendre cette décision.")
SENTENCE_UNIT = gettext_noop("Seul le service qui a demandé l'inscription peut le faire.")
SENTENCE_STATE = gettext_noop("Une inscription « %(state)s » ne peut pas passer à l'état « %(to)s ».")
SENTENCE_OVER = gettext_noop("Cette inscription est terminée : elle ne se complète plus.")

ASKERS = (Role.INVESTIGATOR, Role.UNIT_HEAD)


def check_request(agent: Agent, case: Case) -> None:
    """Investigators and heads ask, for an open procedure of their own unit."""
    if not agent.has(*ASKERS):
        raise Refused(SENTENCE_ROLE)
    if not agent.holds(case.owner_unit_id, Capacity.UNIT):
        raise Refused(SENTENCE_OWN)
    if reference.unit_by_id(case.owner_unit_id).silent:
        raise Refused(SENTENCE_SILENT)
    if case.state != CaseState.OPEN:
        raise Conflict(SENTENCE_CLOSED)


can_request = asks(check_request)


def manages(agent: Agent) -> bool:
    """Whether the agent keeps the registry."""
    return agent.has(Role.REGISTRY_MANAGER) and agent.holds(agent.unit_id, Capacity.REGISTRY)


def of_unit(agent: Agent, target: RegisteredTarget) -> bool:
    """Whether the agent works where the registration was asked for."""
    return agent.has(*ASKERS) and agent.holds(target.owner_unit_id, Capacity.UNIT)


def check_decide(agent: Agent, target: RegisteredTarget, to: TargetState) -> None:
    """The manager checks, registers and refuses; the unit ends; machines do the rest."""
    doer = rules.DECIDED_BY[to]
    if doer is Doer.UNIT and (to is TargetState.REQUESTED or not of_unit(agent, target)):
        raise Refused(SENTENCE_UNIT)
    if doer is not Doer.UNIT and not (doer is Doer.MANAGER and manages(agent)):
        raise Refused(SENTENCE_MANAGER)
    if to not in rules.TRANSITIONS[TargetState(target.state)]:
        raise Conflict(SENTENCE_STATE, state=TargetState(target.state).label, to=to.label)


can_decide = asks(check_decide)


def check_amend(agent: Agent, target: RegisteredTarget) -> None:
    """The unit that asked completes what it wrote, as long as the registry holds it."""
    if not of_unit(agent, target):
        raise Refused(SENTENCE_UNIT)
    if TargetState(target.state) not in OPEN_TO_UNIT:
        raise Conflict(SENTENCE_OVER)


can_amend = asks(check_amend)
