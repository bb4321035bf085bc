"""The clauses that set a condition on an action of T-4, and the whole answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from . import lookup
from .acting import works
from .reading import OPEN_CODES, codes, reads, record_of, silent, unit_silent
from .terms import (
    Agent,
    Answer,
    Association,
    Case,
    Contact,
    Danger,
    DangerSide,
    DealPoint,
    Event,
    Figure,
    HitSide,
    Object,
    Objective,
    Release,
    Report,
    Settlement,
    Unit,
    World,
)
from .working import (
    Ask,
    arbiter,
    before,
    frozen,
    settled_by,
    spoken,
    state_of,
    step,
    two_procedures,
    two_registrations,
    writers,
)

Clause = Callable[[Ask], Answer]
OPEN_CONTACT = frozenset({"REQUESTED", "MADE", "ESCALATED_CELL", "ESCALATED_OFFICE", "ESCALATED_PROSECUTOR"})
WAITING = frozenset({"REQUESTED", "AWAITING_MAGISTRATE"})
CLOSED_POINT = frozenset({"MERGED", "DISPLACED", "REJECTED"})
LEADING = frozenset({"police_unit", "gendarmerie_unit", "customs_unit", "pole", "antenna", "detachment"})
JOINABLE = frozenset({"police_unit", "gendarmerie_unit", "customs_unit"})


# Reports
def _budget(ask: Ask, report: Report) -> Answer:
    """Answer whether what a deposit or a later question newly names is within the budget of the day (P-38)."""
    counted = ask.world.deposits.get((ask.agent.id, report.case or ""), 0)
    return "yes" if counted + weight(ask.new_persons, ask.new_selectors) <= ask.world.daily_budget else "invalid"


def weight(persons: int, identifiers: int) -> int:
    """Give for how many a deposit counts (P-38)."""
    fifth = identifiers // 5 + (1 if identifiers % 5 else 0)
    return max(1, persons, fifth)


def _submit(ask: Ask) -> Answer:
    return _budget(ask, ask.obj) if isinstance(ask.obj, Report) else "forbidden"


def _correct(ask: Ask) -> Answer:
    # A correction that adds a selector or a person is a question; another one asks nothing.
    asks = ask.new_selectors or ask.new_persons
    return _budget(ask, ask.obj) if isinstance(ask.obj, Report) and asks else "yes"


def _determine(ask: Ask) -> Answer:
    left = isinstance(ask.obj, Report) and ask.obj.id in lookup.without_category(ask.world)
    return "yes" if left else "conflict"


def _report_move(ask: Ask) -> Answer:
    report = ask.obj
    if not isinstance(report, Report):
        return "forbidden"
    if ask.to == "SUBMITTED":
        return may(ask.world, ask.agent, "report", report, "report.submit")
    if ask.to == "INDEXED" and ask.new_selectors:
        return _budget(ask, report)
    waits = report.review_needed and report.reviewed_by is None
    return "conflict" if ask.to == "DISSEMINATED" and waits else "yes"


def _review(ask: Ask) -> Answer:
    report = ask.obj
    if not isinstance(report, Report) or ask.agent.id in writers(report):
        return "forbidden"
    return "yes" if report.review_needed and report.reviewed_by is None else "conflict"


# Hits, contacts, communications
def _thread(ask: Ask, side: HitSide) -> Contact | None:
    if side.thread:
        return ask.world.contacts.get(side.thread)
    found = lookup.contacts(ask.world).get(side.hit, ())
    return found[0] if found else None


def _hit_answer(ask: Ask) -> Answer:
    return "yes" if isinstance(ask.obj, HitSide) and ask.obj.strength == "weak" else "conflict"


def _request(ask: Ask) -> Answer:
    thread = _thread(ask, ask.obj) if isinstance(ask.obj, HitSide) else None
    return "yes" if thread and thread.state == "AVAILABLE" else "conflict"


def _mine(ask: Ask) -> frozenset[str]:
    return spoken(ask.world, ask.agent, ask.obj) if isinstance(ask.obj, Contact) else frozenset()


def _confirm(ask: Ask) -> Answer:
    if not isinstance(ask.obj, Contact) or not ask.obj.requested_side:
        return "conflict"
    return "yes" if _mine(ask) - {ask.obj.requested_side} else "forbidden"


def _propose(ask: Ask) -> Answer:
    if not isinstance(ask.obj, Contact) or arbiter(ask.world, ask.agent, ask.obj):
        return "forbidden"
    return "conflict" if two_registrations(ask.world, ask.obj) else "yes"


def _accept(ask: Ask) -> Answer:
    contact = ask.obj
    if not isinstance(contact, Contact) or arbiter(ask.world, ask.agent, contact):
        return "forbidden"
    if contact.proposed_side in _mine(ask):
        return "forbidden"
    return "yes" if contact.proposed_side else "conflict"


def _escalate(ask: Ask) -> Answer:
    world, contact = ask.world, ask.obj
    if not isinstance(contact, Contact) or contact.state not in ("REQUESTED", "MADE"):
        return "yes"
    mine = world.units.get(ask.agent.unit or "")
    near = [
        one
        for one in world.units.values()
        if one.kind == "cross"
        and works(one, world.today)
        and mine
        and (one.id in (mine.id, mine.cell) or one.departments & mine.departments)
    ]
    return "yes" if near else "conflict"


def _settle(ask: Ask) -> Answer:
    if not isinstance(ask.obj, Contact):
        return "forbidden"
    barred = two_procedures(ask.world, ask.obj) or two_registrations(ask.world, ask.obj)
    return "conflict" if barred else "yes"


def _waiting(ask: Ask, contact: Contact | None, side: str) -> Release | None:
    if contact is None:
        return None
    named = [ask.other] if isinstance(ask.other, Release) else lookup.releases(ask.world).get(contact.id, ())
    for one in named:
        if one.contact == contact.id and one.giving_side == side and one.state in WAITING:
            return one
    return None


def _ask_release(ask: Ask) -> Answer:
    if not isinstance(ask.obj, Contact):
        return "forbidden"
    mine = spoken(ask.world, ask.agent, ask.obj)
    wanted = [ask.other.side] if isinstance(ask.other, HitSide) else ["asker", "holder"]
    giving = [side for side in wanted if mine - {side}]
    if not giving:
        return "forbidden"
    free = [side for side in giving if _waiting(ask, ask.obj, side) is None]
    return "yes" if ask.obj.content_allowed and free else "conflict"


def _withdraw(ask: Ask) -> Answer:
    contact = ask.obj
    if not isinstance(contact, Contact):
        return "forbidden"
    mine = spoken(ask.world, ask.agent, contact)
    waiting = [_waiting(ask, contact, side) for side in ("asker", "holder")]
    open_ones = [one for one in waiting if one]
    if any(mine - {one.giving_side} for one in open_ones):
        return "yes"
    return "conflict" if mine else "forbidden"


def _give(ask: Ask) -> Answer:
    side = ask.obj
    if not isinstance(side, HitSide):
        return "forbidden"
    record = record_of(ask.world, side)
    if record is None or not reads(ask.world, ask.agent, "", record):
        return "absent"
    if not isinstance(record, Report):
        # Of a registration and of an event only that it exists is told (S-5).
        return "conflict"
    contact = _thread(ask, side)
    release = _waiting(ask, contact, side.side)
    if contact is None or contact.state not in OPEN_CONTACT or not contact.content_allowed:
        return "conflict"
    if silent(ask.world, record) or "H3" in codes(record)[0]:
        return "conflict"
    if record.frame == "administrative":
        return "yes" if ask.to in (None, "GRANTED") else "conflict"
    case = ask.world.cases.get(record.case or "")
    if case is None or not reads(ask.world, ask.agent, "case", case):
        return "conflict"
    if release is None or release.state == "REQUESTED":
        return "yes" if ask.to in (None, "AWAITING_MAGISTRATE") else "conflict"
    agreed = any(
        one.agreed and one.case == case.id and one.magistrate == case.magistrate
        for one in lookup.agreements(ask.world).get(release.id, ())
    )
    return "yes" if agreed and ask.to in (None, "GRANTED") else "conflict"


def _refuse(ask: Ask) -> Answer:
    side = ask.obj
    waiting = _waiting(ask, _thread(ask, side), side.side) if isinstance(side, HitSide) else None
    return "yes" if waiting else "conflict"


# Points and objectives
def _founds(world: World, agent: Agent, report: Report) -> Answer:
    if not reads(world, agent, "report", report):
        return "absent"
    if report.owner != agent.unit and not codes(report)[0] <= OPEN_CODES:
        return "forbidden"
    gone = report.state in ("DRAFT", "REJECTED", "ERASED") or silent(world, report)
    return "conflict" if gone else "yes"


def _found(ask: Ask) -> Answer:
    return _founds(ask.world, ask.agent, ask.obj) if isinstance(ask.obj, Report) else "forbidden"


def _add_evidence(ask: Ask) -> Answer:
    if isinstance(ask.other, Report):
        return _founds(ask.world, ask.agent, ask.other)
    return "yes"


def _point_move(ask: Ask) -> Answer:
    target = ask.other
    if ask.to != "MERGED" or not isinstance(target, DealPoint):
        return "yes"
    if not reads(ask.world, ask.agent, "dealpoint", target):
        return "absent"
    same = isinstance(ask.obj, DealPoint) and ask.obj.id == target.id
    return "conflict" if same or target.state in CLOSED_POINT else "yes"


def _propose_objective(ask: Ask) -> Answer:
    origin = ask.other
    if not isinstance(origin, DealPoint | HitSide):
        return "yes"
    if not reads(ask.world, ask.agent, "", origin):
        return "absent"
    if isinstance(origin, DealPoint):
        return "yes" if origin.state in ("ACTIVE", "TARGETED", "DISRUPTED", "REOCCUPIED") else "conflict"
    if origin.state in ("FALSE_POSITIVE", "CLOSED", "ANALYST_REVIEW"):
        return "conflict"
    return "yes" if origin.strength != "weak" or origin.state == "POSITIVE" else "conflict"


def _objective_move(ask: Ask) -> Answer:
    objective = ask.obj
    if not isinstance(objective, Objective) or ask.to != "ALLOCATED":
        return "yes"
    decided = any(
        one.table == "coordination_decision"
        and one.validates
        and one.court is not None
        and one.court == objective.court
        for one in lookup.children(ask.world).get(objective.id, ())
    )
    service = ask.other
    fits = not isinstance(service, Unit) or (service.kind in LEADING and works(service, ask.world.today))
    return "yes" if decided and fits else "conflict"


def _objective_reassign(ask: Ask) -> Answer:
    """A second lead is named where there is none (P-200)."""
    return "conflict" if isinstance(ask.obj, Objective) and ask.obj.joint else "yes"


# Registrations
def _request_target(ask: Ask) -> Answer:
    """Answer that a silent unit asks for no registration (P-120)."""
    return "forbidden" if isinstance(ask.obj, Case) and unit_silent(ask.world, ask.obj.owner) else "yes"


# Events
def _event_move(ask: Ask) -> Answer:
    """Answer that what has begun does not begin again (P-110)."""
    again = ask.to == "UNDER_WAY" and state_of(ask.obj) not in ("PLANNED", "CHANGED")
    return "conflict" if again else _of_no_mark(ask)


def _of_no_mark(ask: Ask) -> Answer:
    """Answer that a mark of the bureau is withdrawn, and nothing else (P-112)."""
    return "conflict" if isinstance(ask.obj, Event) and ask.obj.kind == "mark" else "yes"


# Conflicts and dangers
def _settlement_move(ask: Ask) -> Answer:
    """Answer that the other side accepts, and that a side acts once the two have spoken (P-140)."""
    one = ask.obj
    if not isinstance(one, Settlement):
        return "forbidden"
    if ask.to == "AGREED" and one.proposed_side in settled_by(ask.world, ask.agent, one):
        return "forbidden"
    contact = ask.world.contacts.get(one.contact)
    spoke = contact is not None and contact.state in OPEN_CONTACT - {"REQUESTED"}
    return "yes" if spoke or ask.to in ("AGREED", "SUBMITTED") else "conflict"


def _acknowledge(ask: Ask) -> Answer:
    """Answer that a danger is acknowledged once for each unit, while it stands (P-130)."""
    side = ask.obj
    return "yes" if isinstance(side, DangerSide) and side.stands and not side.acknowledged else "conflict"


def _of_standing_danger(ask: Ask) -> Answer:
    """Answer that the watch writes on a danger that stands (P-131)."""
    return "conflict" if isinstance(ask.obj, Danger) and ask.obj.state == "CLOSED" else "yes"


# The plan
def _decide(ask: Ask) -> Answer:
    """Answer that a meeting whose board is frozen decides no more (P-186)."""
    return "conflict" if isinstance(ask.obj, Figure) and frozen(ask.world, ask.obj.id) else "yes"


# Accounts and associations
def _dated(ask: Ask) -> Answer:
    backdated = isinstance(ask.other, date) and ask.other < ask.world.today
    return "invalid" if backdated else "yes"


def _join(ask: Ask) -> Answer:
    wanted, today = ask.obj, ask.world.today
    if not isinstance(wanted, Association) or wanted.service == ask.agent.unit:
        return "forbidden"
    service, cell = ask.world.units.get(wanted.service), ask.world.units.get(wanted.cell)
    if service is None or cell is None or service.kind not in JOINABLE or service.silent or cell.kind != "cross":
        return "invalid"
    backdated = wanted.valid_from < today or (wanted.valid_to or date.max) < wanted.valid_from
    return "yes" if works(service, today) and works(cell, today) and not backdated else "invalid"


def _leave(ask: Ask) -> Answer:
    if not isinstance(ask.obj, Association) or ask.obj.service == ask.agent.unit:
        return "forbidden"
    return "conflict" if ask.obj.ended else "yes"


CLAUSES: dict[str, Clause] = {
    "report.submit": _submit,
    "report.correct": _correct,
    "report.determine": _determine,
    "report.move": _report_move,
    "report.review": _review,
    "hit.answer": _hit_answer,
    "contact.request": _request,
    "contact.confirm": _confirm,
    "contact.propose": _propose,
    "contact.accept": _accept,
    "contact.escalate": _escalate,
    "contact.settle": _settle,
    "release.request": _ask_release,
    "release.withdraw": _withdraw,
    "release.give": _give,
    "release.refuse": _refuse,
    "dealpoint.propose": _found,
    "dealpoint.add_evidence": _add_evidence,
    "dealpoint.move": _point_move,
    "objective.propose": _propose_objective,
    "objective.move": _objective_move,
    "objective.reassign": _objective_reassign,
    "target.request": _request_target,
    "event.move": _event_move,
    "event.change": _of_no_mark,
    "event.silence": _of_no_mark,
    "settlement.move": _settlement_move,
    "danger.acknowledge": _acknowledge,
    "watch.call": _of_standing_danger,
    "watch.note": _of_standing_danger,
    "plan.decide": _decide,
    "account.designate": _dated,
    "account.revoke": _dated,
    "account.transfer": _dated,
    "cells.join": _join,
    "cells.leave": _leave,
}


def may(
    world: World,
    agent: Agent,
    kind: str,
    obj: Object,
    action: str,
    *,
    to: str | None = None,
    other: object = None,
    new_selectors: int = 0,
    new_persons: int = 0,
) -> Answer:
    """Answer an action of T-4 on an object; `to` for a move, `other` for the second thing that it names."""
    ask = Ask(world, agent, obj, to, other, new_selectors, new_persons)
    row = before(ask, kind, action)
    if isinstance(row, str):
        return row
    stepped = step(ask, kind, row)
    if stepped == "forbidden" or action not in CLAUSES:
        return stepped
    clause = CLAUSES[action](ask)
    return clause if clause in ("forbidden", "absent") or stepped == "yes" else "conflict"
