"""Dangers on the screens of duty desks: whom to call and when, acknowledged once; nothing of the other."""

from collections.abc import Iterator
from html import unescape
from uuid import UUID

import pytest

from recoupe.access.enums import Role
from recoupe.deconfliction.models import DangerSide
from tests.deconfliction.scene import Scene, emptied
from tests.operations.made import point
from tests.web.rooms import text
from tests.world import TestAgent, World


@pytest.fixture
def scene(world: World) -> Iterator[Scene]:
    emptied(world)
    yield Scene(world)


def _side(scene: Scene, who: TestAgent) -> UUID:
    with scene.world.acting(who):
        side: DangerSide = DangerSide.objects.get(live=True)
    return side.id


def _page(scene: Scene, who: TestAgent, address: str, status: int = 200) -> str:
    answer = scene.world.client(who).get(address)
    assert answer.status_code == status, address
    return unescape(text(answer))


def test_the_desk_finds_it_on_arrival_and_acknowledges(scene: Scene) -> None:
    scene.meet(point(label="Opération Mistral"))
    side = _side(scene, scene.police_duty)
    assert "Danger sur le terrain" in _page(scene, scene.police_duty, "/")
    assert f"/dangers/{side}/" in scene.world.client(scene.police_duty).get("/dangers/").content.decode()
    page = _page(scene, scene.police_duty, f"/dangers/{side}/")
    assert "PJ13-E-" in page and "J'accuse réception" in page
    client = scene.world.client(scene.police_duty)
    assert client.post(f"/dangers/{side}/accuser/").status_code == 302
    assert client.post(f"/dangers/{side}/accuser/").status_code == 409
    page = _page(scene, scene.police_duty, f"/dangers/{side}/")
    assert "réception accusée" in page and "J'accuse" not in page
    assert scene.world.client(scene.police_duty).post(f"/dangers/{side}/effacer/").status_code == 404


def test_nothing_of_the_other_stands_on_the_page(scene: Scene) -> None:
    scene.enter(scene.police, point(label="Opération Mistral", kind="arrest"))
    theirs = scene.enter(scene.customs, point(label="Contrôle Zef", kind="control"))
    scene.compare()
    page = _page(scene, scene.police_duty, f"/dangers/{_side(scene, scene.police_duty)}/")
    [(ref,)] = scene.world.sql("SELECT ref FROM operations_event WHERE id = %s", [theirs])
    for hidden in ("Zef", ref, "contrôle", "Marseille", "Mistral"):
        assert hidden not in page, hidden


@pytest.mark.parametrize(
    ("role", "unit", "status"),
    [
        (Role.DUTY_OFFICER, "PJ13", 200), (Role.UNIT_HEAD, "PJ13", 200), (Role.DUTY_OFFICER, "DED13", 404),
        (Role.OFAST_ANALYST, "OFAST", 404), (Role.INVESTIGATOR, "PJ13", 403), (Role.WATCH_DESK, "OFAST", 403),
    ],
)  # fmt: skip
def test_who_opens_the_page(scene: Scene, role: Role, unit: str, status: int) -> None:
    scene.meet()
    side = _side(scene, scene.police_duty)
    who = scene.world.agent(role, unit)
    assert scene.world.client(who).get(f"/dangers/{side}/").status_code == status
    expected = 302 if status == 200 else status
    assert scene.world.client(who).post(f"/dangers/{side}/accuser/").status_code == expected


def test_who_has_none_is_told_so(scene: Scene) -> None:
    assert "Aucun danger en cours" in _page(scene, scene.police_duty, "/dangers/")


def test_a_danger_that_closed_waits_for_nobody(scene: Scene) -> None:
    ours, _ = scene.meet()
    scene.cancel(scene.police, ours)
    scene.compare()
    assert "Danger sur le terrain" not in _page(scene, scene.police_duty, "/")
