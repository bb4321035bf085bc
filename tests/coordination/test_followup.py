"""After an operation: checks make themselves once, an answer leads where W5 says, plans keep their history."""

import os
import signal
import threading
import time
from datetime import date, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connections
from django.utils import timezone

from recoupe.access import context
from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.coordination.followup import actions, queries, rules
from recoupe.coordination.followup.enums import CheckState, MeasureKind, MeasureState, Seen
from recoupe.coordination.followup.permissions import can_answer
from recoupe.coordination.followup.queries import Place
from recoupe.coordination.followup.reminding import tell_checks
from recoupe.coordination.permissions import can_plan_return
from recoupe.dealpoints import actions as points
from recoupe.dealpoints import queries as dealpoints
from recoupe.dealpoints.enums import DealPointState
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refused
from tests.coordination.after import (
    DAYS,
    WHY,
    answer,
    check,
    dismantle,
    dismantled,
    disrupted,
    draft,
    planned,
    state,
)
from tests.coordination.builders import Cast, brought_to, unit
from tests.coordination.test_actions import S
from tests.dealpoints.builders import active, report_by
from tests.world import TestAgent, World

D, M = DealPointState, MeasureState
CHECKS = "SELECT days, due_on FROM coordination_check WHERE point_id = %s ORDER BY step, days"


def standing(world: World, who: TestAgent, point_id: UUID) -> list[CheckState]:
    with world.acting(who) as agent:
        found = queries.checks(agent, dealpoints.point(agent, point_id), timezone.localdate())
        return [made.state for made in found]


def told(world: World, point_id: UUID) -> list[str]:
    rows = world.sql("SELECT kind FROM notices_notice WHERE record_id = %s AND seen_at IS NULL", [point_id])
    return sorted(kind for (kind,) in rows if kind.startswith("check"))


# -- checks ------------------------------------------------------------------------------------------------------------
def test_a_dismantling_makes_its_four_checks(world: World, cast: Cast) -> None:
    point_id = disrupted(world, cast)
    assert world.sql(CHECKS, [point_id]) == []
    dismantle(world, cast, point_id, 8)
    on = timezone.localdate() - timedelta(days=8)
    assert world.sql(CHECKS, [point_id]) == [(days, on + timedelta(days=days)) for days in DAYS]
    assert standing(world, cast.police, point_id) == [CheckState.DUE, *[CheckState.COMING] * 3]


def test_killed_before_its_commit_a_dismantling_leaves_nothing_and_after_it_everything_once(
    world: World, cast: Cast
) -> None:
    point_id = disrupted(world, cast)
    ready, written = os.pipe()
    child = os.fork()
    if child == 0:  # a process of its own, killed with its work done and not committed
        for each in connections.all(initialized_only=True):
            each.connection = None
        with world.acting(cast.head) as agent:
            point = dealpoints.point(agent, point_id)
            points.dismantle(by=agent, point=point, operation="OP-9", on=timezone.localdate(), reason=WHY)
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT count(*) FROM coordination_check WHERE point_id = %s", [point_id])
                os.write(written, bytes([cursor.fetchone()[0]]))
            time.sleep(120)
    assert os.read(ready, 1) == b"\x04"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert (state(world, point_id), world.sql(CHECKS, [point_id])) == (D.DISRUPTED, [])
    dismantle(world, cast, point_id, 0)
    assert len(world.sql(CHECKS, [point_id])) == 4


