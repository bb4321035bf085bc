"""Writes on objectives: each checks, journals, then changes, in one transaction; one verb for one decision."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from recoupe.access import once
from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.coordination import permissions, rules, standing
from recoupe.coordination.citing import link_reports
from recoupe.coordination.enums import Financial, ObjectiveState, OriginKind, Outcome, Verdict
from recoupe.coordination.models import Decision, Objective, Step
from recoupe.crosscheck.models import HitSide
from recoupe.dealpoints import actions as dealpoints
from recoupe.dealpoints import permissions as dealpoint_permissions
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.models import DealPoint
from recoupe.kernel.dates import plausible
from recoupe.kernel.reference import human_ref
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.kernel.text import clean_line, clean_text

S = ObjectiveState
CHANGED_MEANWHILE = gettext_noop("Cet objectif a changé pendant que vous le lisiez : rechargez la page.")
# What an allocation wrote; a reopened objective is examined without it.
_UNALLOCATED: dict[str, Any] = {
    "decision": None, "lead": None, "co_services": [], "deadline": None, "financial": "", "financial_motive": "",
    "operation_ref": "", "operation_on": None, "outcome": "", "outcome_on": None, "closing_motive": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """What a proposer says; a deal point brings its own commune and departments, a hit needs them here.

    `key` is drawn with the form: sent twice, it makes one objective.
    """

    title: str
    summary: str
    court_id: UUID | None = None
    commune_code: str = ""
    departments: tuple[str, ...] = ()
    key: UUID | None = None


@dataclass(frozen=True, slots=True)
class Allocation:
    """To whom, with whom, until when, and what about the assets."""

    lead_id: UUID
    deadline: date
    financial: Financial
    financial_motive: str = ""
    co_services: tuple[UUID, ...] = ()


@transaction.atomic
def propose(*, by: Agent, origin: DealPoint | HitSide, draft: Draft) -> Objective:
    """Put an objective before the cells of its territory; one origin has one live objective."""
    permissions.check_propose(by, origin)
    if draft.key:
        once.first_of(draft.key)
        made: Objective | None = Objective.objects.filter(pk=draft.key, proposed_by_id=by.id).first()
        if made:
            return made
    objective = _objective_of(by, origin, draft)
    record(
        Operation.COLLECT,
        refs=[("objective", objective.id), (objective.origin_kind, origin.pk)],
        fields=["title", "summary"],
        details={"state": S.PROPOSED.value},
    )
    _insert(objective)
    _write_step(objective, by, "", "")
    standing.tell(objective, S.PROPOSED)
    link_reports(by, objective)
    return objective


@transaction.atomic
def examine(*, by: Agent, objective: Objective, reason: str = "") -> Objective:
    """The cell took it up; a reopened one starts again without its former decision and services."""
    reopened = S(objective.state) is S.REOPENED
    moved = _move(by, objective, S.EXAMINED, reason, **(_UNALLOCATED if reopened else {}))
    # A head of unit who proposed it does not handle the reports it cites; the cell that takes it up does.
    link_reports(by, moved)
    return moved


@transaction.atomic
def send_to_prosecutor(*, by: Agent, objective: Objective, reason: str = "") -> Objective:
    """Put it before the prosecutor's office of the competent court, who reads it from now on."""
    return _move(by, objective, S.TO_PROSECUTOR, reason, sent_at=objective.sent_at or timezone.now())


@transaction.atomic
def validate(*, by: Agent, objective: Objective, reference: str, reason: str = "") -> Objective:
    """A prosecutor of the competent court validates, under the reference of his office."""
    permissions.check_move(by, objective, S.VALIDATED)
    number = clean_line(reference, 40, "reference")
    if not number:
        raise Invalid(gettext_noop("Indiquez la référence du parquet."), field="reference")
    motive = rules.checked_motive(S.VALIDATED, reason)
    decision = _decide(by, objective, Verdict.VALIDATED, number, motive)
    return _move(by, objective, S.VALIDATED, motive, decision=decision)


