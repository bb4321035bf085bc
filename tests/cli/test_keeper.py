"""The keeper: what it started lives again after a kill, and nothing of it is left when it ends."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recoupe.cli.folder import Folder
from recoupe.cli.identity import identify, marked, noted
from recoupe.cli.keeper import KILLED_PAUSE, Keeper, Kept, sweep
from recoupe.cli.os_user import OsUser
from recoupe.cli.services import MARK, Service

# A parent with a child of its own, as gunicorn has workers.
PARENT = "import subprocess, time; subprocess.Popen(['sleep', '60']); print('up', flush=True); time.sleep(60)"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path / "data")
    made.prepare()
    yield made
    sweep(made)


def service(folder: Folder, name: str, *command: str) -> Service:
    return Service(name, command, os.environ | {MARK: str(folder.path), "RECOUPE_PROCESS": name})


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def keeping(folder: Folder) -> Iterator[Keeper]:
    keeper = Keeper(
        folder,
        [service(folder, "one", sys.executable, "-c", PARENT), service(folder, "two", "sleep", "60")],
        None,
        lambda: None,
    )
    thread = threading.Thread(target=_loop, args=[keeper])
    thread.start()
    assert until(lambda: all(noted(folder.note(name)) for name in ("one", "two")))
    yield keeper
    keeper.stopping.set()
    thread.join(30)


def _loop(keeper: Keeper) -> None:
    """What `run` does, without the signal handlers that only a main thread may set."""
    while not keeper.stopping.is_set():
        for kept in keeper.kept:
            kept.watch()
        keeper.stopping.wait(0.05)
    keeper.stop()


def test_a_killed_process_is_started_again(keeping: Keeper, folder: Folder) -> None:
    before = noted(folder.note("two"))
    assert before is not None
    before.send(signal.SIGKILL)
    assert until(lambda: (now := noted(folder.note("two"))) is not None and now != before)


def test_the_workers_of_a_killed_master_go_before_the_next_one_starts(keeping: Keeper, folder: Folder) -> None:
    mine = {MARK: str(folder.path), "RECOUPE_PROCESS": "one"}
    assert until(lambda: len(list(marked(**mine))) == 2)
    before = set(marked(**mine))
    master = noted(folder.note("one"))
    assert master is not None
    master.send(signal.SIGKILL)
    assert until(lambda: (now := noted(folder.note("one"))) is not None and now != master)
    assert until(lambda: len(list(marked(**mine))) == 2)
    assert not before & set(marked(**mine))


def test_the_end_leaves_nothing_not_even_orphans(keeping: Keeper, folder: Folder) -> None:
    assert until(lambda: len(list(marked(**{MARK: str(folder.path)}))) == 3)
    parent = noted(folder.note("one"))
    assert parent is not None
    keeping.stopping.set()
    assert until(lambda: not list(marked(**{MARK: str(folder.path)})), 20)


def test_a_process_that_keeps_failing_is_tried_ever_less(folder: Folder) -> None:
    kept = Kept(service(folder, "bad", "false"), folder)
    pauses = []
    for _ in range(3):
        kept.not_before = 0
        kept.watch()
        child = kept.child
        assert child is not None
        child.wait()
        before = time.monotonic()
        kept.watch()
        pauses.append(round(kept.not_before - before))
    assert pauses == [0, 2, 4]
    kept.watch()
    assert kept.child is None


def test_one_that_is_killed_again_and_again_is_back_within_a_second(folder: Folder) -> None:
    """It did not fail: somebody, or the machine for want of memory, ended it."""
    kept = Kept(service(folder, "victim", "sleep", "60"), folder)
    pauses = []
    for _ in range(5):
        kept.not_before = 0
        kept.watch()
        child = kept.child
        assert child is not None
        child.kill()
        child.wait()
        before = time.monotonic()
        kept.watch()
        pauses.append(round(kept.not_before - before))
    assert pauses == [KILLED_PAUSE] * 5


def test_one_that_had_settled_starts_again_at_once(folder: Folder) -> None:
    kept = Kept(service(folder, "good", "true"), folder)
    kept.failures = 5
    kept.watch()
    assert kept.child is not None
    kept.child.wait()
    kept.born -= 60
    kept.watch()
    assert kept.failures == 1
    assert kept.not_before <= time.monotonic()


def test_what_a_killed_run_left_is_swept_and_strangers_stay(folder: Folder) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    left = subprocess.Popen(["sleep", "60"], env=os.environ | {MARK: str(folder.path)})
    other = subprocess.Popen(["sleep", "60"], env=os.environ | {MARK: str(folder.path) + "2"})
    note = identify(stranger.pid)
    assert note is not None
    note.write(folder.note("web"))
    try:
        assert [identity.pid for identity in sweep(folder)] == [left.pid]
        assert left.wait(5) == -signal.SIGTERM
        assert stranger.poll() is None
        assert other.poll() is None
        assert not folder.note("web").exists()
    finally:
        for process in (stranger, left, other):
            process.kill()
            process.wait()


def test_logs_and_notes_are_written(keeping: Keeper, folder: Folder) -> None:
    assert until(lambda: (folder.log / "one.log").read_text() == "up\n")
    assert folder.log.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_each_process_runs_under_its_own_account(folder: Folder) -> None:
    told = service(folder, "who", "sh", "-c", "id -u; id -G; umask")
    kept = Kept(Service(told.name, told.command, told.environment, OsUser(60199, 60199)), folder)
    kept.watch()
    assert kept.child is not None
    kept.child.wait()
    assert (folder.log / "who.log").read_text().split() == ["60199", "60199", "0077"]
