"""The whole demonstration in a network namespace that leads nowhere: every site answers, and nothing calls outside."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from recoupe.config.paths import PROJECT
from tests.faults.desk import environment

pytestmark = pytest.mark.slow
ALONE = ("unshare", "--net", "--")


def _may_be_alone() -> bool:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    done = subprocess.run([*ALONE, "ip", "link", "set", "lo", "up"], capture_output=True, check=False)
    return done.returncode == 0


# Runs inside the namespace. The kernel counts there each packet and each connection that found no route.
INSIDE = """
import json, os, socket, subprocess, sys
from pathlib import Path
from urllib.parse import urljoin
import httpx
from recoupe.access.authenticator import kept_keys
from recoupe.cli.visitor import Visitor

def unrouted():
    lines = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Ip:")]
    six = dict(line.split() for line in Path("/proc/net/snmp6").read_text().splitlines())
    return int(dict(zip(*lines))["OutNoRoutes"]) + int(six["Ip6OutNoRoutes"])

def recoupe(*words):
    subprocess.run([sys.executable, "-m", "recoupe.cli.main", *words], check=True, stdout=sys.stderr)

subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
told = subprocess.run(["ip", "route"], capture_output=True, text=True, check=True).stdout
found = {"routes": told, "before": unrouted()}
recoupe("demo", "start")
try:
    site, portal = (f"http://localhost:{os.environ[name]}/" for name in ("PORT", "PORTAL_PORT"))
    found["portal"] = httpx.get(portal).status_code
    pages, keys = {}, kept_keys()
    for login in ("pj13.enq1", "cross13.chef", "parquet13", "dpo"):
        visitor = Visitor(site, login)
        home = visitor.sign_in("Essai sans aucun réseau", keys[login])
        pages[login] = home.status
        for address in sorted({urljoin(home.url, link) for link, _ in home.links}):
            if not address.startswith(site):
                continue
            answer = visitor.http.get(address)
            pages[f"{login} {address[len(site):]}"] = answer.status_code
        visitor.http.close()
    found["pages"] = pages
finally:
    recoupe("demo", "stop")
found["after"] = unrouted()
try:
    socket.create_connection(("192.0.2.1", 80), timeout=2)
except OSError:
    pass
found["proof"] = unrouted()
print(json.dumps(found))
"""


@pytest.fixture
def data() -> Iterator[Path]:
    parent = Path(tempfile.mkdtemp(prefix="recoupe-alone-"))
    parent.chmod(0o755)
    yield parent / "data"
    shutil.rmtree(parent, ignore_errors=True)


@pytest.mark.skipif(not _may_be_alone(), reason="no network namespace may be made here")
def test_the_demonstration_lives_without_any_network(data: Path) -> None:
    told = environment(data) | {"PORT": "8000", "PORTAL_PORT": "8080", "SCALE": "0.1", "DETACH": "1"}
    done = subprocess.run(
        [*ALONE, sys.executable, "-c", INSIDE], cwd=PROJECT, env=told, capture_output=True, text=True, check=False,
        timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3_000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["routes"] == "", "this namespace leads somewhere"
    assert found["portal"] == 200
    assert len(found["pages"]) > 15
    assert {address: status for address, status in found["pages"].items() if status != 200} == {}
    assert found["after"] == found["before"], "something tried to reach another machine"
    assert found["proof"] > found["after"], "an attempt would not have been noticed"
    assert not (data / "run" / "keeper.pid").exists()
    assert os.environ.get("DATA") != str(data)
