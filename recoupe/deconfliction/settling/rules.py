"""Which step follows which, whose it is, what it needs: pure. `deconfliction.doer` says the same in SQL (tested)."""

from collections.abc import Collection, Mapping

from recoupe.crosscheck.enums import ContactState, Side
from recoupe.crosscheck.rules import OPEN_CONTACT
from recoupe.deconfliction.settling.enums import Doer, Lead, NoticeKind, SettlementState
from recoupe.deconfliction.settling.models import LONGEST_REASON, Settlement
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.kernel.text import clean_text

S = SettlementState
SHORTEST_REASON = 10

DOERS: Mapping[tuple[SettlementState, SettlementState], Doer] = {
    (S.OPEN, S.PROPOSED): Doer.SIDE,
    # Another proposal takes the place of the one that lies on the table.
    (S.PROPOSED, S.PROPOSED): Doer.SIDE,
    (S.PROPOSED, S.AGREED): Doer.OTHER,
    # The other side declines, or who proposed takes it back.
    (S.PROPOSED, S.OPEN): Doer.SIDE,
    (S.OPEN, S.ARBITRATION): Doer.SIDE,
    (S.PROPOSED, S.ARBITRATION): Doer.SIDE,
    (S.ARBITRATION, S.SUBMITTED): Doer.MANAGER,
    # One of the two magistrates refuses: the manager proposes again. Both accept: it is decided.
    (S.SUBMITTED, S.ARBITRATION): Doer.MAGISTRATE,
    (S.SUBMITTED, S.DECIDED): Doer.MAGISTRATE,
    **{(state, S.ENDED): Doer.MACHINE for state in S if state is not S.ENDED},
}
NEEDS_LEAD = frozenset({S.PROPOSED, S.SUBMITTED})
NEEDS_REASON = frozenset({S.PROPOSED, S.OPEN, S.ARBITRATION, S.SUBMITTED})
# Nothing is awaited any more: the two registrations are no longer in conflict with one another.
SETTLED = frozenset({S.AGREED, S.DECIDED})
# Two services settle once they have spoken, or once an authority was asked to make them speak.
IN_CONTACT = OPEN_CONTACT - {ContactState.REQUESTED}

SENTENCE_STEP = gettext_noop("Ce conflit est « %(state)s » : cette étape n'est pas possible maintenant.")
SENTENCE_CONTACT = gettext_noop("Prenez d'abord contact avec l'autre service : l'accord vient après.")
SENTENCE_LEAD = gettext_noop("Choisissez qui mène.")
SENTENCE_REASON = gettext_noop("Écrivez le motif en une phrase au moins (dix caractères).")


def check_step(current: str, wanted: SettlementState) -> Doer:
    """Whose step it is; refused where the table knows none."""
    doer = DOERS.get((S(current), wanted))
    if doer is None:
        raise Conflict(SENTENCE_STEP, state=S(current).label)
    return doer


def check_contact(state: str) -> None:
    """The two have spoken."""
    if state not in IN_CONTACT:
        raise Conflict(SENTENCE_CONTACT)


def reason(typed: str, *, required: bool) -> str:
    """Why, as it is kept."""
    said = clean_text(typed, LONGEST_REASON, "reason")
    if required and len(said.strip()) < SHORTEST_REASON:
        raise Invalid(SENTENCE_REASON, field="reason")
    return said


def lead(typed: str) -> Lead:
    """Who leads, of the closed list."""
    if typed not in Lead.values:
        raise Invalid(SENTENCE_LEAD, field="lead")
    return Lead(typed)


def to_answer(of: Settlement, mine: Collection[str]) -> list[NoticeKind]:
    """What one who speaks for these sides is still asked for: his notice stays until he has said yes or no."""
    waits = of.state == S.PROPOSED and any(side != of.proposed_by for side in mine)
    return [NoticeKind.PROPOSED] if waits else []


def said_by(side: Side, typed: str) -> str:
    """The lead that a side names in its own words."""
    return {"own": side.value, "other": side.other.value}.get(typed, typed)
