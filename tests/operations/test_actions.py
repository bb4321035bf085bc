"""An event is entered with its place and hours or refused with a sentence; its unit alone reads and changes it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recoupe.access.enums import Role
from recoupe.intelligence.rules import Spent
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refused
from recoupe.operations import actions, queries
from recoupe.operations.enums import EventState
from recoupe.operations.placing import Stop
from tests.operations.made import BAYONNE, BORDEAUX, DAX, corridor, noon, point
from tests.world import TestAgent, World

ESTATE = "43.29, 5.36\n43.29, 5.38\n43.31, 5.38\n43.31, 5.36"


@pytest.fixture
def police(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


def test_an_event_is_read_by_its_unit_alone(world: World, police: TestAgent) -> None:
    customs, colleague = world.agent(Role.INVESTIGATOR, "DED13"), world.agent(Role.INVESTIGATOR, "PJ13")
    with world.acting(police) as agent:
        made = actions.enter(by=agent, entry=point(label="Planque"))
    with world.acting(colleague) as agent:
        assert queries.event(agent, made.id).label == "Planque"
        assert [event.id for event in queries.coming(agent, made.starts_at).rows] == [made.id]
    with world.acting(customs) as agent:
        assert queries.coming(agent, made.starts_at).rows == []
        with pytest.raises(Absent):
            queries.event(agent, made.id)


def test_whoever_does_not_act_on_the_ground_enters_none(world: World) -> None:
    with world.acting(world.agent(Role.CROSS_ANALYST, "CROSS13")) as agent, pytest.raises(Refused):
        actions.enter(by=agent, entry=point())


def test_local_hours_are_those_of_the_place(world: World, police: TestAgent) -> None:
    start = noon(30)
    with world.acting(police) as agent:
        there = actions.enter(by=agent, entry=point(start, stops=(Stop("97411", 55.45, -20.88),)))
    assert there.zone == "Indian/Reunion"
    assert there.starts_at == start.replace(tzinfo=UTC) - timedelta(hours=4)


def test_a_zone_is_kept_as_its_sides_by_the_clock_of_its_place(world: World, police: TestAgent) -> None:
    start = noon(30)
    with world.acting(police) as agent:
        made = actions.enter(by=agent, entry=point(start, shape="zone", stops=(), outline=ESTATE))
        # Wallis has no outline of a commune: it is named.
        wallis = "-13.28, -176.18\n-13.28, -176.17\n-13.27, -176.17"
        far = actions.enter(by=agent, entry=point(start, shape="zone", stops=(Stop("98613"),), outline=wallis))
    assert (made.commune_code, made.in_town, made.radius_m, len(made.legs)) == ("13055", True, 0, 4)
    assert [side[2:4] for side in made.legs] == [side[:2] for side in (*made.legs[1:], made.legs[0])]
    assert far.zone == "Pacific/Wallis"
    assert far.starts_at == start.replace(tzinfo=UTC) - timedelta(hours=12)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"stops": (Stop(),)}, "commune"),
        ({"stops": ()}, "commune"),
        ({"stops": (Stop("00000"),)}, "commune"),
        ({"windows": ((noon(), noon()),)}, "until"),
        ({"windows": ((noon(), noon() - timedelta(hours=1)),)}, "until"),
        ({"windows": ((noon(), noon(3650)),)}, "until"),
        ({"windows": ((noon(500), noon(501)),)}, "since"),
        ({"windows": ((noon(-9), noon(-8)),)}, "until"),
        ({"radius_m": 30_000}, "radius_m"),
        ({"kind": "controlled_delivery"}, "kind"),
        ({"kind": "source_meeting"}, "kind"),
        ({"kind": "cover_identity"}, "kind"),
        ({"kind": "picnic"}, "kind"),
        ({"shape": "polygon"}, "shape"),
        ({"shape": "zone"}, "outline"),
        ({"shape": "zone", "outline": "43.29, 5.36\n43.31, 5.38\n43.29, 5.38\n43.31, 5.36"}, "outline"),
        ({"shape": "zone", "outline": "30.0, -40.0\n30.0, -40.1\n30.1, -40.0", "stops": ()}, "commune"),
        ({"shape": "zone", "outline": ESTATE, "windows": ((noon(), noon() - timedelta(hours=1)),)}, "until"),
        ({"shape": "zone", "outline": ESTATE, "windows": ()}, "outline"),
        ({"shape": "zone", "outline": ESTATE, "stops": (Stop("00000"),)}, "commune"),
        ({"existence": "everybody"}, "existence"),
        ({"concerns": tuple(f"case:{n}" for n in range(11))}, "concerns"),
    ],
)
def test_bad_input_is_a_sentence(world: World, police: TestAgent, changes: dict[str, Any], field: str) -> None:
    before = world.sql("SELECT count(*) FROM operations_event")
    with world.acting(police) as agent, pytest.raises(Invalid) as refused:
        actions.enter(by=agent, entry=point(**changes))
    assert refused.value.field == field
    assert world.sql("SELECT count(*) FROM operations_event") == before


@pytest.mark.parametrize(
    ("stops", "starts", "field"),
    [
        ((BORDEAUX,), (noon(),), "route"),
        ((BORDEAUX, DAX, BAYONNE), (noon(), noon() - timedelta(hours=3)), "since_2"),
        ((BORDEAUX, DAX, "00000"), (noon(), noon()), "to_2"),
        ((BORDEAUX, DAX, BAYONNE), (noon(), noon(40)), "until_2"),
        ((BORDEAUX, DAX), (datetime(2027, 3, 28, 2, 30),), "since_1"),
        (("59350", BAYONNE), (noon(),), "to_1"),
    ],
)
def test_a_route_goes_forward(
    world: World, police: TestAgent, stops: tuple[str, ...], starts: tuple[datetime, ...], field: str
) -> None:
    with world.acting(police) as agent, pytest.raises(Invalid) as refused:
        actions.enter(by=agent, entry=corridor(stops, starts))
    assert refused.value.field == field


def test_what_is_under_way_goes_on_when_it_is_changed(world: World, police: TestAgent) -> None:
    with world.acting(police) as agent:
        made = actions.enter(by=agent, entry=point(noon(-1), 72))
        actions.move(by=agent, event=made, to=EventState.UNDER_WAY)
        made = actions.change(by=agent, event=made, entry=point(noon(-1), 80))
        assert made.state == EventState.UNDER_WAY
        assert actions.change(by=agent, event=made, entry=point(noon(2))).state == EventState.CHANGED


def test_what_is_over_stays_over(world: World, police: TestAgent) -> None:
    with world.acting(police) as agent:
        made = actions.enter(by=agent, entry=point())
        with pytest.raises(Invalid):
            actions.move(by=agent, event=made, to=EventState.CANCELLED)
        actions.move(by=agent, event=made, to=EventState.CANCELLED, reason="cible partie")
    with world.acting(police) as agent:
        found = queries.event(agent, made.id)
        with pytest.raises(Conflict):
            actions.change(by=agent, event=found, entry=point())


def test_the_last_question_of_the_day_is_taken_and_tells_the_head(world: World) -> None:
    """The budget of S-1: as many as the parameter says are entered, the next one is refused with a sentence."""
    who = world.agent(Role.INVESTIGATOR, "PJ33")
    for _ in range(50):
        with world.acting(who) as agent:
            actions.enter(by=agent, entry=point())
    with pytest.raises(Spent), world.acting(who) as agent:
        actions.enter(by=agent, entry=point())
