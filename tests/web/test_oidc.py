"""The second way in, against a real provider (npm's oidc-provider): an agent is known by the `sub` that was bound."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.conf import settings
from django.test import Client, override_settings

from recoupe.access.codes import token_hash
from recoupe.access.enums import Role
from recoupe.access.queries import agent_of
from recoupe.cli.cluster import free_port
from recoupe.config.provider import SECRET
from recoupe.desk import actions
from tests.folders import open_folder
from tests.world import TestAgent, World

PROJECT = Path(__file__).resolve().parents[2]
HOUSE = PROJECT / ".cache" / "oidc-provider"
VERSION = "9.13.3"
CLIENT_SECRET = "un-secret-fictif-pour-les-essais-seulement"


@dataclass
class Standing:
    """A provider that runs, and whom it believes next."""

    issuer: str
    who: Path

    def believes(self, sub: str, acr: str = "eidas2") -> None:
        self.who.write_text(json.dumps({"sub": sub, "acr": acr}))


def installed() -> Path:
    """The package in a folder of its own, kept between runs; a machine without npm or registry skips, and says why."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are absent: apt install nodejs npm")
    if not (HOUSE / "node_modules" / "oidc-provider").is_dir():
        HOUSE.mkdir(parents=True, exist_ok=True)
        line = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", f"oidc-provider@{VERSION}"]
        (HOUSE / "package.json").write_text('{"private": true, "type": "module"}\n')
        done = subprocess.run(line, cwd=HOUSE, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode:
            shutil.rmtree(HOUSE, ignore_errors=True)
            pytest.skip(f"npm cannot fetch oidc-provider {VERSION} here: {done.stderr.strip()[-200:]}")
    return HOUSE


@pytest.fixture(scope="module")
def standing(world: World) -> Iterator[Standing]:
    house, port = installed(), free_port()
    shutil.copy(Path(__file__).parent / "oidc" / "provider.mjs", house / "provider.mjs")
    with open_folder("oidc") as folder:
        one = Standing(f"http://127.0.0.1:{port}", folder / "who.json")
        one.believes("personne")
        told = os.environ | {"PORT": str(port), "CLIENT_SECRET": CLIENT_SECRET, "WHO": str(one.who),
                             "BACK": settings.SIGNIN_ORIGIN + "/fournisseur/retour"}  # fmt: skip
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(["node", "provider.mjs"], cwd=house, env=told, stdout=log, stderr=log) as process,
        ):
            try:
                until_ready(one, process, folder / "log")
                yield one
            finally:
                process.terminate()
                process.wait(20)


def until_ready(one: Standing, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 30
    while True:
        assert process.poll() is None and time.monotonic() < end, log.read_text()[-1500:]
        try:
            httpx.get(f"{one.issuer}/.well-known/openid-configuration").raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.1)


