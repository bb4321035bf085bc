"""What changes who reads, leaves the house or touches keys asks for a key shown within five minutes (R-53)."""

import re
from secrets import token_urlsafe
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client, override_settings

from recoupe.access.authenticator import kept_keys
from recoupe.access.enums import PURPOSES_BY_ROLE, Role
from recoupe.web.policy import EVERY, policy_of
from tests.faults.desk import KEYS, give_keys
from tests.policy.book import rows, words
from tests.policy.test_routes import served
from tests.web.test_signin import asked
from tests.world import TestAgent, World


def stale(world: World, role: Role, unit: str) -> TestAgent:
    """An agent whose key was shown too long ago."""
    who = world.agent(role, unit)
    world.sql("UPDATE access_session SET proven_at = now() - interval '301 seconds' WHERE agent_id = %s", [who.id])
    return who


def test_every_route_that_asks_for_a_key_has_its_row_and_no_other() -> None:
    said = {row["route"]: frozenset(words(row["verbs"])) for row in rows("stepup")}
    declared = {name: policy.step_up for name, _, view in served() if (policy := policy_of(view)) and policy.step_up}
    assert {name: frozenset({"all"}) if verbs == EVERY else verbs for name, verbs in declared.items()} == said
    verbs: dict[str, set[str]] = {row["route"]: set() for row in rows("verbs")}
    for row in rows("verbs"):
        verbs[row["route"]].add(row["verb"])
    for route, wanted in said.items():
        assert wanted in ({"all"}, {"GET"}) or wanted <= verbs[route], route


@pytest.mark.parametrize("unit", ["OFAST"])
def test_a_stale_key_is_asked_for_and_what_was_typed_stays(world: World, unit: str) -> None:
    client = world.client(stale(world, Role.DESIGNATING_AUTHORITY, unit))
    typed = {"cell": "CROSS13", "service": "PJ13", "valid_from": "2026-11-22", "reason": 'À <b>"garder"</b>'}
    answer = client.post("/cellules/associer/", typed)
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "Montrez votre clé" in page
    form = page.partition("data-passkey")[2]
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
    assert kept.keys() - {"csrfmiddlewaretoken"} == typed.keys()
    assert kept["reason"] == "À &lt;b&gt;&quot;garder&quot;&lt;/b&gt;"
    assert 'action="/cellules/associer/"' in page
    assert f"connect-src 'self' http://testserver:{settings.SIGNIN_PORT}" in answer["Content-Security-Policy"]
    assert world.sql("SELECT count(*) FROM access_cellservice") == [(0,)]
    assert settings.SIGNIN_PORT not in client.get("/cellules/")["Content-Security-Policy"]


def test_no_form_of_another_site_is_laundered_by_that_page(world: World) -> None:
    who = stale(world, Role.DESIGNATING_AUTHORITY, "OFAST")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies[settings.SESSION_COOKIE] = who.token
    answer = strict.post("/cellules/associer/", {"cell": "CROSS13"})
    assert answer.status_code == 403
    assert "CROSS13" not in answer.content.decode()


def test_a_program_is_told_why(world: World) -> None:
    client = world.client(stale(world, Role.DESIGNATING_AUTHORITY, "OFAST"))
    answer = client.post("/cellules/associer/", {}, headers={"accept": "application/json"})
    assert answer.status_code == 403
    assert answer.json()["type"] == "/cles/"


def test_showing_the_key_makes_the_session_fresh_and_another_agents_key_does_not(world: World) -> None:
    who = stale(world, Role.INVESTIGATOR, "PJ13")
    other = world.agent(Role.INVESTIGATOR, "PJ13")
    give_keys(world, who, other)
    keys = kept_keys(KEYS)
    kept = [m for m in settings.MIDDLEWARE if "ActingContext" not in m]
    query = "SELECT proven_at > now() - interval '1 minute' FROM access_session WHERE agent_id = %s"
    with override_settings(ROOT_URLCONF="recoupe.config.urls_signin", MIDDLEWARE=kept), world.process("signin"):
        client = Client()
        client.cookies[settings.SESSION_COOKIE] = who.token

        def show(login: str, **headers: str) -> int:
            options = client.post("/confirmer/defi", headers={"origin": settings.STAFF_ORIGIN})
            assert options["Access-Control-Allow-Origin"] == settings.STAFF_ORIGIN
            said = {"answer": keys[login].sign(options.json(), settings.STAFF_ORIGIN)}
            return int(client.post("/confirmer", said, headers={"origin": settings.STAFF_ORIGIN} | headers).status_code)

        assert show(other.login) == 403
        assert show(who.login, origin="https://exemple.invalid") == 403
        assert show(who.login, origin="http://localhost:1") == 403
        # What was signed to enter does not prove anew, and the other way round.
        entering = {"answer": keys[who.login].sign(asked(client), settings.SIGNIN_ORIGIN)}
        assert client.post("/confirmer", entering, headers={"origin": settings.STAFF_ORIGIN}).status_code == 403
        made = client.post("/confirmer", {"answer": "made"}, headers={"origin": settings.STAFF_ORIGIN})
        assert made.status_code == 403
        assert world.sql(query, [who.id]) == [(False,)]
        assert show(who.login) == 200
    assert world.sql(query, [who.id]) == [(True,)]
    assert world.journal("sign_in")[-1][3] == {"what": "step_up"}