def test_dismantled_twice_it_has_eight_checks_of_which_the_first_four_are_moot(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 8)
    answer(world, cast.analyst, point_id, 7, Seen.RESOLD)
    assert standing(world, cast.analyst, point_id) == [CheckState.ANSWERED, *[CheckState.MOOT] * 3]
    with world.acting(cast.police) as agent:
        points.add_evidence(by=agent, point=dealpoints.point(agent, point_id), report=report_by(agent))
    with world.acting(cast.head) as agent:
        point = points.confirm(by=agent, point=dealpoints.point(agent, point_id))
        point = points.disrupt(by=agent, point=points.target(by=agent, point=point), reason=WHY)
        points.dismantle(by=agent, point=point, operation="OP-10", on=timezone.localdate(), reason=WHY)
    assert len(world.sql(CHECKS, [point_id])) == 8
    assert standing(world, cast.analyst, point_id) == [
        *[CheckState.COMING] * 4, CheckState.ANSWERED, *[CheckState.MOOT] * 3,
    ]  # fmt: skip
    old = "SELECT id FROM coordination_check WHERE point_id = %s AND days = 30 ORDER BY step LIMIT 1"
    ((first,),) = world.sql(old, [point_id])
    with world.acting(cast.analyst) as agent, pytest.raises(Conflict, match="sans objet"):
        actions.answer(by=agent, check=queries.check(agent, first), seen=Seen.NOT_LOOKED, seen_on=None, reason=WHY)


@pytest.mark.parametrize("last", ["DISPLACED", "CLOSED"])
def test_a_point_that_left_or_was_closed_waits_for_no_check(world: World, cast: Cast, last: str) -> None:
    point_id = dismantled(world, cast, 190)
    other = active(world, cast.police, cast.analyst)
    with world.acting(cast.head) as agent:
        point = dealpoints.point(agent, point_id)
        if last == "DISPLACED":
            points.displace(by=agent, point=point, to=dealpoints.point(agent, other), reason=WHY)
        else:
            points.close(by=agent, point=point, reason=WHY)
    assert set(standing(world, cast.head, point_id)) == {CheckState.MOOT}
    with world.acting(cast.head) as agent:
        waiting = queries.waiting(agent, timezone.localdate(), 30, Place())
        assert point_id not in {row.point_id for row in waiting}
        with pytest.raises(Conflict, match="sans objet"):
            actions.answer(by=agent, check=check(point_id, 7), seen=Seen.NOT_LOOKED, seen_on=None, reason=WHY)


# -- answers -----------------------------------------------------------------------------------------------------------
def test_an_analyst_who_finds_sales_brings_the_point_to_reoccupied(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 8)
    answer(world, cast.analyst, point_id, 7, Seen.RESOLD)
    assert state(world, point_id) is D.REOCCUPIED
    assert told(world, point_id) == []
    entry = world.journal("modify")[-2:]
    assert [row[3] for row in entry] == [{"look": "resold", "days": 7}, {"state": "REOCCUPIED"}]


def test_an_officer_who_finds_sales_tells_the_cell_which_decides(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 8)
    answer(world, cast.police, point_id, 7, Seen.RESOLD)
    assert state(world, point_id) is D.WATCH
    assert told(world, point_id) == ["check_resold"]


def test_before_the_watch_the_head_alone_brings_it_so_far(world: World, cast: Cast) -> None:
    first, second = (dismantled(world, cast, 8, watched=False) for _ in range(2))
    answer(world, cast.analyst, first, 7, Seen.RESOLD)
    assert (state(world, first), told(world, first)) == (D.DISMANTLED, ["check_resold"])
    answer(world, cast.head, second, 7, Seen.RESOLD)
    assert (state(world, second), told(world, second)) == (D.REOCCUPIED, [])


def test_sales_that_went_elsewhere_are_told_to_the_head(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 8)
    answer(world, cast.police, point_id, 7, Seen.MOVED)
    assert (state(world, point_id), told(world, point_id)) == (D.WATCH, ["check_moved"])


def test_four_clean_looks_propose_a_closing_and_close_nothing(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 180)
    for days in DAYS[:3]:
        answer(world, cast.police, point_id, days, Seen.CLEAN)
        assert told(world, point_id) == []
    answer(world, cast.police, point_id, 180, Seen.CLEAN)
    assert (state(world, point_id), told(world, point_id)) == (D.WATCH, ["check_closable"])
    with world.acting(cast.head) as agent:
        point = dealpoints.point(agent, point_id)
        assert queries.closing_proposed(point, queries.made_checks(point_id), timezone.localdate())


