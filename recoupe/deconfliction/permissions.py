"""Who settles a conflict, acknowledges a danger, keeps the watch: check_x raises a sentence, can_x asks."""

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Role
from recoupe.crosscheck.actions.contact import voices
from recoupe.crosscheck.enums import Side, Voice
from recoupe.crosscheck.models import ContactThread
from recoupe.deconfliction.models import DangerSide
from recoupe.deconfliction.settling import rules
from recoupe.deconfliction.settling.enums import Doer, OpinionState, SettlementState
from recoupe.deconfliction.settling.models import Opinion, Settlement
from recoupe.kernel.refusal import Conflict, Refused, asks, gettext_noop
from recoupe.reference.enums import UnitKind
from recoupe.targets.permissions import manages

SENTENCE_SIDE = gettext_noop("Seuls les deux services de ce conflit peuvent le faire.")
SENTENCE_OTHER = gettext_noop("C'est à l'autre service d'accepter cet accord.")
SENTENCE_MANAGER = gettext_noop("Seul le gestionnaire du fichier propose une solution aux magistrats.")
SENTENCE_MAGISTRATE = gettext_noop("Seul le magistrat en charge de la procédure peut décider.")
SENTENCE_ANSWERED = gettext_noop("Cette proposition n'attend plus votre décision.")

SENTENCE_DUTY = gettext_noop("Seule la permanence du service peut accuser réception pour lui.")
SENTENCE_CLOSED = gettext_noop("Ce danger est écarté : il n'y a plus rien à accuser.")
SENTENCE_DONE = gettext_noop("Votre service a déjà accusé réception de ce danger.")
SENTENCE_WATCH = gettext_noop("Seul le poste de veille de l'office tient cet écran.")


def sides_of(agent: Agent, settlement: Settlement) -> list[Side]:
    """The sides for which the agent speaks; none for the manager, who reads no contact."""
    thread = ContactThread.objects.filter(id=settlement.thread_id).first()
    spoken = voices(agent, thread) if thread else []
    return [Side(voice.value) for voice in spoken if voice is not Voice.ARBITER]


def check_settle(agent: Agent, settlement: Settlement, to: SettlementState) -> None:
    """A side proposes, declines and carries; the other one accepts; the manager proposes to the magistrates."""
    whose = {doer for (_, wanted), doer in rules.DOERS.items() if wanted is to} - {Doer.MACHINE, Doer.MAGISTRATE}
    mine = sides_of(agent, settlement) if whose & {Doer.SIDE, Doer.OTHER} else []
    if Doer.MANAGER in whose:
        if not manages(agent):
            raise Refused(SENTENCE_MANAGER)
    elif not (whose and mine):
        raise Refused(SENTENCE_SIDE)
    doer = rules.check_step(settlement.state, to)
    if doer in (Doer.MAGISTRATE, Doer.MACHINE):
        raise Conflict(rules.SENTENCE_STEP, state=SettlementState(settlement.state).label)
    if doer is Doer.OTHER and settlement.proposed_by in mine:
        raise Refused(SENTENCE_OTHER)
    if doer is Doer.SIDE:
        rules.check_contact(ContactThread.objects.get(id=settlement.thread_id).state)


def check_decide(agent: Agent, opinion: Opinion) -> None:
    """S-6: the magistrate in charge of the procedure, in person, while he serves at its court."""
    in_charge = agent.id == opinion.magistrate_id and agent.unit_id == opinion.court_id
    if not (agent.has(Role.PROSECUTOR, Role.EXAMINING_JUDGE) and in_charge):
        raise Refused(SENTENCE_MAGISTRATE)
    if opinion.state != OpinionState.ASKED:
        raise Conflict(SENTENCE_ANSWERED)


def check_acknowledge(agent: Agent, side: DangerSide) -> None:
    """The duty desk of the unit itself, once; the desk that answers for it reads it and calls on."""
    if not agent.holds(side.owner_unit_id, Capacity.DUTY):
        raise Refused(SENTENCE_DUTY)
    if not side.live:
        raise Conflict(SENTENCE_CLOSED)
    if side.acknowledged_at is not None:
        raise Conflict(SENTENCE_DONE)


def check_watch(agent: Agent) -> None:
    """Who is designated for the watch desk, in the office that works today."""
    if agent.unit_kind != UnitKind.OFFICE or not agent.holds(agent.unit_id, Capacity.WATCH):
        raise Refused(SENTENCE_WATCH)


can_acknowledge = asks(check_acknowledge)
can_watch = asks(check_watch)
can_settle = asks(check_settle)
can_decide = asks(check_decide)
