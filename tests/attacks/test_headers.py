"""Every answer, errors and redirections too, carries what keeps it in this browser, on this site, for this reader."""

import os
import re
import subprocess
import sys

import pytest
from django.test import Client

from recoupe.access.enums import Role
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
    return ["/" + re.sub(r"<slug:\w+>", "x", a.replace("<uuid:id>", NOBODY)) for a, _ in routes()]


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
            for name, value in CARRIED.items():
                assert answer.headers.get(name) == value, (address, answer.status_code, name)
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"], address
            if not address.startswith(KEPT):
                assert "no-store" in answer.headers["Cache-Control"], (address, answer.status_code)
    assert {200, 302, 403, 404, 405} <= seen
    assert not {status for status in seen if status >= 500}


def test_a_foreign_host_is_refused_with_the_same_seal(world: World, agent: TestAgent) -> None:
    answer = world.client(agent).get("/", headers={"host": "ailleurs.example"})
    assert answer.status_code == 400
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_write_without_its_token_is_refused_everywhere(world: World, agent: TestAgent) -> None:
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.cookies = world.client(agent).cookies
    assert {strict.post(address).status_code for address in addresses()} <= {403}
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
