"""The matcher as a process: killed between conflict and notice, two of them, two services at the same moment."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from recoupe.crosscheck.actions import start_over
from recoupe.operations.placing import Stop
from tests.crosscheck.process import matcher, start, until
from tests.deconfliction.scene import Scene, emptied
from tests.operations.made import noon, point
from tests.world import World

PAIRS = 12


@pytest.fixture
def scene(world: World) -> Iterator[Scene]:
    emptied(world)
    yield Scene(world)


def _compared(world: World) -> bool:
    return world.sql("SELECT count(*) FROM operations_outbox") == [(0,)]


def _hits(world: World, *events: UUID) -> int:
    query = "SELECT count(*) FROM crosscheck_hit WHERE low = ANY (%s) AND high = ANY (%s)"
    return int(world.sql(query, [list(events)] * 2)[0][0])


def _told(world: World, event: UUID) -> list[tuple[int, int]]:
    """How many sides an event has, and the most notices that anybody was sent of one."""
    return world.sql(
        "SELECT count(DISTINCT s.id)::int, coalesce(max(n.sent), 0)::int FROM crosscheck_hitside s LEFT JOIN ("
        " SELECT record_id, key, count(*) AS sent FROM notices_notice WHERE kind = 'hit' GROUP BY 1, 2) n"
        " ON n.record_id = s.id WHERE s.record_id = %s",
        [event],
    )


def test_killed_between_conflict_and_notice_it_still_tells_both_once(scene: Scene, tmp_path: Path) -> None:
    world = scene.world
    ours = scene.enter(scene.police, point())
    scene.compare()
    waits_for_us = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'notices_notice'::regclass"
    with psycopg.connect(world.admin_url) as direct:
        theirs = scene.enter(scene.customs, point())
        direct.execute("LOCK TABLE notices_notice IN ACCESS EXCLUSIVE MODE")
        process = start(world, tmp_path)
        try:
            # The hit and both of its sides are written; the matcher now waits to write the notices.
            until(lambda: world.sql(waits_for_us) != [(0,)])
        finally:
            process.kill()
            process.wait(10)
    until(lambda: world.sql(waits_for_us) == [(0,)])
    assert _hits(world, ours, theirs) == 0
    assert _told(world, ours) == _told(world, theirs) == [(0, 0)]
    with matcher(world, tmp_path):
        until(lambda: _compared(world))
    assert _hits(world, ours, theirs) == 1
    assert _told(world, ours) == _told(world, theirs) == [(1, 1)]


def test_two_matchers_and_two_services_at_the_same_moment_make_one_hit_of_each_pair(
    scene: Scene, tmp_path: Path
) -> None:
    world, barrier = scene.world, threading.Barrier(2)
    made: dict[tuple[str, int], UUID] = {}

    def enter_all(unit: str) -> None:
        try:
            for n in range(PAIRS):
                barrier.wait(60)
                there = point(stops=(Stop("13055", 5.20 + n / 20, 43.30),))
                made[unit, n] = scene.enter(getattr(scene, unit), there)
        finally:
            connection.close()

    folders = [tmp_path / "one", tmp_path / "two"]
    with ExitStack() as stack:
        for folder in folders:
            folder.mkdir()
            stack.enter_context(matcher(world, folder))
        with ThreadPoolExecutor(2) as pool:
            for one in [pool.submit(enter_all, unit) for unit in ("police", "customs")]:
                one.result(120)
        until(lambda: _compared(world))
    assert [_hits(world, made["police", n], made["customs", n]) for n in range(PAIRS)] == [1] * PAIRS
    assert [_told(world, event) for event in made.values()] == [[(1, 1)]] * (2 * PAIRS)


def test_of_two_events_of_one_instant_the_order_is_the_same_for_all(scene: Scene) -> None:
    """Neither was there first: the identifiers decide who asks, however often and in whichever turn it is compared."""
    ours, theirs = scene.enter(scene.police, point()), scene.enter(scene.customs, point())
    with psycopg.connect(scene.world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute("UPDATE operations_event SET changed_at = '2026-01-01' WHERE id = ANY (%s)", [[ours, theirs]])
    scene.compare()
    asker = "SELECT asker FROM crosscheck_hit WHERE low = ANY (%s) AND high = ANY (%s)"
    assert scene.world.sql(asker, [[ours, theirs]] * 2) == [(max(ours, theirs, key=lambda event: event.int),)]
    assert _told(scene.world, ours) == _told(scene.world, theirs) == [(1, 1)]


def test_an_index_that_was_lost_is_made_again_and_answers_the_same(scene: Scene, tmp_path: Path) -> None:
    """Killed in the middle of its work, told to start over: the same pairs, no second notice, the same new ones."""
    # A day of their own: all live events of the base are queued again.
    world, start_at = scene.world, noon(23)
    places = [(Stop("13055", 5.20 + n / 20, 43.30),) for n in range(4)]
    ours = [scene.enter(scene.police, point(start_at, stops=place)) for place in places]
    theirs = [scene.enter(scene.customs, point(start_at, stops=place)) for place in places]
    process = start(world, tmp_path)
    try:
        until(lambda: world.sql("SELECT count(*) FROM deconfliction_window")[0][0] >= 2)
    finally:
        process.kill()
        process.wait(10)
    with world.process("matcher"):
        start_over()
    world.sql("DELETE FROM deconfliction_bucket")
    world.sql("DELETE FROM deconfliction_window")
    with matcher(world, tmp_path):
        until(lambda: _compared(world))
        late = scene.enter(scene.customs, point(start_at + timedelta(minutes=90), stops=places[0]))
        until(lambda: _compared(world))
    assert [_hits(world, *pair) for pair in zip(ours, theirs, strict=True)] == [1] * 4
    assert [_told(world, event) for event in (*ours[1:], *theirs)] == [[(1, 1)]] * 7
    assert _hits(world, ours[0], late) == 1
