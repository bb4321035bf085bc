"""The thread of a report over HTTP: written, deposited, cross-checked, read and listed."""

from recoupe.crosscheck.actions import pull
from recoupe.intelligence.actions import deposit
from tests.crosscheck.scene import entry, new_phone
from tests.web.intelligence.typed import FACT, HIDDEN, NEW, deposited, photo, report_id, text_of, typed
from tests.world import TestAgent, World


def test_a_report_is_written_deposited_read_and_listed(world: World, author: TestAgent) -> None:
    client = world.client(author)
    assert client.get(NEW).status_code == 200
    report = deposited(client)
    page = client.get(f"/renseignements/{report}/")
    assert page.status_code == 200
    assert FACT in text_of(page)
    assert "Fiche déposée" in text_of(page)
    assert "Recoupement en cours" in text_of(page)
    assert FACT in text_of(client.get("/renseignements/"))
    operations = [line[0] for line in world.journal() if f"report:{report}" in line[2]]
    assert operations == ["collect", "consult", "consult"]


def test_hits_stand_on_the_page_with_whom_to_call_and_nothing_else(
    world: World, author: TestAgent, stranger: TestAgent
) -> None:
    phone = new_phone()
    with world.acting(stranger) as agent:
        deposit(by=agent, entry=entry(phone=phone, fact_text=HIDDEN))
    client = world.client(author)
    report = deposited(client, **{"selectors-TOTAL_FORMS": "1", "selectors-0-kind": "phone", "selectors-0-raw": phone})
    with world.process("matcher"):
        pull("express")
    page = text_of(client.get(f"/renseignements/{report}/"))
    assert "aucun recoupement" not in page.lower()
    assert "badge--certain" in page
    assert HIDDEN not in page
    assert stranger.login not in page
    fragment = client.get(f"/renseignements/{report}/recoupements/")
    assert "hx-get" not in text_of(fragment)
    assert "badge--certain" in text_of(fragment)


def test_without_a_hit_the_page_says_so(world: World, author: TestAgent) -> None:
    client = world.client(author)
    report = deposited(client)
    with world.process("matcher"):
        pull("express")
    assert "Aucun recoupement à ce jour" in text_of(client.get(f"/renseignements/{report}/"))


def test_two_clicks_make_one_report(world: World, author: TestAgent) -> None:
    client, form = world.client(author), typed()
    first = report_id(client.post(NEW, form | {"attachment": photo()}))
    second = report_id(client.post(NEW, form | {"attachment": photo()}))
    assert first == second
    assert world.sql("SELECT count(*) FROM intelligence_report WHERE id = %s", [first]) == [(1,)]
