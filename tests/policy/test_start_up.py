"""Default deny from the first second (R-33, F4): the real process does not start while a route says nothing true."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import override_settings

from recoupe.cli.serve import command
from recoupe.web.middleware import ActingContextMiddleware
from tests.fuzz.stand import installed
from tests.world import World

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60


def environment(urlconf: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "RECOUPE_PROCESS": "web",
        "DATA": str(folder),
        "DJANGO_SETTINGS_MODULE": "tests.policy.sites.settings",
        "TEST_URLCONF": urlconf,
        "PYTHONPATH": str(PROJECT),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("urlconf", "named"),
    [
        ("tests.policy.sites.undeclared", "oubliee/"),
        ("tests.policy.sites.misspelt", "investigater"),
        ("tests.policy.sites.roleless", "a policy names roles"),
    ],
)
def test_a_route_without_a_true_policy_stops_the_process(urlconf: str, named: str, tmp_path: Path) -> None:
    done = subprocess.run(
        command("web", "127.0.0.1", free_port()),
        cwd=PROJECT,
        env=environment(urlconf, tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode != 0
    assert named in done.stderr


def test_the_same_process_starts_with_the_houses_own_routes(tmp_path: Path, world: World) -> None:
    installed(world, tmp_path)
    world.declare_made()
    port = free_port()
    with subprocess.Popen(
        command("web", "127.0.0.1", port),
        cwd=PROJECT,
        env=environment("recoupe.config.urls_web", tmp_path) | {"RECOUPE_DEMO": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        try:
            assert answers(port, running)
        finally:
            running.terminate()
            running.wait(PATIENCE_S)


def answers(port: int, running: subprocess.Popen[bytes]) -> bool:
    """Whether the site answers anything before it stops or the patience ends."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and running.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/langue/"):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.2)
    return False


def test_what_serves_requests_is_not_made_while_a_route_says_nothing() -> None:
    """The same in whatever process makes it: the check stands at the door, not in one command."""
    undeclared = override_settings(ROOT_URLCONF="tests.policy.sites.undeclared")
    with undeclared, pytest.raises(ImproperlyConfigured, match="oubliee/"):
        ActingContextMiddleware(lambda _request: HttpResponse())
    ActingContextMiddleware(lambda _request: HttpResponse())


def test_a_route_that_appears_after_the_start_is_refused(world: World) -> None:
    client = world.client(world.agent())
    assert client.get("/renseignements/").status_code == 200
    with override_settings(ROOT_URLCONF="tests.policy.sites.undeclared"):
        assert client.get("/oubliee/").status_code == 403
