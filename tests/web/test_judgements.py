"""Judging a pair on the screen: its history, its group at any day, what follows, what contradicts, the taking back."""

from itertools import count
from uuid import UUID

import pytest
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.crosscheck.models import Judgement
from tests.access.test_cells import join, spread
from tests.crosscheck.scene import Scene
from tests.web.test_crosscheck import page
from tests.world import TestAgent, World

_YEARS = count(1950)


@pytest.fixture(scope="module")
def scene(world: World) -> Scene:
    return Scene(world)


@pytest.fixture
def analyst(scene: Scene) -> TestAgent:
    return scene.who(Role.CROSS_ANALYST, "CROSS13")


def three(scene: Scene) -> list[UUID]:
    """One name and birth in the reports of three services of a department."""
    person = ("TESTARD", "Gaspard", f"07/08/{next(_YEARS)}")
    made = []
    for unit in ("PJ13", "DED13", "SR13"):
        made.append(scene.enter(scene.who(Role.INVESTIGATOR, unit), person=person))
        scene.pull()
    return made


def door(scene: Scene, analyst: TestAgent, first: UUID, second: UUID) -> str:
    with scene.world.acting(analyst):
        (found,) = [j for j in Judgement.objects.all() if {j.first_id, j.second_id} == {first, second}]
        return f"/recoupements/a-juger/{found.id}/"


def say(scene: Scene, analyst: TestAgent, address: str, answer: str) -> None:
    done = scene.world.client(analyst).post(address, {"answer": answer, "reason": f"motif {answer}"})
    assert done.status_code == 302
    scene.decide()


def test_the_history_and_the_group_are_shown_and_taken_back(scene: Scene, analyst: TestAgent) -> None:
    a, b, c = three(scene)
    first, second = door(scene, analyst, a, b), door(scene, analyst, b, c)
    client = scene.world.client(analyst)
    assert "Ce qui a été dit" not in page(client, first)
    say(scene, analyst, first, "same")
    say(scene, analyst, second, "same")
    group = page(client, first).split('id="group"')[1].split("</section>")[0]
    assert group.count('<th scope="row">') == 3
    assert group.count("Gaspard TESTARD") == 3
    third = page(client, door(scene, analyst, a, c))
    assert "il suit" in third
    assert "la même personne" in third.split("il suit")[1][:40]
    for bad in ({}, {"why": ""}, {"why": "\x00"}):
        assert client.post(f"{second}reprendre/", bad).status_code == 422
    assert client.post(f"{second}reprendre/", {"why": "ce n'est pas lui"}).status_code == 302
    scene.decide()
    shown = page(client, second)
    assert [word in shown for word in ("motif same", "Jugement repris", "ce n'est pas lui", "Juger")] == [True] * 4
    assert page(client, first).split('id="group"')[1].split("</section>")[0].count('<th scope="row">') == 2
    assert client.post(f"{second}reprendre/", {"why": "deux fois"}).status_code == 409


def test_what_contradicts_is_put_again_and_unites_nothing(scene: Scene, analyst: TestAgent) -> None:
    a, b, c = three(scene)
    say(scene, analyst, door(scene, analyst, a, b), "different")
    say(scene, analyst, door(scene, analyst, b, c), "same")
    last = door(scene, analyst, a, c)
    client = scene.world.client(analyst)
    assert "deux personnes différentes" in page(client, last).split("il suit")[1][:50]
    say(scene, analyst, last, "same")
    assert "Cette réponse en contredit d'autres" in page(client, last)
    assert last in page(client, door(scene, analyst, a, b)).split("À juger de nouveau")[1]
    (line,) = [one for one in page(client, "/recoupements/").split('<li class="line')[1:] if last in one]
    assert "en contredit un autre" in line


def test_the_group_of_another_day(scene: Scene, analyst: TestAgent) -> None:
    a, b, _ = three(scene)
    address = door(scene, analyst, a, b)
    say(scene, analyst, address, "same")
    client = scene.world.client(analyst)
    assert "rien ne réunissait" in page(client, f"{address}?day=01/01/2020")
    today = timezone.localdate().strftime("%d/%m/%Y")
    assert "Gaspard TESTARD" in page(client, f"{address}?day={today}&known=now").split('id="group"')[1]
    for bad in ("?day=32/01/2020", "?day=%00", "?known=ever"):
        assert client.get(address + bad).status_code == 422


def test_nobody_else_reads_or_takes_back(scene: Scene, analyst: TestAgent) -> None:
    a, b, _ = three(scene)
    address = door(scene, analyst, a, b)
    say(scene, analyst, address, "same")
    for role, unit in ((Role.INVESTIGATOR, "PJ13"), (Role.CROSS_ANALYST, "CROSS83"), (Role.OFAST_ANALYST, "OFAST")):
        stranger = scene.world.client(scene.who(role, unit))
        assert stranger.get(address).status_code == 404
        assert stranger.post(f"{address}reprendre/", {"why": "pas mon affaire"}).status_code == 404


def test_a_service_joined_to_the_cell_reads_the_question_and_answers_nothing(scene: Scene, analyst: TestAgent) -> None:
    """P-81: refused before what was typed is looked at, at the answer and at its taking back."""
    a, b, _ = three(scene)
    address = door(scene, analyst, a, b)
    spread(scene.world, join(scene.world, by=scene.who(Role.DESIGNATING_AUTHORITY, "OFAST")))
    client = scene.world.client(scene.world.agent(Role.CROSS_ANALYST, "PJ13"))
    assert client.get(address).status_code == 200
    for typed in ({}, {"answer": "same", "reason": "même naissance"}):
        assert client.post(address, typed).status_code == 403
    say(scene, analyst, address, "same")
    for typed in ({}, {"why": "deux cousins"}):
        assert client.post(f"{address}reprendre/", typed).status_code == 403
    with scene.world.acting(analyst):
        (found,) = [j for j in Judgement.objects.all() if {j.first_id, j.second_id} == {a, b}]
        assert found.state == "ANSWERED"
