"""Enrolment by a one-time code, and one's own keys: twice at most, one's own, freshly proven (R-53)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import ProgrammingError, connection
from django.test import Client, override_settings

from recoupe.access import actions
from recoupe.access.authenticator import SoftwareKey
from recoupe.access.enums import Role
from recoupe.access.models import Agent
from recoupe.kernel.refusal import Refused
from tests.web.test_signin import enter
from tests.world import TestAgent, World

ORIGIN = settings.SIGNIN_ORIGIN
WHY = "Première clé de cet agent"


@dataclass
class Desk:
    """Who hands out codes, and a browser at the door."""

    world: World
    guard: TestAgent
    client: Client

    def code(self, who: TestAgent, by: TestAgent | None = None) -> str:
        self.world.confirm(who.id)
        with self.world.process("web"), self.world.acting(by or self.guard) as agent:
            return actions.enrol_code(by=agent, agent=Agent(id=who.id), reason=WHY)

    def enrol(self, code: str, key: SoftwareKey, origin: str = ORIGIN, more: int = 0) -> Any:
        options = self.client.post("/enrolement/defi", {"code": code})
        if options.status_code != 200:
            return options
        said = {"code": code, "name": "Clé d'essai", "answer": key.register(options.json(), origin, more)}
        return self.client.post("/enrolement/", said)

    def keys(self, who: TestAgent) -> int:
        query = "SELECT count(*) FROM access_passkey WHERE agent_id = %s AND revoked_at IS NULL"
        return int(self.world.sql(query, [who.id])[0][0])


@pytest.fixture(scope="module")
def guard(world: World) -> TestAgent:
    return world.agent(Role.DESIGNATING_AUTHORITY, "OFAST")


@pytest.fixture
def desk(world: World, guard: TestAgent) -> Iterator[Desk]:
    kept = [m for m in settings.MIDDLEWARE if "ActingContext" not in m]
    with override_settings(ROOT_URLCONF="recoupe.config.urls_signin", MIDDLEWARE=kept), world.process("signin"):
        yield Desk(world, guard, Client())


def test_a_code_enrols_one_key_once_and_it_opens_a_session(world: World, desk: Desk) -> None:
    who = world.agent(purpose=False)
    code, key = desk.code(who), SoftwareKey.new(who.id.bytes)
    assert len(code.replace("-", "")) == 24
    assert world.sql("SELECT count(*) FROM access_enrolmentcode c WHERE c::text LIKE %s", [f"%{code}%"]) == [(0,)]
    assert desk.enrol(code, key, "https://exemple.invalid").status_code == 403
    assert desk.keys(who) == 0
    assert desk.enrol(code.lower().replace("-", " "), key).status_code == 200
    assert desk.keys(who) == 1
    assert enter(desk.client, key).status_code == 302
    assert desk.enrol(code, SoftwareKey.new(who.id.bytes)).status_code == 403
    told = [
        (operation, details.get("what")) for operation, _, refs, details in world.journal() if f"agent:{who.id}" in refs
    ]
    assert ("configure", "enrolment_code") in told
    assert ("configure", "passkey_added") in told


def test_a_code_lives_a_day_and_a_new_one_voids_the_former(world: World, desk: Desk) -> None:
    who = world.agent(purpose=False)
    former, code = desk.code(who), desk.code(who)
    assert desk.enrol(former, SoftwareKey.new(who.id.bytes)).status_code == 403
    [(life,)] = world.sql("SELECT max(expires_at - issued_at) FROM access_enrolmentcode WHERE agent_id = %s", [who.id])
    assert life.total_seconds() == 24 * 3600
    world.sql("UPDATE access_enrolmentcode SET expires_at = now() WHERE agent_id = %s", [who.id])
    assert desk.enrol(code, SoftwareKey.new(who.id.bytes)).status_code == 403
    assert desk.keys(who) == 0


@pytest.mark.parametrize("jump", ["1 hour", "1 year"])
def test_a_code_of_a_clock_that_jumped_is_worth_nothing_once_it_is_set_right(
    world: World, desk: Desk, jump: str
) -> None:
    who = world.agent(purpose=False)
    code = desk.code(who)
    moved = "UPDATE access_enrolmentcode SET issued_at = issued_at {0} i, expires_at = expires_at {0} i"
    moved += " FROM (SELECT %s::interval AS i) AS jump WHERE agent_id = %s"
    world.sql(moved.format("+"), [jump, who.id])
    assert desk.enrol(code, SoftwareKey.new(who.id.bytes)).status_code == 403
    world.sql(moved.format("-"), [jump, who.id])
    assert desk.enrol(code, SoftwareKey.new(who.id.bytes)).status_code == 200


# What an authenticator says of its key: its maker may copy it elsewhere; it has.
ELIGIBLE, BACKED_UP = 0x08, 0x10


@pytest.mark.parametrize("more", [ELIGIBLE, ELIGIBLE | BACKED_UP])
def test_a_key_that_its_maker_copies_is_refused_and_spends_no_code(world: World, desk: Desk, more: int) -> None:
    who = world.agent(purpose=False)
    code = desk.code(who)
    answer = desk.enrol(code, SoftwareKey.new(who.id.bytes), more=more)
    assert answer.status_code == 403
    assert "se recopie chez son fabricant" in answer.content.decode()
    assert desk.keys(who) == 0
    assert {"what": "sign_in", "why": "synced"} in [details for *_, details in world.journal("refused")]
    assert desk.enrol(code, SoftwareKey.new(who.id.bytes)).status_code == 200
    assert world.sql("SELECT backup FROM access_passkey WHERE agent_id = %s", [who.id]) == [("NONE",)]


def test_where_a_house_takes_such_keys_each_says_where_it_stands(world: World, desk: Desk) -> None:
    """One that was kept before this was asked says it too, when it next answers."""
    who = world.agent(purpose=False)
    key, query = SoftwareKey.new(who.id.bytes), "SELECT backup FROM access_passkey WHERE agent_id = %s"
    with override_settings(SYNCED_KEYS=True):
        assert desk.enrol(desk.code(who), key, more=ELIGIBLE).status_code == 200
    assert world.sql(query, [who.id]) == [("POSSIBLE",)]
    world.sql("UPDATE access_passkey SET backup = '' WHERE agent_id = %s", [who.id])
    answer = key.sign(desk.client.post("/defi").json(), ORIGIN, ELIGIBLE | BACKED_UP)
    token = desk.client.post("/", {"answer": answer}).cookies[settings.SESSION_COOKIE].value
    assert world.sql(query, [who.id]) == [("DONE",)]
    desk.client.cookies[settings.SESSION_COOKIE] = token
    assert "recopiée par son fabricant" in desk.client.get("/cles/").content.decode()
    # A copy that the key was never meant for is no answer of a key.
    answer = key.sign(desk.client.post("/defi").json(), ORIGIN, BACKED_UP)
    assert desk.client.post("/", {"answer": answer}).status_code == 403


def test_nobody_hands_himself_a_code_and_only_an_authority_hands_one_out(world: World, desk: Desk) -> None:
    who = world.agent(Role.UNIT_HEAD, "PJ13")
    for by, subject in ((desk.guard, desk.guard), (who, desk.guard)):
        with pytest.raises(Refused):
            desk.code(subject, by)
        with world.process("web"), pytest.raises(ProgrammingError, match="hands out codes"), world.acting(by):
            connection.cursor().execute("SELECT access.issue_code(%s, sha256('x'))", [subject.id])


def test_two_keys_at_most_each_once_and_never_without_the_last(world: World, desk: Desk) -> None:
    who = world.agent(purpose=False)
    first, second = SoftwareKey.new(who.id.bytes), SoftwareKey.new(who.id.bytes)
    desk.enrol(desk.code(who), first)
    token = enter(desk.client, first).cookies[settings.SESSION_COOKIE].value
    other = enter(Client(), first).cookies[settings.SESSION_COOKIE].value
    desk.client.cookies[settings.SESSION_COOKIE] = token

    def add(key: SoftwareKey) -> int:
        options = desk.client.post("/cles/defi")
        if options.status_code != 200:
            return int(options.status_code)
        said = {"name": "Seconde", "answer": key.register(options.json(), ORIGIN)}
        return int(desk.client.post("/cles/", said).status_code)

    stale = "UPDATE access_session SET proven_at = now() - interval '301 seconds' WHERE agent_id = %s"
    world.sql(stale, [who.id])
    assert add(second) == 403
    world.sql("UPDATE access_session SET proven_at = now() WHERE agent_id = %s", [who.id])
    assert add(first) in (403, 422)
    assert add(second) == 302
    assert add(SoftwareKey.new(who.id.bytes)) == 403
    names = {
        str(i): bytes(c)
        for i, c in world.sql("SELECT id, credential_id FROM access_passkey WHERE agent_id = %s", [who.id])
    }
    mine = next(i for i, credential in names.items() if credential == first.credential_id)
    stranger = world.sql("SELECT id FROM access_passkey WHERE agent_id <> %s LIMIT 1", [who.id])
    for foreign in stranger:
        assert desk.client.post(f"/cles/{foreign[0]}/retirer").status_code == 403
    world.sql(stale, [who.id])
    assert desk.client.post(f"/cles/{mine}/retirer").status_code == 403
    world.sql("UPDATE access_session SET proven_at = now() WHERE agent_id = %s", [who.id])
    assert desk.client.post(f"/cles/{mine}/retirer").status_code == 302
    assert desk.keys(who) == 1
    last = next(i for i in names if i != mine)
    assert desk.client.post(f"/cles/{last}/retirer").status_code == 403
    assert desk.keys(who) == 1
    # Whoever had entered with it is out; the one who took it back stays.
    query = "SELECT count(*) FROM access.session_of(%s)"
    assert world.sql(query, [other], role="recoupe_signin") == [(0,)]
    assert world.sql(query, [token], role="recoupe_signin") == [(1,)]
    assert enter(desk.client, first).status_code == 403
    assert enter(desk.client, second).status_code == 302
