"""Each request in its context: routes declare their policy, refusals are sentences and lines of the journal."""

import json
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path

from recoupe.access.enums import Role
from recoupe.config.roles import connected_to
from recoupe.config.settings import database_from_url
from recoupe.web.policy import demand_policies, policy_of, routes
from tests.desk.test_keys import asked
from tests.world import World


def undeclared(request: object) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("ouvert/", undeclared)]


def test_every_route_declares_its_policy() -> None:
    found = list(routes())
    assert len(found) > 4
    assert [address for address, view in found if policy_of(view) is None] == []


def test_an_undeclared_route_stops_the_start() -> None:
    with override_settings(ROOT_URLCONF=__name__), pytest.raises(ImproperlyConfigured, match="ouvert/"):
        demand_policies()


def test_without_a_session_one_is_sent_to_sign_in(world: World) -> None:
    answer = world.client().get("/journal/?operation=search")
    assert answer.status_code == 302
    assert "suite=/journal/" in answer["Location"]


def data_routes() -> list[str]:
    """Every address that answers data, with something in its blanks."""
    filled = {"uuid:id": str(UUID(int=1)), "slug:version": "v1", "slug:code": "13"}
    found = [address for address, _view in routes() if address.endswith((".json", ".geojson"))]
    return ["/" + re.sub(r"<([^>]+)>", lambda blank: filled[blank[1]], address) for address in found]


def is_problem(answer: Any, status: int) -> bool:
    said = json.loads(answer.content)
    return bool(
        answer.status_code == status
        and answer["Content-Type"] == "application/problem+json"
        and said["status"] == status
        and said["title"]
        and said["detail"]
    )