def test_freshness_lasts_five_minutes(world: World) -> None:
    who, token = world.agent(Role.INVESTIGATOR, "PJ13"), token_urlsafe(32)
    world.open(who.id, token, PURPOSES_BY_ROLE[Role.INVESTIGATOR][0].value, fresh=False)
    for seconds, fresh in ((200, True), (301, False), (None, False), (-60, True), (-3_600, False), (-(9**8), False)):
        world.sql(
            "UPDATE access_session SET proven_at = now() - make_interval(secs => %s) WHERE agent_id = %s",
            [seconds, who.id],
        )
        with world.acting(who) as agent:
            assert agent.fresh is fresh


@pytest.mark.parametrize(
    ("role", "address"),
    [
        (Role.DESIGNATING_AUTHORITY, "/habilitations/{subject}/{verb}/"),
        (Role.DESIGNATING_AUTHORITY, "/agents/nouveau/"),
        (Role.DESIGNATING_AUTHORITY, "/revue/{subject}/retirer/"),
        (Role.UNIT_HEAD, "/procedures/{subject}/magistrat/"),
    ],
)
def test_no_right_changes_without_the_key(world: World, role: Role, address: str) -> None:
    """A cookie that was stolen alone designates nobody, moves nobody and names no magistrate."""
    client, subject = world.client(stale(world, role, "PJ13")), world.agent(Role.INVESTIGATOR, "PJ13")
    for verb in ("designer", "retirer", "muter"):
        answer = client.post(address.format(subject=subject.id, verb=verb), {"role": "dpo", "unit": "PJ59"})
        assert answer.status_code == 403
        assert "Montrez votre clé" in answer.content.decode()


@pytest.mark.parametrize(
    ("role", "unit", "address"),
    [
        (Role.INVESTIGATOR, "PJ13", "/renseignements/{0}/imprimer/"),
        (Role.PROSECUTOR, "TJ13", "/objectifs/{0}/imprimer/"),
        (Role.UNIT_HEAD, "PJ13", "/imports/{0}/refus.csv"),
    ],
)
def test_nothing_leaves_the_house_without_the_key(world: World, role: Role, unit: str, address: str) -> None:
    """Read there or not, there or not: the key is asked for first, and the page goes on to the same address."""
    client, place = world.client(stale(world, role, unit)), address.format(uuid4())
    for method in (client.get, client.head):
        answer = method(place + "?copies=2")
        assert answer.status_code == 403
    page = client.get(place + "?copies=2").content.decode()
    form = page[page.index('<form method="get"') :].partition("</form>")[0]
    assert f'action="{place}"' in form
    assert '<input type="hidden" name="copies" value="2">' in form
    assert "csrfmiddlewaretoken" not in form
    assert world.client(world.agent(role, unit)).get(place).status_code == 404
    answer = world.client(stale(world, role, unit)).get(place, headers={"accept": "application/json"})
    assert answer.json()["type"] == "/cles/"


@pytest.mark.parametrize("verb", ["attribuer", "transmettre"])
def test_an_objective_changes_its_readers_with_the_key_alone(world: World, verb: str) -> None:
    client = world.client(stale(world, Role.CROSS_HEAD, "CROSS13"))
    answer = client.post(f"/objectifs/{uuid4()}/{verb}/", {"reason": "x"})
    assert (answer.status_code, "Montrez votre clé" in answer.content.decode()) == (403, True)
