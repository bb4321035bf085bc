"""Events, dangers and the watch desk by injected statements: each clause of their functions and guards (S-3, S-7)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.deconfliction.models import DangerSide
from tests.attacks.injected import injected, stopped
from tests.attacks.test_roles import copies
from tests.crosscheck.scene import Scene as Copied
from tests.deconfliction.scene import Scene, emptied
from tests.operations.made import point
from tests.world import TestAgent, World

TABLE = "operations_event"
ACKNOWLEDGE = "SELECT deconfliction.acknowledge(%s)"
LINE = "SELECT deconfliction.write_line(%s, %s, %s, %s)"
OFFER = "SELECT deconfliction.offer_watch()"
TAKE = "SELECT deconfliction.take_watch(%s)"
CLOSED, OPEN = "state = 'CLOSED', closed_at = now()", "state = 'OPEN', closed_at = NULL"


@pytest.fixture
def scene(world: World) -> Iterator[Scene]:
    emptied(world)
    past(world, "DELETE FROM deconfliction_watchshift")
    yield Scene(world)


def past(world: World, statement: str) -> None:
    """As the administrator, past the guards: what time or another process did."""
    world.sql(f"SET session_replication_role = replica; {statement}")


def told(scene: Scene, who: TestAgent, statement: str, *params: Any) -> Any:
    """What the function answers to this agent; what it did stays."""
    with injected(scene.world, who) as connection:
        row = connection.execute(statement.encode(), params).fetchone()
    return row[0] if row else None


def in_days(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


# --- Events ----------------------------------------------------------------------------------------------------
def test_an_event_is_entered_by_its_unit_in_one_s_own_name_and_by_who_acts_on_the_ground(scene: Scene) -> None:
    row, world = scene.enter(scene.police, point()), Copied(scene.world)
    head = scene.world.agent(Role.UNIT_HEAD, "PJ13")
    assert copies(world, scene.police, TABLE, row)
    assert copies(world, head, TABLE, row)
    assert not copies(world, scene.police, TABLE, row, author_id=str(head.id))
    assert not copies(world, scene.police, TABLE, row, owner_unit_id=str(scene.customs.unit_id))
    for role in (Role.DUTY_OFFICER, Role.CROSS_ANALYST):
        assert not copies(world, scene.world.agent(role, "PJ13"), TABLE, row)
    # Nor is one silent from the start: its head makes it so, for a time.
    assert not copies(world, head, TABLE, row, silent_until=in_days(9))
    assert not copies(world, scene.police, TABLE, row, kind="mark")


def test_another_service_and_the_duty_desk_change_nothing_of_an_event_and_nobody_gives_it_away(scene: Scene) -> None:
    row = scene.enter(scene.police, point())
    change = "UPDATE operations_event SET label = 'autre' WHERE id = %s"
    assert stopped(scene.world, scene.customs, change, row)
    assert stopped(scene.world, scene.police_duty, change, row)
    assert not stopped(scene.world, scene.police, change, row)
    given = "UPDATE operations_event SET owner_unit_id = %s WHERE id = %s"
    assert stopped(scene.world, scene.police, given, scene.customs.unit_id, row)


@pytest.mark.parametrize(
    "change",
    ["author_id = gen_random_uuid()", "ref = 'PJ13-E-26-XXXXXX'", "purpose = 'coordination'", "kind = 'mark'",
     f"silent_until = '{in_days(30)}'"],
)  # fmt: skip
def test_an_event_keeps_its_author_reference_and_nature(scene: Scene, change: str) -> None:
    row = scene.enter(scene.police, point())
    assert stopped(scene.world, scene.police, f"UPDATE operations_event SET {change} WHERE id = %s", row)


@pytest.mark.parametrize("state", ["OVER", "CANCELLED"])
def test_what_is_over_stays_over(scene: Scene, state: str) -> None:
    row = scene.enter(scene.police, point())
    past(scene.world, f"UPDATE operations_event SET state = '{state}' WHERE id = '{row}'")
    assert stopped(scene.world, scene.police, "UPDATE operations_event SET state = 'PLANNED' WHERE id = %s", row)


def test_the_head_of_its_unit_alone_makes_an_event_silent_and_for_a_time(scene: Scene) -> None:
    row, head = scene.enter(scene.police, point()), scene.world.agent(Role.UNIT_HEAD, "PJ13")
    silent = "UPDATE operations_event SET silent_until = %s, silent_reason = 'opération' WHERE id = %s"
    assert stopped(scene.world, head, silent, in_days(800), row)
    assert not stopped(scene.world, head, silent, in_days(30), row)
    assert stopped(scene.world, scene.police, silent, None, row)
    # What it is besides may change while it is silent.
    assert not stopped(scene.world, scene.police, "UPDATE operations_event SET label = 'autre' WHERE id = %s", row)
    assert not stopped(scene.world, head, silent, None, row)


def test_a_mark_of_the_bureau_stays_one_and_no_other_event_becomes_one(scene: Scene) -> None:
    bureau = scene.world.agent(Role.INVESTIGATOR, "BCS")
    row = scene.enter(scene.police, point())
    world = Copied(scene.world)
    marked = {"kind": "mark", "armed": False, "label": "", "concerns": [], "existence": "holder_only"}
    assert copies(world, bureau, TABLE, row, **marked)
    assert not copies(world, scene.police, TABLE, row, **marked)
    own = scene.enter(bureau, point(armed=False, existence="holder_only"))
    to_mark = "UPDATE operations_event SET kind = %s WHERE id = %s"
    assert stopped(scene.world, bureau, to_mark, "mark", own)
    past(scene.world, f"UPDATE operations_event SET kind = 'mark' WHERE id = '{own}'")
    assert stopped(scene.world, bureau, to_mark, "surveillance", own)


def test_who_is_told_the_reference_of_an_event_and_whether_it_waits(scene: Scene) -> None:
    """Its unit and its duty desk the first, who reads it the second; nobody learns by asking that it is there."""
    row = scene.enter(scene.police, point())
    [(ref,)] = scene.world.sql("SELECT ref FROM operations_event WHERE id = %s", [row])
    people = (scene.police, scene.police_duty, scene.customs, scene.customs_duty)
    named = [told(scene, who, "SELECT operations.reference_of(%s)", row) for who in people]
    assert named == [ref, ref, None, None]
    assert [told(scene, who, "SELECT operations.waits(%s)", row) for who in people] == [True, False, False, False]
    scene.compare()
    assert told(scene, scene.police, "SELECT operations.waits(%s)", row) is False


def test_all_that_others_still_have_to_meet_is_queued_when_the_index_is_lost(scene: Scene) -> None:
    live, cancelled, past_hour = (scene.enter(scene.police, point()) for _ in range(3))
    scene.cancel(scene.police, cancelled)
    scene.compare()
    past(
        scene.world,
        "UPDATE operations_event SET starts_at = now() - interval '4 days', ends_at = now() - interval '3 days'"
        f" WHERE id = '{past_hour}'",
    )
    with scene.world.process("matcher"):
        scene.world.sql("SELECT operations.queue_live()", role="recoupe_matcher")
    queued = {row for (row,) in scene.world.sql("SELECT event_id FROM operations_outbox")}
    assert live in queued
    assert not {cancelled, past_hour} & queued


# --- Dangers ---------------------------------------------------------------------------------------------------
def side_of(scene: Scene, duty: TestAgent) -> DangerSide:
    with scene.world.acting(duty):
        found: DangerSide = DangerSide.objects.get(live=True)
    return found


def test_the_duty_desk_of_the_unit_acknowledges_once_while_the_danger_stands(scene: Scene) -> None:
    scene.meet()
    side = side_of(scene, scene.police_duty)
    for who in (scene.customs_duty, scene.police, scene.watch):
        assert told(scene, who, ACKNOWLEDGE, side.id) is False
    past(scene.world, f"UPDATE deconfliction_danger SET {CLOSED} WHERE id = '{side.danger_id}'")
    assert told(scene, scene.police_duty, ACKNOWLEDGE, side.id) is False
    past(scene.world, f"UPDATE deconfliction_danger SET {OPEN} WHERE id = '{side.danger_id}'")
    assert [told(scene, scene.police_duty, ACKNOWLEDGE, side.id) for _ in range(2)] == [True, False]


def test_a_line_of_the_watch_desk_is_its_own_on_a_danger_that_stands(scene: Scene) -> None:
    scene.meet()
    side = side_of(scene, scene.police_duty)
    danger = side.danger_id
    strangers = (scene.world.agent(Role.WATCH_DESK, "PJ13"), scene.world.agent(Role.OFAST_ANALYST, "OFAST"))
    for who in (*strangers, scene.police_duty):
        assert told(scene, who, LINE, danger, None, None, "consigne") is False
    for wrong in ((None, True, "x"), (side.id, None, "x"), (None, None, " "), (uuid4(), True, "")):
        assert told(scene, scene.watch, LINE, danger, *wrong) is False
    assert told(scene, scene.watch, LINE, danger, None, None, "consigne") is True
    assert told(scene, scene.watch, LINE, danger, side.id, True, "") is True
    for wrong_danger in (CLOSED, f"owner_unit_id = '{scene.police.unit_id}'"):
        [(office,)] = scene.world.sql("SELECT owner_unit_id FROM deconfliction_danger WHERE id = %s", [danger])
        past(scene.world, f"UPDATE deconfliction_danger SET {wrong_danger} WHERE id = '{danger}'")
        assert told(scene, scene.watch, LINE, danger, None, None, "consigne") is False
        past(scene.world, f"UPDATE deconfliction_danger SET {OPEN}, owner_unit_id = '{office}' WHERE id = '{danger}'")


def test_the_desk_is_taken_by_who_is_designated_and_not_from_a_colleague_without_a_word(scene: Scene) -> None:
    night = scene.world.agent(Role.WATCH_DESK, "OFAST")
    for who in (scene.world.agent(Role.WATCH_DESK, "PJ13"), scene.world.agent(Role.OFAST_ANALYST, "OFAST")):
        assert told(scene, who, TAKE, "motif") is False
    assert told(scene, scene.watch, OFFER) is False
    assert told(scene, scene.watch, TAKE, "") is True
    assert told(scene, scene.watch, TAKE, "encore") is False
    assert told(scene, night, TAKE, " ") is False
    assert told(scene, night, OFFER) is False
    assert [told(scene, scene.watch, OFFER) for _ in range(2)] == [True, False]
    assert told(scene, night, TAKE, "") is True
    held = "SELECT agent_id, state FROM deconfliction_watchshift ORDER BY since"
    assert scene.world.sql(held) == [(scene.watch.id, "ENDED"), (night.id, "HELD")]


def test_the_desk_is_handed_over_once_its_own_holder_has_left_a_note_on_what_stands(scene: Scene) -> None:
    """Neither a call, nor a colleague's note, nor one of an earlier shift; what is closed or past wants none."""
    scene.meet()
    side, night = side_of(scene, scene.police_duty), scene.world.agent(Role.WATCH_DESK, "OFAST")
    danger = side.danger_id
    assert told(scene, scene.watch, LINE, danger, None, None, "d'hier") is True
    past(scene.world, "UPDATE deconfliction_watchline SET at = now() - interval '1 day'")
    assert told(scene, scene.watch, TAKE, "") is True
    assert told(scene, night, LINE, danger, None, None, "d'un collègue") is True
    assert told(scene, scene.watch, LINE, danger, side.id, True, "") is True
    assert told(scene, scene.watch, OFFER) is False
    for over in (CLOSED, "starts_at = now() - interval '2 hours', ends_at = now() - interval '1 hour'"):
        assert _offered(scene, danger, over)
    assert told(scene, scene.watch, LINE, danger, None, None, "rappeler à 6 h") is True
    assert told(scene, scene.watch, OFFER) is True


def _offered(scene: Scene, danger: UUID, over: str) -> bool:
    """Whether the desk may be handed over with a danger that is over in this way; all is put back."""
    [(starts, ends)] = scene.world.sql("SELECT starts_at, ends_at FROM deconfliction_danger WHERE id = %s", [danger])
    past(scene.world, f"UPDATE deconfliction_danger SET {over} WHERE id = '{danger}'")
    done = told(scene, scene.watch, OFFER) is True
    past(
        scene.world,
        f"UPDATE deconfliction_danger SET {OPEN}, starts_at = '{starts}', ends_at = '{ends}'"
        f" WHERE id = '{danger}'; UPDATE deconfliction_watchshift SET state = 'HELD', offered_at = NULL",
    )
    return done


def test_what_is_compared_is_read_by_the_matcher_alone(scene: Scene) -> None:
    """Nothing of where an event is, or whom it meets, is read but by the matcher."""
    scene.meet()
    for table in ("deconfliction_window", "deconfliction_bucket", "deconfliction_conflict", "operations_outbox"):
        for who in (scene.police, scene.watch):
            assert stopped(scene.world, who, f"SELECT * FROM {table}")
