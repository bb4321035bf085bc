"""The door where other tests do not look: codes, refusals that tell nothing, two desks, keys and a stale session."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from recoupe.access import actions, context
from recoupe.access.authenticator import SoftwareKey, kept_keys
from recoupe.access.codes import ALPHABET, CODE_SIGNS, code_hash, new_code
from recoupe.access.enums import Role
from recoupe.access.models import Agent
from tests.faults.desk import KEYS, give_keys
from tests.web.test_signin import HOSTILE, ORIGIN, asked, enter, sessions, signin
from tests.world import TestAgent, World

__all__ = ["signin"]
TOKENS = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


@pytest.fixture(scope="module")
def authority(world: World) -> TestAgent:
    return world.agent(Role.DESIGNATING_AUTHORITY, "OFAST")


def handed_out(world: World, authority: TestAgent, who: TestAgent) -> str:
    world.confirm(who.id)
    with world.process("web"), world.acting(authority) as by:
        return actions.enrol_code(by=by, agent=Agent.objects.get(id=who.id), reason="Première clé de cet agent")


def test_a_code_is_drawn_by_chance_kept_as_a_hash_and_lives_a_day(world: World, authority: TestAgent) -> None:
    drawn = {new_code() for _ in range(500)}
    assert len(drawn) == 500
    assert {sign for code in drawn for sign in code} - {"-"} == set(ALPHABET)
    assert len(ALPHABET) ** CODE_SIGNS >= 2**112
    who = world.agent(purpose=False)
    code = handed_out(world, authority, who)
    query = (
        "SELECT code_hash, expires_at - issued_at = interval '24 hours' FROM access_enrolmentcode WHERE agent_id = %s"
    )
    [(kept, a_day)] = world.sql(query, [who.id])
    assert (bytes(kept), a_day) == (code_hash(code), True)
    held = "".join(str(row) for row in world.sql("SELECT e::text FROM audit_entry e")) + str(
        world.sql("TABLE access_agent")
    )
    assert code not in held
    assert code.replace("-", "") not in held


@pytest.mark.parametrize("end", ["expires_at = now() - interval '1 second'", "used_at = now()"], ids=["late", "used"])
def test_a_code_that_is_over_enrols_nothing(world: World, authority: TestAgent, signin: Client, end: str) -> None:
    who = world.agent(purpose=False)
    code = handed_out(world, authority, who)
    assert signin.post("/enrolement/defi", {"code": code}).status_code == 200
    options = signin.post("/enrolement/defi", {"code": code}).json()
    world.sql(f"UPDATE access_enrolmentcode SET {end} WHERE agent_id = %s", [who.id])
    answer = SoftwareKey.new(who.id.bytes).register(options, ORIGIN)
    assert signin.post("/enrolement/defi", {"code": code}).status_code == 403
    assert signin.post("/enrolement/", {"code": code, "name": "clé", "answer": answer}).status_code == 403
    assert world.sql("SELECT count(*) FROM access_passkey WHERE agent_id = %s", [who.id]) == [(0,)]


def test_a_new_code_ends_the_one_before_and_opens_no_session(
    world: World, authority: TestAgent, signin: Client
) -> None:
    who = world.agent(purpose=False)
    before = sessions(world, who)
    first, second = handed_out(world, authority, who), handed_out(world, authority, who)
    assert signin.post("/enrolement/defi", {"code": first}).status_code == 403
    options = signin.post("/enrolement/defi", {"code": second}).json()
    key = SoftwareKey.new(who.id.bytes)
    done = signin.post("/enrolement/", {"code": second, "name": "clé", "answer": key.register(options, ORIGIN)})
    assert done.status_code == 200
    assert settings.SESSION_COOKIE not in done.cookies
    assert sessions(world, who) == before
    # What was handed out never becomes what one enters by: the key alone does.
    assert enter(signin, key).status_code == 302


def test_every_key_that_is_refused_is_told_the_same(world: World, signin: Client) -> None:
    """A key of nobody, a revoked one, one of an agent who left, a signature that does not hold: byte for byte."""
    live, revoked, gone = (world.agent(purpose=False) for _ in range(3))
    give_keys(world, live, revoked, gone)
    keys = kept_keys(KEYS)
    world.sql("UPDATE access_passkey SET revoked_at = now() WHERE agent_id = %s", [revoked.id])
    world.sql(
        "DO $$ BEGIN SET LOCAL session_replication_role = replica;"
        f" UPDATE access_agent SET active = false WHERE id = '{gone.id}'; END $$"
    )
    wrong: list[tuple[SoftwareKey, Callable[[SoftwareKey, str], str]]] = [
        (keys[live.login], HOSTILE["bad signature"]),
        (keys[live.login], HOSTILE["unknown key"]),
        (
            keys[revoked.login],
            lambda key, challenge: key.sign({"rpId": settings.RP_ID, "challenge": challenge}, ORIGIN),
        ),
        (keys[gone.login], lambda key, challenge: key.sign({"rpId": settings.RP_ID, "challenge": challenge}, ORIGIN)),
    ]
    pages = set()
    for key, attempt in wrong:
        answer = signin.post("/", {"answer": attempt(key, asked(signin)["challenge"])})
        pages.add((answer.status_code, TOKENS.sub("", answer.content.decode())))
    assert len(pages) == 1


def test_a_page_that_is_shown_opens_no_session(world: World, signin: Client) -> None:
    """Only what a key signs does, and a key signs when its holder touches it."""
    counted = "SELECT count(*) FROM access_session"
    before = world.sql(counted)
    for address in ("/", "/?suite=/journal/", "/enrolement/", "/cles/", "/demonstration/"):
        for method in (signin.get, signin.head):
            answer = method(address)
            assert settings.SESSION_COOKIE not in answer.cookies, address
    assert world.sql(counted) == before


def opens(world: World, token: str) -> bool:
    with world.process("web"), transaction.atomic():
        return context.open_session(token) is not None


def test_who_enters_again_leaves_the_session_that_his_browser_carried(world: World, signin: Client) -> None:
    who = world.agent(purpose=False)
    give_keys(world, who)
    key = kept_keys(KEYS)[who.login]
    first, second = (enter(signin, key).cookies[settings.SESSION_COOKIE].value for _ in range(2))
    assert first != second
    assert (opens(world, first), opens(world, second)) == (False, True)
    # A refused try leaves him where he is.
    assert signin.post("/", {"answer": HOSTILE["bad signature"](key, asked(signin)["challenge"])}).status_code == 403
    assert opens(world, second)


def test_one_agent_works_at_two_desks_and_leaves_one(world: World, signin: Client) -> None:
    who = world.agent(purpose=False)
    give_keys(world, who)
    key = kept_keys(KEYS)[who.login]
    tokens = [enter(Client(), key).cookies[settings.SESSION_COOKIE].value for _ in range(2)]
    assert tokens[0] != tokens[1]
    entries = [refs for _, actor, refs, _ in world.journal("sign_in") if actor == who.id and len(refs) == 2]
    assert len(entries) == 2, "each desk has its line, with the key that opened it"
    assert [opens(world, token) for token in tokens] == [True, True]
    with world.process("web"), context.acting(tokens[0]):
        context.close_session(tokens[0])
    assert [opens(world, token) for token in tokens] == [False, True]


def test_a_session_whose_key_was_shown_long_ago_touches_no_key(world: World, signin: Client) -> None:
    who = world.agent(purpose=False)
    give_keys(world, who)
    signin.cookies[settings.SESSION_COOKIE] = who.token

    def tried() -> list[int]:
        [(key,)] = world.sql("SELECT id FROM access_passkey WHERE agent_id = %s", [who.id])
        posts: list[tuple[str, dict[str, Any]]] = [
            ("/cles/defi", {}), ("/cles/", {"name": "seconde", "answer": "{}"}), (f"/cles/{key}/retirer", {}),
        ]  # fmt: skip
        return [signin.post(address, said).status_code for address, said in posts]

    world.sql("UPDATE access_session SET proven_at = now() - interval '301 seconds' WHERE agent_id = %s", [who.id])
    assert tried() == [403, 403, 403]
    assert world.sql("SELECT count(*) FROM access_passkey WHERE agent_id = %s AND revoked_at IS NULL", [who.id]) == [
        (1,)
    ]
    world.sql("UPDATE access_session SET proven_at = now() WHERE agent_id = %s", [who.id])
    assert tried()[0] == 200