@pytest.mark.parametrize("address", data_routes())
def test_data_without_a_session_is_a_problem_not_a_page(world: World, address: str) -> None:
    """A program follows a redirection to a page and fails later, on what it cannot read."""
    for call in (world.client().get, world.client().post):
        assert is_problem(call(address), 401)
    assert world.client().get(address)["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("address", [one for one in data_routes() if not one.startswith("/api/v1/")])
def test_data_without_a_purpose_or_asked_wrongly_is_a_problem(world: World, address: str) -> None:
    unsaid = world.client(world.agent(Role.CROSS_ANALYST, "CROSS13", purpose=False))
    # Outlines are public reference: they ask for no purpose, and this version of theirs is none.
    told = unsaid.get(address)
    assert is_problem(told, 404 if address.startswith("/contours/") else 403)
    assert told.json()["type"] == ("about:blank" if address.startswith("/contours/") else "/finalite/")
    # Where no event is planned by a cell, its analyst is refused before his method is.
    role, unit = (Role.INVESTIGATOR, "PJ13") if address.startswith("/evenements/") else (Role.CROSS_ANALYST, "CROSS13")
    refused = world.client(world.agent(role, unit)).delete(address)
    assert is_problem(refused, 405)
    assert refused["Allow"]


def test_other_refusals_of_data_are_problems(world: World) -> None:
    client = world.client(world.agent(Role.CROSS_ANALYST, "CROSS13"))
    assert is_problem(world.client(world.agent(Role.SYSADMIN, "OFAST")).get("/carte/points.geojson"), 403)
    assert is_problem(client.get(f"/points/{uuid4()}/lieu.geojson"), 404)
    assert is_problem(client.get("/rien/de/tel.json"), 404)
    assert is_problem(client.get("/carte/points.geojson?bbox=partout"), 422)


def test_a_form_of_an_ended_session_is_told_what_to_do(world: World) -> None:
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.cookies[settings.SESSION_COOKIE] = world.agent(Role.INVESTIGATOR, "PJ13").token
    assert is_problem(strict.post("/renseignements/identifiants.json", "{}", content_type="application/json"), 403)
    page = strict.post("/renseignements/nouveau/", {"fact_text": "Un fait"})
    assert page.status_code == 403
    assert "rechargez la page" in page.content.decode()


def test_a_page_asked_wrongly_says_so(world: World) -> None:
    answer = world.client(world.agent(Role.DPO, "OFAST")).post("/journal/")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"
    assert "ne se consulte pas de cette façon" in answer.content.decode()


def test_without_a_purpose_one_is_asked_for_it(world: World) -> None:
    who = world.agent(Role.DPO, "OFAST", purpose=False)
    client = world.client(who)
    assert client.get("/journal/")["Location"].startswith("/finalite/")
    refused = client.post("/finalite/?suite=/journal/", {"purpose": "oversight", "motive": "court"})
    assert refused.status_code == 422
    done = client.post("/finalite/?suite=/journal/", {"purpose": "oversight", "motive": "contrôle mensuel du journal"})
    assert done["Location"] == "/journal/"
    page = client.get("/journal/")
    assert page.status_code == 200
    assert "contrôle mensuel du journal" in page.content.decode()


def test_a_purpose_of_another_role_is_refused(world: World) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13", purpose=False)
    answer = world.client(who).post("/finalite/", {"purpose": "oversight", "motive": "motif assez long"})
    assert answer.status_code == 422


def test_the_wrong_role_is_refused_and_journaled(world: World) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    answer = world.client(who).get("/journal/")
    assert answer.status_code == 403
    assert any(actor == who.id and details["view"] == "journal" for _, actor, _, details in world.journal("refused"))


def test_an_attempt_on_what_is_hidden_or_absent_leaves_the_same_line(world: World) -> None:
    """Failed access (P-4); the line tells neither its reader nor who tried whether there was something."""
    who, there = world.agent(Role.DESIGNATING_AUTHORITY, "OFAST"), world.agent(Role.INVESTIGATOR, "PJ13")
    head, key = world.agent(Role.UNIT_HEAD, "PJ13"), uuid4()
    hidden = asked(world, head)
    other, before = world.client(world.agent(Role.UNIT_HEAD, "DED13")), len(world.journal("refused"))
    for one in (hidden, key):
        assert other.post(f"/outils/{one}/retirer/", {"reason": "motif assez long"}).status_code == 404
    lines = world.journal("refused")[before:]
    assert [refs for _, _, refs, _ in lines] == [[f"object:{hidden}"], [f"object:{key}"]]
    assert lines[0][3] == lines[1][3] == {"view": "key-act", "method": "POST"}
    assert world.client(who).get(f"/habilitations/{there.id}/").status_code == 200
    assert other.get("/nulle-part/").status_code == 404
    assert len(world.journal("refused")) == before + 2


def test_signing_out_closes_the_session_everywhere(world: World) -> None:
    who = world.agent(Role.DPO, "OFAST")
    one, other = world.client(who), world.client(who)
    assert one.get("/journal/").status_code == 200
    assert one.post("/deconnexion/").status_code == 302
    assert other.get("/journal/").status_code == 302


def test_reading_the_journal_is_an_entry(world: World) -> None:
    who = world.agent(Role.DPO, "OFAST")
    world.client(who).get("/journal/?operation=search")
    last = world.journal("consult")[-1]
    assert last[1] == who.id
    assert last[3] == {"what": "journal", "filters": ["operation"]}


@pytest.mark.parametrize(
    "query", ["ref=x", "before=-1", "before=1e400", "since=0001-13-45", "operation=drop", "login=%00", "login=personne"]
)
def test_a_bad_filter_is_a_sentence(world: World, query: str) -> None:
    who = world.agent(Role.DPO, "OFAST")
    assert world.client(who).get(f"/journal/?{query}").status_code in (200, 422)


def test_without_the_base_the_answer_is_a_sentence(world: World) -> None:
    client = world.client(world.agent(Role.DPO, "OFAST"))
    away = database_from_url("postgresql://recoupe_app@127.0.0.1:1/nowhere", pooled=False)
    with connected_to(away):
        answer = client.get("/journal/")
    assert answer.status_code == 503
    assert "Réessayez" in answer.content.decode()
    assert client.get("/journal/").status_code == 200
