"""A server that is started without our command refuses unsafe settings as well."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recoupe.config.files import write_durably

SAFE = "localhost,127.0.0.1"
MIB = 1_048_576
# One large upload, then a lesser one in parts; what the process holds of the second when all of it is freed.
UPLOADS = """
from pathlib import Path
held = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096
first = bytearray(16 << 20); del first
before = held()
parts = [bytearray(b"x") * (3 << 20) for _ in range(8)]; del parts
print(held() - before)
"""


def left_by_uploads(before: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Python of its own that runs those lines first."""
    asked = [sys.executable, "-c", before + UPLOADS]
    return subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(("hosts", "starts"), [(SAFE, True), ("*", False)])
def test_the_application_itself_asks_its_settings(tmp_path: Path, hosts: str, starts: bool) -> None:
    told = {"DATA": str(tmp_path), "RECOUPE_PROCESS": "portal", "RECOUPE_HOSTS": hosts, "RECOUPE_DEMO": "1"}
    place = tmp_path / "credentials"
    place.mkdir(mode=0o711)
    for name in ("recoupe_portal", "portal.key"):
        write_durably(place / name, "q7Wd_0kRzB5vNfXcYtGhJm2Ls8Pa-Ue4Iio9TnVw\n")
    environment = os.environ | told | {"DJANGO_SETTINGS_MODULE": "recoupe.config.settings"}
    asked = "import gc, sys, recoupe.config.wsgi; print(gc.get_freeze_count(), *sys.modules)"
    done = left_by_uploads(asked, environment)
    assert (done.returncode == 0) is starts, done.stderr
    assert ("[hosts-any]" in done.stderr) is not starts
    frozen, *loaded, left = done.stdout.split() or ["0", str(24 * MIB)]
    assert (int(frozen) > 10_000) is starts, "what is loaded at the start is walked by no collection"
    rooms = {name.split(".")[1] for name in loaded if name.startswith("recoupe.")}
    assert rooms <= {"config", "kernel", "sealing", "portal"}, "what the public reaches holds the code of no room"
    assert (int(left) < 4 * MIB) is starts, "what a request needed goes back to the machine"
    (place / "portal.key").chmod(0o644)
    done = left_by_uploads(asked, environment)
    assert "[key-readable]" in done.stderr, "what the machine tells is asked too"


def test_a_process_that_is_told_nothing_keeps_what_it_freed() -> None:
    """Otherwise what stands above would show nothing of ours."""
    kept = left_by_uploads("", dict(os.environ)).stdout
    assert int(kept) > 16 * MIB or not hasattr(ctypes.CDLL(None), "mallopt"), kept
