"""Acts that leave the state: progress, another lead, two leads, another term; who does them, who reads afterwards."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from django.db import transaction
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.coordination import actions, permissions, queries
from recoupe.coordination.enums import Act, ObjectiveState
from recoupe.coordination.models import Objective
from recoupe.kernel.refusal import Conflict, Invalid, Refused
from recoupe.notices import queries as notices
from tests.coordination.builders import WHY, Cast, brought_to, seen, unit
from tests.world import TestAgent, World

S = ObjectiveState


@pytest.fixture(scope="module")
def cast(world: World) -> Cast:
    return Cast(world)


def told(world: World, who: TestAgent, objective_id: UUID) -> list[str]:
    with world.acting(who) as agent:
        return [one.kind for one in notices.waiting(agent) if one.record_id == objective_id]


def transfer(agent: Agent, of: Objective, **over: object) -> Objective:
    given: dict[str, object] = {"service": unit("PJ13").id, "said": WHY, **over}
    return actions.transfer(by=agent, objective=of, **given)  # type: ignore[arg-type]


def join(agent: Agent, of: Objective) -> Objective:
    return actions.join_lead(by=agent, objective=of, service=unit("DED13").id, said=WHY)


def test_a_lead_says_how_it_goes_and_the_state_stays(world: World, cast: Cast) -> None:
    made = brought_to(world, cast, S.UNDER_INVESTIGATION)
    with world.acting(cast.lead) as agent:
        before = queries.objective(agent, made)
        after = actions.report_progress(by=agent, objective=before, said="Deux surveillances faites, bornage demandé.")
        assert (after.state, after.state_since, after.steps) == (before.state, before.state_since, before.steps + 1)
        last = queries.history(agent, after)[-1]
        assert (last.act, last.from_state, last.to_state) == (Act.PROGRESS, before.state, before.state)
        assert (last.service_id, last.day, last.motive) == (None, None, "Deux surveillances faites, bornage demandé.")
    assert "surveillances" not in str([row for row in world.journal("modify") if f"objective:{made}" in row[2]])


@pytest.mark.parametrize("keep", [False, True])
def test_another_service_leads_and_the_former_one_reads_only_if_it_is_kept(
    world: World, cast: Cast, keep: bool
) -> None:
    made, new_head = brought_to(world, cast, S.UNDER_INVESTIGATION), world.agent(Role.UNIT_HEAD, "PJ13")
    assert seen(world, cast.lead, made)
    assert not seen(world, new_head, made)
    with world.acting(cast.head) as agent:
        moved = transfer(agent, queries.objective(agent, made), keep=keep)
        assert (moved.lead_id, moved.state) == (unit("PJ13").id, S.UNDER_INVESTIGATION)
        assert moved.decision_id is not None
        assert moved.co_services == [unit("DED13").id, *([unit("SR13").id] if keep else [])]
    assert seen(world, new_head, made)
    assert bool(seen(world, cast.lead, made)) is keep
    assert "objective_transfer" in told(world, new_head, made)
    assert "objective_transfer" in told(world, cast.prosecutor, made)
    if keep:
        with world.acting(cast.lead) as agent, pytest.raises(Refused):
            actions.suspend(by=agent, objective=queries.objective(agent, made), reason=WHY)


def test_two_services_lead_and_each_one_brings_it_further(world: World, cast: Cast) -> None:
    made = brought_to(world, cast, S.ALLOCATED)
    with world.acting(cast.associated) as agent, pytest.raises(Refused):
        actions.start(by=agent, objective=queries.objective(agent, made))
    with world.acting(cast.head) as agent:
        both = join(agent, queries.objective(agent, made))
        assert (both.lead_id, both.joint_lead_id, both.co_services) == (unit("SR13").id, unit("DED13").id, [])
        with pytest.raises(Conflict):
            actions.join_lead(by=agent, objective=both, service=unit("PJ13").id, said=WHY)
        loads = {load.unit.code: load.running for load in queries.load(agent, timezone.localdate())}
        assert loads["DED13"] >= 1
    with world.acting(cast.associated) as agent:
        actions.start(by=agent, objective=queries.objective(agent, made))
        actions.report_progress(by=agent, objective=queries.objective(agent, made), said=WHY)
    with world.acting(cast.head) as agent:
        alone = actions.end_joint_lead(by=agent, objective=queries.objective(agent, made), said=WHY)
        assert (alone.joint_lead_id, alone.co_services) == (None, [unit("DED13").id])
        with pytest.raises(Conflict):
            actions.end_joint_lead(by=agent, objective=alone, said=WHY)
    with world.acting(cast.associated) as agent, pytest.raises(Refused):
        actions.suspend(by=agent, objective=queries.objective(agent, made), reason=WHY)


def test_a_second_lead_that_takes_over_leads_alone(world: World, cast: Cast) -> None:
    made = brought_to(world, cast, S.UNDER_INVESTIGATION)
    with world.acting(cast.head) as agent:
        both = join(agent, queries.objective(agent, made))
        alone = transfer(agent, both, service=unit("DED13").id, keep=True)
        assert (alone.lead_id, alone.joint_lead_id, alone.co_services) == (unit("DED13").id, None, [unit("SR13").id])


def test_another_term_is_told_to_who_has_the_work(world: World, cast: Cast) -> None:
    made, later = brought_to(world, cast, S.UNDER_INVESTIGATION), timezone.localdate() + timedelta(days=120)
    with world.acting(cast.head) as agent:
        objective = queries.objective(agent, made)
        for wrong in (objective.deadline or later, timezone.localdate(), timezone.localdate() + timedelta(days=800)):
            with pytest.raises(Invalid):
                actions.change_deadline(by=agent, objective=objective, deadline=wrong, said=WHY)
        assert actions.change_deadline(by=agent, objective=objective, deadline=later, said=WHY).deadline == later
    assert "objective_term" in told(world, cast.lead_head, made)


ACTS: dict[Act, Callable[[Agent, Objective], Objective]] = {
    Act.PROGRESS: lambda a, o: actions.report_progress(by=a, objective=o, said=WHY),
    Act.TRANSFER: transfer,
    Act.JOINT: join,
    Act.SOLE: lambda a, o: actions.end_joint_lead(by=a, objective=o, said=WHY),
    Act.TERM: lambda a, o: actions.change_deadline(
        by=a, objective=o, deadline=timezone.localdate() + timedelta(days=99), said=WHY
    ),
}


@pytest.mark.parametrize("act", Act)
def test_an_act_has_its_writer_for_this_very_objective(world: World, cast: Cast, act: Act) -> None:
    """Right role, wrong object: the other cell's head, the other lead, the prosecutor who only decides."""
    made = brought_to(world, cast, S.UNDER_INVESTIGATION)
    if act is Act.SOLE:
        with world.acting(cast.head) as agent:
            join(agent, queries.objective(agent, made))
    done = {"lead", "lead_head"} if act is Act.PROGRESS else {"head"}
    for name, who in cast.everybody().items():
        with world.acting(who) as agent, transaction.atomic():
            objective = Objective.objects.filter(pk=made).first()
            if objective is None:
                assert name not in done
                continue
            may = permissions.can_progress(agent, objective)
            if act is not Act.PROGRESS:
                may = permissions.can_reassign(agent, objective, act)
            assert may is (name in done or (act is Act.PROGRESS and objective.joint_lead_id == agent.unit_id)), name
            if not may:
                with pytest.raises(Refused):
                    ACTS[act](agent, objective)
    with world.acting(cast.lead if act is Act.PROGRESS else cast.head) as agent:
        assert queries.history(agent, ACTS[act](agent, queries.objective(agent, made)))[-1].act == act


