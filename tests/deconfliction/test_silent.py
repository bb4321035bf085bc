"""Silent events: their own side alone is told whom they meet; the other sees what it sees without a hit (S-3, S-4)."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from recoupe.access import context
from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Conflict, Invalid, Refused
from recoupe.operations import actions, queries
from tests.deconfliction.scene import Scene, emptied
from tests.operations.made import point
from tests.world import TestAgent, World


def past_guards(world: World, statement: str) -> None:
    world.sql(f"DO $$ BEGIN SET LOCAL session_replication_role = replica; {statement}; END $$")


@pytest.fixture
def scene(world: World) -> Iterator[Scene]:
    emptied(world)
    yield Scene(world)


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "PJ13")


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def silence(scene: Scene, who: TestAgent, event: UUID, until: date | None, reason: str = "source à protéger") -> None:
    with scene.world.acting(who) as agent:
        actions.mark_silent(by=agent, event=queries.event(agent, event), until=until, reason=reason)


def test_a_silent_event_is_told_alone(scene: Scene, head: TestAgent) -> None:
    kept = scene.enter(scene.police, point())
    silence(scene, head, kept, in_days(30))
    asked = scene.enter(scene.customs, point())
    scene.compare()
    [side] = scene.sides(scene.police, kept)
    assert (side.other_code, side.thread_id) == ("DED13", None)
    assert scene.sides(scene.customs, asked) == []


def test_whoever_asks_from_a_silent_event_is_told_alone_too(scene: Scene, head: TestAgent) -> None:
    held = scene.enter(scene.customs, point())
    scene.compare()
    asking = scene.enter(scene.police, point(kind="search"))
    silence(scene, head, asking, in_days(30))
    scene.compare()
    assert len(scene.sides(scene.police, asking)) == 1
    assert scene.sides(scene.customs, held) == []


def test_both_are_told_once_the_silence_has_ended(scene: Scene, head: TestAgent) -> None:
    kept, asked = scene.enter(scene.police, point()), scene.enter(scene.customs, point())
    silence(scene, head, kept, in_days(30))
    scene.compare()
    assert scene.sides(scene.customs, asked) == []
    silence(scene, head, kept, None)
    scene.compare()
    [mine], [theirs] = scene.sides(scene.police, kept), scene.sides(scene.customs, asked)
    assert mine.thread_id == theirs.thread_id is not None


def test_of_what_became_silent_no_change_is_announced(scene: Scene, head: TestAgent) -> None:
    kept, asked = scene.enter(scene.police, point()), scene.enter(scene.customs, point())
    scene.compare()
    past_guards(scene.world, "DELETE FROM notices_notice")
    silence(scene, head, kept, in_days(30))
    scene.change(scene.police, kept, point(radius_m=120))
    scene.compare()
    [theirs] = scene.sides(scene.customs, asked)
    assert scene.world.sql("SELECT count(*) FROM notices_notice WHERE record_id = %s", [theirs.id]) == [(0,)]
    assert theirs.other_code == "PJ13"


def test_silence_is_dated_and_says_why(scene: Scene, head: TestAgent) -> None:
    kept = scene.enter(scene.police, point())
    for until, reason, field in ((in_days(0), "parce que", "until"), (in_days(200), "parce que", "until"),
                                 (in_days(10), "  ", "reason")):  # fmt: skip
        with pytest.raises(Invalid) as refusal:
            silence(scene, head, kept, until, reason)
        assert refusal.value.field == field
    silence(scene, head, kept, in_days(10))
    silence(scene, head, kept, in_days(60), "renouvelé : toujours utile")
    assert scene.world.sql("SELECT silent_until FROM operations_event WHERE id = %s", [kept]) == [(in_days(60),)]


def test_the_head_of_its_unit_alone(scene: Scene, head: TestAgent) -> None:
    kept = scene.enter(scene.police, point())
    with pytest.raises(Refused):
        silence(scene, scene.police, kept, in_days(10))
    scene.cancel(scene.police, kept)
    with pytest.raises(Conflict):
        silence(scene, head, kept, in_days(10))


@pytest.mark.parametrize("days", [30, 400])
def test_the_base_holds_who_and_how_long(scene: Scene, head: TestAgent, days: int) -> None:
    """Past the page: an investigator for a month, the head for more than six."""
    kept = scene.enter(scene.police, point())
    query = "UPDATE operations_event SET silent_until = %s, silent_reason = 'x' WHERE id = %s"
    with (
        pytest.raises(DatabaseError, match="the head of its unit"),
        scene.world.acting(scene.police if days < 180 else head),
    ):
        _run(query, kept, in_days(days))


def _run(query: str, event: UUID, until: date) -> None:
    record(Operation.MODIFY, refs=[("event", event)])
    with connection.cursor() as cursor:
        cursor.execute(query, [until, event])


def test_what_nobody_renewed_ends_the_night_after(scene: Scene, head: TestAgent) -> None:
    kept, asked = scene.enter(scene.police, point()), scene.enter(scene.customs, point())
    silence(scene, head, kept, in_days(30))
    scene.compare()
    for day, ended in ((30, 0), (31, 1), (31, 0)):
        with scene.world.process("worker"), context.service("worker", "silences échus"):
            assert actions.end_silences(today=in_days(day)) == ended
    scene.compare()
    assert len(scene.sides(scene.customs, asked)) == 1
