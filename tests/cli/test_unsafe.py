"""Unsafe configurations (R-61): each one, alone, stops the real process with its sentence; the safe one starts."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from recoupe.cli.cluster import free_port
from recoupe.config import safety
from recoupe.config.processes import LOGIN_ROLES, PROCESSES
from recoupe.config.safety import ADMINISTRATORS, BASE, MACHINE, SEEDS, SETTINGS
from tests.folders import open_folder
from tests.world import World

PROJECT = Path(__file__).resolve().parents[2]
SENTENCES = {row.code: row.sentence for row in (*SETTINGS, *MACHINE)} | {row.code: row.sentence for row in BASE}
NOBODY = 65534
# The clusters of tests do not wait for the disk; no change of ours turns that on while they run.
ALWAYS = {"fsync", "pages"}
ROOT = os.geteuid() == 0
AS_ROOT = pytest.mark.skipif(not ROOT, reason="only root may start a process under another account")


@dataclass(frozen=True)
class Case:
    """What is spoilt, and the code that must answer."""

    code: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)
    host: str = "127.0.0.1"
    verb: str = "web"
    files: Callable[[Path], object] = lambda _folder: None
    base: tuple[str, str] = ("", "")
    demo: bool = True
    own_account: bool = False


CSP = {"default-src": ["'none'"], "script-src": ["'self'"], "require-trusted-types-for": ["'script'"],
       "trusted-types": ["default"]}  # fmt: skip
TLS = {"RECOUPE_TLS": "1"}
ROLE = "ALTER ROLE recoupe_app "
LIVE = [
    Case("debug", {"DEBUG": True}),
    Case("secret-short", {"SECRET_KEY": "Zx81-petite"}),
    Case("secret-sample", {"SECRET_KEY": "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz"}),
    Case("hosts-any", told={"RECOUPE_HOSTS": "localhost,*"}),
    Case("middleware", {"MIDDLEWARE": ["django.middleware.common.CommonMiddleware"]}),
    Case("csp-weak", {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": CSP | {"script-src": ["'self'", "'unsafe-inline'"]}}}),
    Case("csp-types", {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": CSP | {"trusted-types": ["default", "autre"]}}}),
    Case("cookie-name", {"SESSION_COOKIE": "recoupe"}, told=TLS),
    Case("cookie-script", {"CSRF_COOKIE_HTTPONLY": False}),
    Case("session-long", {"SESSION_HOURS": 13}),
    Case("hsts-short", {"SECURE_HSTS_SECONDS": 3600}, told=TLS),
    Case("proxy-header", {"SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"]}),
    Case("address-plain", told=TLS | {"RECOUPE_STAFF_URL": "http://recoupe.example/"}),
    Case("logs-chatty", {"LOGGING": {"version": 1, "loggers": {"django.db.backends": {"level": "DEBUG"}}}}),
    Case("plain-http", host="192.0.2.1", demo=False),
    Case("plain-http", told=TLS, host="::", demo=False),
    Case("made-open", told=TLS, host="::"),
    Case("provider-plain", told={"RECOUPE_OIDC_ISSUER": "http://fournisseur.example"}, verb="sign-in"),
    Case("key-absent", files=lambda f: (f / "web.key").unlink()),
    Case("key-readable", files=lambda f: (f / "recoupe_app").chmod(0o644)),
    Case("folder-open", files=lambda f: f.chmod(0o777)),
    Case("clock", files=lambda f: os.utime(f / "web.key", (4_000_000_000, 4_000_000_000))),
    Case("admin-address", told={"DATABASE_URL": "postgresql://postgres@127.0.0.1/postgres"}, demo=False),
    Case("root", demo=False),
    Case("other-keys", files=lambda f: os.chown(f / "notary.seed", NOBODY, NOBODY), demo=False, own_account=True),
    Case("other-keys", files=lambda f: os.chown(f / "signin.key", NOBODY, NOBODY), demo=False, own_account=True),
    Case("same-account", files=lambda f: os.chown(f / "temoin-a.seed", NOBODY, NOBODY), verb="notary", demo=False,
         own_account=True),
    Case("role-wrong", files=lambda f: (f / "recoupe_app").write_text((f / "recoupe_worker").read_text())),
    Case("superuser", base=(ROLE + "SUPERUSER", ROLE + "NOSUPERUSER")),
    Case("bypassrls", base=(ROLE + "BYPASSRLS", ROLE + "NOBYPASSRLS")),
    Case("member", base=("GRANT recoupe_owner TO recoupe_app", "REVOKE recoupe_owner FROM recoupe_app")),
    Case("statements", base=(ROLE + "SET log_statement = 'mod'", ROLE + "RESET log_statement")),
    Case("parameters", base=(ROLE + "SET log_parameter_max_length_on_error = 64",
                             ROLE + "SET log_parameter_max_length_on_error = 0")),
    Case("activity", base=(ROLE + "SET track_activities = on", ROLE + "SET track_activities = off")),
    Case("commit", base=(ROLE + "SET synchronous_commit = off", ROLE + "RESET synchronous_commit")),
    Case("fsync", demo=False),
    Case("pages", demo=False),
    Case("rows-open", base=("CREATE TABLE left_open (id integer)", "DROP TABLE left_open")),
    Case("readers", base=("GRANT SELECT (readers) ON cases_case TO recoupe_app",
                          "REVOKE SELECT (readers) ON cases_case FROM recoupe_app")),
    Case("secrets", base=("GRANT SELECT (agent_id) ON access_session TO recoupe_app",
                          "REVOKE SELECT (agent_id) ON access_session FROM recoupe_app")),
    Case("made-undeclared", base=("CREATE TABLE made_world (step text)", "DROP TABLE made_world"), demo=False),
    Case("made-absent", verb="sign-in"),
    Case("witness-alone", base=("UPDATE audit_witness SET retired_at = now() WHERE name = 'temoin-b'",
                                "UPDATE audit_witness SET retired_at = NULL"), verb="notary", demo=False),
]  # fmt: skip


def administer(world: World, statement: str) -> None:
    with psycopg.connect(world.admin_url, autocommit=True) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute(statement.encode())


@pytest.fixture(scope="module")
def witnessed(world: World) -> World:
    administer(world, "DROP SCHEMA unwitnessed")
    for name in ("temoin-a", "temoin-b"):
        administer(world, "INSERT INTO audit_witness (name, public_key, enrolled_at, size)"
                          f" VALUES ('{name}', sha256('{name}'), now(), 0)")  # fmt: skip
    return world


@pytest.fixture
def installation(witnessed: World) -> Iterator[Path]:
    """A folder as the set-up leaves it; as root, the files of each process are those of another account."""
    with open_folder("unsafe") as folder:
        credentials = folder / "credentials"
        credentials.mkdir(mode=0o711)
        credentials.chmod(0o711)
        files = {role: witnessed.url(role) for role in LOGIN_ROLES}
        files |= {f"{name}.key": "q7Wd_0kRzB5vNfXcYtGhJm2Ls8Pa-Ue4Iio9TnVw" for name in PROCESSES}
        files |= {f"{name}.seed": "00" * 32 for name in SEEDS}
        for number, (name, text) in enumerate(files.items()):
            (credentials / name).write_text(text + "\n")
            (credentials / name).chmod(0o600)
            if ROOT:
                os.chown(credentials / name, 61_000 + number, 61_000 + number)
        (folder / "journal" / "notary").mkdir(parents=True)
        if ROOT:
            os.chown(folder / "journal" / "notary", NOBODY, NOBODY)
        yield folder


def start(case: Case, folder: Path, port: int) -> "subprocess.Popen[str]":
    """The real process, with what the case spoils."""
    where = ["--host", case.host, "--port", str(port)] if case.verb in ("web", "sign-in") else []
    kept = {k: v for k, v in os.environ.items() if k not in (*ADMINISTRATORS, "RECOUPE_DEMO", "RECOUPE_HOSTS")}
    told = kept | {"DATA": str(folder), "RECOUPE_DEMO": "1" if case.demo else "", "PYTHONPATH": str(PROJECT)}
    if case.settings:
        told |= {"DJANGO_SETTINGS_MODULE": "tests.cli.unsafe_settings", "UNSAFE": json.dumps(case.settings)}
    account: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if case.own_account else {}
    return subprocess.Popen(
        [sys.executable, "-m", "recoupe.cli.main", case.verb, *where], env=told | dict(case.told), cwd=PROJECT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **account,
    )  # fmt: skip


def refused(case: Case, folder: Path) -> str:
    """What it says when it does not start."""
    if case.own_account and ROOT:
        for name in (
            ("recoupe_app", "web.key") if case.verb == "web" else ("recoupe_notary", "notary.key", "notary.seed")
        ):
            os.chown(folder / "credentials" / name, NOBODY, NOBODY)
    with start(case, folder, free_port()) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1, said
    assert "Traceback" not in said
    return said


def codes(said: str) -> set[str]:
    return set(re.findall(r"\[([a-z-]+)\]$", said, re.MULTILINE))


def test_each_refusal_of_the_table_is_tried_here() -> None:
    assert {case.code for case in LIVE} == set(SENTENCES)
    assert len(SENTENCES) == len(SETTINGS) + len(MACHINE) + len(BASE) >= 20


@pytest.mark.parametrize("case", LIVE, ids=lambda case: case.code)
def test_an_unsafe_configuration_does_not_start(case: Case, installation: Path, witnessed: World) -> None:
    if (case.own_account or case.code == "root") and not ROOT:
        pytest.skip("only root may start a process under another account, or as root")
    case.files(installation / "credentials")
    do, undo = case.base
    if do:
        administer(witnessed, do)
    try:
        said = refused(case, installation)
    finally:
        if undo:
            administer(witnessed, undo)
    assert case.code in codes(said)
    assert f"{SENTENCES[case.code]} [{case.code}]" in said


@AS_ROOT
@pytest.mark.parametrize("verb", ["web", "notary"])
def test_outside_a_demonstration_nothing_else_is_found(verb: str, installation: Path) -> None:
    """The rows that a demonstration does not ask are false where they should be."""
    assert codes(refused(Case("", verb=verb, demo=False, own_account=True), installation)) == ALWAYS


def test_the_safe_one_starts(installation: Path, witnessed: World) -> None:
    port = free_port()
    witnessed.declare_made()
    process = start(Case(""), installation, port)
    try:
        end = time.monotonic() + 60
        while True:
            assert process.poll() is None, process.communicate()
            try:
                assert urllib.request.urlopen(f"http://127.0.0.1:{port}/sante").status == 200
                break
            except OSError:
                assert time.monotonic() < end
                time.sleep(0.1)
    finally:
        process.terminate()
        process.communicate(timeout=60)
        administer(witnessed, "DROP TABLE made_world")


def test_a_base_that_is_away_is_waited_for_then_refused(
    installation: Path, witnessed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever starts before the base is asked all the same, when it comes; when it does not, he does not start."""
    path, there = installation / "credentials" / "recoupe_app", witnessed.url("recoupe_app")
    path.write_text(f"postgresql://recoupe_app:x@127.0.0.1:{free_port()}/recoupe\n")
    monkeypatch.setenv("DATA", str(installation))
    monkeypatch.setenv("RECOUPE_DEMO", "1")
    monkeypatch.setattr(safety, "WAIT_S", 0.0)
    monkeypatch.setattr(safety, "STEP_S", 0.0)
    with pytest.raises(safety.UnsafeError, match="base-away"):
        safety.refuse_unsafe("web")
    path.unlink()
    with pytest.raises(safety.UnsafeError, match="base-away"):
        safety.refuse_unsafe("web")
    monkeypatch.setattr(safety, "WAIT_S", 60.0)
    monkeypatch.setattr(time, "sleep", lambda _s: path.write_text(there))
    with pytest.raises(safety.UnsafeError, match="made-absent") as refusal:
        safety.refuse_unsafe("web")
    assert "base-away" not in str(refusal.value)


@pytest.mark.parametrize(
    ("line", "host"),
    [("-b 192.0.2.1:80", "192.0.2.1"), ("--bind=[2001:db8::1]:80", "2001:db8::1"), ("--bind [::]:80", "::"),
     ("-b unix:/x", ""), ("--bind 127.0.0.1:80 --workers 3", ""), ("", "")],
)  # fmt: skip
def test_a_server_of_its_own_is_known_by_its_arguments(line: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(safety, "refuse_unsafe", lambda _name, where: asked.append(where))
    safety.refuse_server(["gunicorn", "recoupe.config.wsgi:application", *line.split()])
    assert asked == [host]
