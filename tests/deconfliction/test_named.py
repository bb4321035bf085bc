"""An event meets by what it names: a plate, a number, somebody whom it concerns; both are told whom to call."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.enums import HitState
from recoupe.crosscheck.models import HitSide
from recoupe.kernel.refusal import Invalid
from recoupe.operations.actions import EventEntry
from recoupe.operations.placing import Stop
from recoupe.targets import actions as registrations
from recoupe.targets.models import RegisteredTarget
from tests.crosscheck.scene import new_phone
from tests.deconfliction.scene import Scene, emptied
from tests.operations.made import LILLE, noon, point
from tests.targets.builders import Registry
from tests.world import TestAgent, World

PLATE = "GA-451-ZK"


@pytest.fixture
def scene(world: World) -> Iterator[Scene]:
    emptied(world)
    yield Scene(world)
    world.sql("UPDATE reference_interconnectionact SET valid_to = NULL WHERE file_a = 'events'")


@pytest.fixture(scope="module")
def registry(world: World) -> Registry:
    return Registry(world)


def matched(world: World) -> None:
    """One round of the matcher on the registry."""
    with world.process("matcher"):
        crosscheck.withdraw_targets()
        while crosscheck.pull_targets().records:
            continue


def of_target(world: World, who: TestAgent, target: RegisteredTarget) -> list[HitSide]:
    with world.acting(who):
        return list(HitSide.objects.filter(record_id=target.id, record_kind="target"))


def fresh(target: RegisteredTarget) -> RegisteredTarget:
    """As it stands since the matcher has looked at it."""
    found: RegisteredTarget = RegisteredTarget.objects.get(pk=target.pk)
    return found


def elsewhere(**changes: Any) -> EventEntry:
    """Far from Marseille."""
    return point(stops=(Stop(LILLE, 3.06, 50.63),), **changes)


def test_a_typed_plate_meets_a_registration_and_both_are_told(scene: Scene, registry: Registry) -> None:
    target = registry.registered(by=registry.customs, vehicles=(("Peugeot", PLATE),))
    matched(scene.world)
    event = scene.enter(scene.police, point(plates=("ga 451 zk",)))
    scene.compare()
    [mine], [theirs] = scene.sides(scene.police, event), of_target(scene.world, registry.customs, target)
    assert (mine.other_code, theirs.other_code) == ("DED13", "PJ13")
    assert mine.strength == theirs.strength == "certain"
    assert mine.other_phone and theirs.other_phone
    assert mine.thread_id == theirs.thread_id is not None


def test_a_registration_made_later_meets_the_event(scene: Scene, registry: Registry) -> None:
    phone = new_phone()
    event = scene.enter(scene.police, point(phones=(phone,)))
    scene.compare()
    assert scene.sides(scene.police, event) == []
    target = registry.registered(by=registry.customs, phones=(phone,))
    matched(scene.world)
    scene.compare()
    assert len(scene.sides(scene.police, event)) == 1 == len(of_target(scene.world, registry.customs, target))
    assert scene.world.sql("SELECT live FROM deconfliction_conflict WHERE low = %s OR high = %s", [event, event]) == [
        (True,)
    ]


def test_whom_it_concerns_is_looked_for_too(scene: Scene, registry: Registry) -> None:
    """The person, the numbers and the vehicles of a registration of one's own; and those of a whole procedure."""
    phone = new_phone()
    held = registry.registered(by=registry.customs, phones=(phone,), surname="Dravnik", first_names="Anto")
    ours = registry.registered(phones=(phone,))
    named = registry.registered(surname="Dravnik", first_names="Anto")
    matched(scene.world)
    by_phone = scene.enter(scene.police, point(concerns=(f"target:{ours.id}",)))
    by_name = scene.enter(scene.police, point(concerns=(f"case:{named.case_id}",)))
    scene.compare()
    assert [side.strength for side in scene.sides(scene.police, by_phone)] == ["certain"]
    assert [side.strength for side in scene.sides(scene.police, by_name)] == ["weak"]
    assert {side.record_id for side in of_target(scene.world, registry.customs, held)} == {held.id}


def test_it_concerns_ones_own_alone(scene: Scene, registry: Registry) -> None:
    theirs = registry.registered(by=registry.customs)
    for wrong in (f"target:{theirs.id}", f"case:{theirs.case_id}", "target:no", "anything"):
        with pytest.raises(Invalid) as refusal:
            scene.enter(scene.police, point(concerns=(wrong,)))
        assert refusal.value.field == "concerns"


