"""Sessions that are carried elsewhere, fixed, kept after their end: five hundred tries, none opens anything (R-52)."""

import re
from secrets import token_urlsafe
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import resolve, reverse

from recoupe.access.codes import token_hash
from recoupe.access.enums import Role
from recoupe.config.paths import PROJECT
from recoupe.web.client import client_of
from recoupe.web.policy import Policy, routes
from tests.world import World

HOME: dict[str, Any] = {"HTTP_USER_AGENT": "Poste/1", "REMOTE_ADDR": "192.0.2.10"}
ELSEWHERE: tuple[dict[str, Any], ...] = (
    {"HTTP_USER_AGENT": "Poste/1", "REMOTE_ADDR": "192.0.2.11"},
    {"HTTP_USER_AGENT": "Poste/2", "REMOTE_ADDR": "192.0.2.10"},
    {"REMOTE_ADDR": "192.0.2.10"},
    {"HTTP_USER_AGENT": "Poste/1", "REMOTE_ADDR": "127.0.0.1"},
    {"HTTP_USER_AGENT": "Poste/1", "REMOTE_ADDR": "192.0.2.99", "HTTP_X_FORWARDED_FOR": "192.0.2.10"},
)

POLLING = re.compile(r'hx-get="{% url "([a-z-]+)"[^>]*hx-trigger="every')


def _bound(world: World, count: int) -> list[str]:
    """Tokens that sign-in gave to the browser of HOME."""
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    place = client_of(Client(**HOME).get("/sante").wsgi_request)
    tokens = [token_urlsafe(32) for _ in range(count)]
    with psycopg.connect(world.url("recoupe_signin"), autocommit=True) as desk:
        for token in tokens:
            desk.execute("SELECT access.start_session(%s, %s, 12, 'passkey', %s)", [who.id, token_hash(token), place])
    world.sql("UPDATE access_session SET purpose = 'judicial_inquiry', motive = 'essai' WHERE agent_id = %s", [who.id])
    return tokens


def _opens(token: str, place: dict[str, Any]) -> bool:
    client = Client(**place)
    client.cookies[settings.SESSION_COOKIE] = token
    return client.get("/plan/").status_code == 200


def test_a_session_carried_to_another_client_opens_nothing_there_and_ends(world: World) -> None:
    for turn, token in enumerate(_bound(world, 100)):
        if not turn:
            assert _opens(token, HOME)
        assert not _opens(token, ELSEWHERE[turn % len(ELSEWHERE)])
        assert not _opens(token, HOME), "what was seen in two places ends in both"
    refused = [details for _, _, _, details in world.journal("refused")]
    assert {"what": "other_client"} in refused


def test_behind_the_relay_the_address_is_the_one_that_the_relay_adds(world: World) -> None:
    request = Client(HTTP_X_FORWARDED_FOR="203.0.113.9, 192.0.2.10", REMOTE_ADDR="127.0.0.1").get("/sante").wsgi_request
    forged = Client(HTTP_X_FORWARDED_FOR="203.0.113.8, 192.0.2.10", REMOTE_ADDR="127.0.0.1").get("/sante").wsgi_request
    other = Client(HTTP_X_FORWARDED_FOR="203.0.113.9, 192.0.2.11", REMOTE_ADDR="127.0.0.1").get("/sante").wsgi_request
    with override_settings(TLS=True):
        assert client_of(request) == client_of(forged) != client_of(other)


def test_tokens_that_somebody_chose_or_guessed_open_nothing(world: World) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    guesses = [token_urlsafe(32) for _ in range(196)]
    guesses += [who.token[:-1], who.token + "A", who.token.swapcase(), token_hash(who.token).hex()]
    assert [guess for guess in guesses if guess != who.token and _opens(guess, {})] == []
    assert _opens(who.token, {})


def test_signing_out_elsewhere_ends_every_copy(world: World) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    copies = [world.client(who) for _ in range(99)]
    assert copies[0].get("/plan/").status_code == 200
    assert world.client(who).post("/deconnexion/").status_code == 302
    assert [copy for copy in copies if copy.get("/plan/").status_code != 302] == []


@pytest.mark.parametrize(
    "change",
    [
        "seen_at = now() - interval '15 minutes 1 second'",
        "expires_at = now() - interval '1 second'",
        "seen_at = now() + interval '1 hour'",
        "opened_at = now() + interval '1 hour', expires_at = now() + interval '13 hours'",
        "expires_at = opened_at + interval '1 year'",
        "revoked_at = now()",
        "how = ''",
    ],
    ids=["idle", "over", "seen to come", "opened to come", "too long", "revoked", "of before keys"],
)
def test_a_session_past_its_time_opens_nothing(world: World, change: str) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    assert _opens(who.token, {})
    world.sql(f"UPDATE access_session SET {change} WHERE agent_id = %s", [who.id])
    assert not _opens(who.token, {})
    assert world.sql("SELECT access.session_of(%s)", [who.token], role="recoupe_signin") == []


def test_a_request_keeps_a_session_awake_and_twelve_hours_end_it(world: World) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    world.sql("UPDATE access_session SET seen_at = now() - interval '14 minutes' WHERE agent_id = %s", [who.id])
    assert _opens(who.token, {})
    query = "SELECT now() - seen_at < interval '1 minute', expires_at <= opened_at + interval '12 hours'"
    assert world.sql(f"{query} FROM access_session WHERE agent_id = %s", [who.id]) == [(True, True)]


def test_what_a_page_asks_by_itself_keeps_no_session_awake(world: World) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    pages = (PROJECT / "recoupe" / "web" / "templates").rglob("*.html")
    asked = {name for page in pages for name in POLLING.findall(page.read_text())}
    polled = {view for _, view in routes() if isinstance(view.policy, Policy) and view.policy.polled}
    assert asked == {"event-conflicts", "import-progress", "report-hits", "watch-state"}
    # The watch desk's is of no object; it keeps awake whoever has no other role, and nobody else (P-131).
    addresses = {name: reverse(name, args=[] if name == "watch-state" else [who.id]) for name in asked}
    assert {resolve(address).func for address in addresses.values()} == polled
    world.sql("UPDATE access_session SET seen_at = now() - interval '14 minutes' WHERE agent_id = %s", [who.id])
    for name in sorted(asked):
        due = 403 if name == "watch-state" else 404
        assert world.client(who).get(addresses[name]).status_code == due
    query = "SELECT now() - seen_at > interval '13 minutes' FROM access_session WHERE agent_id = %s"
    assert world.sql(query, [who.id]) == [(True,)]
