"""The work on a report: each step by whoever may take it; every refusal is a sentence."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from recoupe.access.enums import Role
from recoupe.crosscheck.actions import pull
from tests.web.intelligence.typed import FACT, deposited, errors_of, report_id, text_of, typed
from tests.world import TestAgent, World


def act(client: Client, report: UUID, verb: str, **data: Any) -> Any:
    return client.post(f"/renseignements/{report}/{verb}/", data)


def state_of(world: World, report: UUID) -> str:
    return str(world.sql("SELECT state FROM intelligence_report WHERE id = %s", [report])[0][0])


def test_an_analyst_works_a_report_to_its_end(world: World, author: TestAgent, analyst: TestAgent) -> None:
    report = deposited(world.client(author), fact_text="Il appelle quelqu'un.")
    client = world.client(analyst)
    assert "Trier" in text_of(client.get(f"/renseignements/{report}/"))
    assert act(client, report, "trier", reason="à traiter").status_code == 302
    assert act(client, report, "coter", source="B", info="2", scheme="4x4").status_code == 302
    added = act(client, report, "confirmer", kind="plate", raw="AB-123-CD")
    assert added.status_code == 302
    with world.process("matcher"):
        pull("express")
    assert act(client, report, "classer", reason="sans suite").status_code == 302
    page = text_of(client.get(f"/renseignements/{report}/"))
    for words in ("Cotée B2", "AB-123-CD", "sans suite", "Classée"):
        assert words in page, words


@pytest.mark.parametrize(
    ("verb", "data", "words"),
    [
        ("coter", {"source": "", "info": "", "reason": "x" * 900}, "trop long"),
        ("coter", {"source": "Q", "info": "2"}, ""),
        ("rejeter", {"reason": ""}, "obligatoire"),
        ("rejeter", {"reason": "\x00"}, "commande"),
    ],
)
def test_a_refused_move_comes_back_with_its_form(
    world: World, author: TestAgent, analyst: TestAgent, verb: str, data: dict[str, str], words: str
) -> None:
    report = deposited(world.client(author))
    client = world.client(analyst)
    act(client, report, "trier")
    answer = act(client, report, verb, **data)
    assert answer.status_code == 422
    assert words in errors_of(answer).lower()
    assert state_of(world, report) == "TRIAGED"


@pytest.mark.parametrize("verb", ["trier", "coter", "confirmer", "relire", "diffuser", "classer", "rejeter", "taire"])
def test_the_author_alone_works_nothing_of_his_own(world: World, author: TestAgent, verb: str) -> None:
    report = deposited(world.client(author))
    data = {"source": "B", "info": "2", "reason": "parce que", "until": "2026-12-24"}
    answer = act(world.client(author), report, verb, **data)
    assert answer.status_code in (403, 409)
    assert state_of(world, report) == "SUBMITTED"


def test_an_unknown_verb_and_an_unknown_report_are_absent(world: World, author: TestAgent) -> None:
    client = world.client(author)
    report = deposited(client)
    assert act(client, report, "sauter").status_code == 404
    assert act(client, uuid4(), "trier").status_code == 404
    assert client.get(f"/renseignements/{report}/trier/").status_code == 405


def test_the_head_silences_and_ends_silence(
    world: World, author: TestAgent, head: TestAgent, analyst: TestAgent
) -> None:
    report = deposited(world.client(author))
    client = world.client(head)
    late = act(client, report, "taire", until="2031-01-01", reason="enquête en cours")
    assert late.status_code == 422
    assert "mois au plus" in errors_of(late)
    assert act(client, report, "taire", until="2027-01-15", reason="enquête en cours").status_code == 302
    assert world.client(analyst).get(f"/renseignements/{report}/").status_code == 404
    assert "Silencieuse jusqu" in text_of(client.get(f"/renseignements/{report}/"))
    assert act(client, report, "lever-silence", reason="enquête close").status_code == 302
    assert world.client(analyst).get(f"/renseignements/{report}/").status_code == 200


def test_a_correction_keeps_the_former_version(world: World, author: TestAgent, colleague: TestAgent) -> None:
    client = world.client(author)
    report = deposited(client)
    assert world.client(colleague).get(f"/renseignements/{report}/corriger/").status_code == 403
    page = client.get(f"/renseignements/{report}/corriger/")
    assert FACT in text_of(page)
    better = typed(fact_text="Trois hommes, et non deux.", version="1")
    unsaid = client.post(f"/renseignements/{report}/corriger/", better)
    assert unsaid.status_code == 422
    assert "Trois hommes" in text_of(unsaid)
    done = client.post(f"/renseignements/{report}/corriger/", better | {"reason": "erreur de compte"})
    assert report_id(done) == report
    shown = text_of(client.get(f"/renseignements/{report}/"))
    for words in ("Trois hommes", FACT, "erreur de compte", "Version 1"):
        assert words in shown, words


def test_a_category_left_open_is_said_on_the_page(world: World, author: TestAgent, analyst: TestAgent) -> None:
    named = {
        "persons-TOTAL_FORMS": "1",
        "persons-INITIAL_FORMS": "0",
        "persons-0-family": "Testard",
        "persons-0-category": "unknown",
    }
    report = deposited(world.client(author), **named)
    client, address = world.client(analyst), f"/renseignements/{report}/"
    assert f'action="{address}qualifier/"' in text_of(client.get(address))
    (person,) = (str(one) for (one,) in world.sql("SELECT id FROM intelligence_person WHERE report_id = %s", [report]))
    for wrong in ({"category": "unknown"}, {"category": ""}, {"person": str(uuid4())}, {"person": ""}, {"reason": ""}):
        said = {"person": person, "category": "associate", "reason": "vu trois fois chez lui"} | wrong
        assert act(client, report, "qualifier", **said).status_code == 422, wrong
    said = {"person": person, "category": "associate", "reason": "vu trois fois chez lui"}
    assert act(client, report, "qualifier", **said).status_code == 302
    shown = text_of(client.get(address))
    for words in ("Entourage", "vu trois fois chez lui", "Version 1"):
        assert words in shown, words
    assert f'action="{address}qualifier/"' not in shown
    # Nobody is left: a conflict for who could, a refusal for who could not.
    assert act(client, report, "qualifier", category="suspect", reason="encore").status_code == 409
    national = world.client(world.agent(Role.OFAST_ANALYST, "OFAST"))
    assert act(national, report, "qualifier", category="suspect", reason="encore").status_code == 403
    assert str(report) not in text_of(client.get("/renseignements/?undetermined=on"))


def test_a_sensitive_report_waits_for_a_second_reader(world: World, author: TestAgent, head: TestAgent) -> None:
    report = deposited(world.client(author), fact_text="Il remet le sac à un militant.", commune="", no_place="on")
    page = text_of(world.client(author).get(f"/renseignements/{report}/"))
    assert "Seconde lecture attendue" in page
    reader = world.agent(Role.CROSS_HEAD, "CROSS13")
    for signer in (head, reader):
        answer = act(world.client(signer), report, "relire", reason="le lieu est indispensable")
        if answer.status_code == 302:
            break
    assert "Seconde lecture attendue" not in text_of(world.client(author).get(f"/renseignements/{report}/"))


def test_a_deal_point_is_proposed_from_the_page(world: World, author: TestAgent, analyst: TestAgent) -> None:
    report = deposited(world.client(author))
    offered: Callable[[TestAgent], bool] = lambda who: (  # noqa: E731
        f"/points/nouveau/?report={report}" in text_of(world.client(who).get(f"/renseignements/{report}/"))
    )
    assert offered(author)
    assert offered(analyst)