def test_three_clean_looks_and_one_missed_propose_nothing(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 180)
    answer(world, cast.police, point_id, 7, Seen.NOT_LOOKED)
    for days in DAYS[1:]:
        answer(world, cast.police, point_id, days, Seen.CLEAN)
    assert told(world, point_id) == []


def test_of_two_officers_at_once_one_is_told_that_the_other_was_first(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 8)
    both = threading.Barrier(2, timeout=30)
    found: list[str] = []

    def look(who: TestAgent, seen: Seen) -> None:
        try:
            with world.process("web"), world.acting(who) as agent:
                one = queries.check(agent, check(point_id, 7).id)
                both.wait()
                actions.answer(by=agent, check=one, seen=seen, seen_on=one.due_on, reason=WHY)
            found.append(seen.value)
        except Conflict as refusal:
            found.append(refusal.sentence)

    tries = [threading.Thread(target=look, args=pair) for pair in ((cast.police, Seen.CLEAN), (cast.lead, Seen.MOVED))]
    for one in tries:
        one.start()
    for one in tries:
        one.join()
    (kept,) = world.sql(
        "SELECT a.seen FROM coordination_answer a JOIN coordination_check c ON c.id = a.check_id WHERE c.point_id = %s",
        [point_id],
    )
    assert sorted(found, key=len) == [kept[0], "Quelqu'un a déjà répondu à ce contrôle : rechargez la page."]


@pytest.mark.parametrize("name", ["prosecutor", "judge", "other_head", "dpo", "other_prosecutor"])
def test_who_does_not_look_does_not_answer(world: World, cast: Cast, name: str) -> None:
    point_id = dismantled(world, cast, 8)
    with world.acting(cast.police) as agent:
        one = check(point_id, 7).id
    with world.acting(cast.everybody()[name]) as agent, pytest.raises((Refused, Absent)):
        found = queries.check(agent, one)
        assert not can_answer(agent, found, answered=False, moot=False)
        actions.answer(by=agent, check=found, seen=Seen.CLEAN, seen_on=timezone.localdate(), reason=WHY)


def test_whoever_may_no_longer_read_the_point_finds_no_check(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 8)
    gone = world.agent(Role.INVESTIGATOR, "PJ13")
    with world.acting(gone) as agent:
        one = queries.check(agent, check(point_id, 7).id)
    with psycopg.connect(world.admin_url) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE access_habilitation SET valid_to = '2020-12-31' WHERE agent_id = %s", [gone.id])
    with pytest.raises((Absent, Refused)), world.acting(gone) as agent:
        queries.check(agent, one.id)


def test_an_answer_says_why_and_on_which_day(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 8)
    with world.acting(cast.police) as agent:
        one = queries.check(agent, check(point_id, 7).id)
        for seen, on, why in (
            (Seen.CLEAN, one.due_on, "vu"),
            (Seen.CLEAN, None, WHY),
            (Seen.CLEAN, one.due_on - timedelta(days=1), WHY),
            (Seen.CLEAN, timezone.localdate() + timedelta(days=1), WHY),
        ):
            with pytest.raises(Invalid):
                actions.answer(by=agent, check=one, seen=seen, seen_on=on, reason=why)
    assert standing(world, cast.police, point_id)[0] is CheckState.DUE


# -- reminders ---------------------------------------------------------------------------------------------------------
def test_checks_are_told_on_their_day_and_again_once_late_and_never_doubled(world: World, cast: Cast) -> None:
    point_id = disrupted(world, cast)
    dismantle(world, cast, point_id, 0)
    today = timezone.localdate()

    def tell(days: int) -> list[str]:
        with world.process("worker"):
            for _ in range(2):  # asked again by a job that was killed
                with context.service("worker", "essai"):
                    tell_checks(today=today + timedelta(days=days))
        return told(world, point_id)

    assert tell(6) == []
    assert tell(7) == ["check_due"]
    assert tell(14) == ["check_due"]
    assert tell(15) == ["check_due", "check_late"]
    assert tell(16) == ["check_due", "check_late"]