def test_what_cannot_be_read_is_refused(scene: Scene) -> None:
    with pytest.raises(Invalid) as refusal:
        scene.enter(scene.police, point(imeis=("123",)))
    assert refusal.value.field == "imeis"


def test_the_same_vehicle_the_same_day_is_enough(scene: Scene) -> None:
    ours = scene.enter(scene.police, point(plates=(PLATE,)))
    theirs = scene.enter(scene.customs, elsewhere(since=noon() + timedelta(hours=20), plates=(PLATE,)))
    scene.compare()
    assert len(scene.sides(scene.police, ours)) == 1 == len(scene.sides(scene.customs, theirs))


def test_the_same_vehicle_three_days_apart_is_not(scene: Scene) -> None:
    ours = scene.enter(scene.police, point(plates=(PLATE,)))
    theirs = scene.enter(scene.customs, elsewhere(since=noon() + timedelta(days=3), plates=(PLATE,)))
    scene.compare()
    assert scene.sides(scene.police, ours) == [] == scene.sides(scene.customs, theirs)


def test_without_an_act_nothing_is_compared(scene: Scene, registry: Registry) -> None:
    scene.world.sql("UPDATE reference_interconnectionact SET valid_to = '2026-01-01' WHERE file_a = 'events'")
    phone = new_phone()
    target = registry.registered(by=registry.customs, phones=(phone,))
    matched(scene.world)
    event = scene.enter(scene.police, point(phones=(phone,)))
    scene.compare()
    assert scene.sides(scene.police, event) == [] == of_target(scene.world, registry.customs, target)


def _states(scene: Scene, event: UUID) -> list[str]:
    return [side.state for side in scene.sides(scene.police, event)]


def test_a_change_parts_and_joins(scene: Scene, registry: Registry) -> None:
    phone = new_phone()
    registry.registered(by=registry.customs, phones=(phone,))
    matched(scene.world)
    event = scene.enter(scene.police, point(phones=(phone,)))
    scene.compare()
    scene.change(scene.police, event, point())
    scene.compare()
    assert _states(scene, event) == [HitState.FALSE_POSITIVE]
    scene.change(scene.police, event, point(phones=(phone,)))
    scene.compare()
    assert _states(scene, event) == [HitState.BLIND_NOTIFIED]


def test_what_is_cancelled_leaves_the_index(scene: Scene, registry: Registry) -> None:
    phone = new_phone()
    event = scene.enter(scene.police, point(phones=(phone,)))
    scene.compare()
    scene.cancel(scene.police, event)
    scene.compare()
    assert scene.world.sql("SELECT count(*) FROM crosscheck_indexentry WHERE record_id = %s", [event]) == [(0,)]
    registry.registered(by=registry.customs, phones=(phone,))
    matched(scene.world)
    assert scene.sides(scene.police, event) == []


def test_a_registration_that_ends_is_looked_for_no_more(scene: Scene, registry: Registry) -> None:
    phone = new_phone()
    ours = registry.registered(phones=(phone,))
    matched(scene.world)
    event = scene.enter(scene.police, point(concerns=(f"target:{ours.id}",)))
    scene.compare()
    with scene.world.acting(registry.police) as agent:
        registrations.end(by=agent, target=fresh(ours), reason="procédure terminée ce jour")
    matched(scene.world)
    scene.compare()
    assert scene.world.sql("SELECT count(*) FROM crosscheck_indexentry WHERE record_id = %s", [event]) == [(0,)]


def test_a_closed_hit_stays_closed_when_the_event_changes(scene: Scene, registry: Registry) -> None:
    phone = new_phone()
    target = registry.registered(by=registry.customs, phones=(phone,))
    matched(scene.world)
    event = scene.enter(scene.police, point(phones=(phone,)))
    scene.compare()
    with scene.world.acting(registry.customs) as agent:
        registrations.end(by=agent, target=fresh(target), reason="procédure terminée ce jour")
    matched(scene.world)
    scene.change(scene.police, event, point(phones=(phone,), armed=False))
    assert scene.compare() == 1
    assert _states(scene, event) == [HitState.CLOSED]