def test_nothing_is_handed_over_before_it_is_allocated_or_while_an_operation_is_planned(
    world: World, cast: Cast
) -> None:
    for state in (S.VALIDATED, S.OPERATION_PLANNED, S.CLOSED):
        made = brought_to(world, cast, state)
        with world.acting(cast.head) as agent, pytest.raises(Conflict):
            transfer(agent, queries.objective(agent, made))


def test_whose_story_has_gone_on_is_told_and_writes_nothing(world: World, cast: Cast) -> None:
    """Two heads at once: one wins, the other is told."""
    made = brought_to(world, cast, S.UNDER_INVESTIGATION)
    with world.acting(cast.head) as agent:
        stale = queries.objective(agent, made)
        transfer(agent, queries.objective(agent, made))
    with world.acting(cast.head) as agent:
        with pytest.raises(Conflict):
            transfer(agent, stale, service=unit("DED13").id)
        with pytest.raises(Conflict):
            transfer(agent, queries.objective(agent, made), service=unit("DED13").id, seen=stale.steps)
        assert queries.objective(agent, made).lead_id == unit("PJ13").id


@pytest.mark.parametrize("service", ["TJ13", "CROSS13", "SR13"])
def test_only_another_service_that_investigates_takes_it_over(world: World, cast: Cast, service: str) -> None:
    made = brought_to(world, cast, S.UNDER_INVESTIGATION)
    with world.acting(cast.head) as agent, pytest.raises(Invalid):
        transfer(agent, queries.objective(agent, made), service=unit(service).id)


def test_a_reopened_objective_has_no_second_lead_left(world: World, cast: Cast) -> None:
    made = brought_to(world, cast, S.JUDICIAL_OUTCOME)
    with world.acting(cast.head) as agent:
        objective = join(agent, queries.objective(agent, made))
        objective = actions.follow_up(by=agent, objective=objective)
        objective = actions.reopen(by=agent, objective=objective, reason=WHY)
        assert actions.examine(by=agent, objective=objective).joint_lead_id is None
    assert not seen(world, cast.associated, made)


@pytest.mark.parametrize(
    ("before", "after", "act"), [("A", "B", "progress"), ("A", "A", ""), ("A", "A", "term"), ("A", "A", "transfer")]
)
def test_the_base_keeps_an_act_apart_from_a_step(world: World, cast: Cast, before: str, after: str, act: str) -> None:
    made = brought_to(world, cast, S.UNDER_INVESTIGATION)
    row = "gen_random_uuid(), %s, 99, now(), gen_random_uuid(), 'X', %s, %s, '', %s"
    columns = "id, objective_id, number, at, actor_id, unit_code, from_state, to_state, motive, act"
    with psycopg.connect(world.admin_url) as admin:
        admin.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.errors.CheckViolation, match="coordination_step"):
            admin.execute(
                f"INSERT INTO coordination_step ({columns}) VALUES ({row})".encode(), [made, before, after, act]
            )