def test_an_answered_check_is_told_no_more(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 8)
    answer(world, cast.police, point_id, 7, Seen.CLEAN)
    with world.process("worker"), context.service("worker", "essai"):
        tell_checks(today=timezone.localdate())
    assert told(world, point_id) == []


# -- plans of return ---------------------------------------------------------------------------------------------------
def last(world: World, who: TestAgent, measure_id: UUID) -> tuple[str, date, int]:
    with world.acting(who) as agent:
        step = queries.last_step(queries.measure(agent, measure_id))
        return step.state, step.due_on, step.number


def advance(world: World, who: TestAgent, measure_id: UUID, change: actions.Change, read: int = 1) -> None:
    with world.acting(who) as agent:
        actions.advance(by=agent, measure=queries.measure(agent, measure_id), change=change, read=read)


@pytest.mark.parametrize("name", ["analyst", "head"])
def test_the_cell_plans(world: World, cast: Cast, name: str) -> None:
    for point_id in (disrupted(world, cast), dismantled(world, cast, 3)):
        made = planned(world, cast.everybody()[name], point_id)
        assert last(world, cast.police, made)[0] == M.TO_DO


def test_the_lead_of_an_objective_on_the_point_plans_and_no_other_unit(world: World, cast: Cast) -> None:
    objective = brought_to(world, cast, S.FOLLOW_UP)
    ((point_id,),) = world.sql("SELECT origin_id FROM coordination_objective WHERE id = %s", [objective])
    with world.acting(cast.head) as agent:
        points.disrupt(by=agent, point=dealpoints.point(agent, point_id), reason=WHY)
    assert last(world, cast.lead, planned(world, cast.lead, point_id))[2] == 1
    for name in ("police", "associated", "prosecutor", "judge", "office", "other_head", "dpo"):
        with world.acting(cast.everybody()[name]) as agent, pytest.raises((Refused, Absent)):
            point = dealpoints.point(agent, point_id)
            assert not can_plan_return(agent, point)
            actions.plan(by=agent, point=point, draft=draft())
    elsewhere = dismantled(world, cast, 3)
    with world.acting(cast.lead) as agent, pytest.raises(Refused):
        actions.plan(by=agent, point=dealpoints.point(agent, elsewhere), draft=draft())


def test_a_point_that_no_operation_disturbed_has_no_plan(world: World, cast: Cast) -> None:
    point_id = active(world, cast.police, cast.analyst)
    with world.acting(cast.head) as agent, pytest.raises(Conflict, match="perturbé ou démantelé"):
        actions.plan(by=agent, point=dealpoints.point(agent, point_id), draft=draft())


def test_an_owner_is_a_service_of_the_department_that_works_today(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 3)
    with world.acting(cast.head) as agent:
        point = dealpoints.point(agent, point_id)
        wrong = (uuid4(), unit("CROSS59").id, unit("TJ13").id)
        for owner in wrong:
            with pytest.raises(Invalid) as refused:
                actions.plan(by=agent, point=point, draft=draft(owner_id=owner, partner_kind="", partner=""))
            assert refused.value.field == "owner"
        for both in ({"owner_id": unit("PJ13").id}, {"partner": "", "partner_kind": ""}):
            with pytest.raises(Invalid):
                actions.plan(by=agent, point=point, draft=draft(**both))
        with pytest.raises(Invalid) as refused:
            actions.plan(by=agent, point=point, draft=draft(due_on=timezone.localdate() - timedelta(days=4)))
        assert refused.value.field == "due_on"
    assert world.sql("SELECT count(*) FROM coordination_measure WHERE point_id = %s", [point_id]) == [(0,)]


def test_a_form_sent_twice_makes_one_measure(world: World, cast: Cast) -> None:
    point_id, key = dismantled(world, cast, 3), uuid4()
    assert planned(world, cast.head, point_id, key=key) == planned(world, cast.head, point_id, key=key)
    assert world.sql("SELECT count(*) FROM coordination_measurestep WHERE measure_id = %s", [key]) == [(1,)]


