"""Hits, contacts, releases and agreements on the screen: what each side sees, and what nobody else does."""

from html import unescape
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from recoupe.access.enums import Role
from recoupe.crosscheck import queries
from recoupe.crosscheck.enums import HitState
from recoupe.crosscheck.models import Agreement, ContactThread, HitSide, Judgement
from tests.crosscheck.scene import Scene, new_phone
from tests.crosscheck.test_release import open_case
from tests.web.rooms import same
from tests.world import TestAgent, World

_DAYS = count(1)

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
        found: ContactThread = ContactThread.objects.get(id=side.thread_id)
        return found


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


# --- Lists and pages: who sees what ---------------------------------------------------------------------------------
def test_the_holder_learns_who_asks_and_why_the_asker_does_not(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    asked, held = meet(scene, customs, police)
    mine = page(scene.world.client(customs), f"/recoupements/{held.id}/")
    theirs = page(scene.world.client(police), f"/recoupements/{asked.id}/")
    assert "Pourquoi il demande" in mine
    assert "Pourquoi il demande" not in theirs
    for shown, strangers in ((mine, (police.login, POLICE_TEXT)), (theirs, (customs.login, CUSTOMS_TEXT))):
        assert "certain" in shown
        assert not any(word in shown for word in strangers)


def test_who_reads_both_sees_why_and_who_reads_one_does_not(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    asked, _ = meet(scene, customs, police)
    analyst = scene.who(Role.CROSS_ANALYST, "CROSS13")
    shown = page(scene.world.client(analyst), f"/recoupements/{asked.id}/")
    assert "Ce qui les rapproche" in shown
    assert "Téléphone" in shown
    assert f"/objectifs/nouveau/?hit={asked.id}" in shown
    assert "Ce qui les rapproche" not in page(scene.world.client(police), f"/recoupements/{asked.id}/")


def test_a_hit_out_of_reach_is_the_same_page_as_none(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    asked, held = meet(scene, customs, police)
    strangers = [(police, held), (customs, asked), (scene.who(Role.INVESTIGATOR, "PJ69"), asked)]
    for who, side in strangers:
        client = scene.world.client(who)
        hidden, absent = client.get(f"/recoupements/{side.id}/"), client.get(f"/recoupements/{uuid4()}/")
        assert hidden.status_code == absent.status_code == 404
        assert same(hidden) == same(absent)
        assert client.post(f"/recoupements/{side.id}/contacter/", {}).status_code == 404
        assert client.post(f"/recoupements/{side.id}/repondre/", {"answer": "same"}).status_code == 404
        assert str(side.id) not in page(client, "/recoupements/")


@pytest.mark.parametrize("role", [Role.DPO, Role.SYSADMIN, Role.DESIGNATING_AUTHORITY, Role.EXAMINING_JUDGE])
def test_a_role_without_hits_is_refused_everywhere(scene: Scene, role: Role) -> None:
    client = scene.world.client(scene.who(role, "TJ13" if role is Role.EXAMINING_JUDGE else "OFAST"))
    addresses = ["/recoupements/", f"/recoupements/{uuid4()}/", f"/recoupements/a-juger/{uuid4()}/",
                 "/contacts/", f"/contacts/{uuid4()}/"]  # fmt: skip
    assert {client.get(address).status_code for address in addresses} == {403}


def test_each_page_is_an_entry_of_the_journal(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    asked, _ = meet(scene, customs, police)
    contact = opened(scene, police, asked)
    thread = asked.thread_id
    client = scene.world.client(police)
    for address, ref in (
        ("/recoupements/", f"hit:{asked.id}"),
        (f"/recoupements/{asked.id}/", f"hit:{asked.id}"),
        ("/contacts/", f"contact:{thread}"),
        (contact, f"contact:{thread}"),
    ):
        page(client, address)
        _, actor, refs, _ = scene.world.journal("consult")[-1]
        assert (actor, ref in refs) == (police.id, True), address
    assert "Bonjour" not in str(scene.world.journal())


def test_a_list_goes_on_where_it_ended(
    scene: Scene, police: TestAgent, customs: TestAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    sides = [meet(scene, customs, police)[0] for _ in range(3)]
    monkeypatch.setattr(queries.newest_hits, "__defaults__", (None, 2))
    client = scene.world.client(police)
    first = page(client, "/recoupements/")
    older = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    second = page(client, f"/recoupements/{older}")
    shown = [[f"/recoupements/{side.id}/" in text for side in sides] for text in (first, second)]
    assert shown == [[False, True, True], [True, False, False]]


# --- Weak matches --------------------------------------------------------------------------------------------------
def weak(scene: Scene, police: TestAgent, customs: TestAgent, **more: object) -> tuple[UUID, UUID]:
    """(held, asked): the same name and birth date in two services."""
    person = ("TESTARD", "Hector", f"{1 + next(_DAYS):02d}/07/1971")
    held = scene.enter(customs, person=person, **({"commune": "83137"} | more if more else {}))
    asked = scene.enter(police, person=person, **more)
    scene.pull()
    return held, asked


def judged(scene: Scene, analyst: TestAgent, record: UUID) -> Judgement:
    with scene.world.acting(analyst) as agent:
        return next(j for j in queries.judgements(agent, limit=100) if record in (j.first_id, j.second_id))


def test_the_cell_judges_what_it_reads_and_only_then_are_both_told(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    held, asked = weak(scene, police, customs)
    analyst = scene.who(Role.CROSS_ANALYST, "CROSS13")
    address = f"/recoupements/a-juger/{judged(scene, analyst, asked).id}/"
    client = scene.world.client(analyst)
    assert address in page(client, "/recoupements/")
    assert "Hector TESTARD" in page(client, address)
    for stranger in (police, customs, scene.who(Role.CROSS_ANALYST, "CROSS83")):
        assert scene.world.client(stranger).get(address).status_code == 404
    assert scene.sides(police, asked) == []
    for bad in ({}, {"answer": "same"}, {"answer": "perhaps", "reason": "x"}, {"answer": "same", "reason": "\x00"}):
        assert client.post(address, bad).status_code == 422
    assert client.post(address, {"answer": "same", "reason": "Même surnom, même adresse"}).status_code == 302
    assert client.post(address, {"answer": "different", "reason": "trop tard"}).status_code == 409
    scene.decide()
    side = scene.side(police, asked)
    assert (side.state, side.strength) == (HitState.POSITIVE, "strong")
    assert "recoupement confirmé" in page(scene.world.client(customs), f"/recoupements/{scene.side(customs, held).id}/")


def test_the_pairs_to_judge_are_told_apart_by_name_services_and_communes(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    pairs = [weak(scene, police, customs) for _ in range(2)]
    analyst = scene.who(Role.CROSS_ANALYST, "CROSS13")
    shown = page(scene.world.client(analyst), "/recoupements/").split('id="a-juger"')[1].split("</section>")[0]
    lines = [line for line in shown.split('<li class="line')[1:] if "Hector TESTARD" in line]
    assert len(lines) >= 2
    assert len({line.split("<time")[0] for line in lines}) == len(lines), "told apart without their hour"
    for words in ("né(e) le", "Marseille (13)", "Enquêtes douanières"):
        assert words in lines[-1], lines[-1]
    # Whoever reads a name has consulted its record.
    read = {ref for operation, _, refs, details in scene.world.journal("consult") if details.get("what") == "hits"
            for ref in refs}  # fmt: skip
    assert {f"report:{record}" for pair in pairs for record in pair} <= read
    for stranger in (police, customs):
        assert "Hector TESTARD" not in page(scene.world.client(stranger), "/recoupements/")


def test_a_protected_name_is_masked_in_the_pairs_to_judge(
    scene: Scene, police: TestAgent, customs: TestAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak(scene, police, customs)
    monkeypatch.setattr("recoupe.intelligence.rules.name_is_shown", lambda **_: False)
    shown = page(scene.world.client(scene.who(Role.CROSS_ANALYST, "CROSS13")), "/recoupements/")
    assert "nom masqué" in shown
    assert "TESTARD" not in shown


def test_where_nobody_reads_both_each_side_answers(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    held, asked = weak(scene, police, customs, handling="H2")
    mine, theirs = scene.side(police, asked), scene.side(customs, held)
    client = scene.world.client(police)
    assert "Est-ce la même personne" in page(client, f"/recoupements/{mine.id}/")
    for bad in ({}, {"answer": "yes"}, {"answer": "\x00"}):
        assert client.post(f"/recoupements/{mine.id}/repondre/", bad).status_code == 422
    for who, side in ((police, mine), (police, mine), (customs, theirs)):
        answer = scene.world.client(who).post(f"/recoupements/{side.id}/repondre/", {"answer": "same"})
        assert answer.status_code == 302
        scene.decide()
    shown = page(client, f"/recoupements/{mine.id}/")
    assert "recoupement confirmé" in shown
    assert "fort" in shown
    late = client.post(f"/recoupements/{mine.id}/repondre/", {"answer": "different"})
    assert late.status_code == 409


# --- Releases ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("handling", "told", "marked"),
    [
        ("H0", "H0\u00a0: sans restriction", False),
        ("H1", "«\u00a0hors procédure\u00a0»", True),
        ("H2", "au seul service", False),
    ],
)
def test_what_releasing_entails_is_said_before(
    scene: Scene, police: TestAgent, customs: TestAgent, handling: str, told: str, marked: bool
) -> None:
    asked, _ = meet(scene, customs, police, handling=handling)
    contact = opened(scene, police, asked)
    assert told in page(scene.world.client(customs), contact)
    for wrong in ({}, {"recipient": str(customs.unit_id), "reason": "x"}, {"recipient": "x", "reason": "x"}):
        act(scene, customs, contact, "communiquer", 422, **wrong)
    act(scene, customs, contact, "communiquer", recipient=str(police.unit_id), reason="Même réseau")
    assert ("Hors procédure" in page(scene.world.client(police), contact)) is marked


def test_what_may_not_leave_is_not_offered(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    asked, _ = meet(scene, customs, police, handling="H3", h3_line="both", handling_conditions="à discuter")
    contact = opened(scene, police, asked)
    shown = page(scene.world.client(customs), contact)
    assert "Communiquer notre fiche" not in shown
    assert "interdit sa communication (H3)" in shown
    act(scene, customs, contact, "communiquer", 409, recipient=str(police.unit_id), reason="Quand même")


def test_one_asks_the_other_refuses_and_says_why(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    asked, held = meet(scene, customs, police)
    contact = opened(scene, police, asked)
    act(scene, police, contact, "demander", reason="Même ligne")
    act(scene, police, contact, "demander", 409, reason="Encore")
    act(scene, customs, contact, "refuser", reason="Enquête en cours")
    shown = page(scene.world.client(police), contact)
    assert "Enquête en cours" in shown
    assert "refusée" in shown
    page(scene.world.client(police), f"/renseignements/{held.record_id}/", 404)
    act(scene, police, contact, "demander", reason="De nouveau")
    act(scene, police, contact, "retirer")
    assert "retirée" in page(scene.world.client(customs), contact)


def test_a_duty_desk_that_reads_nothing_speaks_and_releases_nothing(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    asked, held = meet(scene, customs, police)
    contact = opened(scene, police, asked)
    desk = scene.who(Role.DUTY_OFFICER, "DED13")
    shown = page(scene.world.client(desk), contact)
    assert "Vous ne lisez pas la fiche de votre unité" in shown
    assert "Communiquer notre fiche" not in shown
    assert CUSTOMS_TEXT not in page(scene.world.client(desk), f"/recoupements/{held.id}/")
    act(scene, desk, contact, "ecrire", text="La permanence vous répond.")
    act(scene, desk, contact, "communiquer", 404, recipient=str(police.unit_id), reason="Même réseau")


def test_a_judicial_record_leaves_after_its_magistrate(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    prosecutor = scene.who(Role.PROSECUTOR, "TJ13")
    case = open_case(scene, customs, prosecutor)
    asked, held = meet(scene, customs, police, frame="judicial", case_id=case)
    contact = opened(scene, police, asked)
    given: dict[str, Any] = {"recipient": str(police.unit_id), "reason": "Même réseau"}
    before = page(scene.world.client(customs), contact)
    assert "Fiche judiciaire" in before
    # What the button does is what it says: the first click asks, and gives nothing.
    assert "accord du magistrat</button>" in before
    assert "On ne reprend pas ce qui a été lu" not in before
    act(scene, customs, contact, "communiquer", **given)
    record = f"/renseignements/{held.record_id}/"
    page(scene.world.client(police), record, 404)
    assert "doit d'abord donner son accord" in page(scene.world.client(customs), contact)
    with scene.world.acting(prosecutor) as agent:
        question: Agreement = next(a for a in queries.agreements(agent, 100) if a.record_id == held.record_id)
    address = f"/accords/{question.id}/"
    judge = scene.world.client(prosecutor)
    assert address in page(judge, "/accords/")
    assert address in page(judge, "/")
    shown = page(judge, address)
    assert question.case_number in shown
    assert CUSTOMS_TEXT not in shown
    # The magistrate opens his procedure from the question, and sees whom to call before he answers.
    assert f"/procedures/{case}/" in shown
    assert "Qui appeler" in shown
    for stranger in (police, scene.who(Role.PROSECUTOR, "TJ13", "second"), scene.who(Role.EXAMINING_JUDGE, "TJ13")):
        assert scene.world.client(stranger).get(address).status_code == 404
        assert scene.world.client(stranger).post(address, {"decision": "agree"}).status_code == 404
    # Refused whatever he says, before it is read.
    for said in ({"decision": "agree"}, {}):
        assert scene.world.client(customs).post(address, said).status_code == 403
    for bad in ({}, {"decision": "perhaps"}, {"decision": "refuse"}):
        assert judge.post(address, bad).status_code == 422
    assert judge.post(address, {"decision": "agree"}).status_code == 302
    assert judge.post(address, {"decision": "refuse", "reason": "Non"}).status_code == 409
    assert "Votre accord est inscrit" in page(judge, address)
    after = page(scene.world.client(customs), contact)
    assert "On ne reprend pas ce qui a été lu" in after
    assert "accord du magistrat</button>" not in after
    page(scene.world.client(police), record, 404)
    assert "Communiquer la fiche maintenant" in page(scene.world.client(customs), address)
    act(scene, customs, contact, "communiquer", **given)
    assert "La fiche a été communiquée" in page(scene.world.client(customs), address)
    assert CUSTOMS_TEXT in page(scene.world.client(police), record)


def test_a_magistrate_who_refuses_closes_the_communication(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    prosecutor = scene.who(Role.PROSECUTOR, "TJ13")
    asked, held = meet(scene, customs, police, frame="judicial", case_id=open_case(scene, customs, prosecutor))
    contact = opened(scene, police, asked)
    act(scene, customs, contact, "communiquer", recipient=str(police.unit_id), reason="Même réseau")
    with scene.world.acting(prosecutor) as agent:
        question = next(a for a in queries.agreements(agent, 100) if a.record_id == held.record_id)
    answer = scene.world.client(prosecutor).post(
        f"/accords/{question.id}/", {"decision": "refuse", "reason": "Secret de l'enquête"}
    )
    assert answer.status_code == 302
    shown = page(scene.world.client(police), contact)
    assert "refusée" in shown
    assert "Secret de l'enquête" not in shown
    assert "Secret de l'enquête" in page(scene.world.client(customs), f"/accords/{question.id}/")
    page(scene.world.client(police), f"/renseignements/{held.record_id}/", 404)
