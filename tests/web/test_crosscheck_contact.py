"""The contact of two services by the page: messages, settlements, authorities, lateness."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.crosscheck.enums import ContactState, Resolution
from recoupe.notices.queries import waiting
from tests.crosscheck.scene import Scene
from tests.web.test_crosscheck import act, contact_of, meet, opened, page
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def scene(world: World) -> Scene:
    return Scene(world)


@pytest.fixture
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "PJ13")


@pytest.fixture
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "DED13")


# --- The contact ---------------------------------------------------------------------------------------------------
def test_the_contact_is_opened_once(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    asked, held = meet(scene, customs, police)
    contact = opened(scene, police, asked, "Bonjour")
    assert opened(scene, police, asked, "Bonjour") == contact
    assert page(scene.world.client(customs), contact).count("Bonjour") == 1
    other = scene.world.client(customs).post(f"/recoupements/{held.id}/contacter/", {"text": "Moi aussi"})
    assert other.status_code == 409


def test_the_same_message_sent_twice_is_written_once(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    asked, _ = meet(scene, customs, police)
    contact = opened(scene, police, asked, "")
    for _twice in range(2):
        act(scene, customs, contact, "ecrire", text="Deux fois le même clic")
    assert page(scene.world.client(police), contact).count("Deux fois le même clic") == 1
    # The page gives each form a key: said again from another form, it is another message.
    keys = re.findall(r'name="key" value="([0-9a-f-]{36})"', page(scene.world.client(customs), contact))
    assert len(set(keys)) == 1
    for key in (keys[0], keys[0], str(uuid4())):
        act(scene, customs, contact, "ecrire", text="Encore moi", key=key)
    assert page(scene.world.client(police), contact).count("Encore moi") == 2


def test_who_watches_sees_where_it_stands_and_no_word_of_it(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    asked, _ = meet(scene, customs, police)
    contact = opened(scene, police, asked, "Mot entre nous seuls")
    analyst = scene.who(Role.CROSS_ANALYST, "CROSS13")
    shown = page(scene.world.client(analyst), contact)
    assert "Vous suivez ce contact" in shown
    assert "Mot entre nous" not in shown
    assert "<textarea" not in shown
    for verb in ("ecrire", "etablir", "proposer", "saisir", "communiquer", "refuser", "demander", "retirer"):
        act(scene, analyst, contact, verb, 403, text="Je passais", reason="x")
    colleague = scene.who(Role.INVESTIGATOR, "PJ13", "colleague")
    assert scene.world.client(colleague).get(contact).status_code == 404
    act(scene, police, contact, "danser", 404)


def test_a_settlement_needs_the_other_side(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    asked, _ = meet(scene, customs, police)
    contact = opened(scene, police, asked)
    act(scene, police, contact, "etablir", 403)
    act(scene, customs, contact, "etablir")
    act(scene, police, contact, "proposer", resolution=Resolution.COEXIST)
    act(scene, police, contact, "accepter", 403)
    assert "Accepter le règlement proposé" in page(scene.world.client(customs), contact)
    act(scene, customs, contact, "accepter")
    shown = page(scene.world.client(police), contact)
    assert "deux enquêtes distinctes" in shown
    assert "<textarea" not in shown
    act(scene, police, contact, "ecrire", 409, text="Encore un mot")
    assert contact_of(scene, police, asked).state == ContactState.RESOLVED


def test_a_contact_climbs_to_each_authority_and_the_last_one_settles(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    asked, _ = meet(scene, customs, police)
    contact = opened(scene, police, asked, "Sans nouvelles")
    head, office = scene.who(Role.CROSS_HEAD, "CROSS13"), scene.who(Role.OFAST_ANALYST, "OFAST")
    prosecutor = scene.who(Role.PROSECUTOR, "TJ13")
    act(scene, police, contact, "saisir", 422)
    act(scene, police, contact, "saisir", reason="Aucune réponse")
    act(scene, head, contact, "saisir", reason="Hors de mon ressort")
    assert "Parquet saisi" in page(scene.world.client(office), contact)
    act(scene, office, contact, "saisir", 422, reason="Au parquet")
    act(scene, office, contact, "saisir", 422, reason="Au parquet", court=str(police.unit_id))
    assert scene.world.client(prosecutor).get(contact).status_code == 404
    act(scene, office, contact, "saisir", reason="Au parquet", court=str(prosecutor.unit_id))
    assert "Sans nouvelles" in page(scene.world.client(prosecutor), contact)
    act(scene, office, contact, "trancher", 403, resolution="transfer", reason="trop tard")
    act(scene, prosecutor, contact, "trancher", 422, resolution="transfer")
    act(scene, prosecutor, contact, "trancher", resolution="transfer", reason="Au service saisi")
    for who in (police, customs):
        assert "Au service saisi" in page(scene.world.client(who), contact)
    other = scene.who(Role.PROSECUTOR, "TJ83")
    assert scene.world.client(other).get(contact).status_code == 404


def test_the_relay_of_both_says_for_whom_it_speaks(scene: Scene) -> None:
    first, second = scene.who(Role.INVESTIGATOR, "SP13"), scene.who(Role.INVESTIGATOR, "GGD13")
    asked, _ = meet(scene, first, second)
    contact = opened(scene, second, asked)
    relay = scene.who(Role.CROSS_ANALYST, "CROSS13")
    assert "Vous parlez pour" in page(scene.world.client(relay), contact)
    act(scene, relay, contact, "ecrire", 422, text="Pour qui ?")
    act(scene, relay, contact, "ecrire", 422, text="Pour qui ?", voice="arbiter")
    # Whoever is not the authority is refused before it is asked for whom he speaks.
    act(scene, relay, contact, "trancher", 403, resolution="transfer", reason="Au service saisi")
    act(scene, relay, contact, "ecrire", text="La CROSS vous répond.", voice="holder")
    assert "La CROSS vous répond." in page(scene.world.client(second), contact)
    assert contact_of(scene, first, asked).state == ContactState.MADE


def test_a_late_contact_says_so_to_its_cell(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    asked, _ = meet(scene, customs, police)
    contact = opened(scene, police, asked)
    analyst = scene.world.client(scene.who(Role.CROSS_ANALYST, "CROSS13"))
    assert "En retard" not in page(analyst, contact)
    before = timezone.now() - timedelta(hours=60)
    scene.as_superuser(
        f"UPDATE crosscheck_contactthread SET requested_at = '{before}', due_at = '{before + timedelta(hours=48)}'"
        f" WHERE id = '{asked.thread_id}'"
    )
    assert "En retard" in page(analyst, contact)
    assert contact in page(analyst, "/contacts/").split("Les autres")[0]
    assert contact in page(analyst, "/")
    assert contact not in page(scene.world.client(scene.who(Role.CROSS_ANALYST, "CROSS83")), "/contacts/")


def test_the_page_of_a_late_contact_says_what_to_do_and_whom_to_call(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    asked, held = meet(scene, customs, police)
    contact = opened(scene, police, asked)
    people = {name: scene.world.client(who) for name, who in (
        ("asking", police), ("awaited", customs), ("cell", scene.who(Role.CROSS_ANALYST, "CROSS13")))}  # fmt: skip
    assert all('id="late"' not in page(client, contact) for client in people.values())
    before = timezone.now() - timedelta(hours=60)
    scene.as_superuser(
        f"UPDATE crosscheck_contactthread SET requested_at = '{before}', due_at = '{before + timedelta(hours=48)}'"
        f" WHERE id = '{asked.thread_id}'"
    )
    late = {name: page(client, contact).split('id="late"')[1].split("</section>")[0] for name, client in people.items()}
    steps = {name: re.findall(r'href="#(\w+)"', text) for name, text in late.items()}
    assert steps["asking"][0] == "ecrire"
    assert "saisir" in steps["asking"]
    assert "etablir" in steps["awaited"]
    assert steps["cell"] == []
    assert all("devait répondre avant le" in text for text in late.values())
    assert all('class="caller__phone"' in text for text in late.values()), "somebody to call, with a number"
    assert "C'est à votre service de répondre" in late["awaited"]
    # Each step leads to its form, unfolded.
    shown = page(people["asking"], contact)
    assert all(f'id="{slug}"' in shown for slug in steps["asking"])
    assert re.search(r'<details class="fold" open id="saisir"', shown)
    assert held.thread_id == asked.thread_id


@pytest.mark.parametrize("text", ["", "   ", "\u202e", "a\x00b", "x" * 4001, "\x1b[2J"])
def test_a_bad_message_comes_back_with_its_sentence(
    scene: Scene, police: TestAgent, customs: TestAgent, text: str
) -> None:
    asked, _ = meet(scene, customs, police)
    contact = opened(scene, police, asked, "")
    shown = act(scene, police, contact, "ecrire", 422, text=text)
    assert "error-summary" in shown
    assert 'class="message ' not in shown


def test_markup_in_a_message_stays_text(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    asked, _ = meet(scene, customs, police)
    contact = opened(scene, police, asked, "<script>alert(1)</script>")
    raw = scene.world.client(customs).get(contact).content.decode()
    assert "&lt;script&gt;alert(1)" in raw
    assert "<script>alert" not in raw


@pytest.mark.parametrize("address", ["/recoupements/", "/contacts/"])
@pytest.mark.parametrize("before", ["x", "%00", "0001-01-01T00:00:00+00:00~" + str(UUID(int=1)), "9" * 400])
def test_a_damaged_address_is_a_sentence(scene: Scene, police: TestAgent, address: str, before: str) -> None:
    assert scene.world.client(police).get(f"{address}?before={before}").status_code == 422


# --- Notices -------------------------------------------------------------------------------------------------------
def kinds(scene: Scene, who: TestAgent, about: UUID) -> set[str]:
    with scene.world.acting(who) as agent:
        return {line.kind for line in waiting(agent, limit=200) if line.record_id == about}


def test_opening_takes_off_the_list_what_asks_for_no_act(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    asked, held = meet(scene, customs, police)
    assert kinds(scene, customs, held.id) == {"hit"}
    page(scene.world.client(customs), f"/recoupements/{held.id}/")
    assert kinds(scene, customs, held.id) == set()
    contact = opened(scene, police, asked)
    assert held.thread_id
    assert kinds(scene, customs, held.thread_id) == {"contact_requested", "message"}
    page(scene.world.client(customs), contact)
    assert kinds(scene, customs, held.thread_id) == {"contact_requested"}
    act(scene, police, contact, "demander", reason="Même ligne")
    act(scene, customs, contact, "ecrire", text="Bien reçu")
    act(scene, police, contact, "proposer", resolution="coexist")
    page(scene.world.client(customs), contact)
    assert kinds(scene, customs, held.thread_id) == {"release_requested", "resolution_proposed"}
    act(scene, customs, contact, "refuser", reason="Non")
    act(scene, customs, contact, "accepter")
    page(scene.world.client(customs), contact)
    assert kinds(scene, customs, held.thread_id) == set()
