"""A page asks the base nothing twice: each of its parts takes what another one has read for the same request."""

from uuid import UUID

import pytest

from recoupe.access.enums import Role
from recoupe.crosscheck.models import Judgement
from tests.crosscheck.scene import Scene, new_phone
from tests.web.rooms import statements
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def scene(world: World) -> Scene:
    return Scene(world)


@pytest.fixture(scope="module")
def pair(scene: Scene) -> tuple[UUID, UUID]:
    """Two services hold one number and name one person, whose category one of them does not know yet."""
    somebody = {"phone": new_phone(), "person": ("REPETTO", "Lazare", "03/02/1977")}
    held = scene.enter(scene.who(Role.INVESTIGATOR, "DED13"), **somebody)
    asked = scene.enter(scene.who(Role.INVESTIGATOR, "PJ13"), **somebody)
    scene.pull()
    return held, asked


def asks_once(scene: Scene, who: TestAgent, address: str) -> None:
    client = scene.world.client(who)
    with statements() as asked:
        answer = client.get(address)
    assert answer.status_code == 200
    assert asked
    assert sorted(asked) == sorted(set(asked))


@pytest.mark.parametrize(
    ("role", "unit"),
    [
        (Role.INVESTIGATOR, "PJ13"),
        (Role.UNIT_HEAD, "PJ13"),
        (Role.CROSS_ANALYST, "CROSS13"),
        (Role.CROSS_HEAD, "CROSS13"),
    ],
)
def test_the_page_of_a_report(scene: Scene, pair: tuple[UUID, UUID], role: Role, unit: str) -> None:
    asks_once(scene, scene.who(role, unit), f"/renseignements/{pair[1]}/")


@pytest.mark.parametrize(("role", "unit"), [(Role.INVESTIGATOR, "PJ13"), (Role.CROSS_ANALYST, "CROSS13")])
def test_the_page_of_a_hit(scene: Scene, pair: tuple[UUID, UUID], role: Role, unit: str) -> None:
    who = scene.who(role, unit)
    asks_once(scene, who, f"/recoupements/{scene.sides(who, pair[1])[0].id}/")


def test_the_page_of_a_pair_to_judge(scene: Scene) -> None:
    person = ("REPETTO", "Anselme", "04/02/1977")
    made = scene.enter(scene.who(Role.INVESTIGATOR, "DED13"), person=person)
    scene.pull()
    scene.enter(scene.who(Role.INVESTIGATOR, "SR13"), person=person)
    scene.pull()
    analyst = scene.who(Role.CROSS_ANALYST, "CROSS13")
    with scene.world.acting(analyst):
        (found,) = [one for one in Judgement.objects.all() if made in (one.first_id, one.second_id)]
    address = f"/recoupements/a-juger/{found.id}/"
    asks_once(scene, analyst, address)
    said = scene.world.client(analyst).post(address, {"answer": "same", "reason": "même personne"})
    assert said.status_code == 302
    scene.decide()
    asks_once(scene, analyst, address)
