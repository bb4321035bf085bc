"""Two events that meet: both sides are told at once, whom to call and nothing else; silence, acts, changes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.utils import timezone

from recoupe.access import context
from recoupe.crosscheck.enums import HitState
from recoupe.deconfliction.actions import drain, tell_soon
from recoupe.operations.placing import Stop
from tests.deconfliction.scene import Scene, emptied
from tests.operations.made import BAYONNE, BORDEAUX, DAX, corridor, noon, point
from tests.world import World


@pytest.fixture
def scene(world: World) -> Iterator[Scene]:
    emptied(world)
    yield Scene(world)
    world.sql("UPDATE reference_unit SET silent = false WHERE code = 'PJ13'")
    world.sql("UPDATE reference_interconnectionact SET valid_to = NULL WHERE file_a = 'events'")


def test_the_go_fast_of_the_a63_is_followed_once(scene: Scene) -> None:
    """14 September 2016: police and customs follow the same vehicle on the A63; both are warned before the start."""
    start = noon()
    ours = scene.enter(scene.police, corridor((BAYONNE, DAX, BORDEAUX), (start, start + timedelta(hours=1)), hours=2))
    theirs = scene.enter(scene.customs, corridor((BAYONNE, BORDEAUX), (start + timedelta(minutes=45),), hours=3))
    assert scene.compare() == 2
    [mine], [other] = scene.sides(scene.police, ours), scene.sides(scene.customs, theirs)
    assert mine.at == other.at
    assert all((mine.other_name, mine.other_phone, other.other_name, other.other_phone))
    assert mine.thread_id == other.thread_id is not None
    notices = "SELECT count(DISTINCT record_id) FROM notices_notice WHERE record_id = ANY (%s)"
    assert scene.world.sql(notices, [[mine.id, other.id]]) == [(2,)]
    # Nobody reads the other's event, nor where or when it is.
    assert scene.sides(scene.police, theirs) == [] == scene.sides(scene.customs, ours)
    # Who came second asks: the holder learns of him his unit and the category of his motive, and nothing else.
    assert {mine.side: mine.asker_code, other.side: other.asker_code} == {"holder": "DED13", "asker": ""}


def test_what_lies_inside_of_a_zone_is_met(scene: Scene) -> None:
    """Further from each side than any margin; a route through it is met too, what lies beside it is not."""
    around = "43.20, 5.25\n43.20, 5.49\n43.40, 5.49\n43.40, 5.25"
    zone = scene.enter(scene.customs, point(shape="zone", stops=(), outline=around))
    inside = scene.enter(scene.police, point(stops=(Stop("13055", 5.37, 43.30),)))
    through = scene.enter(scene.police, corridor(("13056", "13005"), (noon(),), hours=2))
    beside = scene.enter(scene.police, point(stops=(Stop("13055", 5.52, 43.30),)))
    scene.compare()
    assert len(scene.sides(scene.customs, zone)) == 2
    assert [len(scene.sides(scene.police, event)) for event in (inside, through, beside)] == [1, 1, 0]


def test_events_apart_are_told_to_nobody(scene: Scene) -> None:
    ours = scene.enter(scene.police, point())
    theirs = scene.enter(scene.customs, point(noon() + timedelta(hours=4)))
    elsewhere = scene.enter(scene.customs, point(stops=(Stop("13055", 5.50, 43.40),)))
    scene.compare()
    assert scene.sides(scene.police, ours) == []
    assert scene.sides(scene.customs, theirs) == scene.sides(scene.customs, elsewhere) == []


def test_a_unit_does_not_meet_itself(scene: Scene) -> None:
    one, two = scene.enter(scene.police, point()), scene.enter(scene.police, point())
    scene.compare()
    assert scene.sides(scene.police, one) == scene.sides(scene.police, two) == []


def test_who_keeps_his_event_to_himself_is_told_alone(scene: Scene) -> None:
    kept = scene.enter(scene.police, point(existence="holder_only"))
    asked = scene.enter(scene.customs, point())
    scene.compare()
    [side] = scene.sides(scene.police, kept)
    assert side.thread_id is None
    assert scene.sides(scene.customs, asked) == []


def test_nobody_is_told_of_what_tells_nobody(scene: Scene) -> None:
    kept = scene.enter(scene.police, point(existence="nobody"))
    asked = scene.enter(scene.customs, point())
    scene.compare()
    assert scene.sides(scene.police, kept) == scene.sides(scene.customs, asked) == []


def test_a_silent_unit_is_told_alone(scene: Scene) -> None:
    scene.world.sql("UPDATE reference_unit SET silent = true WHERE code = 'PJ13'")
    kept, asked = scene.enter(scene.police, point()), scene.enter(scene.customs, point())
    scene.compare()
    assert len(scene.sides(scene.police, kept)) == 1
    assert scene.sides(scene.customs, asked) == []


def test_without_an_act_nothing_is_compared(scene: Scene) -> None:
    scene.world.sql("UPDATE reference_interconnectionact SET valid_to = '2026-01-01' WHERE file_a = 'events'")
    ours, theirs = scene.enter(scene.police, point()), scene.enter(scene.customs, point())
    scene.compare()
    assert scene.sides(scene.police, ours) == scene.sides(scene.customs, theirs) == []


def test_a_change_meets_parts_and_meets_again(scene: Scene) -> None:
    ours, theirs = scene.enter(scene.police, point()), scene.enter(scene.customs, point(noon() + timedelta(days=1)))
    scene.compare()
    assert scene.sides(scene.police, ours) == []
    scene.change(scene.customs, theirs, point())
    scene.compare()
    assert [s.state for s in scene.sides(scene.police, ours)] == [HitState.BLIND_NOTIFIED]
    scene.change(scene.police, ours, point(noon() + timedelta(days=3)))
    scene.compare()
    states = [s.state for who, e in ((scene.police, ours), (scene.customs, theirs)) for s in scene.sides(who, e)]
    assert states == [HitState.FALSE_POSITIVE] * 2
    scene.change(scene.police, ours, point())
    scene.compare()
    assert [s.state for s in scene.sides(scene.customs, theirs)] == [HitState.BLIND_NOTIFIED]


def test_what_is_cancelled_is_met_no_longer(scene: Scene) -> None:
    ours, theirs = scene.enter(scene.police, point()), scene.enter(scene.customs, point())
    scene.compare()
    scene.cancel(scene.police, ours)
    later = scene.enter(scene.customs, point())
    scene.compare()
    assert [s.state for s in scene.sides(scene.customs, theirs)] == [HitState.FALSE_POSITIVE]
    assert scene.sides(scene.customs, later) == []


def test_one_that_fails_lets_the_others_pass(scene: Scene) -> None:
    broken = scene.enter(scene.police, point())
    with psycopg.connect(scene.world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute("UPDATE operations_event SET legs = '[[1]]' WHERE id = %s", [broken])
    ours, theirs = scene.enter(scene.police, point()), scene.enter(scene.customs, point())
    with scene.world.process("matcher"):
        for _ in range(3):
            drain()
    assert len(scene.sides(scene.customs, theirs)) == 1 == len(scene.sides(scene.police, ours))
    assert scene.world.sql("SELECT event_id, tries FROM operations_outbox") == [(broken, 1)]


def _reminded(scene: Scene, event: UUID) -> int:
    query = "SELECT count(DISTINCT n.record_id) FROM notices_notice n JOIN crosscheck_hitside s ON s.id = n.record_id"
    return int(scene.world.sql(f"{query} WHERE n.kind = 'event_soon' AND s.record_id = %s", [event])[0][0])


def _worker(scene: Scene, now: datetime, *, killed: bool = False) -> int:
    """One turn of the worker's job; killed, it dies before its transaction ends."""
    try:
        with scene.world.process("worker"), context.service("worker", "rappel"):
            told = tell_soon(now)
            if killed:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        return 0
    return told


