"""Every answer, errors and redirections too, carries what keeps it in this browser, on this site, for this reader."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from recoupe.access.enums import Role
from recoupe.web.errors import TITLES
from recoupe.web.policy import routes
from tests.world import TestAgent, World

NOBODY = "00000000-0000-4000-8000-000000000000"
CARRIED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
# Borders of communes are no case data, and their address changes with them.
KEPT = ("/contours/",)


@pytest.fixture
def agent(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


def addresses() -> list[str]:
    said = {"slug": "x", "str": "x", "int": "0", "uuid": NOBODY}
    return ["/" + re.sub(r"<(\w+):\w+>", lambda found: said[found[1]], address) for address, _ in routes()]


def sealed(answer: Any, address: str) -> None:
    """What every answer carries, whatever it says."""
    for name, value in CARRIED.items():
        assert answer.headers.get(name) == value, (address, answer.status_code, name)
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'", address
    assert policy["require-trusted-types-for"] == "'script'", address
    assert policy["trusted-types"] == "default", address
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'", address
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(" ".join(policy.values()).split()), address


def test_every_answer_is_sealed(world: World, agent: TestAgent) -> None:
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.cookies = world.client(agent).cookies
    seen = set()
    # Signed out by the first of these posts, the agent would see nothing of the others.
    for address in [*(a for a in addresses() if a != "/deconnexion/"), "/nulle-part/"]:
        for answer in (
            world.client(agent).get(address),
            world.client(agent).post(address),
            strict.post(address),
            world.client().get(address),
        ):
            seen.add(answer.status_code)
            sealed(answer, address)
            if not address.startswith(KEPT):
                assert "no-store" in answer.headers["Cache-Control"], (address, answer.status_code)
    assert {200, 302, 403, 404, 405} <= seen
    assert not {status for status in seen if status >= 500}


def test_a_foreign_host_is_refused_with_the_same_seal(world: World, agent: TestAgent) -> None:
    answer = world.client(agent).get("/", headers={"host": "ailleurs.example"})
    assert answer.status_code == 400
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("status", "ask"),
    [
        (400, lambda client: client.get("/", headers={"host": "ailleurs.example"})),
        (403, lambda client: client.get("/habilitations/")),
        (404, lambda client: client.get("/nulle-part/")),
        (413, lambda client: client.post("/finalite/", {"motive": "x" * (21 * 1024 * 1024)})),
        (413, lambda client: client.post("/finalite/", {f"champ{n}": "" for n in range(1_100)})),
        (500, lambda client: client.get("/incident/")),
    ],
    ids=["400", "403", "404", "413", "413 fields", "500"],
)
def test_each_error_is_a_sealed_page_in_our_words(
    world: World, agent: TestAgent, status: int, ask: Callable[[Client], Any], settings: Any
) -> None:
    if status == 500:
        settings.ROOT_URLCONF = "tests.policy.sites.failing"
    answer = ask(world.client(agent))
    assert answer.status_code == status
    sealed(answer, str(status))
    assert answer.headers["Cache-Control"] == "no-store"
    assert str(TITLES[status][0]).replace("'", "&#x27;") in answer.content.decode()


def test_a_write_without_its_token_is_refused_everywhere(world: World, agent: TestAgent) -> None:
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.cookies = world.client(agent).cookies
    answered = {address: strict.post(address).status_code for address in addresses()}
    # A tool's address knows no session at all, so that none of its cookies can be misused there.
    tools = {address for address in answered if address.startswith("/api/v1/")}
    assert {answered[address] for address in answered.keys() - tools} <= {403}
    assert {answered[address] for address in tools} <= {401}
    written = {operation for operation, actor, _, _ in world.journal() if actor == agent.id}
    assert written <= {"configure", "sign_in", "refused"}


ASKED = """
import django
django.setup()
from django.test import Client
for scheme in ("https", "http"):
    answer = Client().get("/", headers={"host": "127.0.0.1", "x-forwarded-proto": scheme})
    print(answer.headers.get("Strict-Transport-Security", "none"))
"""


@pytest.mark.parametrize(
    ("tls", "said"), [("1", ["max-age=63072000; includeSubDomains", "none"]), ("", ["none", "none"])]
)
def test_over_tls_the_browser_is_told_to_stay_there_and_on_the_demonstration_it_is_not(
    tls: str, said: list[str]
) -> None:
    environment = os.environ | {"RECOUPE_PROCESS": "portal", "RECOUPE_TLS": tls}
    done = subprocess.run([sys.executable, "-c", ASKED], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == said
