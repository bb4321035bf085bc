"""The matcher as a process: kills, lanes, and how soon; a thousand pairs at once are in tests/faults/test_pairs.py."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from recoupe.access.enums import Role
from recoupe.crosscheck import matcher as matching
from recoupe.crosscheck.actions import wait_until_crosschecked
from recoupe.crosscheck.actions.pull import Pulled, pull
from recoupe.crosscheck.keys import KEY_BYTES, check_key, index_key, key_file, keyed
from recoupe.kernel.refusal import Conflict
from tests.crosscheck.process import drained, fill, matcher, queued, start, until
from tests.crosscheck.scene import Scene, new_phone
from tests.world import TestAgent

POLICE, CUSTOMS, IMPORTER = "PJ13", "DED13", "SR83"
PAIRS = 1000
AT_ONCE = 3
BUDGET = 50


@pytest.fixture
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, POLICE)


@pytest.fixture
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, CUSTOMS)


def counts(scene: Scene) -> dict[str, int]:
    """What the matcher has written so far, whoever may read it."""
    names = ("crosscheck_hit", "crosscheck_hitside", "crosscheck_contactthread", "notices_notice", "access_feed")
    found = {name: int(scene.world.sql(f"SELECT count(*) FROM {name}")[0][0]) for name in names}
    found["combine"] = len(scene.world.journal("combine"))
    return found


def test_an_entry_is_compared_within_the_wait_of_its_page(
    scene: Scene, police: TestAgent, customs: TestAgent, tmp_path: Path
) -> None:
    phone = new_phone()
    scene.enter(customs, phone=phone)
    with matcher(scene.world, tmp_path):
        until(lambda: drained(scene.world))
        asked = scene.enter(police, phone=phone)
        assert wait_until_crosschecked(police.token, asked, timeout_s=5)
        assert scene.side(police, asked).other_code == CUSTOMS


def test_the_wait_ends_without_a_matcher(scene: Scene, police: TestAgent) -> None:
    asked = scene.enter(police, phone=new_phone())
    assert not wait_until_crosschecked(police.token, asked, timeout_s=0.2)
    scene.pull()


def test_a_kill_in_the_middle_of_a_pull_leaves_nothing_half_told(
    scene: Scene, police: TestAgent, customs: TestAgent, tmp_path: Path
) -> None:
    phone = new_phone()
    held = scene.enter(customs, phone=phone)
    scene.pull()
    before = counts(scene)
    asked = scene.enter(police, phone=phone)
    before["access_feed"], before["notices_notice"] = counts(scene)["access_feed"], counts(scene)["notices_notice"]
    waits_for_us = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'crosscheck_hitside'::regclass"
    with psycopg.connect(scene.world.admin_url) as direct:
        # The hit and the channel are written; the matcher now waits to write the two sides.
        direct.execute("LOCK TABLE crosscheck_hitside IN SHARE MODE")
        process = start(scene.world, tmp_path)
        try:
            until(lambda: scene.world.sql(waits_for_us) != [(0,)], 20)
        finally:
            process.kill()
            process.wait(10)
        direct.rollback()
    until(lambda: queued(scene.world) == 1, 10)
    assert counts(scene) == before
    assert scene.sides(police, asked) == scene.sides(customs, held) == []
    with matcher(scene.world, tmp_path):
        until(lambda: drained(scene.world), 20)
    assert scene.side(police, asked).hit_id == scene.side(customs, held).hit_id


def test_a_lost_connection_is_opened_again(scene: Scene, police: TestAgent, customs: TestAgent, tmp_path: Path) -> None:
    phone = new_phone()
    scene.enter(customs, phone=phone)
    ended = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE usename = 'recoupe_matcher' AND datname = current_database()"
    )
    with matcher(scene.world, tmp_path):
        until(lambda: drained(scene.world), 20)
        # A connection for each lane, and one for the events.
        assert scene.world.sql(ended) == [(3,)]
        asked = scene.enter(police, phone=phone)
        until(lambda: drained(scene.world), 20)
        assert scene.side(police, asked)


def _leave_few_locks(crowd: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Hold so many locks that only some thousands are left on this server."""
    query = "SELECT count(pg_advisory_xact_lock(k)) FROM generate_series(%s::bigint, %s::bigint) k"
    for number in count():
        crowd.execute(f"SAVEPOINT chunk{number}".encode())
        try:
            crowd.execute(query, [5000 * number, 5000 * number + 4999])
        except psycopg.errors.OutOfMemory:
            crowd.execute(f"ROLLBACK TO SAVEPOINT chunk{number - 2}".encode())
            return


def _drained_in_the_crowd(scene: Scene) -> bool:
    """While the matcher holds the last locks nobody else may even connect: ask again."""
    try:
        return drained(scene.world)
    except psycopg.OperationalError:
        return False


