"""Who enters, changes and ends an event: check_x raises a sentence, can_x asks."""

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.access.keys import own_capacity
from recoupe.kernel.refusal import Conflict, Refused, asks, gettext_noop
from recoupe.operations.enums import LIVE
from recoupe.operations.models import Event
from recoupe.reference import queries as reference

PLANNERS = frozenset({Role.INVESTIGATOR, Role.UNIT_HEAD})

SENTENCE_PLAN = gettext_noop("Votre habilitation ne permet pas d'enregistrer un événement.")
SENTENCE_OWN = gettext_noop("Seul le service qui prévoit cet événement peut le faire.")
SENTENCE_OVER = gettext_noop("Cet événement est terminé ou annulé.")


def check_plan(agent: Agent) -> None:
    """Those who act on the ground, for their own unit."""
    if not agent.writes_as(*PLANNERS):
        raise Refused(SENTENCE_PLAN)


def check_change(agent: Agent, event: Event) -> None:
    """The unit that holds a live event."""
    kind = reference.unit_by_id(event.owner_unit_id).kind
    if not agent.has(*PLANNERS) or not agent.holds(event.owner_unit_id, own_capacity(kind)):
        raise Refused(SENTENCE_OWN)
    if event.state not in LIVE:
        raise Conflict(SENTENCE_OVER)


can_plan = asks(check_plan)
can_change = asks(check_change)
