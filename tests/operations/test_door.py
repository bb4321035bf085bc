"""The one door of the source bureau: what it keeps, who may use it, and what whoever comes near sees (S-7)."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection

from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Conflict, Invalid, Refused
from recoupe.operations import actions, door, queries
from recoupe.operations.door import MarkEntry
from recoupe.operations.models import Event
from recoupe.operations.placing import Stop
from tests.deconfliction.scene import Scene, emptied
from tests.operations.made import BAYONNE, BORDEAUX, MARSEILLE, noon, point
from tests.web.intelligence.typed import text_of
from tests.world import TestAgent, World

PLATE = "GD-077-BC"
DOOR = "/evenements/porte/"
WRITTEN = "%d/%m/%Y %H:%M"


@pytest.fixture
def scene(world: World) -> Iterator[Scene]:
    emptied(world)
    yield Scene(world)


@pytest.fixture(scope="module")
def bureau(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "BCS")


def window(hours: float = 2) -> tuple[Any, Any]:
    return noon(), noon() + timedelta(hours=hours)


def marked(scene: Scene, who: TestAgent, **changes: Any) -> Event:
    entry = MarkEntry(**({"windows": (window(),)} | changes))
    with scene.world.acting(who) as agent:
        return door.mark(by=agent, entry=entry)


def shown(scene: Scene, who: TestAgent, path: str) -> str:
    """The page without what differs in each: all that holds a digit."""
    page = text_of(scene.world.client(who).get(path))
    return re.sub(r"[\w+/=.:-]*\d[\w+/=.:-]*", "", page)


@pytest.mark.parametrize(
    ("kept", "met"),
    [
        ({"plates": (PLATE,)}, {"plates": ("gd077bc",), "stops": (Stop("59350", 3.06, 50.63),)}),
        ({"shape": "point", "stops": (Stop(MARSEILLE, 5.3698, 43.2965),), "radius_m": 50}, {}),
    ],
)
def test_a_meeting_is_told_to_the_bureau_alone(
    scene: Scene, bureau: TestAgent, kept: dict[str, Any], met: dict[str, Any]
) -> None:
    """Whoever asks, before or after it, sees what he sees without a hit: bytes for bytes."""
    without = scene.enter(scene.customs, point(noon(days=9), **met))
    scene.compare()
    nothing = shown(scene, scene.customs, f"/evenements/{without}/")
    before = scene.enter(scene.customs, point(**met))
    mark = marked(scene, bureau, **kept)
    after = scene.enter(scene.police, point(**met))
    scene.compare()
    sides = scene.sides(bureau, mark.id)
    assert {side.other_code for side in sides} >= {"PJ13", "DED13"}
    assert {side.thread_id for side in sides} == {None}
    for who, event in ((scene.customs, before), (scene.police, after)):
        assert {side.other_code for side in scene.sides(who, event)} <= {"PJ13", "DED13"}
    for side in sides:
        assert scene.world.client(bureau).get(f"/recoupements/{side.id}/").status_code == 200
    scene.cancel(scene.police, after)
    alone = scene.enter(scene.customs, point(noon(days=3), **met))
    marked(scene, bureau, **kept, windows=((noon(days=3), noon(days=3) + timedelta(hours=2)),))
    scene.compare()
    assert shown(scene, scene.customs, f"/evenements/{alone}/") == nothing
    told = "SELECT count(*) FROM notices_notice n JOIN crosscheck_hitside s ON s.id = n.record_id"
    assert scene.world.sql(f"{told} WHERE s.record_id = %s", [alone]) == [(0,)]


def test_it_keeps_a_selector_a_place_a_window_and_nothing_else(scene: Scene, bureau: TestAgent) -> None:
    mark = marked(scene, bureau, plates=(PLATE,), shape="corridor", stops=(Stop(BAYONNE), Stop(BORDEAUX)))
    columns = "kind, label, armed, concerns, existence, motive, silent_until, plates"
    [row] = scene.world.sql(f"SELECT {columns} FROM operations_event WHERE id = %s", [mark.id])
    assert row == ("mark", "", False, [], "holder_only", "", None, [PLATE])
    with pytest.raises(IntegrityError, match="operations_event_mark"), scene.world.acting(bureau):
        record(Operation.MODIFY, refs=[("event", mark.id)])
        with connection.cursor() as cursor:
            cursor.execute("UPDATE operations_event SET label = 'source Hermine' WHERE id = %s", [mark.id])


def test_an_empty_mark_is_refused(scene: Scene, bureau: TestAgent) -> None:
    with pytest.raises(Invalid) as refusal:
        marked(scene, bureau)
    assert refusal.value.field == "plates"


def test_the_bureau_alone(scene: Scene, bureau: TestAgent) -> None:
    inspector = scene.world.agent(Role.UNIT_HEAD, "IGPN")
    for who in (scene.police, inspector):
        with pytest.raises(Refused):
            marked(scene, who, plates=(PLATE,))
        assert scene.world.client(who).get(DOOR).status_code == 403
    mark = marked(scene, bureau, plates=(PLATE,))
    assert scene.world.client(scene.police).post(f"{DOOR}{mark.id}/lever/").status_code == 404
    # Past the page: an investigator makes a mark of his own event.
    own = scene.enter(scene.police, point())
    with pytest.raises(DatabaseError, match="the source bureau alone"), scene.world.acting(scene.police):
        record(Operation.MODIFY, refs=[("event", own)])
        with connection.cursor() as cursor:
            cursor.execute("UPDATE operations_event SET kind = 'mark' WHERE id = %s", [own])


def test_a_mark_is_withdrawn_and_not_changed(scene: Scene, bureau: TestAgent) -> None:
    mark = marked(scene, bureau, plates=(PLATE,))
    with scene.world.acting(bureau) as agent, pytest.raises(Conflict):
        actions.change(by=agent, event=queries.event(agent, mark.id), entry=point())
    scene.compare()
    client = scene.world.client(bureau)
    for _ in range(2):
        assert client.post(f"{DOOR}{mark.id}/lever/").status_code == 302
    scene.compare()
    later = scene.enter(scene.police, point(plates=(PLATE,)))
    scene.compare()
    assert scene.sides(bureau, mark.id) == [] == scene.sides(scene.police, later)


def test_by_the_page(scene: Scene, bureau: TestAgent) -> None:
    client = scene.world.client(bureau)
    since, until = (moment.strftime(WRITTEN) for moment in window())
    refused = client.post(DOOR, {"shape": "", "since": since, "until": until})
    assert refused.status_code == 422
    assert "Donnez un identifiant" in text_of(refused)
    assert client.post(DOOR, {"shape": "", "plates": PLATE, "since": since, "until": until}).status_code == 302
    page = text_of(client.get(DOOR))
    assert PLATE in page and "Ne plus marquer" in page
    assert DOOR in text_of(client.get("/evenements/"))
    assert DOOR not in text_of(scene.world.client(scene.police).get("/evenements/"))
    # What it may not say is not asked, nor taken.
    assert 'name="label"' not in page and 'name="kind"' not in page