def test_records_with_more_selectors_than_the_server_has_locks_are_taken_in_smaller_blocks(
    scene: Scene, customs: TestAgent, tmp_path: Path
) -> None:
    model = scene.enter(customs)
    scene.pull()
    fill(scene.world, model, 500, mark="WIDE", lane="bulk", first=633000000, each=100)
    with psycopg.connect(scene.world.admin_url) as crowd:
        _leave_few_locks(crowd)
        with matcher(scene.world, tmp_path):
            until(lambda: _drained_in_the_crowd(scene))
        crowd.rollback()
    assert "too many selectors" in (tmp_path / "matcher.log").read_text()
    entered = "SELECT count(*) FROM crosscheck_indexentry e JOIN intelligence_report r ON r.id = e.record_id"
    wide = f"{entered} WHERE r.ref LIKE 'WIDE-%%'"
    assert scene.world.sql(wide) == [(50_000,)]


@pytest.mark.parametrize("lane", ["express", "bulk"])
def test_two_lanes_that_meet_on_every_selector_make_each_hit_once(
    scene: Scene, police: TestAgent, customs: TestAgent, tmp_path: Path, lane: str
) -> None:
    ours, theirs = scene.enter(police), scene.enter(customs)
    scene.pull()
    before, first = counts(scene)["crosscheck_hit"], 611000000 if lane == "express" else 621000000
    fill(scene.world, ours, PAIRS, mark=f"OURS{lane}", lane=lane, first=first, each=2)
    fill(scene.world, theirs, PAIRS, mark=f"THEIRS{lane}", lane="bulk", first=first, each=2)
    with matcher(scene.world, tmp_path):
        until(lambda: drained(scene.world))
    assert counts(scene)["crosscheck_hit"] - before == PAIRS
    assert _pairs_of(scene, f"OURS{lane}", f"THEIRS{lane}") == PAIRS


@pytest.mark.parametrize("fails", [False, True])
def test_of_a_file_the_next_block_is_taken_beside_the_one_in_hand(
    scene: Scene, police: TestAgent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    model = scene.enter(police)
    scene.pull()
    fill(scene.world, model, 60, mark=f"FILE{fails:d}", lane="bulk", first=631000000 + 1000 * fails)
    took: Counter[str] = Counter()

    def counted(lane: str, limit: int) -> Pulled:
        found = pull(lane, limit)
        took[threading.current_thread().name] += found.records
        if fails and found.records and threading.current_thread().name == "matcher-ahead":
            raise ValueError
        return found

    monkeypatch.setattr(matching, "pull", counted)
    monkeypatch.setattr(matching, "RECORDS_OF_LANE", {"express": 5, "bulk": 5})
    monkeypatch.setattr(matching, "matcher_socket", lambda: tmp_path / "socket")
    running = matching.Matcher(lanes=("bulk",))

    def end() -> None:
        until(lambda: drained(scene.world))
        running.stop.set()

    ending = threading.Thread(target=end)
    with scene.world.process("matcher"):
        ending.start()
        assert running.run()
    ending.join()
    assert {name for name, records in took.items() if records} == {"matcher-bulk", "matcher-ahead"}
    assert sum(took.values()) == 60


def _pairs_of(scene: Scene, first: str, second: str) -> int:
    """How many hits join the n-th record of one mark with the n-th of the other, both of their sides told."""
    query = """
        SELECT count(DISTINCT h.id) FROM crosscheck_hit h
          JOIN intelligence_report a ON a.id IN (h.low, h.high) AND a.ref LIKE %s || '-%%'
          JOIN intelligence_report b ON b.id IN (h.low, h.high) AND b.ref = %s || '-' || split_part(a.ref, '-', 2)
         WHERE (SELECT count(*) FROM crosscheck_hitside s WHERE s.hit_id = h.id) = 2
    """
    return int(scene.world.sql(query, [first, second])[0][0])


# --- The key -----------------------------------------------------------------------------------------------------
def test_the_key_is_a_private_file_and_not_in_the_database(scene: Scene) -> None:
    key = index_key()
    assert len(key) == KEY_BYTES
    assert key_file().stat().st_mode & 0o777 == 0o600
    with scene.world.process("matcher"):
        check_key()
        check_key()
    stored = scene.world.sql("SELECT mark FROM crosscheck_indexkey")
    assert len(stored) == 1
    assert bytes(stored[0][0]) != key


def test_another_key_is_refused_with_the_name_of_its_file(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scene.world.process("matcher"):
        check_key()
        monkeypatch.setenv("DATA", str(tmp_path))
        with pytest.raises(Conflict, match=r"matcher\.index\.key"):
            check_key()


def test_two_that_start_together_end_with_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA", str(tmp_path))
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: index_key(), range(32)))) == 1
    assert [path.name for path in key_file().parent.iterdir()] == ["matcher.index.key"]


def test_the_keyed_hash_tells_kinds_apart_and_needs_the_key() -> None:
    assert keyed(b"k" * 32, "phone", "+33612345678") == keyed(b"k" * 32, "phone", "+33612345678")
    variants = {
        keyed(b"k" * 32, "phone", "1"),
        keyed(b"l" * 32, "phone", "1"),
        keyed(b"k" * 32, "imei", "1"),
        keyed(b"k" * 32, "phone", "2"),
    }
    assert len(variants) == 4
    assert all(len(value) == 32 for value in variants)
