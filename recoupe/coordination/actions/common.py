"""What the writes on objectives share: one move, its line of history, and who is told of it."""

from datetime import date
from typing import Any

from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.coordination import permissions, rules, standing
from recoupe.coordination.enums import ObjectiveState
from recoupe.coordination.models import Objective, Step
from recoupe.kernel.dates import plausible
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop

CHANGED_MEANWHILE = gettext_noop("Cet objectif a changé pendant que vous le lisiez : rechargez la page.")


def move(by: Agent, objective: Objective, to: ObjectiveState, reason: str, **changes: Any) -> Objective:
    """Bring it to a state with these columns; Conflict when somebody else has moved it since it was read."""
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
    write_step(locked, by, before, motive)
    standing.tell(locked, to)
    return locked


def write_step(objective: Objective, by: Agent, before: str, motive: str, **act: Any) -> None:
    """The line of history of the step just taken; an act says which it is, whom it names, which day it sets."""
    Step.objects.create(
        objective=objective,
        number=objective.steps,
        at=act.pop("at", objective.state_since),
        actor_id=by.id,
        unit_code=by.unit_code,
        from_state=before,
        to_state=objective.state,
        motive=motive,
        **act,
    )


def past(on: date) -> date:
    """A day on which something took place."""
    if plausible(on, "on") > timezone.localdate():
        raise Invalid(gettext_noop("Cette date ne peut pas être à venir."), field="on")
    return on