def test_forces_are_asked_for_granted_and_used(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 3)
    forces = {"kind": MeasureKind.FORCES, "owner_id": unit("PJ13").id, "partner_kind": "", "partner": ""}
    made = planned(world, cast.head, point_id, **forces, requested=40)
    advance(world, cast.analyst, made, actions.Change(M.TO_DO, granted=30))
    advance(world, cast.police, made, actions.Change(M.UNDER_WAY), 2)
    with pytest.raises(Invalid):
        advance(world, cast.police, made, actions.Change(M.DONE, used=31), 3)
    advance(world, cast.police, made, actions.Change(M.DONE, used=30), 3)
    story = "SELECT state, requested, granted, used FROM coordination_measurestep WHERE measure_id = %s ORDER BY number"
    assert world.sql(story, [made]) == [
        ("TO_DO", 40, None, None), ("TO_DO", 40, 30, None), ("UNDER_WAY", 40, 30, None), ("DONE", 40, 30, 30),
    ]  # fmt: skip
    with world.acting(cast.head) as agent:
        rows = [row for row in queries.planned(agent, Place()) if row.point_id == point_id]
        assert queries.forces(rows) == rules.Forces(40, 30, 30)


def test_the_owner_carries_it_out_the_cell_postpones_its_head_abandons(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 3)
    made = planned(world, cast.analyst, point_id, owner_id=unit("PJ13").id, partner="", partner_kind="")
    later = timezone.localdate() + timedelta(days=60)
    with pytest.raises(Refused):
        advance(world, cast.police, made, actions.Change(M.TO_DO, due_on=later, reason=WHY))
    with pytest.raises(Invalid):
        advance(world, cast.analyst, made, actions.Change(M.TO_DO, due_on=later))
    advance(world, cast.analyst, made, actions.Change(M.TO_DO, due_on=later, reason=WHY))
    assert last(world, cast.police, made) == (M.TO_DO, later, 2)
    for stranger in (cast.lead, cast.associated, cast.office):
        with pytest.raises(Refused):
            advance(world, stranger, made, actions.Change(M.UNDER_WAY), 2)
    advance(world, cast.police, made, actions.Change(M.UNDER_WAY), 2)
    with pytest.raises(Refused):
        advance(world, cast.analyst, made, actions.Change(M.ABANDONED, reason=WHY), 3)
    with pytest.raises(Invalid):
        advance(world, cast.head, made, actions.Change(M.ABANDONED), 3)
    advance(world, cast.head, made, actions.Change(M.ABANDONED, reason=WHY), 3)
    with pytest.raises(Conflict):
        advance(world, cast.police, made, actions.Change(M.DONE), 4)


def test_a_step_that_was_not_read_is_refused(world: World, cast: Cast) -> None:
    made = planned(world, cast.analyst, dismantled(world, cast, 3))
    advance(world, cast.analyst, made, actions.Change(M.UNDER_WAY))
    with pytest.raises(Conflict, match="pendant que vous"):
        advance(world, cast.analyst, made, actions.Change(M.DONE))
    with pytest.raises(Invalid):
        advance(world, cast.analyst, made, actions.Change(M.UNDER_WAY), 2)


def test_a_postponed_operation_leaves_a_due_date_behind_it_that_the_board_tells(world: World, cast: Cast) -> None:
    point_id = disrupted(world, cast)
    made = planned(world, cast.head, point_id, due_on=timezone.localdate())
    with psycopg.connect(world.admin_url) as admin:  # two days pass, and the operation is led today
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE coordination_measurestep SET due_on = due_on - 2 WHERE measure_id = %s", [made])
    dismantle(world, cast, point_id, 0)
    with world.acting(cast.police) as agent:
        (row,) = [row for row in queries.planned(agent, Place()) if row.id == made]
        assert row.before_operation
        assert row.late(timezone.localdate())


