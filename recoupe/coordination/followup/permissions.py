"""Who brings one measure further and answers one check: twins that raise with a sentence, or answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity
from recoupe.coordination.followup import rules
from recoupe.coordination.followup.enums import Keeper, MeasureState
from recoupe.coordination.followup.models import Check, Measure
from recoupe.coordination.permissions import LOOKERS, NOT_KEPT, check_look
from recoupe.dealpoints import permissions as dealpoints
from recoupe.kernel.refusal import Conflict, Refused, asks, gettext_noop


def _owns(agent: Agent, measure: Measure) -> bool:
    held = measure.owner_id is not None and agent.holds(measure.owner_id, Capacity.UNIT)
    return agent.writes_as(*LOOKERS) and held


# The last argument: whether the agent makes the plan of the place (`opens_plan`), which a page asks once.
KEEPS: Mapping[Keeper, Callable[[Agent, Measure, bool], bool]] = {
    Keeper.OWNER: lambda agent, measure, opens: opens or _owns(agent, measure),
    Keeper.OPENER: lambda agent, measure, opens: opens,
    Keeper.CELL_HEAD: lambda agent, measure, opens: (
        opens and dealpoints.decides(agent, measure.point, Capacity.CELL_HEAD)
    ),
}


@dataclass(frozen=True, slots=True)
class Way:
    """One step of a measure: from where, to where, and whether it changes the due date or what was granted."""

    state: MeasureState
    to: MeasureState
    plans: bool = False


def check_advance(agent: Agent, measure: Measure, way: Way, *, opens: bool) -> None:
    """Whoever keeps that step of this very measure; `opens`: he makes the plan of its place."""
    keeper = Keeper.OPENER if way.plans else rules.KEPT_BY[way.to]
    state, to = way.state, way.to
    if not KEEPS[keeper](agent, measure, opens):
        raise Refused(NOT_KEPT[keeper])
    if to not in rules.TRANSITIONS[state]:
        raise Conflict(
            gettext_noop("Une mesure « %(state)s » ne peut pas passer à l'état « %(to)s »."),
            state=state.label,
            to=to.label,
        )


can_advance = asks(check_advance)


def check_answer(agent: Agent, check: Check, *, answered: bool, moot: bool) -> None:
    """Whoever may look answers a check that still waits."""
    check_look(agent, check.point)
    if answered:
        raise Conflict(gettext_noop("Quelqu'un a déjà répondu à ce contrôle : rechargez la page."))
    if moot:
        raise Conflict(
            gettext_noop("Ce contrôle est sans objet : ce point a changé d'état ou a été démantelé de nouveau.")
        )


can_answer = asks(check_answer)
