"""Who asks for a tool's key, answers, fetches and takes it away; who is the second person of a recovery."""

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Role
from recoupe.desk.enums import KeyState, RecoveryState
from recoupe.desk.queries import Lost, ToolKey
from recoupe.kernel.refusal import Conflict, Refused, asks, gettext_noop

HEADS = (Role.UNIT_HEAD, Role.CROSS_HEAD)
TOO_LATE = gettext_noop("Cette demande n'en est plus là : rechargez la page.")

NOT_APART = gettext_noop(
    "Il faut deux personnes indépendantes : l'une de vous a remis à l'autre son premier accès. Une autre répondra."
)


def check_register(agent: Agent) -> None:
    """Only a designating authority makes an account; it opens nothing before a designation."""
    if not agent.has(Role.DESIGNATING_AUTHORITY):
        raise Refused(gettext_noop("Seule une autorité d'habilitation inscrit un agent."))


can_register = asks(check_register)


def check_ask(agent: Agent) -> None:
    """The head of a unit asks, for his own unit."""
    if not (agent.works_as(*HEADS) and agent.holds(agent.unit_id, Capacity.HEAD)):
        raise Refused(gettext_noop("Seul le chef d'une unité demande une clé pour son outil."))


can_ask = asks(check_ask)


def check_answer(agent: Agent, key: ToolKey) -> None:
    """An authority answers, and never to a request of its own (two persons)."""
    if not agent.has(Role.DESIGNATING_AUTHORITY):
        raise Refused(gettext_noop("Une autorité d'habilitation répond à cette demande."))
    if agent.id == key.asked_by:
        raise Refused(gettext_noop("Il faut deux personnes : une autre autorité répondra à votre demande."))
    if not key.apart:
        raise Refused(NOT_APART)
    if key.state != KeyState.ASKED:
        raise Conflict(TOO_LATE)


can_answer = asks(check_answer)


def check_fetch(agent: Agent, key: ToolKey) -> None:
    """Who asked fetches the key, once it was agreed, as long as he heads that unit."""
    if agent.id != key.asked_by or not (agent.works_as(*HEADS) and agent.holds(key.unit_id, Capacity.HEAD)):
        raise Refused(gettext_noop("La clé se retire par le chef d'unité qui l'a demandée."))
    if key.state != KeyState.AGREED:
        raise Conflict(TOO_LATE)


can_fetch = asks(check_fetch)


def check_revoke(agent: Agent, key: ToolKey) -> None:
    """The heads of the unit, or an authority, take a key away at any time."""
    heads = agent.works_as(*HEADS) and agent.holds(key.unit_id, Capacity.HEAD)
    if not (heads or agent.has(Role.DESIGNATING_AUTHORITY)):
        raise Refused(gettext_noop("Seuls le chef de l'unité et l'autorité d'habilitation retirent cette clé."))
    if key.state in (KeyState.REFUSED, KeyState.REVOKED):
        raise Conflict(TOO_LATE)


can_revoke = asks(check_revoke)


def check_second(agent: Agent, lost: Lost) -> None:
    """The second person knows the agent: another authority, or the head of his unit; neither he nor who asked."""
    head = agent.works_as(*HEADS) and agent.holds(lost.unit_id, Capacity.HEAD)
    if not (head or agent.has(Role.DESIGNATING_AUTHORITY)):
        raise Refused(gettext_noop("Une autre autorité ou le chef de son unité confirme que c'est bien lui."))
    if agent.id in (lost.asked_by, lost.agent_id):
        raise Refused(gettext_noop("Il faut deux personnes : ni l'intéressé, ni qui a déclaré la perte."))
    if not lost.apart:
        raise Refused(NOT_APART)
    if lost.state != RecoveryState.ASKED:
        raise Conflict(TOO_LATE)


can_second = asks(check_second)
