"""A service's own tool: its key, as two persons open it, what it sends and what it may name."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.test import Client
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.cases import actions as procedures
from recoupe.cases.actions import CaseEntry
from recoupe.desk import actions, queries
from recoupe.desk.actions import Wanted
from tests.world import TestAgent, World

DEPOSIT, CHECK, DESCRIBED = "/api/v1/reports", "/api/v1/reports/check", "/api/v1/openapi.json"
ITEM: dict[str, Any] = {
    "external_ref": "A-1", "fact_text": "Un homme attend devant le hall.", "event_from": "2026-11-01",
    "commune": "13055", "source_kind": "officer_observation", "handling": "H0",
    "selectors": [{"kind": "phone", "raw": "06 39 98 12 34"}],
}  # fmt: skip
WHY = "dépôt de nos propres fiches par notre logiciel"


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


def ask(token: str, address: str, body: object) -> Any:
    client = Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {token}"})
    return client.post(address, body, content_type="application/json")


def item(ref: str, **changes: object) -> dict[str, object]:
    return ITEM | {"external_ref": ref} | changes


def sole(token: str, ref: str) -> dict[str, Any]:
    """What the tool is told of one reference."""
    [found] = ask(token, CHECK, {"external_refs": [ref]}).json()["results"]
    return dict(found)


def cases_for(world: World) -> dict[str, UUID]:
    """Procedures by what they are to the tool of PJ13."""
    magistrate = world.agent(Role.PROSECUTOR, "TJ13")
    made = {}
    for name, unit, number in (
        ("own", "PJ13", "2026/8801"),
        ("closed", "PJ13", "2026/8802"),
        ("foreign", "SR13", "2026/8803"),
    ):
        with world.acting(world.agent(Role.INVESTIGATOR, unit)) as by:
            entry = CaseEntry(number, magistrate.unit_id, magistrate.id, "preliminary", date(2026, 3, 1))
            made[name] = procedures.open_case(by=by, entry=entry).id
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute(
            "UPDATE cases_case SET state = 'CLOSED', closed_on = current_date WHERE id = %s", [made["closed"]]
        )
    return made
