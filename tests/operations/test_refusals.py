"""What an event's own service may not do either, and what a stranger is told who has its row in hand (P-110, P-112)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Role
from recoupe.kernel.refusal import Conflict, Invalid, Refused
from recoupe.operations import actions, door, permissions
from recoupe.operations.door import MarkEntry
from recoupe.operations.enums import EventKind, EventState
from recoupe.operations.models import Event
from recoupe.reference.enums import UnitKind
from tests.crosscheck.made import agent as made
from tests.operations.made import noon, point
from tests.world import TestAgent, World

PLATE = "GD-077-BC"
Act = Callable[[Agent, Event], object]
ACTS: dict[str, Act] = {
    "change": lambda by, event: actions.change(by=by, event=event, entry=point()),
    "move": lambda by, event: actions.move(by=by, event=event, to=EventState.OVER),
    "silence": lambda by, event: actions.mark_silent(
        by=by, event=event, until=timezone.localdate() + timedelta(days=9), reason="opération en cours"
    ),
}


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "PJ13")


def entered(world: World, who: TestAgent) -> Event:
    with world.acting(who) as agent:
        return actions.enter(by=agent, entry=point())


@pytest.mark.parametrize("act", sorted(ACTS))
def test_another_service_that_has_the_row_in_hand_is_refused(world: World, head: TestAgent, act: str) -> None:
    """By the rule, before anything is looked up: the answer does not depend on what stands in the base."""
    event = entered(world, head)
    for role in (Role.UNIT_HEAD, Role.INVESTIGATOR):
        with world.acting(world.agent(role, "DED13")) as by, pytest.raises(Refused):
            ACTS[act](by, event)


@pytest.mark.parametrize("act", sorted(ACTS))
def test_what_has_ended_meanwhile_is_told_so_once_its_row_is_held(world: World, head: TestAgent, act: str) -> None:
    """A page that was read before: the event is over, and no rule on steps answers in its place."""
    event = entered(world, head)
    with world.acting(head) as by:
        actions.move(by=by, event=event, to=EventState.CANCELLED, reason="cible partie")
    event.state = EventState.PLANNED
    with world.acting(head) as by, pytest.raises(Conflict) as refused:
        ACTS[act](by, event)
    assert refused.value.sentence == permissions.SENTENCE_OVER


def test_what_has_begun_is_not_planned_again(world: World, head: TestAgent) -> None:
    event = entered(world, head)
    with world.acting(head) as by:
        event = actions.move(by=by, event=event, to=EventState.UNDER_WAY)
        with pytest.raises(Conflict):
            actions.move(by=by, event=event, to=EventState.PLANNED)


def test_a_silence_is_bounded_and_says_why(world: World, head: TestAgent) -> None:
    event, today = entered(world, head), timezone.localdate()
    for until in (today, today + timedelta(days=4_000)):
        with world.acting(head) as by, pytest.raises(Invalid):
            actions.mark_silent(by=by, event=event, until=until, reason="opération en cours")
    with world.acting(head) as by, pytest.raises(Invalid):
        actions.mark_silent(by=by, event=event, until=today + timedelta(days=9), reason=" ")
    assert world.sql("SELECT silent_until FROM operations_event WHERE id = %s", [event.id]) == [(None,)]


# --- The door of the source bureau -----------------------------------------------------------------------------
def test_a_mark_without_a_place_has_hours_that_may_be(world: World) -> None:
    bureau, start = world.agent(Role.INVESTIGATOR, "BCS"), noon()
    for windows in (((start, start - timedelta(hours=1)),), ((start, start + timedelta(days=40)),), ()):
        with world.acting(bureau) as by, pytest.raises(Invalid) as refused:
            door.mark(by=by, entry=MarkEntry(windows=windows, plates=(PLATE,)))
        assert refused.value.field == "until"


def test_another_service_withdraws_no_mark_that_it_has_in_hand(world: World, head: TestAgent) -> None:
    start = noon()
    with world.acting(world.agent(Role.INVESTIGATOR, "BCS")) as by:
        mark = door.mark(by=by, entry=MarkEntry(windows=((start, start + timedelta(hours=2)),), plates=(PLATE,)))
    with world.acting(head) as by, pytest.raises(Refused):
        door.withdraw(by=by, event=mark)


def test_the_bureau_withdraws_its_own_marks_alone() -> None:
    """P-112: not an event of its unit that is no mark, not another's mark, not by whoever merely reads there."""
    unit = uuid4()
    bureau = replace(
        made((unit, Capacity.UNIT), unit_id=unit, roles=(Role.INVESTIGATOR,)), unit_kind=UnitKind.SOURCE_BUREAU
    )
    own = Event(kind=EventKind.MARK, owner_unit_id=unit, author_id=bureau.id)
    assert permissions.can_withdraw(bureau, own)
    assert not permissions.can_withdraw(bureau, Event(kind=EventKind.SEARCH, owner_unit_id=unit))
    assert not permissions.can_withdraw(bureau, Event(kind=EventKind.MARK, owner_unit_id=uuid4()))
    for other in (replace(bureau, roles=frozenset({Role.DUTY_OFFICER})), replace(bureau, unit_kind="police_unit")):
        assert not permissions.can_withdraw(other, own)
        assert not permissions.can_mark(other)
