"""Who may do what in a cross-check: twins on (agent, object). In which state it is possible stands in rules.py."""

from uuid import UUID

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Role
from recoupe.crosscheck.enums import ContactState
from recoupe.crosscheck.models import Agreement, ContactThread, HitSide, Judgement
from recoupe.crosscheck.rules import ESCALATED_TO
from recoupe.kernel.refusal import Refused, asks, gettext_noop

NOT_YOURS = gettext_noop(
    "Ce contact appartient à l'auteur de l'enregistrement et à la permanence qui répond pour son unité."
)
NOT_HELD = gettext_noop("Seuls l'auteur de l'enregistrement et la permanence de son unité peuvent le faire.")


def check_hold(agent: Agent, side: HitSide) -> None:
    """The unit that holds the record: its author while he serves there, or its duty desk; a relay holds nothing."""
    is_author = agent.id == side.author_id and agent.unit_id == side.owner_unit_id
    if not is_author and not agent.holds(side.owner_unit_id, Capacity.DUTY):
        raise Refused(NOT_HELD)


def check_speak(agent: Agent, side: HitSide) -> None:
    """Whoever holds the record, or the desk that its unit chose to answer for it (S-4)."""
    if side.relay_id is not None and agent.holds(side.relay_id, Capacity.DUTY):
        return
    if not can_hold(agent, side):
        raise Refused(NOT_YOURS)


def judges_for(agent: Agent) -> set[UUID]:
    """S-2: the cells, or the office, whose questions the agent answers as their analyst."""
    return {unit for unit, capacity in agent.grants if capacity in (Capacity.CELL, Capacity.OFFICE)}


def check_judge(agent: Agent, judgement: Judgement) -> None:
    """An analyst of the cell, or of the office, to which the question was put."""
    if judgement.owner_unit_id not in judges_for(agent):
        raise Refused(gettext_noop("Ce recoupement est examiné par une autre cellule."))


def check_arbitrate(agent: Agent, thread: ContactThread) -> None:
    """The authority to which the contact was carried last, and no other."""
    capacity = ESCALATED_TO.get(ContactState(thread.state))
    if capacity is None or thread.arbiter_id is None or not agent.holds(thread.arbiter_id, capacity):
        raise Refused(gettext_noop("Ce contact n'a pas été porté devant vous."))


def check_agree(agent: Agent, agreement: Agreement) -> None:
    """S-6: the magistrate in charge of the procedure, in person."""
    if not agent.has(Role.PROSECUTOR, Role.EXAMINING_JUDGE) or agent.id != agreement.magistrate_id:
        raise Refused(gettext_noop("Seul le magistrat en charge de la procédure peut donner cet accord."))


can_hold = asks(check_hold)
can_speak = asks(check_speak)
can_judge = asks(check_judge)
can_arbitrate = asks(check_arbitrate)
can_agree = asks(check_agree)
