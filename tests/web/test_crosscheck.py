"""Hits, contacts, releases and agreements on the screen: what each side sees, and what nobody else does."""

from html import unescape

import pytest
from django.test import Client

from recoupe.access.enums import Role
from recoupe.crosscheck.models import ContactThread, HitSide
from tests.crosscheck.scene import Scene, new_phone
from tests.world import TestAgent, World

POLICE_TEXT = "Deux hommes en scooter remettent un sac rue Fictive."
CUSTOMS_TEXT = "Colis retenu à l'aéroport, destinataire inconnu."


@pytest.fixture(scope="module")
def scene(world: World) -> Scene:
    return Scene(world)


@pytest.fixture
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "PJ13")


@pytest.fixture
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "DED13")


def meet(scene: Scene, holder: TestAgent, asker: TestAgent, **held: object) -> tuple[HitSide, HitSide]:
    """(asker's side, holder's side) of a new hit between two texts."""
    phone = new_phone()
    first = scene.enter(holder, phone=phone, **({"fact_text": CUSTOMS_TEXT} | held))
    second = scene.enter(asker, phone=phone, fact_text=POLICE_TEXT)
    scene.pull()
    return scene.side(asker, second), scene.side(holder, first)


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return unescape(answer.content.decode())


def contact_of(scene: Scene, who: TestAgent, side: HitSide) -> ContactThread:
    with scene.world.acting(who):
        return ContactThread.objects.get(id=side.thread_id)


def opened(scene: Scene, who: TestAgent, side: HitSide, text: str = "Bonjour") -> str:
    """The address of the contact that this side has opened."""
    answer = scene.world.client(who).post(f"/recoupements/{side.id}/contacter/", {"text": text})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return str(answer["Location"])


def act(scene: Scene, who: TestAgent, contact: str, verb: str, status: int = 302, **data: object) -> str:
    answer = scene.world.client(who).post(f"{contact}{verb}/", data)
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer.content.decode()


def test_two_services_meet_speak_and_one_releases(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    asked, held = meet(scene, customs, police)
    for who, side, other in ((police, asked, CUSTOMS_TEXT), (customs, held, POLICE_TEXT)):
        client = scene.world.client(who)
        assert f"/recoupements/{side.id}/" in page(client, "/recoupements/")
        shown = page(client, f"/recoupements/{side.id}/")
        assert side.other_phone in shown
        assert other not in shown
    contact = opened(scene, police, asked, "Pouvez-vous nous rappeler ?")
    act(scene, customs, contact, "ecrire", text="Oui, ce soir.")
    for who in (police, customs):
        thread = page(scene.world.client(who), contact)
        assert "Pouvez-vous nous rappeler ?" in thread
        assert "Oui, ce soir." in thread
        assert "Contact établi" in thread
    assert police.login not in page(scene.world.client(customs), contact)
    record = f"/renseignements/{held.record_id}/"
    page(scene.world.client(police), record, 404)
    act(scene, customs, contact, "communiquer", recipient=str(police.unit_id), reason="Même réseau sans doute")
    assert CUSTOMS_TEXT in page(scene.world.client(police), record)
    assert record in page(scene.world.client(police), contact)
    for outsider in (scene.who(Role.INVESTIGATOR, "PJ69"), scene.who(Role.INVESTIGATOR, "SP13")):
        page(scene.world.client(outsider), record, 404)
    page(scene.world.client(customs), f"/renseignements/{asked.record_id}/", 404)
