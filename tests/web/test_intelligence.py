"""The thread of a report over HTTP: write, deposit, read, work, search; every refusal is a sentence."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from recoupe.access.enums import Role
from recoupe.crosscheck.actions import pull
from recoupe.web.intelligence import writing
from tests.world import TestAgent, World

NEW = "/renseignements/nouveau/"
FACT = "Deux hommes remettent un sac sous un porche, puis repartent vers la rocade."


@pytest.fixture(autouse=True)
def no_matcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """No matcher runs in these tests: nobody waits for it."""
    monkeypatch.setattr(writing, "WAIT_S", 0.0)


def typed(**changes: Any) -> dict[str, Any]:
    """A complete form, as a browser sends it."""
    return {
        "fact_text": FACT,
        "event_from": "12/11/2026",
        "commune": "Marseille (13)",
        "source_kind": "officer_observation",
        "handling": ["H0"],
        "frame": "administrative",
        "key": str(uuid4()),
        **changes,
    }


def deposited(client: Client, **changes: Any) -> UUID:
    """Deposit by the form and give the new report's id."""
    answer = client.post(NEW, typed(**changes))
    assert answer.status_code == 302, text_of(answer)
    found = re.fullmatch(r"/renseignements/([0-9a-f-]{36})/", answer["Location"])
    assert found, answer["Location"]
    return UUID(found[1])


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture(scope="module")
def author(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


def test_a_report_is_written_deposited_read_and_listed(world: World, author: TestAgent) -> None:
    client = world.client(author)
    assert client.get(NEW).status_code == 200
    report = deposited(client)
    page = client.get(f"/renseignements/{report}/")
    assert page.status_code == 200
    assert FACT in text_of(page)
    assert "Recoupement en cours" in text_of(page)
    listed = client.get("/renseignements/")
    assert FACT in text_of(listed)
    assert pull