# -- the board and the rate --------------------------------------------------------------------------------------------
def test_the_board_shows_what_waits_to_whoever_reads_the_point(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 20)
    today = timezone.localdate()
    cell = unit("CROSS13").id
    for who, place, there in (
        (cast.police, Place(), True), (cast.police, Place("13"), True), (cast.police, Place("59"), False),
        (cast.analyst, Place(cell=cell), True), (cast.analyst, Place(cell=unit("CROSS59").id), False),
        (cast.other_head, Place(), False),
    ):  # fmt: skip
        with world.acting(who) as agent:
            rows = {row.days: row for row in queries.waiting(agent, today, 30, place) if row.point_id == point_id}
        assert set(rows) == ({7, 30} if there else set())
        if there:
            assert (rows[7].state, rows[30].state) == (CheckState.LATE, CheckState.COMING)


def test_the_rate_counts_what_the_history_says(world: World, cast: Cast) -> None:
    today = timezone.localdate()
    first, last_day = today - timedelta(days=330), today - timedelta(days=300)
    with world.acting(cast.office) as agent:
        before = queries.reoccupation(agent, first, last_day, today, "13")
    clean, back, silent = (dismantled(world, cast, 310) for _ in range(3))
    for days in DAYS:
        answer(world, cast.police, clean, days, Seen.CLEAN)
    answer(world, cast.analyst, back, 7, Seen.RESOLD)
    with world.acting(cast.office) as agent:
        found = queries.reoccupation(agent, first, last_day, today, "13")
        assert queries.reoccupation(agent, first, last_day, today, "59").dismantled == 0
    counted = [
        getattr(found, name) - getattr(before, name) for name in ("dismantled", "reoccupied", "clean", "unknown")
    ]
    assert counted == [3, 1, 1, 1]
    with world.acting(cast.other_head) as agent:
        assert queries.reoccupation(agent, first, last_day, today).dismantled == 0
    assert silent


# -- what the database refuses whatever the code asks ------------------------------------------------------------------
REFUSED = (
    "INSERT INTO coordination_check (id, point_id, step, days, due_on)"
    " VALUES (gen_random_uuid(), '{point}', 1, 9, now())",
    "UPDATE coordination_check SET due_on = now()",
    "UPDATE coordination_answer SET seen = 'clean'",
    "UPDATE coordination_measure SET text = 'x'",
    "UPDATE coordination_measurestep SET due_on = now()",
    "DELETE FROM coordination_check",
    "DELETE FROM coordination_answer",
    "DELETE FROM coordination_measure",
    "DELETE FROM coordination_measurestep",
)


@pytest.mark.parametrize("statement", REFUSED)
def test_nothing_written_after_an_operation_is_changed(world: World, cast: Cast, statement: str) -> None:
    point_id = dismantled(world, cast, 8)
    with pytest.raises(Exception, match="permission denied"), world.acting(cast.head):
        connections["default"].cursor().execute(statement.format(point=point_id))


ANSWERED = """INSERT INTO coordination_answer (id, check_id, at, actor_id, unit_code, seen, seen_on, motive)
    SELECT gen_random_uuid(), id, now(), %s, 'X', 'clean', due_on, 'motif'
      FROM coordination_check WHERE point_id = %s"""


def test_the_database_refuses_the_answer_of_a_stranger_and_one_in_the_name_of_another(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 8)
    for who, signed in ((cast.prosecutor, cast.prosecutor.id), (cast.police, uuid4())):
        with pytest.raises(Exception, match="row-level security"), world.acting(who):
            _entry(point_id)
            with connections["default"].cursor() as cursor:
                cursor.execute(ANSWERED, [signed, point_id])


def test_the_database_refuses_a_plan_by_a_unit_that_does_not_lead(world: World, cast: Cast) -> None:
    point_id = dismantled(world, cast, 8)
    insert = """INSERT INTO coordination_measure (id, point_id, kind, text, partner_kind, partner)
        VALUES (gen_random_uuid(), %s, 'light', 'x', 'town', 'Mairie')"""
    with pytest.raises(Exception, match="row-level security"), world.acting(cast.police):
        _entry(point_id)
        with connections["default"].cursor() as cursor:
            cursor.execute(insert, [point_id])


def _entry(point_id: UUID) -> None:
    record(Operation.MODIFY, refs=[("dealpoint", point_id)])
