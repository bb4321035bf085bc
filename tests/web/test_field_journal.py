"""Each screen of events, presence, dangers, conflicts leaves a line naming what it showed; who may not is told so."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.urls import reverse

from recoupe.access.enums import Role
from recoupe.deconfliction.models import DangerSide
from recoupe.operations import door
from recoupe.operations.door import MarkEntry
from recoupe.operations.presence import actions as ledger
from tests.deconfliction.scene import Scene, emptied
from tests.deconfliction.settled import Met, meet
from tests.operations.made import noon, patrol, point
from tests.targets.builders import Registry
from tests.web.test_settling import act, decide
from tests.world import TestAgent, World

Line = tuple[frozenset[str], str]


@pytest.fixture
def scene(world: World) -> Iterator[Scene]:
    emptied(world)
    yield Scene(world)


@pytest.fixture(scope="module")
def registry(world: World) -> Registry:
    return Registry(world)


def read(world: World, who: TestAgent, address: str) -> list[Line]:
    """The page is opened: what it named, and as what, in the lines that this left."""
    (before,) = world.sql("SELECT coalesce(max(id), 0) FROM audit_entry")[0]
    assert world.client(who).get(address).status_code == 200, address
    rows = world.sql(
        "SELECT refs, coalesce(details ->> 'what', details ->> 'layer', '') FROM audit_entry"
        " WHERE id > %s AND actor = %s AND operation = 'consult' ORDER BY id",
        [before, who.id],
    )
    return [(frozenset(refs), what) for refs, what in rows]


def opened_case(registry: Registry) -> UUID:
    found: UUID = registry.case().id
    return found


# --- Events ----------------------------------------------------------------------------------------------------
def test_each_screen_of_events_names_them(scene: Scene, registry: Registry) -> None:
    ours, _ = scene.meet()
    [side] = scene.sides(scene.police, ours)
    day, case = noon().date().isoformat(), opened_case(registry)
    event, hit, offered = f"event:{ours}", f"hit:{side.id}", f"case:{case}"
    wanted: dict[str, tuple[str, set[str]]] = {
        reverse("event-list"): ("events", {event}),
        reverse("event-page", args=[ours]): ("", {event, hit}),
        reverse("event-conflicts", args=[ours]): ("hits", {event, hit}),
        f"{reverse('event-calendar')}?day={day}": ("event_calendar", {event}),
        f"{reverse('event-map')}?day={day}": ("event_map", {event}),
        f"{reverse('event-places')}?day={day}": ("events", {event}),
        reverse("event-new"): ("form", {offered}),
        reverse("event-change", args=[ours]): ("form", {event, offered}),
    }
    missing = {}
    for address, (what, refs) in wanted.items():
        lines = read(scene.world, scene.police, address)
        if not any(said == what and refs <= named for named, said in lines):
            missing[address] = lines
    assert missing == {}


def test_each_screen_of_the_ledger_names_its_line(world: World) -> None:
    police = world.agent(Role.INVESTIGATOR, "PJ13")
    with world.acting(police) as agent:
        line = ledger.enter(by=agent, entry=patrol(patrol=str(uuid4())[:20])).line
    named, missing = {f"presence:{line}"}, {}
    wanted = {
        reverse("presence-list"): "presence",
        reverse("presence-page", args=[line]): "",
        reverse("presence-correct", args=[line]): "form",
        # The next line starts from this one.
        reverse("presence-new"): "form",
    }
    for address, what in wanted.items():
        lines = read(world, police, address)
        if not any(said == what and named <= refs for refs, said in lines):
            missing[address] = lines
    assert missing == {}


def test_the_door_of_the_bureau_names_its_marks(world: World) -> None:
    bureau, start = world.agent(Role.INVESTIGATOR, "BCS"), noon()
    with world.acting(bureau) as by:
        windows = ((start, start + timedelta(hours=2)),)
        mark = door.mark(by=by, entry=MarkEntry(windows=windows, plates=("GD-077-BC",)))
    assert [f"event:{mark.id}" in named for named, what in read(world, bureau, reverse("door"))] == [True]


def test_who_may_not_plan_change_or_silence_is_told_before_his_form_is_read(scene: Scene) -> None:
    """P-81, P-110: the investigator of a cell; an event that is over; a colleague of whoever heads the unit."""
    world = scene.world
    assert world.client(world.agent(Role.INVESTIGATOR, "CROSS13")).get(reverse("event-new")).status_code == 403
    event = scene.enter(scene.police, point())
    client = world.client(scene.police)
    assert client.post(reverse("event-act", args=[event, "taire"]), {}).status_code == 403
    assert client.get(reverse("event-change", args=[event])).status_code == 200
    scene.cancel(scene.police, event)
    assert client.get(reverse("event-change", args=[event])).status_code == 409


# --- Dangers ---------------------------------------------------------------------------------------------------
def sides(scene: Scene) -> tuple[UUID, UUID]:
    """The danger, and the side of the police."""
    with scene.world.acting(scene.police_duty):
        side = DangerSide.objects.get(live=True)
    return side.danger_id, side.id


def test_each_screen_of_a_danger_names_it(scene: Scene) -> None:
    scene.meet()
    danger, side = sides(scene)
    scene.world.sql("SET session_replication_role = replica; DELETE FROM deconfliction_watchshift")
    assert scene.world.client(scene.watch).post(reverse("watch-hand-over", args=["prendre"])).status_code == 302
    for who, address, ref in (
        (scene.police_duty, reverse("danger-list"), f"danger_side:{side}"),
        (scene.police_duty, reverse("danger-page", args=[side]), f"danger_side:{side}"),
        (scene.watch, reverse("watch-desk"), f"danger:{danger}"),
        (scene.watch, reverse("watch-state"), f"danger:{danger}"),
        (scene.watch, reverse("watch-danger", args=[danger]), f"danger:{danger}"),
        (scene.watch, reverse("watch-relief"), f"danger:{danger}"),
    ):
        assert any(ref in named for named, _ in read(scene.world, who, address)), address


def test_whoever_keeps_no_watch_is_told_so_whatever_he_names(scene: Scene) -> None:
    """P-131: designated for it in a unit that is no office; no danger is there for him (P-2), whatever he typed."""
    scene.meet()
    danger, side = sides(scene)
    client = scene.world.client(scene.world.agent(Role.WATCH_DESK, "PJ13"))
    for one in (danger, uuid4()):
        assert client.get(reverse("watch-danger", args=[one])).status_code == 404
        for verb, typed in (("consigne", {"text": " "}), ("joint", {"side": str(side)})):
            assert client.post(reverse("watch-act", args=[one, verb]), typed).status_code == 404
    for verb, typed in (("preparer", {}), ("prendre", {"motive": "x" * 900})):
        assert client.post(reverse("watch-hand-over", args=[verb]), typed).status_code == 403


# --- Conflicts of registrations --------------------------------------------------------------------------------
def opinion_of(met: Met, who: TestAgent) -> UUID:
    query = "SELECT id FROM deconfliction_opinion WHERE settlement_id = %s AND magistrate_id = %s ORDER BY id LIMIT 1"
    found: UUID = met.world.sql(query, [met.id, who.id])[0][0]
    return found


def test_each_screen_of_a_conflict_names_it(world: World, registry: Registry) -> None:
    met = meet(registry)
    mine = world.sql("SELECT id FROM crosscheck_hitside WHERE record_id = %s", [met.police.id])[0][0]
    page = reverse("settlement-page", args=[met.id])
    assert any(f"hit:{mine}" in named for named, _ in read(world, registry.police, reverse("conflict-list")))
    assert any(f"settlement:{met.id}" in named for named, _ in read(world, registry.police, page))
    act(met, registry.customs, "porter")
    both = {f"settlement:{met.id}", f"target:{met.police.id}", f"target:{met.customs.id}"}
    assert any(both <= named for named, _ in read(world, registry.manager, page))
    desk = read(world, registry.manager, reverse("registry-desk"))
    assert any(f"settlement:{met.id}" in named for named, _ in desk)
    act(met, registry.manager, "soumettre", lead="joint")
    opinion = opinion_of(met, registry.prosecutor)
    asked = read(world, registry.prosecutor, reverse("opinion-page", args=[opinion]))
    assert any(f"opinion:{opinion}" in named for named, _ in asked)


def test_who_may_not_take_a_step_is_told_before_his_form_is_read(world: World, registry: Registry) -> None:
    """S-6: a party proposes nothing to the magistrates; a magistrate who has answered answers no more."""
    met = meet(registry)
    act(met, registry.police, "soumettre", 403, lead="rien")
    act(met, registry.customs, "porter")
    act(met, registry.manager, "soumettre", lead="joint")
    opinion = opinion_of(met, registry.prosecutor)
    assert decide(met, registry.prosecutor, "accept") == 302
    again = world.client(registry.prosecutor).post(reverse("opinion-page", args=[opinion]), {"decision": "rien"})
    assert again.status_code == 409
