"""A note of a process never leads to another process that took its number."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from recoupe.cli.identity import Identity, end, identify, marked, noted

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def test_a_living_process_is_known_and_a_dead_one_is_not(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identify(sleeper.pid)
    assert identity is not None
    assert identity.alive()
    sleeper.kill()
    sleeper.wait()
    assert not identity.alive()


def test_a_zombie_is_dead(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identify(sleeper.pid)
    assert identity is not None
    sleeper.kill()
    limit = time.monotonic() + 5
    while identity.alive() and time.monotonic() < limit:
        time.sleep(0.01)
    assert Path(f"/proc/{sleeper.pid}").exists()
    assert not identity.alive()


def test_a_recycled_number_is_another_process(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    now = identify(sleeper.pid)
    assert now is not None
    before = Identity(now.pid, now.started - 1)
    before.write(tmp_path / "web.pid")
    assert noted(tmp_path / "web.pid") is None
    end([before], patience=0.1)
    assert sleeper.poll() is None


@pytest.mark.parametrize("text", ["", "12", "one two", "1 2 3", "99999999 1"])
def test_a_spoilt_note_speaks_of_nobody(text: str, tmp_path: Path) -> None:
    (tmp_path / "web.pid").write_text(text)
    assert noted(tmp_path / "web.pid") is None


def test_a_note_finds_its_process_again(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    identity = identify(sleeper.pid)
    assert identity is not None
    identity.write(tmp_path / "web.pid")
    assert noted(tmp_path / "web.pid") == identity


def test_one_that_will_not_end_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        identity = identify(process.pid)
        assert identity is not None
        end([identity], patience=0.3)
        assert process.wait(timeout=5) == -signal.SIGKILL


def test_a_mark_finds_an_orphan_and_nobody_else(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    environment = os.environ | {"RECOUPE_TEST_MARK": str(tmp_path)}
    subprocess.run(["sh", "-c", "sleep 60 >/dev/null 2>&1 & exit 0"], env=environment, check=True)
    found = list(marked(RECOUPE_TEST_MARK=str(tmp_path)))
    assert len(found) == 1
    assert found[0].pid != sleeper.pid
    end(found, patience=2)
    assert list(marked(RECOUPE_TEST_MARK=str(tmp_path))) == []
