"""Guessing at the door: nobody enters, and nobody who is attacked is kept out of it (R-54)."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from functools import partial
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.test import Client, override_settings

from recoupe.access import actions, context, pacing
from recoupe.access.actions import Designation
from recoupe.access.authenticator import PRESENT, VERIFIED, SoftwareKey, authenticator_data, client_data, kept_keys
from recoupe.access.enums import Role
from recoupe.access.pacing import BURST
from recoupe.reference.models import Unit
from tests.faults.desk import KEYS, give_keys
from tests.proof import say, seed, size
from tests.world import TestAgent, World

pytestmark = pytest.mark.slow
RP, ORIGIN = settings.RP_ID, settings.SIGNIN_ORIGIN
ROLES = (Role.INVESTIGATOR,)
SEEN = PRESENT | VERIFIED


def _other_secret(key: SoftwareKey) -> SoftwareKey:
    return SoftwareKey(key.handle, key.credential_id, SoftwareKey.new(key.handle).secret)


def _honest(key: SoftwareKey, challenge: str) -> str:
    return key.sign({"rpId": RP, "challenge": challenge}, ORIGIN)


# What somebody tries who knows everything of an account but its key.
TRIES: dict[str, Callable[[SoftwareKey, str], str]] = {
    "signed by another key": lambda k, c: _other_secret(k).sign({"rpId": RP, "challenge": c}, ORIGIN),
    "made for another site": lambda k, c: k.sign(
        {"rpId": "exemple.invalid", "challenge": c}, "https://exemple.invalid"
    ),
    "relayed from another place": lambda k, c: k.sign({"rpId": RP, "challenge": c}, "https://recoupe.exemple.invalid"),
    "without verification": lambda k, c: k.assertion(
        authenticator_data(RP, PRESENT, 0), client_data("webauthn.get", c, ORIGIN)
    ),
    "of a key that nobody has": lambda k, c: SoftwareKey.new(k.handle).sign({"rpId": RP, "challenge": c}, ORIGIN),
    "with a challenge of its own": lambda k, c: k.sign({"rpId": RP, "challenge": c[::-1]}, ORIGIN),
}


def _people(world: World, count: int) -> list[TestAgent]:
    """Agents who have never signed in."""
    found = []
    with world.process("migrate"), context.service("set-up", "tests"):
        unit = Unit.objects.get(code="PJ13")
        for start in range(0, count, 100):
            wanted = [
                Designation(f"assailli{start + n}", "Agent attaqué", unit, ROLES, "Autorité de test", date(2020, 1, 1))
                for n in range(min(100, count - start))
            ]
            found += actions.designate(designations=wanted)
    return [TestAgent(one.id, one.login, unit.id, ROLES, "") for one in found]


def _a_flood(world: World, client: Client, honest: Callable[[str], int]) -> None:
    """Sixty codes are tried from one address; then it waits a few seconds, and it alone."""
    one = "203.0.113.9"

    def tried(code: int) -> Any:
        return client.post("/enrolement/defi", {"code": f"BBBB-{code:04}"}, REMOTE_ADDR=one)

    # The clock stands: on a busy machine sixty codes take longer than the second that gives one back.
    with patch.object(pacing, "now", return_value=pacing.now()):
        assert {tried(turn).status_code for turn in range(BURST)} == {403}
        late = tried(0)
        assert (late.status_code, late["Retry-After"]) == (429, "2")
        assert "2 secondes" in late.content.decode().replace("\u00a0", " ")
        assert client.post("/defi", REMOTE_ADDR=one).status_code == 429
        assert client.post("/", {"answer": "x"}, REMOTE_ADDR=one).status_code == 429
        assert honest("203.0.113.10") == 302
    with patch.object(pacing, "now", return_value=pacing.now() + 2):
        assert honest(one) == 302
    world.sql("UPDATE access_signinfailure SET at = at - interval '2 minutes' WHERE passkey_id IS NULL")
    with world.process("worker"):
        pacing.tell()
    assert world.sql("SELECT count(*) FROM access_signinfailure WHERE passkey_id IS NULL") == [(0,)]


def test_thousands_of_tries_open_nothing_and_lock_nobody_out(world: World) -> None:
    accounts = size(ci=100, full=1_000)
    tries = size(ci=1_000, full=10_000)
    random = Random(seed())
    people = _people(world, accounts)
    give_keys(world, *people)
    keys = kept_keys(KEYS)
    kept = [m for m in settings.MIDDLEWARE if "ActingContext" not in m]
    before = world.sql("SELECT count(*) FROM access_session")[0][0]
    answered: Counter[int] = Counter()
    with override_settings(ROOT_URLCONF="recoupe.config.urls_signin", MIDDLEWARE=kept), world.process("signin"):
        client = Client()

        def enter(make: Callable[[str], str], address: str) -> int:
            challenge = client.post("/defi", REMOTE_ADDR=address).json()["challenge"]
            return client.post("/", {"answer": make(challenge)}, REMOTE_ADDR=address).status_code

        for turn in range(tries):
            # One account in ten takes half of the tries.
            chosen = people[: max(1, accounts // 10)] if turn % 2 else people
            key, attempt = keys[random.choice(chosen).login], random.choice(list(TRIES.values()))
            answered[enter(partial(attempt, key), f"198.51.{turn // BURST // 250}.{turn // BURST % 250}")] += 1
        entered = world.sql("SELECT count(*) FROM access_session")[0][0] - before
        locked = [who.login for who in people if enter(partial(_honest, keys[who.login]), "192.0.2.1") != 302]
        codes = [client.post("/enrolement/defi", {"code": f"AAAA-{turn:04}"}).status_code for turn in range(50)]
        _a_flood(world, client, partial(enter, partial(_honest, keys[people[0].login])))
    say(
        "entered",
        entered,
        "entrées",
        f"{tries} essais sur {accounts} comptes dont la clé publique est connue",
        at_most=0,
    )
    say("locked_out", len(locked), "agents", f"sur {accounts} agents attaqués, qui se connectent ensuite", at_most=0)
    assert entered == 0
    assert locked == []
    assert set(answered) == {403, 429}
    assert set(codes) == {403}
    counted = (
        "SELECT sum(coalesce((details ->> 'tries')::int, 1)) FILTER (WHERE cardinality(refs) = 0),"
        " count(*) FILTER (WHERE cardinality(refs) > 0), (SELECT sum(tries) FROM access_signinfailure)"
        " FROM audit_entry WHERE operation = 'refused' AND details ->> 'what' = 'sign_in'"
    )
    [(strangers, known, waiting)] = world.sql(counted)
    assert strangers + known + waiting == tries + len(codes) + BURST
    [(lines,)] = world.sql("SELECT count(*) FROM audit_entry WHERE operation = 'refused' AND refs = '{}'")
    assert lines < strangers + waiting
