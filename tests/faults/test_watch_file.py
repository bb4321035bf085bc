"""The file beside the journal at its limits: a disk without room, a worker that dies while it hands it over (R-42)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import psycopg
import pytest

from recoupe.audit import aside
from recoupe.deconfliction.models import DangerSide
from tests.crosscheck.process import until
from tests.deconfliction.beside import append, refusing, take_in, taken
from tests.deconfliction.scene import Scene, emptied
from tests.faults.disks import fill_up, only_root, small_disk
from tests.web.rooms import text
from tests.world import World

SIZE = 2**18
# More than the last page of the file takes, of lines of half a kilobyte.
READINGS = 20
LINES = 3 * aside.AT_ONCE + 50
# In the middle of the first block, at the end of the second, in the last one.
STOPS = (aside.AT_ONCE // 2, 2 * aside.AT_ONCE - 1, LINES - 1)


@pytest.fixture
def scene(world: World) -> Scene:
    emptied(world)
    world.sql("DELETE FROM audit_aside")
    return Scene(world)


# --- a disk without room -------------------------------------------------------------------------------------------


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with small_disk("watch", SIZE) as folder:
        monkeypatch.setattr(aside, "watch_file", lambda: folder / "consultations.jsonl")
        yield folder


def _reads(scene: Scene, file: Path) -> bool:
    """Read the screen once: whether it was shown, and then it is one more whole line on the disk, with its end."""
    before = _whole(file)
    answer = scene.world.client(scene.watch).get("/veille/etat/")
    page = unescape(text(answer))
    with scene.world.acting(scene.police_duty):
        number = DangerSide.objects.get(live=True).other_phone
    shown = answer.status_code == 200
    assert (number in page) is shown
    assert _whole(file) - before == shown
    assert shown or (answer.status_code == 503 and "ne peut pas non plus être écrite sur le disque" in page)
    return shown


def _whole(file: Path) -> int:
    return sum(line.whole for line in aside.lines(file)) if file.exists() else 0


@only_root
def test_without_room_for_a_reading_nothing_is_shown_and_all_comes_back_with_it(scene: Scene, disk: Path) -> None:
    scene.meet()
    file = disk / "consultations.jsonl"
    with refusing(scene.world):
        assert _reads(scene, file)
        ballast = fill_up(disk)
        # The page of the disk that is begun takes some more, and the first part of one.
        shown = [_reads(scene, file) for _ in range(READINGS)]
        assert shown == sorted(shown, reverse=True) and not shown[-1]
        assert not file.read_bytes().endswith(b"\n"), "the disk took a part of a line"
        ballast.unlink()
        assert _reads(scene, file)
    whole = [line for line in aside.lines(file) if line.whole]
    assert all(line.chained for line in whole)
    assert take_in(scene.world, file) == aside.Taken(sum(shown) + 2)
    assert taken(scene.world, scene.watch) == [json.loads(line.text)["at"] for line in whole]


# --- a worker that is killed -----------------------------------------------------------------------------------------

_TURN = """
import django
django.setup()
from recoupe.worker.tasks import take_in
take_in.func(0)
"""


# The turn that runs, by the lock that it holds until its transaction has ended, and whether it waits for another one.
_RUNS = """
    SELECT count(*) FROM pg_locks l
     WHERE l.locktype = 'advisory' AND l.objid::bigint = hashtext('audit.take_in')::bigint & 4294967295
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_WAITS = """
       AND EXISTS (SELECT 1 FROM pg_locks w WHERE w.pid = l.pid AND NOT w.granted AND w.locktype = 'transactionid')
"""


@contextmanager
def _worker(world: World, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The worker's own job as a process, on the file of this folder."""
    credentials = folder / "credentials"
    credentials.mkdir(exist_ok=True)
    (credentials / "recoupe_worker").write_text(world.url("recoupe_worker"))
    (credentials / "recoupe_worker").chmod(0o600)
    environment = os.environ | {
        "DATA": str(folder), "RECOUPE_PROCESS": "worker", "DJANGO_SETTINGS_MODULE": "recoupe.config.settings",
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-c", _TURN], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait(20)


def _killed_at(world: World, folder: Path, text: str) -> None:
    """Kill it while its transaction waits to take in this line, and those behind it."""
    with psycopg.connect(world.admin_url) as other:
        other.execute(
            "INSERT INTO audit_aside (hash, taken_at, upto) VALUES (sha256(convert_to(%s, 'UTF8')), now(), 0)", [text]
        )
        with _worker(world, folder) as process:
            until(lambda: world.sql(_RUNS + _WAITS) == [(1,)])
            assert process.poll() is None
        other.rollback()
    until(lambda: world.sql(_RUNS) == [(0,)])


def test_a_worker_killed_while_it_hands_over_loses_none_and_doubles_none(scene: Scene, tmp_path: Path) -> None:
    world, who = scene.world, scene.watch
    file = tmp_path / "watch" / "consultations.jsonl"
    file.parent.mkdir()
    append(file, who, LINES)
    lines = [line.text for line in aside.lines(file)]
    read = [json.loads(line)["at"] for line in lines]
    for stop in STOPS:
        _killed_at(world, tmp_path, lines[stop])
        # The blocks that were committed before it, whole; of the one that was cut nothing.
        assert taken(world, who) == read[: stop - stop % aside.AT_ONCE]
    with _worker(world, tmp_path) as process:
        assert process.wait(60) == 0
    assert taken(world, who) == read
    assert take_in(world, file) == aside.Taken()
