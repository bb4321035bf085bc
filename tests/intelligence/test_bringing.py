"""A service's own tool deposits its reports by its key and reads back what became of them, and nothing else (P-105)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.test import Client
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.desk import actions, queries
from recoupe.desk.actions import Wanted
from tests.world import TestAgent, World

WHY = "dépôt de nos propres fiches par notre logiciel"
DEPOSIT, CHECK, DESCRIBED = "/api/v1/reports", "/api/v1/reports/check", "/api/v1/openapi.json"
ITEM: dict[str, Any] = {
    "external_ref": "A-1", "fact_text": "Un homme attend devant le hall.", "event_from": "2026-11-01",
    "commune": "13055", "source_kind": "officer_observation", "handling": "H0",
    "selectors": [{"kind": "phone", "raw": "06 39 98 12 34"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "PJ13")


def key_for(world: World, head: TestAgent, name: str) -> str:
    """A key that two persons opened."""
    authority, today = world.agent(Role.DESIGNATING_AUTHORITY, "OFAST"), timezone.localdate()
    with world.acting(head) as agent:
        wanted = Wanted(name, "criminal_intelligence", today, today + timedelta(days=30), WHY)
        key = actions.ask_key(by=agent, wanted=wanted)
    with world.acting(authority) as agent:
        actions.answer_key(by=agent, key=queries.tool_key(agent, key), agreed=True)
    with world.acting(head) as agent:
        return actions.fetch_key(by=agent, key=queries.tool_key(agent, key))


@pytest.fixture(scope="module")
def token(world: World, head: TestAgent) -> str:
    return key_for(world, head, "Main courante")


def ask(token: str, address: str, body: object) -> Any:
    client = Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {token}"})
    return client.post(address, body, content_type="application/json")


def item(ref: str, **changes: object) -> dict[str, object]:
    return ITEM | {"external_ref": ref} | changes


def test_from_a_key_to_a_report_and_back(world: World, head: TestAgent, token: str) -> None:
    answer = ask(token, DEPOSIT, {"reports": [item("A-1"), item("A-2", fact_text="")]})
    assert answer.status_code == 200, answer.content
    first, second = answer.json()["results"]
    assert "faults" not in first, first
    assert (first["result"], first["state"]) == ("accepted", "SUBMITTED")
    assert (second["result"], second["faults"][0]["field"]) == ("refused", "fact_text")
    [row] = world.sql(
        "SELECT r.id, r.author_id, r.purpose, u.code, r.state FROM intelligence_report r"
        " JOIN reference_unit u ON u.id = r.owner_unit_id WHERE r.external_ref = 'A-1'"
    )
    assert row[1:] == (head.id, "criminal_intelligence", "PJ13", "SUBMITTED")
    entry = [e for e in world.journal("collect") if e[2] == [f"report:{row[0]}"]]
    assert [e[3]["by"] for e in entry] == [str(head.id)]
    again = ask(token, DEPOSIT, {"reports": [item("A-1")]}).json()["results"]
    assert again == [{"external_ref": "A-1", "result": "known", "report": first["report"], "state": "SUBMITTED",
                      "submitted_at": again[0]["submitted_at"]}]  # fmt: skip
    told = ask(token, CHECK, {"external_refs": ["A-1", "Z-9"]}).json()["results"]
    assert [(one["external_ref"], one["known"], one["hits"]) for one in told] == [("A-1", True, []), ("Z-9", False, [])]
