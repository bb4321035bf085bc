"""The page of a report: who reads it, what it shows and masks, what does not print."""

import re

import pytest

from recoupe.access.enums import Role
from recoupe.intelligence.actions import deposit
from tests.crosscheck.scene import entry, new_phone
from tests.web.intelligence.typed import NEW, ask, deposited, last_details, text_of, typed
from tests.web.rooms import statements
from tests.world import TestAgent, World


@pytest.mark.parametrize(
    ("role", "unit", "handling", "status"),
    [
        (Role.INVESTIGATOR, "PJ13", ["H0"], 200),
        (Role.INVESTIGATOR, "SP13", ["H0"], 404),
        (Role.CROSS_ANALYST, "CROSS13", ["H0"], 200),
        (Role.CROSS_ANALYST, "CROSS13", ["H2"], 200),
        (Role.CROSS_ANALYST, "CROSS06", ["H0"], 404),
        (Role.OFAST_ANALYST, "OFAST", ["H1"], 200),
        (Role.OFAST_ANALYST, "OFAST", ["H2"], 404),
        (Role.DUTY_OFFICER, "SP13", ["H0"], 404),
        (Role.DPO, "OFAST", ["H0"], 403),
        (Role.SYSADMIN, "OFAST", ["H0"], 403),
    ],
)
def test_who_reads_a_report(
    world: World, author: TestAgent, role: Role, unit: str, handling: list[str], status: int
) -> None:
    report = deposited(world.client(author), handling=handling)
    reader = world.client(world.agent(role, unit))
    for tail in ("", "recoupements/", "imprimer/"):
        assert reader.get(f"/renseignements/{report}/{tail}").status_code == status, tail
    listed = reader.get("/renseignements/")
    assert listed.status_code == (403 if status == 403 else 200)
    assert (str(report) in text_of(listed)) is (status == 200)


@pytest.mark.parametrize(
    ("role", "unit"), [(Role.DUTY_OFFICER, "PJ13"), (Role.OFAST_ANALYST, "OFAST"), (Role.DPO, "OFAST")]
)
def test_who_may_not_write(world: World, role: Role, unit: str) -> None:
    client = world.client(world.agent(role, unit))
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, typed()).status_code == 403
    assert ask(client, {"text": "06 39 98 12 34"}).status_code == 403


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("Paris 18e Arrondissement (75)", "Paris 18e Arrondissement"),
        ("75018", "Paris 18e Arrondissement"),
        ("Marseille (13)", ""),
        ("paris 1", ""),
    ],
)
def test_an_arrondissement_stays_said(world: World, author: TestAgent, typed: str, place: str) -> None:
    """The commune is what is compared; the arrondissement is shown, and found by its name."""
    client = world.client(author)
    report = deposited(client, commune=typed)
    shown = text_of(client.get(f"/renseignements/{report}/"))
    assert (f"), {place}" in shown) is bool(place)
    if place:
        found = text_of(client.post("/recherche/", {"text": place}))
        assert str(report) in found


def test_facts_and_assessment_stand_apart_and_an_iban_is_masked(world: World, author: TestAgent) -> None:
    client = world.client(author)
    iban = "FR7630006000011234567890189"
    report = deposited(
        client,
        assessment_text="À mon avis un collecteur.",
        **{"selectors-TOTAL_FORMS": "1", "selectors-0-kind": "iban", "selectors-0-raw": iban},
    )
    with statements() as asked:
        page = text_of(client.get(f"/renseignements/{report}/"))
    selectors = [sql for sql, _ in asked if sql.endswith('"intelligence_selector"."value" ASC')]
    assert len(selectors) == 1, "the identifiers are read once"
    assert page.index("Le fait") < page.index("Appréciation") < page.index("À mon avis un collecteur.")
    assert "avis de son auteur, non un fait" in page
    assert iban not in page
    assert "FR76 •••• •••• 189" in page
    assert client.get(f"/renseignements/{report}/imprimer/")["Content-Type"] == "application/pdf"
    assert last_details(world, "print")["template"] == "sheet.typ"


def test_related_reports_are_those_that_the_agent_reads(world: World, author: TestAgent, stranger: TestAgent) -> None:
    client, phone = world.client(author), new_phone()
    rows = {"selectors-TOTAL_FORMS": "1", "selectors-0-kind": "phone", "selectors-0-raw": phone}
    first, second = deposited(client, **rows), deposited(client, **rows)
    with world.acting(stranger) as agent:
        hidden = deposit(by=agent, entry=entry(phone=phone)).id
    page = text_of(client.get(f"/renseignements/{second}/"))
    assert f"/renseignements/{first}/" in page
    assert str(hidden) not in page


def test_a_draft_does_not_print(world: World, author: TestAgent) -> None:
    client = world.client(author)
    client.post(NEW, typed(draft="1"))
    found = re.search(r"/renseignements/([0-9a-f-]{36})/modifier/", text_of(client.get("/renseignements/brouillons/")))
    assert found
    assert client.get(f"/renseignements/{found[1]}/imprimer/").status_code == 409
    assert "Reprendre ce brouillon" in text_of(client.get(f"/renseignements/{found[1]}/"))
