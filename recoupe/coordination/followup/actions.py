"""Writes after an operation: answers to checks, measures of a plan of return; each checks, journals, then writes."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from recoupe.access import once
from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity
from recoupe.access.keys import reader_key
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.coordination.followup import permissions, queries, rules
from recoupe.coordination.followup.enums import (
    CHECK_CLOSABLE,
    CHECK_MOVED,
    CHECK_RESOLD,
    MeasureKind,
    MeasureState,
    PartnerKind,
    Seen,
)
from recoupe.coordination.followup.models import Answer, Check, Measure, MeasureStep
from recoupe.coordination.permissions import check_plan_return, opens_plan
from recoupe.dealpoints import actions as dealpoints
from recoupe.dealpoints import permissions as dealpoint_permissions
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.models import DealPoint
from recoupe.kernel.dates import plausible
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.kernel.selectors import propose
from recoupe.kernel.text import clean_line
from recoupe.notices.actions import notify

CHANGED_MEANWHILE = gettext_noop("Cette mesure a changé pendant que vous la lisiez : rechargez la page.")


@dataclass(frozen=True, slots=True)
class Draft:
    """One measure as whoever plans it says it; an owner is a service or a partner's office, never both.

    `key` is drawn with the form: sent twice, it makes one measure.
    """

    kind: MeasureKind
    text: str
    due_on: date
    owner_id: UUID | None = None
    partner_kind: str = ""
    partner: str = ""
    requested: int | None = None
    key: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class Change:
    """What a step says: None leaves a number or the due date as it was."""

    to: MeasureState
    due_on: date | None = None
    granted: int | None = None
    used: int | None = None
    reason: str = ""


@transaction.atomic
def plan(*, by: Agent, point: DealPoint, draft: Draft) -> Measure:
    """Add a measure to the plan of return of a place."""
    check_plan_return(by, point)
    once.first_of(draft.key)
    made: Measure | None = Measure.objects.filter(pk=draft.key, point=point).first()
    if made:
        return made
    today = timezone.localdate()
    kind = MeasureKind(draft.kind)
    due_on = rules.checked_due(plausible(draft.due_on, "due_on"), queries.operation_day(point), today)
    forces = rules.checked_forces(kind, rules.Forces(draft.requested))
    measure = Measure(id=draft.key, point=point, kind=kind, text=_text(draft), **_owner(draft, point, today))
    record(
        Operation.MODIFY,
        refs=[("dealpoint", point.id)],
        fields=["measure"],
        details={"measure": MeasureState.TO_DO.value},
    )
    measure.save()
    _write(by, measure, 1, forces, state=MeasureState.TO_DO, due_on=due_on)
    return measure


@transaction.atomic
def advance(*, by: Agent, measure: Measure, change: Change, read: int) -> MeasureStep:
    """Bring a measure further, give it another day, say what was granted or used; `read`: the step that was read."""
    last = queries.last_step(measure)
    state = MeasureState(last.state)
    plans = change.due_on is not None or change.granted is not None
    way = permissions.Way(state, change.to, plans)
    permissions.check_advance(by, measure, way, opens=opens_plan(by, measure.point))
    if last.number != read:
        raise Conflict(CHANGED_MEANWHILE)
    if change.to is state and not plans:
        raise Invalid(gettext_noop("Dites ce qui change : l'échéance, ou les forces accordées."), field="due_on")
    postponed = change.due_on is not None and change.due_on != last.due_on
    motive = rules.checked_reason(rules.NEEDS_MOTIVE[change.to] or postponed, change.reason)
    due_on = last.due_on
    if change.due_on is not None and postponed:
        day = plausible(change.due_on, "due_on")
        due_on = rules.checked_due(day, queries.operation_day(measure.point), timezone.localdate())
    forces = _forces(MeasureKind(measure.kind), last, change)
    record(
        Operation.MODIFY,
        refs=[("dealpoint", measure.point_id)],
        fields=["measure"],
        details={"measure": change.to.value},
    )
    return _write(by, measure, last.number + 1, forces, state=change.to, due_on=due_on, motive=motive)


@transaction.atomic
def answer(*, by: Agent, check: Check, seen: Seen, seen_on: date | None, reason: str) -> Answer:
    """Say what was found at one check. *Resold* brings the point to REOCCUPIED when that step is the agent's (W5);
    else its cell is told of what the officer saw, and takes it or not."""
    point = DealPoint.objects.filter(pk=check.point_id).first()
    life = queries.life_of(check)
    permissions.check_answer(by, check, answered=life.window.seen is not None, moot=life.moot)
    motive = rules.checked_reason(True, reason)
    day = rules.checked_look(life.window, Seen(seen), seen_on, timezone.localdate())
    record(
        Operation.MODIFY,
        refs=[("dealpoint", check.point_id)],
        fields=["check"],
        details={"look": Seen(seen).value, "days": check.days},
    )
    made = _answered(by, check, Seen(seen), day, motive)
    if point is not None:
        _follow(by, point, made)
    return made


# -- what they share --------------------------------------------------------------------------------------------------
def _text(draft: Draft) -> str:
    text = clean_line(draft.text, 300, "text", required=True)
    if propose(text):
        raise Invalid(gettext_noop("Une mesure ne porte aucun identifiant : ni téléphone, ni plaque."), field="text")
    return text


def _owner(draft: Draft, point: DealPoint, today: date) -> dict[str, Any]:
    """The service, which must work today and for a department of the point, or the office of a partner."""
    named = bool(draft.partner.strip() or draft.partner_kind)
    if (draft.owner_id is not None) == named:
        raise Invalid(gettext_noop("Nommez un service ou un partenaire, un seul des deux."), field="owner")
    if draft.owner_id is None:
        if draft.partner_kind not in PartnerKind.values:
            raise Invalid(gettext_noop("Choisissez de quel partenaire il s'agit."), field="partner_kind")
        return {"partner_kind": draft.partner_kind, "partner": rules.checked_partner(draft.partner)}
    if draft.owner_id not in {unit.id for unit in queries.owners(point, today)}:
        raise Invalid(
            gettext_noop("Ce service n'existe pas, n'est pas ouvert, ou n'est pas d'un département de ce point."),
            field="owner",
        )
    return {"owner_id": draft.owner_id}


def _forces(kind: MeasureKind, last: MeasureStep, change: Change) -> rules.Forces:
    if kind is not MeasureKind.FORCES:
        return rules.checked_forces(kind, rules.Forces(None, change.granted, change.used))
    granted = last.granted if change.granted is None else change.granted
    used = last.used if change.used is None else change.used
    return rules.checked_forces(kind, rules.Forces(last.requested, granted, used))


def _write(by: Agent, measure: Measure, number: int, forces: rules.Forces, **said: Any) -> MeasureStep:
    step = MeasureStep(
        measure=measure, number=number, actor_id=by.id, unit_code=by.unit_code,
        requested=forces.requested, granted=forces.granted, used=forces.used, **said,
    )  # fmt: skip
    try:
        with transaction.atomic():
            step.save()
    except IntegrityError as error:
        raise Conflict(CHANGED_MEANWHILE) from error
    return step


def _answered(by: Agent, check: Check, seen: Seen, day: date | None, motive: str) -> Answer:
    made = Answer(check_of=check, actor_id=by.id, unit_code=by.unit_code, seen=seen, seen_on=day, motive=motive)
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as error:
        raise Conflict(gettext_noop("Quelqu'un a déjà répondu à ce contrôle : rechargez la page.")) from error
    return made


def _follow(by: Agent, point: DealPoint, made: Answer) -> None:
    """What an answer leads to: the step itself where it is the agent's, else a notice to whose step it is."""
    seen = Seen(made.seen)
    if seen is Seen.RESOLD and made.seen_on is not None:
        if dealpoint_permissions.can_move(by, point, DealPointState.WATCH):
            point = dealpoints.watch(by=by, point=point)
        if dealpoint_permissions.can_move(by, point, DealPointState.REOCCUPIED):
            since = max(made.seen_on, queries.held_since(point))
            dealpoints.reoccupy(by=by, point=point, reason=made.motive, since=since)
            return
    told = {Seen.RESOLD: (CHECK_RESOLD, Capacity.CELL), Seen.MOVED: (CHECK_MOVED, Capacity.CELL_HEAD)}.get(seen)
    if seen is Seen.CLEAN and queries.closing_proposed(point, queries.made_checks(point.pk), timezone.localdate()):
        told = (CHECK_CLOSABLE, Capacity.CELL_HEAD)
    if told:
        kind, capacity = told
        notify([reader_key(cell, capacity) for cell in point.cells], kind, ("dealpoint", point.id))
