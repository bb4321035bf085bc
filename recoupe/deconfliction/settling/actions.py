"""Writes on a settlement: each checks, journals, then has the database take the step, in one transaction."""

from typing import Any

from django.db import connection, transaction

from recoupe.access.agent import Agent
from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.crosscheck.enums import Side
from recoupe.deconfliction import permissions
from recoupe.deconfliction.settling import rules
from recoupe.deconfliction.settling.enums import OpinionState, SettlementState
from recoupe.deconfliction.settling.models import Opinion, Settlement
from recoupe.kernel.refusal import Conflict, Invalid, Refused, gettext_noop

S = SettlementState
_MOVE = "SELECT deconfliction.move(%s::uuid, %s::text, %s::integer, %s::text, %s::text, %s::text, %s::text)"
_ANSWER = "SELECT deconfliction.answer(%s::uuid, %s::boolean, %s::text)"
SENTENCE_MOVED = gettext_noop("Ce conflit vient de changer : rechargez la page.")
SENTENCE_TWO = gettext_noop("Vous répondez pour les deux services : choisissez pour lequel vous parlez.")


def side_of(by: Agent, settlement: Settlement, wanted: Side | None) -> Side:
    """The side for which the agent acts; asked for when he speaks for both."""
    mine = permissions.sides_of(by, settlement)
    if not mine or (wanted is not None and wanted not in mine):
        raise Refused(permissions.SENTENCE_SIDE)
    if wanted is None and len(mine) > 1:
        raise Invalid(SENTENCE_TWO, field="side")
    return wanted or mine[0]


@transaction.atomic
def propose(*, by: Agent, settlement: Settlement, lead: str, reason: str, side: Side | None = None) -> Settlement:
    """Propose who leads: `lead` is `own`, `other` or `joint`, as the side says it; the other service is told."""
    permissions.check_settle(by, settlement, S.PROPOSED)
    mine = side_of(by, settlement, side)
    return _move(settlement, S.PROPOSED, mine, rules.lead(rules.said_by(mine, lead)), reason)


@transaction.atomic
def accept(*, by: Agent, settlement: Settlement, reason: str = "", side: Side | None = None) -> Settlement:
    """Accept what the other side proposed: their contact is settled, both registrations are active again."""
    permissions.check_settle(by, settlement, S.AGREED)
    return _move(settlement, S.AGREED, side_of(by, settlement, side), "", reason)


@transaction.atomic
def decline(*, by: Agent, settlement: Settlement, reason: str, side: Side | None = None) -> Settlement:
    """Say no to what lies on the table, or take it back; the other side reads why."""
    permissions.check_settle(by, settlement, S.OPEN)
    return _move(settlement, S.OPEN, side_of(by, settlement, side), "", reason)


@transaction.atomic
def carry(*, by: Agent, settlement: Settlement, reason: str, side: Side | None = None) -> Settlement:
    """Carry it to the registry's manager, who reads both registrations and what was said of it (S-6)."""
    permissions.check_settle(by, settlement, S.ARBITRATION)
    return _move(settlement, S.ARBITRATION, side_of(by, settlement, side), "", reason)


@transaction.atomic
def submit(*, by: Agent, settlement: Settlement, lead: str, reason: str) -> Settlement:
    """The manager proposes a solution to the two magistrates in charge; `lead` names a side, or both."""
    permissions.check_settle(by, settlement, S.SUBMITTED)
    return _move(settlement, S.SUBMITTED, None, rules.lead(lead), reason)


@transaction.atomic
def answer(*, by: Agent, opinion: Opinion, accepted: bool, reason: str = "") -> None:
    """The magistrate in charge decides: both must accept, a refusal gives it back to the manager with its reason."""
    permissions.check_decide(by, opinion)
    said = rules.reason(reason, required=not accepted)
    state = OpinionState.ACCEPTED if accepted else OpinionState.REFUSED
    refs: list[Ref] = [("opinion", opinion.id), ("case", opinion.case_id)]
    record(Operation.MODIFY, refs=refs, fields=["state"], details={"state": state.value})
    if not _call(_ANSWER, opinion.id, accepted, said):
        raise Conflict(permissions.SENTENCE_ANSWERED)


def _move(settlement: Settlement, to: SettlementState, side: Side | None, lead: str, reason: str) -> Settlement:
    said = rules.reason(reason, required=to in rules.NEEDS_REASON)
    refs: list[Ref] = [("settlement", settlement.id), ("contact", settlement.thread_id)]
    fields = ["state", *(["lead"] if lead else []), *(["reason"] if said else [])]
    record(Operation.MODIFY, refs=refs, fields=fields, details={"state": to.value})
    moved = _call(
        _MOVE, settlement.id, settlement.state, settlement.steps, to.value, side.value if side else "", lead, said,
    )  # fmt: skip
    if not moved:
        raise Conflict(SENTENCE_MOVED)
    settlement.refresh_from_db()
    return settlement


def _call(query: str, *params: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(query, list(params))
        return bool(cursor.fetchone()[0])
