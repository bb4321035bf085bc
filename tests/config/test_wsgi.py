"""A server that is started without our command refuses unsafe settings as well."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from recoupe.config.files import write_durably

SAFE = "localhost,127.0.0.1"


@pytest.mark.parametrize(("hosts", "starts"), [(SAFE, True), ("*", False)])
def test_the_application_itself_asks_its_settings(tmp_path: Path, hosts: str, starts: bool) -> None:
    told = {"DATA": str(tmp_path), "RECOUPE_PROCESS": "portal", "RECOUPE_HOSTS": hosts, "RECOUPE_DEMO": "1"}
    place = tmp_path / "credentials"
    place.mkdir(mode=0o711)
    for name in ("recoupe_portal", "portal.key"):
        write_durably(place / name, "q7Wd_0kRzB5vNfXcYtGhJm2Ls8Pa-Ue4Iio9TnVw\n")
    environment = os.environ | told | {"DJANGO_SETTINGS_MODULE": "recoupe.config.settings"}
    asked = [sys.executable, "-c", "import gc, sys, recoupe.config.wsgi; print(gc.get_freeze_count(), *sys.modules)"]
    done = subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode == 0) is starts, done.stderr
    assert ("[hosts-any]" in done.stderr) is not starts
    frozen, *loaded = done.stdout.split() or ["0"]
    assert (int(frozen) > 10_000) is starts, "what is loaded at the start is walked by no collection"
    rooms = {name.split(".")[1] for name in loaded if name.startswith("recoupe.")}
    assert rooms <= {"config", "kernel", "portal"}, "what the public reaches holds the code of no room"
    (place / "portal.key").chmod(0o644)
    done = subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=60)
    assert "[key-readable]" in done.stderr, "what the machine tells is asked too"
