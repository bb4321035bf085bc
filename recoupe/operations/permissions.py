"""Who enters, changes and ends an event: check_x raises a sentence, can_x asks."""

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Role
from recoupe.access.keys import own_capacity
from recoupe.kernel.refusal import Conflict, Refused, asks, gettext_noop
from recoupe.operations.enums import LIVE, EventKind
from recoupe.operations.models import Event, Presence
from recoupe.operations.presence.enums import LineState
from recoupe.reference import queries as reference
from recoupe.reference.enums import UnitKind

PLANNERS = frozenset({Role.INVESTIGATOR, Role.UNIT_HEAD})
# Who reads the figures of a territory: of all its services, without their lines.
MEASURERS = frozenset({Role.CROSS_ANALYST, Role.CROSS_HEAD, Role.OFAST_ANALYST})

SENTENCE_PLAN = gettext_noop("Votre habilitation ne permet pas d'enregistrer un événement.")
SENTENCE_OWN = gettext_noop("Seul le service qui prévoit cet événement peut le faire.")
SENTENCE_BUREAU = gettext_noop("Cette porte est celle du bureau central des sources.")
SENTENCE_HEAD = gettext_noop("Seul le chef du service qui prévoit cet événement le rend silencieux.")
SENTENCE_PATROL = gettext_noop("Votre habilitation ne permet pas de tenir le registre de présence.")
SENTENCE_LINE = gettext_noop("Seul le service qui a inscrit cette ligne la corrige.")
SENTENCE_WITHDRAWN = gettext_noop("Cette ligne est retirée : inscrivez-en une autre.")
SENTENCE_MEASURE = gettext_noop("Ces chiffres se lisent dans les CROSS et à l'office.")
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
    if event.state not in LIVE or event.kind == EventKind.MARK:
        raise Conflict(SENTENCE_OVER)


def check_mark(agent: Agent) -> None:
    """S-7: the source bureau alone, through its own door."""
    check_plan(agent)
    if agent.unit_kind != UnitKind.SOURCE_BUREAU:
        raise Refused(SENTENCE_BUREAU)


def check_withdraw(agent: Agent, event: Event) -> None:
    """The bureau whose mark it is."""
    check_mark(agent)
    if event.kind != EventKind.MARK or not agent.holds(event.owner_unit_id, Capacity.UNIT):
        raise Refused(SENTENCE_BUREAU)


def check_silence(agent: Agent, event: Event) -> None:
    """S-3: the head of the holder's unit alone makes an event silent, or ends it."""
    if not agent.has(Role.UNIT_HEAD) or not agent.holds(event.owner_unit_id, Capacity.HEAD):
        raise Refused(SENTENCE_HEAD)
    if event.state not in LIVE or event.kind == EventKind.MARK:
        raise Conflict(SENTENCE_OVER)


def check_patrol(agent: Agent) -> None:
    """Those who act on the ground write the ledger of their own unit."""
    if not agent.writes_as(*PLANNERS):
        raise Refused(SENTENCE_PATROL)


def check_correct(agent: Agent, presence: Presence) -> None:
    """The unit that wrote a line, whose last step this is, corrects and withdraws it."""
    kind = reference.unit_by_id(presence.owner_unit_id).kind
    if not agent.has(*PLANNERS) or not agent.holds(presence.owner_unit_id, own_capacity(kind)):
        raise Refused(SENTENCE_LINE)
    if presence.state != LineState.STANDS:
        raise Conflict(SENTENCE_WITHDRAWN)


def check_measure(agent: Agent) -> None:
    """Cells, of their departments, and the office read what was given and found by commune and month."""
    if not agent.works_as(*MEASURERS):
        raise Refused(SENTENCE_MEASURE)


can_plan = asks(check_plan)
can_change = asks(check_change)
can_mark = asks(check_mark)
can_withdraw = asks(check_withdraw)
can_silence = asks(check_silence)
can_patrol = asks(check_patrol)
can_correct = asks(check_correct)
can_measure = asks(check_measure)
