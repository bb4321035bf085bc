"""What is written into an objective's story while it keeps its state: progress, who leads, until when."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.coordination import permissions, rules, standing
from recoupe.coordination.actions.common import CHANGED_MEANWHILE, write_step
from recoupe.coordination.enums import Act
from recoupe.coordination.models import Objective
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop

# What an act makes of the objective as it stands once nobody else can change it: new columns, whom it names, its day.
Change = Callable[[Objective], tuple[dict[str, Any], UUID | None, date | None]]


@transaction.atomic
def report_progress(*, by: Agent, objective: Objective, said: str, seen: int | None = None) -> Objective:
    """A service that leads says how its work goes, without a name."""
    permissions.check_progress(by, objective)
    return _act(by, objective, Act.PROGRESS, lambda now: ({}, None, None), said=said, seen=seen)


@transaction.atomic
def transfer(
    *, by: Agent, objective: Objective, service: UUID, said: str, keep: bool = False, seen: int | None = None
) -> Objective:
    """Another service leads from now on; the former one stays associated, or reads it no longer."""
    permissions.check_reassign(by, objective, Act.TRANSFER)

    def change(now: Objective) -> tuple[dict[str, Any], UUID | None, date | None]:
        joint, others = rules.after_transfer(now.lead_id, now.joint_lead_id, now.co_services, service, keep=keep)
        _demand_investigating(service)
        return {"lead_id": service, "joint_lead_id": joint, "co_services": list(others)}, service, None

    return _act(by, objective, Act.TRANSFER, change, said=said, seen=seen)


@transaction.atomic
def join_lead(*, by: Agent, objective: Objective, service: UUID, said: str, seen: int | None = None) -> Objective:
    """A second service leads beside the first: both answer for it."""
    permissions.check_reassign(by, objective, Act.JOINT)

    def change(now: Objective) -> tuple[dict[str, Any], UUID | None, date | None]:
        if service == now.lead_id:
            raise Invalid(gettext_noop("Ce service est déjà chef de file."), field="service")
        _demand_investigating(service)
        others = [one for one in now.co_services if one != service]
        return {"joint_lead_id": service, "co_services": others}, service, None

    return _act(by, objective, Act.JOINT, change, said=said, seen=seen)


@transaction.atomic
def end_joint_lead(*, by: Agent, objective: Objective, said: str, seen: int | None = None) -> Objective:
    """One service leads again; the second one stays associated."""
    permissions.check_reassign(by, objective, Act.SOLE)

    def change(now: Objective) -> tuple[dict[str, Any], UUID | None, date | None]:
        return {"joint_lead_id": None, "co_services": [*now.co_services, now.joint_lead_id]}, now.lead_id, None

    return _act(by, objective, Act.SOLE, change, said=said, seen=seen)


@transaction.atomic
def change_deadline(
    *, by: Agent, objective: Objective, deadline: date, said: str, seen: int | None = None
) -> Objective:
    """Another deadline, and why."""
    permissions.check_reassign(by, objective, Act.TERM)
    day = rules.checked_deadline(deadline, timezone.localdate())

    def change(now: Objective) -> tuple[dict[str, Any], UUID | None, date | None]:
        if day == now.deadline:
            raise Invalid(gettext_noop("C'est déjà l'échéance de l'objectif."), field="deadline")
        return {"deadline": day}, None, day

    return _act(by, objective, Act.TERM, change, said=said, seen=seen)


def _act(by: Agent, objective: Objective, act: Act, change: Change, *, said: str, seen: int | None) -> Objective:
    """Write one act; Conflict when the story has gone on since `seen`, or since the objective was read."""
    text = rules.checked_said(said)
    locked: Objective | None = Objective.objects.select_for_update().filter(pk=objective.pk).first()
    known = objective.steps if seen is None else seen
    if locked is None or (locked.state, locked.steps) != (objective.state, known):
        raise Conflict(CHANGED_MEANWHILE)
    changes, service, day = change(locked)
    record(Operation.MODIFY, refs=[("objective", objective.id)], fields=sorted(changes), details={"act": act.value})
    locked.steps += 1
    for field, value in changes.items():
        setattr(locked, field, value)
    locked.readers = standing.readers(locked)
    locked.save(update_fields=["steps", "readers", *changes])
    write_step(locked, by, locked.state, text, at=timezone.now(), act=act, service_id=service, day=day)
    standing.tell_act(locked, act)
    return locked


def _demand_investigating(service: UUID) -> None:
    if standing.service_kinds((service,), timezone.localdate()).get(service) not in rules.INVESTIGATING:
        raise Invalid(rules.NOT_INVESTIGATING, field="service")
