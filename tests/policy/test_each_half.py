"""A role without the key of this object, or its key without the role, opens nothing: each half alone."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Role
from recoupe.cases import permissions as cases
from recoupe.cases.enums import CaseState
from recoupe.coordination import permissions as coordination
from recoupe.coordination.enums import Decider
from recoupe.desk import permissions as desk
from recoupe.desk.enums import KeyState, RecoveryState
from recoupe.intelligence import permissions as intelligence
from recoupe.intelligence.enums import Doer, ImportState
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Refused
from recoupe.operations import permissions as operations
from recoupe.operations.enums import EventKind, EventState
from recoupe.operations.presence.enums import LineState
from tests.policy.cast import PJ13, SPACE, TJ13, agent

NOBODY = UUID(int=0)
HEADS = (Role.UNIT_HEAD, Role.CROSS_HEAD)
# Which unit is silent, and of which kind it is, is asked of the reference.
pytestmark = pytest.mark.usefixtures("world")


def key(state: KeyState, who: UUID) -> Any:
    return SimpleNamespace(asked_by=who, unit_id=PJ13.id, state=state, apart=True)


LOST: Any = SimpleNamespace(asked_by=NOBODY, agent_id=SPACE, unit_id=PJ13.id, state=RecoveryState.ASKED, apart=True)
CASE: Any = SimpleNamespace(owner_unit_id=PJ13.id, state=CaseState.OPEN)
FILE: Any = SimpleNamespace(owner_unit_id=PJ13.id, state=ImportState.CHECKED)
REPORT: Any = Report(author_id=NOBODY, owner_unit_id=PJ13.id, departments=["13"], handling=["H0"], state="SUBMITTED")
LINE: Any = SimpleNamespace(owner_unit_id=PJ13.id, state=LineState.STANDS)
EVENT: Any = SimpleNamespace(owner_unit_id=PJ13.id, state=EventState.PLANNED, kind=EventKind.SEARCH)
OBJECTIVE: Any = SimpleNamespace(court_id=TJ13.id, lead_id=PJ13.id, joint_lead_id=None, cells=[])


def passes(check: Callable[..., None], *args: Any) -> bool:
    try:
        check(*args)
    except Refused:
        return False
    return True


# The roles that open, the capacity of which unit they need, and the question.
HALVES: dict[str, tuple[tuple[Role, ...], UUID, Capacity, Callable[[Agent], bool]]] = {
    "desk.ask": (HEADS, PJ13.id, Capacity.HEAD, lambda who: passes(desk.check_ask, who)),
    "desk.fetch": (
        HEADS, PJ13.id, Capacity.HEAD, lambda who: passes(desk.check_fetch, who, key(KeyState.AGREED, who.id)),
    ),
    "desk.revoke": (
        HEADS, PJ13.id, Capacity.HEAD, lambda who: passes(desk.check_revoke, who, key(KeyState.OPEN, NOBODY)),
    ),
    "desk.second": (HEADS, PJ13.id, Capacity.HEAD, lambda who: passes(desk.check_second, who, LOST)),
    "cases.change": (
        (Role.INVESTIGATOR, Role.UNIT_HEAD), PJ13.id, Capacity.UNIT, lambda who: passes(cases.check_change, who, CASE),
    ),
    "cases.magistrate": (
        (Role.UNIT_HEAD,), PJ13.id, Capacity.HEAD, lambda who: passes(cases.check_change_magistrate, who, CASE),
    ),
    "imports.open": (HEADS, PJ13.id, Capacity.HEAD, lambda who: passes(intelligence.check_open_import, who, FILE)),
    "report.head": (
        HEADS, PJ13.id, Capacity.HEAD, lambda who: Doer.OWNER_HEAD in intelligence.standing(who, REPORT),
    ),
    "event.change": (
        (Role.INVESTIGATOR, Role.UNIT_HEAD), PJ13.id, Capacity.UNIT,
        lambda who: passes(operations.check_change, who, EVENT),
    ),
    "presence.correct": (
        (Role.INVESTIGATOR, Role.UNIT_HEAD), PJ13.id, Capacity.UNIT,
        lambda who: passes(operations.check_correct, who, LINE),
    ),
    "event.silence": (
        (Role.UNIT_HEAD,), PJ13.id, Capacity.HEAD, lambda who: passes(operations.check_silence, who, EVENT),
    ),
    "objective.prosecutor": (
        (Role.PROSECUTOR,), TJ13.id, Capacity.PROSECUTOR,
        lambda who: coordination.STANDING[Decider.PROSECUTOR](who, OBJECTIVE),
    ),
}  # fmt: skip


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("what", HALVES)
def test_a_role_and_the_key_of_this_object_together_and_neither_alone(what: str, role: Role) -> None:
    roles, unit, capacity, asked = HALVES[what]
    # In a cell, where the roles of cells are worked in; his own unit is the one whose key is asked for.
    who = replace(agent(role, PJ13), unit_id=unit, unit_kind="cross", roles=frozenset({role}))
    with_key = replace(who, grants=frozenset({(unit, capacity.value)}))
    of_another = replace(who, grants=frozenset({(NOBODY, capacity.value), (unit, Capacity.AGENT.value)}))
    authority = role is Role.DESIGNATING_AUTHORITY and what in ("desk.revoke", "desk.second")
    assert asked(with_key) is (role in roles or authority)
    assert asked(of_another) is authority


def test_an_objective_without_a_lead_is_nobody_s_to_lead() -> None:
    alone: Any = SimpleNamespace(court_id=TJ13.id, lead_id=None, joint_lead_id=None, cells=[])
    who = replace(agent(Role.INVESTIGATOR, PJ13), grants=frozenset({(None, Capacity.UNIT.value)}))  # type: ignore[arg-type]
    assert not coordination.STANDING[Decider.LEAD](who, alone)
    assert coordination.STANDING[Decider.LEAD](agent(Role.INVESTIGATOR, PJ13), OBJECTIVE)
    both: Any = SimpleNamespace(court_id=TJ13.id, lead_id=TJ13.id, joint_lead_id=PJ13.id, cells=[])
    assert coordination.STANDING[Decider.LEAD](agent(Role.INVESTIGATOR, PJ13), both)
