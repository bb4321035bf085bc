"""The index holds what is still to be met, whatever the months bring; compared again, an event says nothing twice."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from recoupe.crosscheck.enums import HitState
from recoupe.deconfliction import index
from recoupe.deconfliction.actions import drain
from recoupe.operations.placing import Stop
from tests.deconfliction.scene import Scene, emptied
from tests.operations.made import noon, point
from tests.world import World

SIZE = "SELECT (SELECT count(*) FROM deconfliction_window), (SELECT count(*) FROM deconfliction_bucket)"
# Fewer than an agent may enter in a day.
MONTHS, EACH = 11, 4


@pytest.fixture
def scene(world: World) -> Iterator[Scene]:
    emptied(world)
    yield Scene(world)


def _compare(scene: Scene, at: datetime) -> None:
    with scene.world.process("matcher"):
        while drain(at):
            pass


def _again(scene: Scene) -> None:
    """All of it is queued anew, as after the loss of the index."""
    scene.world.sql(
        "INSERT INTO operations_outbox (id, event_id, at, tries, due_at)"
        " SELECT gen_random_uuid(), event_id, now(), 0, now() FROM deconfliction_window"
    )


def _told(scene: Scene) -> list[Any]:
    """All that the sides learn, whom they reach, what they are told and when they are reminded."""
    return [
        scene.world.sql(query)
        for query in (
            "SELECT id, hit_id, side, state, record_id, thread_id FROM crosscheck_hitside ORDER BY id",
            "SELECT id, kind, record_id, at, seen_at FROM notices_notice ORDER BY id",
            "SELECT id, low, high, starts_at, told_at, alerted_at, live FROM deconfliction_conflict ORDER BY id",
            "SELECT number, event_id FROM deconfliction_bucket ORDER BY number, event_id",
        )
    ]


def test_months_of_events_leave_the_index(scene: Scene) -> None:
    sizes = []
    for month in range(MONTHS):
        start = noon(2 + 30 * month)
        for n in range(EACH):
            scene.enter(scene.police, point(start + timedelta(hours=n), stops=(Stop("13055", 5.20 + n / 20, 43.30),)))
        _compare(scene, timezone.make_aware(start) - timedelta(hours=1))
        sizes.append(scene.world.sql(SIZE)[0])
    assert [windows for windows, _ in sizes] == [EACH] * MONTHS
    # Where a month ends inside of an hour or another, an event stands in a day more or less.
    assert max(buckets for _, buckets in sizes) <= 2 * min(buckets for _, buckets in sizes)


def test_more_leaves_than_comes(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "LEAVING", 3)
    for n in range(8):
        scene.enter(scene.police, point(noon() + timedelta(hours=n)))
    _compare(scene, timezone.now())
    later = timezone.make_aware(noon()) + timedelta(days=30)
    left = []
    for n in range(4):
        scene.enter(scene.police, point(noon(32) + timedelta(hours=n)))
        _compare(scene, later)
        left.append(scene.world.sql("SELECT count(*) FROM deconfliction_window WHERE ends_at < %s", [later])[0][0])
    assert left == [5, 2, 0, 0]


def test_what_has_been_over_for_a_day_is_met_no_longer_and_its_pair_stays(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "LEAVING", 0)
    long = scene.enter(scene.police, point(hours=24 * 10))
    short = scene.enter(scene.customs, point())
    _compare(scene, timezone.now())
    assert [side.state for side in scene.sides(scene.police, long)] == [HitState.BLIND_NOTIFIED]
    over = timezone.make_aware(noon()) + timedelta(days=3)
    late = scene.enter(scene.customs, point(noon() + timedelta(hours=1)))
    scene.change(scene.police, long, point(hours=24 * 9))
    _compare(scene, over)
    assert scene.sides(scene.customs, late) == []
    assert [side.state for side in scene.sides(scene.customs, short)] == [HitState.BLIND_NOTIFIED]
    # Nor does what is over itself part from what it had met.
    scene.change(scene.customs, short, point(radius_m=50))
    _compare(scene, over)
    assert [side.state for side in scene.sides(scene.police, long)] == [HitState.BLIND_NOTIFIED]


def test_compared_again_it_says_nothing_twice(scene: Scene) -> None:
    scene.enter(scene.police, point())
    scene.enter(scene.customs, point(noon() + timedelta(minutes=30)))
    scene.enter(scene.customs, point(stops=(Stop("13055", 5.50, 43.40),)))
    scene.compare()
    with psycopg.connect(scene.world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute("UPDATE notices_notice SET seen_at = now()")
    before = _told(scene)
    _again(scene)
    assert scene.compare() == 3
    assert _told(scene) == before
