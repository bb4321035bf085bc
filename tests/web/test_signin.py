"""The sign-in process: a key that holds in every part opens a session that only its token and its client use."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from secrets import token_bytes
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from django.conf import settings
from django.db import connections
from django.test import Client, override_settings
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from recoupe.access import context
from recoupe.access.authenticator import GET, PRESENT, VERIFIED, SoftwareKey, authenticator_data, client_data, kept_keys
from recoupe.access.signin import FAILURES_ALLOWED
from tests.faults.desk import KEYS, give_keys
from tests.world import TestAgent, World

RP, ORIGIN = settings.RP_ID, settings.SIGNIN_ORIGIN
SEEN = PRESENT | VERIFIED


@pytest.fixture(scope="module")
def who(world: World) -> TestAgent:
    made = world.agent(purpose=False)
    give_keys(world, made)
    return made


@pytest.fixture
def key(who: TestAgent) -> SoftwareKey:
    return kept_keys(KEYS)[who.login]


@pytest.fixture
def signin(world: World) -> Iterator[Client]:
    kept = [m for m in settings.MIDDLEWARE if "ActingContext" not in m]
    with override_settings(ROOT_URLCONF="recoupe.config.urls_signin", MIDDLEWARE=kept), world.process("signin"):
        yield Client()


def asked(client: Client) -> dict[str, Any]:
    answer = client.post("/defi")
    assert answer.status_code == 200
    return dict(answer.json())


def enter(client: Client, key: SoftwareKey, suite: str = "/") -> Any:
    return client.post("/", {"answer": key.sign(asked(client), ORIGIN)}, query_params={"suite": suite})


def sessions(world: World, who: TestAgent) -> int:
    return int(world.sql("SELECT count(*) FROM access_session WHERE agent_id = %s", [who.id])[0][0])


def test_a_key_opens_a_session_that_the_staff_site_knows(
    world: World, who: TestAgent, key: SoftwareKey, signin: Client
) -> None:
    options = asked(signin)
    assert options["userVerification"] == "required"
    assert options["rpId"] == RP
    assert not options.get("allowCredentials")
    answer = enter(signin, key, "/journal/")
    assert answer.status_code == 302
    assert answer["Location"].endswith("/journal/")
    cookie = answer.cookies[settings.SESSION_COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    with world.process("web"), context.acting(cookie.value) as agent:
        assert agent.login == who.login
        assert agent.fresh
    entries = [(actor, refs, details) for _, actor, refs, details in world.journal("sign_in")]
    assert entries[-1][0] == who.id
    assert entries[-1][1][1].startswith("passkey:")
    assert entries[-1][2] == {"how": "passkey"}


@pytest.mark.parametrize("suite", ["//exemple.invalid/", "https://exemple.invalid/", "/\\exemple.invalid", ""])
def test_sign_in_leads_nowhere_else(key: SoftwareKey, signin: Client, suite: str) -> None:
    answer = enter(signin, key, suite)
    assert answer.status_code == 302
    assert "exemple.invalid" not in answer["Location"]


def _with(**changed: Any) -> Callable[[SoftwareKey, str], str]:
    """An answer whose bytes are what they should be but for these."""
    parts: dict[str, Any] = {"rp": RP, "flags": SEEN, "count": 0, "kind": GET, "origin": ORIGIN} | changed

    def answer(key: SoftwareKey, challenge: str) -> str:
        told = client_data(parts["kind"], challenge, parts["origin"])
        if parts.get("framed"):
            told = told.replace(b'"crossOrigin": false', b'"crossOrigin": true')
        return key.assertion(authenticator_data(parts["rp"], parts["flags"], parts["count"]), told)

    return answer


def _altered(change: Callable[[dict[str, Any]], None]) -> Callable[[SoftwareKey, str], str]:
    def answer(key: SoftwareKey, challenge: str) -> str:
        made = json.loads(_with()(key, challenge))
        change(made)
        return json.dumps(made)

    return answer


def _bad_signature(made: dict[str, Any]) -> None:
    raw = bytearray(base64url_to_bytes(made["response"]["signature"]))
    raw[-1] ^= 1
    made["response"]["signature"] = bytes_to_base64url(bytes(raw))


def _other_handle(made: dict[str, Any]) -> None:
    made["response"]["userHandle"] = bytes_to_base64url(bytes(16))


def _other_name(made: dict[str, Any]) -> None:
    made["id"] = made["rawId"] = bytes_to_base64url(token_bytes(32))


def _ed25519(key: SoftwareKey, challenge: str) -> str:
    """A signature of another algorithm than that of the key."""
    made = json.loads(_with()(key, challenge))
    parts = {name: base64url_to_bytes(value) for name, value in made["response"].items()}
    data = parts["authenticatorData"] + sha256(parts["clientDataJSON"]).digest()
    made["response"]["signature"] = bytes_to_base64url(ed25519.Ed25519PrivateKey.generate().sign(data))
    return json.dumps(made)


def _later_words(made: dict[str, Any]) -> None:
    told = json.loads(base64url_to_bytes(made["response"]["clientDataJSON"]))
    made["response"]["clientDataJSON"] = bytes_to_base64url(json.dumps(told | {"more": 1}).encode())


HOSTILE: dict[str, Callable[[SoftwareKey, str], str]] = {
    "other origin": _with(origin="https://recoupe.exemple.invalid"),
    "other port": _with(origin="http://localhost:1"),
    "number of this machine": _with(origin=ORIGIN.replace("localhost", "127.0.0.1")),
    "other site": _with(rp="exemple.invalid"),
    "nobody verified": _with(flags=PRESENT),
    "nobody present": _with(flags=VERIFIED),
    "a registration": _with(kind="webauthn.create"),
    "in a frame": _with(framed=True),
    "bad signature": _altered(_bad_signature),
    "words changed after": _altered(_later_words),
    "other algorithm": _ed25519,
    "handle of another": _altered(_other_handle),
    "unknown key": _altered(_other_name),
    "no answer": lambda _key, _challenge: "",
    "no JSON": lambda _key, _challenge: "{" * 50,
    "a list": lambda _key, _challenge: "[]",
    "heavy": lambda _key, _challenge: json.dumps({"id": "x" * 20_000}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_does_not_hold_in_every_part_enters_nowhere(
    world: World, who: TestAgent, key: SoftwareKey, signin: Client, name: str
) -> None:
    before, refused = sessions(world, who), world.refused_at_the_door().total()
    answer = signin.post("/", {"answer": HOSTILE[name](key, asked(signin)["challenge"])})
    assert answer.status_code in (403, 429)
    assert settings.SESSION_COOKIE not in answer.cookies
    assert sessions(world, who) == before
    assert world.refused_at_the_door().total() == refused + 1
    assert enter(signin, key).status_code == 302, "the hostile try must not lock the agent out"


def test_a_challenge_serves_once_even_twenty_times_at_once(world: World, who: TestAgent, key: SoftwareKey) -> None:
    kept = [m for m in settings.MIDDLEWARE if "ActingContext" not in m]
    with override_settings(ROOT_URLCONF="recoupe.config.urls_signin", MIDDLEWARE=kept):
        before = sessions(world, who)
        # One process for all threads: each one's own change would be taken back under the others.
        with world.process("signin"):
            answer = key.sign(asked(Client()), ORIGIN)

            def send(_turn: int) -> int:
                status = Client().post("/", {"answer": answer}).status_code
                connections.close_all()
                return int(status)

            with ThreadPoolExecutor(8) as pool:
                found = sorted(pool.map(send, range(20)))
    assert found == [302] + [403] * 19
    assert sessions(world, who) == before + 1


def test_a_challenge_lives_five_minutes_and_for_its_use(world: World, key: SoftwareKey, signin: Client) -> None:
    late = key.sign(asked(signin), ORIGIN)
    world.sql("UPDATE access_challenge SET expires_at = now() - interval '1 second'")
    answer = signin.post("/", {"answer": late})
    assert answer.status_code == 403
    assert "a expiré" in answer.content.decode()
    # Asked for under a clock that had jumped, and was then set right.
    ahead = key.sign(asked(signin), ORIGIN)
    world.sql("UPDATE access_challenge SET expires_at = expires_at + interval '1 hour'")
    assert signin.post("/", {"answer": ahead}).status_code == 403
    world.sql("UPDATE access_challenge SET expires_at = expires_at - interval '1 hour'")
    other = key.sign(asked(signin), ORIGIN)
    world.sql("UPDATE access_challenge SET use = 'prove'")
    assert signin.post("/", {"answer": other}).status_code == 403
    [(most,)] = world.sql("SELECT coalesce(max(expires_at - now()), interval '0') FROM access_challenge")
    assert most.total_seconds() <= 300


@pytest.mark.parametrize("back", [5, 3, 0])
def test_a_counter_that_goes_back_is_told_and_ends_the_key(world: World, signin: Client, back: int) -> None:
    one = world.agent(purpose=False)
    give_keys(world, one)
    key = kept_keys(KEYS)[one.login]
    for count, status in [(4, 302), (5, 302), (back, 403), (6, 403)]:
        told = client_data(GET, asked(signin)["challenge"], ORIGIN)
        answer = signin.post("/", {"answer": key.assertion(authenticator_data(RP, SEEN, count), told)})
        assert answer.status_code == status, count
        assert ("copiée" in answer.content.decode()) == (count == back and status == 403)
    assert world.sql("SELECT copied FROM access_passkey WHERE agent_id = %s", [one.id]) == [(True,)]


def test_a_revoked_key_and_one_of_an_inactive_agent_open_nothing(world: World, signin: Client) -> None:
    one, other = world.agent(purpose=False), world.agent(purpose=False)
    give_keys(world, one, other)
    keys = kept_keys(KEYS)
    world.sql("UPDATE access_passkey SET revoked_at = now() WHERE agent_id = %s", [one.id])
    world.sql(
        "DO $$ BEGIN SET LOCAL session_replication_role = replica;"
        f" UPDATE access_agent SET active = false WHERE id = '{other.id}'; END $$"
    )
    for agent in (one, other):
        assert enter(signin, keys[agent.login]).status_code == 403
        assert sessions(world, agent) == 1


def test_many_refusals_are_told_and_lock_nobody_out(world: World, signin: Client) -> None:
    one = world.agent(purpose=False)
    give_keys(world, one)
    key = kept_keys(KEYS)[one.login]
    wrong = _with(flags=PRESENT)
    found = [
        signin.post("/", {"answer": wrong(key, asked(signin)["challenge"])}).status_code
        for _ in range(FAILURES_ALLOWED + 3)
    ]
    assert found == [403] * FAILURES_ALLOWED + [429] * 3
    assert enter(signin, key).status_code == 302


def test_a_form_of_another_site_opens_nothing(world: World, who: TestAgent, key: SoftwareKey, signin: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = key.sign(asked(signin), ORIGIN)
    assert strict.post("/", {"answer": answer}).status_code == 403
    assert strict.post("/defi").status_code == 403


def test_a_hostile_answer_is_a_sentence(signin: Client) -> None:
    for hostile in ("\x00", "x" * 5000, "\udcff", "\u202e" * 3, '{"id": "\x00"}', "[" * 20_000):
        body = "answer=" + quote(hostile.encode("utf-8", "surrogatepass"))
        for address in ("/", "/enrolement/", "/defi", "/enrolement/defi", "/cles/", "/cles/defi", "/confirmer"):
            answer = signin.post(address, body, content_type="application/x-www-form-urlencoded")
            assert answer.status_code in (200, 302, 403, 422, 429), (address, hostile[:10])