def test_both_are_reminded_before_the_start_once_also_after_a_kill(scene: Scene) -> None:
    ours, theirs = scene.enter(scene.police, point()), scene.enter(scene.customs, point())
    scene.compare()
    start = noon().replace(tzinfo=ZoneInfo("Europe/Paris"))
    assert _worker(scene, start - timedelta(hours=3)) == 0
    _worker(scene, start - timedelta(hours=1), killed=True)
    assert _reminded(scene, ours) == _reminded(scene, theirs) == 0
    while _worker(scene, start - timedelta(hours=1)):
        pass
    assert _reminded(scene, ours) == _reminded(scene, theirs) == 1
    with psycopg.connect(scene.world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute("UPDATE notices_notice SET seen_at = now() WHERE kind = 'event_soon'")
    assert _worker(scene, start - timedelta(minutes=30)) == 0


def test_what_is_told_within_the_term_is_not_told_twice(scene: Scene) -> None:
    soon = datetime.now(ZoneInfo("Europe/Paris")).replace(tzinfo=None, second=0, microsecond=0) + timedelta(minutes=50)
    ours = scene.enter(scene.police, point(soon))
    scene.enter(scene.customs, point(soon))
    scene.compare()
    _worker(scene, timezone.now() + timedelta(minutes=5))
    assert len(scene.sides(scene.police, ours)) == 1
    assert _reminded(scene, ours) == 0
