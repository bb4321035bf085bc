"""From the allocation to the end: to whom it is given, what the lead service does, what comes of it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.coordination import permissions, rules, standing
from recoupe.coordination.actions.common import move, past
from recoupe.coordination.citing import link_reports
from recoupe.coordination.enums import Financial, ObjectiveState, OriginKind, Outcome
from recoupe.coordination.models import Objective
from recoupe.dealpoints import actions as dealpoints
from recoupe.dealpoints import permissions as dealpoint_permissions
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.models import DealPoint
from recoupe.kernel.dates import plausible
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.text import clean_line

S = ObjectiveState


@dataclass(frozen=True, slots=True)
class Allocation:
    """To whom, with whom, until when, and what about the assets."""

    lead_id: UUID
    deadline: date
    financial: Financial
    financial_motive: str = ""
    co_services: tuple[UUID, ...] = ()


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
    moved = move(
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
    return move(by, objective, S.UNDER_INVESTIGATION, reason)


@transaction.atomic
def suspend(*, by: Agent, objective: Objective, reason: str) -> Objective:
    """The lead service pauses, and says why."""
    return move(by, objective, S.SUSPENDED, reason)


@transaction.atomic
def resume(*, by: Agent, objective: Objective, reason: str = "") -> Objective:
    """The lead service goes on, after a pause or a called-off operation."""
    return move(by, objective, S.UNDER_INVESTIGATION, reason, operation_ref="", operation_on=None)


@transaction.atomic
def plan_operation(*, by: Agent, objective: Objective, reference: str, on: date, reason: str = "") -> Objective:
    """The lead service plans an operation, known by its reference and its day."""
    number = clean_line(reference, 40, "reference")
    if not number:
        raise Invalid(gettext_noop("Indiquez la référence de l'opération."), field="reference")
    if plausible(on, "on") < timezone.localdate():
        raise Invalid(gettext_noop("Une opération ne se prévoit pas dans le passé."), field="on")
    return move(by, objective, S.OPERATION_PLANNED, reason, operation_ref=number, operation_on=on)


@transaction.atomic
def execute(*, by: Agent, objective: Objective, on: date, reason: str = "") -> Objective:
    """The operation took place on that day."""
    return move(by, objective, S.EXECUTED, reason, operation_on=past(on))


@transaction.atomic
def record_outcome(*, by: Agent, objective: Objective, outcome: Outcome, on: date, reason: str = "") -> Objective:
    """What the judicial authority decided, without a name."""
    return move(by, objective, S.JUDICIAL_OUTCOME, reason, outcome=Outcome(outcome), outcome_on=past(on))


@transaction.atomic
def follow_up(*, by: Agent, objective: Objective, reason: str = "") -> Objective:
    """The cell watches what becomes of the place."""
    return move(by, objective, S.FOLLOW_UP, reason)


@transaction.atomic
def close(*, by: Agent, objective: Objective, reason: str) -> Objective:
    """End an objective that was followed up."""
    motive = rules.checked_motive(S.CLOSED, reason)
    return move(by, objective, S.CLOSED, motive, closing_motive=motive)


@transaction.atomic
def reopen(*, by: Agent, objective: Objective, reason: str) -> Objective:
    """Take it up again: it will need a new decision of the prosecutor."""
    return move(by, objective, S.REOPENED, reason)


@transaction.atomic
def abandon(*, by: Agent, objective: Objective, reason: str) -> Objective:
    """Give it up, and say why."""
    motive = rules.checked_motive(S.ABANDONED, reason)
    return move(by, objective, S.ABANDONED, motive, closing_motive=motive)


def _target_point(by: Agent, objective: Objective) -> None:
    """The deal point of an allocated objective is targeted, where its life and the agent's standing allow it."""
    if objective.origin_kind != OriginKind.DEALPOINT:
        return
    point = DealPoint.objects.filter(pk=objective.origin_id).first()
    if point is not None and dealpoint_permissions.can_move(by, point, DealPointState.TARGETED):
        # The reason stays empty: the whole territory reads the point, few read the objective.
        dealpoints.target(by=by, point=point)