@transaction.atomic
def refuse(*, by: Agent, objective: Objective, reason: str, reference: str = "") -> Objective:
    """A prosecutor of the competent court refuses, and says why."""
    permissions.check_move(by, objective, S.REFUSED)
    motive = rules.checked_motive(S.REFUSED, reason)
    _decide(by, objective, Verdict.REFUSED, clean_line(reference, 40, "reference"), motive)
    return _move(by, objective, S.REFUSED, motive)


@transaction.atomic
def allocate(*, by: Agent, objective: Objective, allocation: Allocation, reason: str = "") -> Objective:
    """Give a validated objective to one lead service, with a deadline; its deal point becomes targeted."""
    permissions.check_move(by, objective, S.ALLOCATED)
    today = timezone.localdate()
    kinds = standing.service_kinds((allocation.lead_id, *allocation.co_services), today)
    others = rules.checked_services(allocation.lead_id, kinds, allocation.co_services)
    deadline = rules.checked_deadline(allocation.deadline, today)
    financial = Financial(allocation.financial)
    said = rules.checked_financial(financial, allocation.financial_motive)
    moved = _move(
        by, objective, S.ALLOCATED, reason,
        lead_id=allocation.lead_id, co_services=list(others), deadline=deadline,
        financial=financial, financial_motive=said,
    )  # fmt: skip
    _target_point(by, moved)
    link_reports(by, moved)
    return moved


@transaction.atomic
def start(*, by: Agent, objective: Objective, reason: str = "") -> Objective:
    """The lead service begins its inquiry."""
    return _move(by, objective, S.UNDER_INVESTIGATION, reason)


@transaction.atomic
def suspend(*, by: Agent, objective: Objective, reason: str) -> Objective:
    """The lead service pauses, and says why."""
    return _move(by, objective, S.SUSPENDED, reason)


@transaction.atomic
def resume(*, by: Agent, objective: Objective, reason: str = "") -> Objective:
    """The lead service goes on, after a pause or a called-off operation."""
    return _move(by, objective, S.UNDER_INVESTIGATION, reason, operation_ref="", operation_on=None)


@transaction.atomic
def plan_operation(*, by: Agent, objective: Objective, reference: str, on: date, reason: str = "") -> Objective:
    """The lead service plans an operation, known by its reference and its day."""
    number = clean_line(reference, 40, "reference")
    if not number:
        raise Invalid(gettext_noop("Indiquez la référence de l'opération."), field="reference")
    if plausible(on, "on") < timezone.localdate():
        raise Invalid(gettext_noop("Une opération ne se prévoit pas dans le passé."), field="on")
    return _move(by, objective, S.OPERATION_PLANNED, reason, operation_ref=number, operation_on=on)


@transaction.atomic
def execute(*, by: Agent, objective: Objective, on: date, reason: str = "") -> Objective:
    """The operation took place on that day."""
    return _move(by, objective, S.EXECUTED, reason, operation_on=_past(on))


@transaction.atomic
def record_outcome(*, by: Agent, objective: Objective, outcome: Outcome, on: date, reason: str = "") -> Objective:
    """What the judicial authority decided, without a name."""
    return _move(by, objective, S.JUDICIAL_OUTCOME, reason, outcome=Outcome(outcome), outcome_on=_past(on))


@transaction.atomic
def follow_up(*, by: Agent, objective: Objective, reason: str = "") -> Objective:
    """The cell watches what becomes of the place."""
    return _move(by, objective, S.FOLLOW_UP, reason)


@transaction.atomic
def close(*, by: Agent, objective: Objective, reason: str) -> Objective:
    """End an objective that was followed up."""
    motive = rules.checked_motive(S.CLOSED, reason)
    return _move(by, objective, S.CLOSED, motive, closing_motive=motive)


@transaction.atomic
def reopen(*, by: Agent, objective: Objective, reason: str) -> Objective:
    """Take it up again: it will need a new decision of the prosecutor."""
    return _move(by, objective, S.REOPENED, reason)