@pytest.fixture
def door(world: World, standing: Standing, cluster_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """The sign-in site of an installation that has this provider."""
    secret = cluster_folder / "credentials" / SECRET
    secret.write_text(CLIENT_SECRET + "\n")
    monkeypatch.setenv("RECOUPE_OIDC_ISSUER", standing.issuer)
    kept = [m for m in settings.MIDDLEWARE if "ActingContext" not in m]
    with override_settings(ROOT_URLCONF="recoupe.config.urls_signin", MIDDLEWARE=kept), world.process("signin"):
        yield Client()
    secret.unlink()


@pytest.fixture(scope="module")
def authority(world: World) -> TestAgent:
    return world.agent(Role.DESIGNATING_AUTHORITY, "OFAST")


def bind(world: World, authority: TestAgent, who: TestAgent, standing: Standing, sub: str) -> None:
    world.confirm(who.id)
    with world.process("web"), world.acting(authority) as agent:
        actions.bind_identity(by=agent, agent=agent_of(agent, who.id), issuer=standing.issuer, subject=sub)


def through(door: Client) -> str:
    """Leave with the browser, say yes at the provider, and stop at the address that leads back."""
    where = door.get("/fournisseur/")["Location"]
    with httpx.Client(follow_redirects=False) as browser:
        for _ in range(8):
            if where.startswith(settings.SIGNIN_ORIGIN):
                return where
            answer = browser.get(where)
            assert answer.is_redirect, (answer.status_code, answer.text[:400])
            where = str(httpx.URL(where).join(answer.headers["location"]))
    raise AssertionError(f"it never led back: {where}")


def back(door: Client, where: str, **changes: str) -> Any:
    parts = urlsplit(where)
    told = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    return door.get(parts.path, {name: value for name, value in told.items() if value != "-"})


def test_who_is_bound_enters_and_the_session_says_how(
    world: World, authority: TestAgent, standing: Standing, door: Client
) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13", purpose=False)
    bind(world, authority, who, standing, "17-fictif")
    standing.believes("17-fictif")
    answer = back(door, through(door))
    assert answer.status_code == 200
    cookie = answer.cookies[settings.SESSION_COOKIE]
    assert (cookie["samesite"], bool(cookie["httponly"])) == ("Strict", True)
    assert 'http-equiv="refresh"' in answer.content.decode()
    kept = world.sql("SELECT agent_id, how FROM access_session WHERE token_hash = %s", [token_hash(cookie.value)])
    assert [(str(agent), how) for agent, how in kept] == [(str(who.id), "oidc")]


def test_a_subject_that_nobody_bound_enters_nowhere(world: World, standing: Standing, door: Client) -> None:
    """Not even when the provider knows an e-mail or a login of ours."""
    before = world.refused_at_the_door()["unbound"]
    who = world.agent(Role.INVESTIGATOR, "PJ13", purpose=False)
    for sub in ("18-fictif", who.login, str(who.id), "agent@exemple.invalid"):
        standing.believes(sub)
        answer = back(door, through(door))
        assert answer.status_code == 403
        assert settings.SESSION_COOKIE not in answer.cookies
    assert world.refused_at_the_door()["unbound"] == before + 4


def test_too_low_an_assurance_is_refused(world: World, authority: TestAgent, standing: Standing, door: Client) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13", purpose=False)
    bind(world, authority, who, standing, "19-fictif")
    standing.believes("19-fictif", "eidas1")
    with pytest.raises(AssertionError, match="never led back"):  # the provider was told that it is essential
        through(door)


def test_a_state_serves_once_and_in_its_own_browser(
    world: World, authority: TestAgent, standing: Standing, door: Client
) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13", purpose=False)
    bind(world, authority, who, standing, "20-fictif")
    standing.believes("20-fictif")
    where = through(door)
    for stranger, changes in (
        (Client(), {}),
        (door, {"state": "00" * 32}),
        (door, {"state": "-"}),
        (door, {"state": "é"}),
    ):
        assert back(stranger, where, **changes).status_code == 403
    assert back(door, where, code="-").status_code == 403  # the state is spent, the code was never shown
    assert back(door, where).status_code == 403
    again = through(door)
    assert back(door, again).status_code == 200
    assert back(door, again).status_code == 403


def test_another_sessions_code_is_refused_by_its_verifier(
    world: World, authority: TestAgent, standing: Standing, door: Client
) -> None:
    """A code that leaked from somebody else's way is worth nothing in mine (PKCE, nonce)."""
    who = world.agent(Role.INVESTIGATOR, "PJ13", purpose=False)
    bind(world, authority, who, standing, "21-fictif")
    standing.believes("21-fictif")
    stolen = parse_qs(urlsplit(through(door)).query)["code"][0]
    mine, before = Client(), world.refused_at_the_door()["provider"]
    assert back(mine, through(mine), code=stolen).status_code == 403
    assert world.refused_at_the_door()["provider"] == before + 1


def test_one_subject_is_one_agent_and_nobody_binds_himself(
    world: World, authority: TestAgent, standing: Standing, door: Client
) -> None:
    one, other = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.INVESTIGATOR, "PJ13")
    bind(world, authority, one, standing, "22-fictif")
    for who in (other, authority):
        with pytest.raises(Exception, match=r"déjà liée|Nul ne modifie"):
            bind(world, authority, who, standing, "22-fictif")


def test_without_a_provider_the_way_is_closed(world: World, door: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "fournisseur" in door.get("/").content.decode()
    monkeypatch.delenv("RECOUPE_OIDC_ISSUER")
    assert door.get("/fournisseur/").status_code == 404
    assert door.get("/fournisseur/retour").status_code == 404
    assert "/fournisseur/" not in door.get("/").content.decode()


def test_a_provider_that_is_away_is_said(door: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOUPE_OIDC_ISSUER", f"http://127.0.0.1:{free_port()}")
    assert door.get("/fournisseur/").status_code == 503
