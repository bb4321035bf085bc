"""The queue of hits: the strongest first, then the oldest, without those that somebody has taken up."""

import re
from uuid import UUID

import pytest

from recoupe.access.enums import Role
from recoupe.crosscheck import actions
from recoupe.crosscheck.models import HitSide
from tests.crosscheck.scene import Scene, new_phone
from tests.web.test_crosscheck import page
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def scene(world: World) -> Scene:
    return Scene(world)


@pytest.fixture(scope="module")
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "PJ13")


def met(scene: Scene, police: TestAgent, commune: str = "13055", **common: object) -> HitSide:
    """A hit of the police with the customs over what both deposit."""
    scene.enter(scene.who(Role.INVESTIGATOR, "DED13"), commune=commune, **common)
    asked = scene.enter(police, **common)
    scene.pull()
    return scene.side(police, asked)


@pytest.fixture(scope="module")
def four(scene: Scene, police: TestAgent) -> list[UUID]:
    """Weak, certain, certain and taken up, certain: in the order of their making."""
    weak = met(scene, police, person=("TESTARD", "Ignace", "10/11/1967"), handling="H2", commune="83137")
    sides = [weak, *(met(scene, police, phone=new_phone()) for _ in range(3))]
    with scene.world.acting(police) as agent:
        actions.open_contact(by=agent, side=sides[2], text="Appelez-moi.")
    return [side.id for side in sides]


def shown(text: str) -> list[UUID]:
    return [UUID(found) for found in re.findall(r'line__title" href="/recoupements/([0-9a-f-]{36})/"', text)]


def test_the_queue_is_by_strength_then_age_and_leaves_out_what_is_taken_up(
    scene: Scene, police: TestAgent, four: list[UUID]
) -> None:
    client = scene.world.client(police)
    weak, first, _, last = four
    assert shown(page(client, "/recoupements/?order=queue")) == [first, last, weak]
    assert shown(page(client, "/recoupements/?order=queue&strength=weak")) == [weak]


def test_a_filter_narrows_the_list(scene: Scene, police: TestAgent, four: list[UUID]) -> None:
    client = scene.world.client(police)
    assert shown(page(client, "/recoupements/")) == four[::-1]
    assert shown(page(client, "/recoupements/?strength=certain")) == four[:0:-1]
    assert "Aucun recoupement de cette sorte" in page(client, "/recoupements/?strength=strong")
    for bad in ("?strength=x", "?order=x", "?strength=%00"):
        assert client.get(f"/recoupements/{bad}").status_code == 422


def test_nobody_finds_another_ones_hits_in_it(scene: Scene, four: list[UUID]) -> None:
    stranger = scene.world.client(scene.who(Role.INVESTIGATOR, "PJ59"))
    assert shown(page(stranger, "/recoupements/?order=queue")) == []