@transaction.atomic
def abandon(*, by: Agent, objective: Objective, reason: str) -> Objective:
    """Give it up, and say why."""
    motive = rules.checked_motive(S.ABANDONED, reason)
    return _move(by, objective, S.ABANDONED, motive, closing_motive=motive)


# -- what they share --------------------------------------------------------------------------------------------------
def _objective_of(by: Agent, origin: DealPoint | HitSide, draft: Draft) -> Objective:
    now = timezone.now()
    point = origin if isinstance(origin, DealPoint) else None
    commune = point.commune_code if point else draft.commune_code
    departments = (*(point.departments if point else ()), *draft.departments)
    where = standing.territory(commune, departments, draft.court_id, timezone.localdate(now))
    return Objective(
        id=draft.key or uuid4(),
        ref=human_ref(f"OBJ{where.departments[0]}", now.year),
        owner_unit_id=by.unit_id,
        title=clean_line(draft.title, 120, "title", required=True),
        summary=clean_text(draft.summary, 4000, "summary", required=True),
        origin_kind=OriginKind.DEALPOINT if point else OriginKind.HIT,
        origin_id=origin.pk,
        origin_ref=point.ref if point else "",
        commune_code=where.commune_code,
        departments=list(where.departments),
        cells=list(where.cells),
        court=where.court,
        state=S.PROPOSED,
        state_since=now,
        proposed_by_id=by.id,
        created_at=now,
    )


def _past(on: date) -> date:
    if plausible(on, "on") > timezone.localdate():
        raise Invalid(gettext_noop("Cette date ne peut pas être à venir."), field="on")
    return on


def _insert(objective: Objective) -> None:
    objective.readers = standing.readers(objective)
    try:
        with transaction.atomic():
            objective.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(gettext_noop("Un objectif est déjà en cours sur cette origine.")) from error


def _decide(by: Agent, objective: Objective, verdict: Verdict, reference: str, motive: str) -> Decision:
    record(
        Operation.MODIFY, refs=[("objective", objective.id)], fields=["decision"], details={"verdict": verdict.value}
    )
    return Decision.objects.create(
        objective=objective,
        court_id=objective.court_id,
        verdict=verdict,
        decided_by_id=by.id,
        decided_by_name=by.name,
        reference=reference,
        motive=motive,
    )


def _move(by: Agent, objective: Objective, to: ObjectiveState, reason: str, **changes: Any) -> Objective:
    permissions.check_move(by, objective, to)
    motive = rules.checked_motive(to, reason)
    record(Operation.MODIFY, refs=[("objective", objective.id)], fields=sorted(changes), details={"state": to.value})
    locked: Objective | None = Objective.objects.select_for_update().filter(pk=objective.pk).first()
    if locked is None or locked.state != objective.state:
        raise Conflict(CHANGED_MEANWHILE)
    before = locked.state
    locked.state, locked.state_since, locked.steps = to, timezone.now(), locked.steps + 1
    for field, value in changes.items():
        setattr(locked, field, value)
    locked.readers = standing.readers(locked)
    locked.save(update_fields=["state", "state_since", "steps", "readers", *changes])
    _write_step(locked, by, before, motive)
    standing.tell(locked, to)
    return locked


def _write_step(objective: Objective, by: Agent, before: str, motive: str) -> None:
    Step.objects.create(
        objective=objective,
        number=objective.steps,
        at=objective.state_since,
        actor_id=by.id,
        unit_code=by.unit_code,
        from_state=before,
        to_state=objective.state,
        motive=motive,
    )


def _target_point(by: Agent, objective: Objective) -> None:
    """The deal point of an allocated objective is targeted, where its life and the agent's standing allow it."""
    if objective.origin_kind != OriginKind.DEALPOINT:
        return
    point = DealPoint.objects.filter(pk=objective.origin_id).first()
    if point is not None and dealpoint_permissions.can_move(by, point, DealPointState.TARGETED):
        # The reason stays empty: the whole territory reads the point, few read the objective.
        dealpoints.target(by=by, point=point)
