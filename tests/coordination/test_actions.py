"""Objectives on the real base: nothing allocated without the competent prosecutor, nothing read before its time."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from recoupe.access.enums import Capacity, Role
from recoupe.coordination import actions, permissions, queries
from recoupe.coordination.enums import Financial, ObjectiveState, OriginKind, Verdict
from recoupe.coordination.models import Step
from recoupe.crosscheck.enums import HitState
from recoupe.crosscheck.models import HitSide
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.models import DealPoint
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refused
from recoupe.kernel.selectors import Strength
from recoupe.notices import queries as notices
from tests.coordination.builders import WHY, Cast, allocation, brought_to, draft, hit_side, proposed, seen, unit
from tests.dealpoints.builders import active
from tests.dealpoints.builders import proposed as point_proposed
from tests.world import World

S = ObjectiveState


# -- proposing ---------------------------------------------------------------------------------------------------------
def test_a_deal_point_gives_an_objective_its_territory_and_tells_the_cells(world: World, cast: Cast) -> None:
    objective_id = proposed(world, cast)
    with world.acting(cast.head) as agent:
        objective = queries.objective(agent, objective_id)
        assert (objective.state, objective.departments, objective.commune_code) == (S.PROPOSED, ["13"], "13055")
        assert objective.court_id == unit("TJ13").id
        assert [(s.from_state, s.to_state) for s in queries.history(agent, objective)] == [("", S.PROPOSED)]
        assert ("objective_proposed", objective_id) in [(w.kind, w.record_id) for w in notices.waiting(agent)]
        assert objective_id in [row.id for row in queries.recent(agent).rows]
        assert queries.from_origin(agent, OriginKind.DEALPOINT, objective.origin_id) == [objective]
    entries = [row for row in world.journal("collect") if f"objective:{objective_id}" in row[2]]
    assert len(entries) == 1
    assert "Cygnes" not in str(entries)


def test_a_point_that_nobody_confirmed_gives_no_objective(world: World, cast: Cast) -> None:
    point_id = point_proposed(world, cast.police)
    with world.acting(cast.analyst) as agent:
        point = DealPoint.objects.get(pk=point_id)
        assert not permissions.can_propose(agent, point)
        with pytest.raises(Conflict):
            actions.propose(by=agent, origin=point, draft=draft())


def test_one_origin_has_one_live_objective(world: World, cast: Cast) -> None:
    objective_id = proposed(world, cast)
    with world.acting(cast.head) as agent:
        objective = queries.objective(agent, objective_id)
        point = DealPoint.objects.get(pk=objective.origin_id)
        with pytest.raises(Conflict):
            actions.propose(by=agent, origin=point, draft=draft())
        actions.abandon(by=agent, objective=objective, reason=WHY)
        assert actions.propose(by=agent, origin=point, draft=draft()).state == S.PROPOSED


def test_a_form_sent_twice_makes_one_objective(world: World, cast: Cast) -> None:
    key, point_id = uuid4(), active(world, cast.police, cast.analyst)
    with world.acting(cast.analyst) as agent:
        point = DealPoint.objects.get(pk=point_id)
        for _ in range(2):
            assert actions.propose(by=agent, origin=point, draft=draft(key=key)).id == key


@pytest.mark.parametrize(
    ("strength", "state", "allowed"),
    [
        (Strength.CERTAIN, HitState.BLIND_NOTIFIED, True),
        (Strength.STRONG, HitState.BLIND_NOTIFIED, True),
        (Strength.WEAK, HitState.BLIND_NOTIFIED, False),
        (Strength.WEAK, HitState.POSITIVE, True),
        (Strength.STRONG, HitState.FALSE_POSITIVE, False),
    ],
)
def test_a_hit_gives_an_objective_when_it_is_more_than_a_presumption(
    world: World, cast: Cast, strength: Strength, state: HitState, allowed: bool
) -> None:
    side_id = hit_side(world, cast.analyst, Capacity.CELL, strength, state)
    with world.acting(cast.analyst) as agent:
        side = HitSide.objects.get(pk=side_id)
        assert permissions.can_propose(agent, side) is allowed
        if allowed:
            objective = actions.propose(by=agent, origin=side, draft=draft(commune_code="13055", departments=("84",)))
            assert (objective.origin_kind, objective.origin_id) == (OriginKind.HIT, side_id)
            assert objective.departments == ["13", "84"]
            assert objective.court_id == unit("TJ13").id
            for wrong in ({"commune_code": "99999"}, {"commune_code": "13055", "departments": ("00",)}, {}):
                with pytest.raises(Invalid):
                    actions.propose(by=agent, origin=side, draft=draft(**wrong))


@pytest.mark.parametrize(("court", "allowed"), [("TJ13", True), ("JIRS13", True), ("TJ13A", False), ("TJ59", False)])
def test_only_a_competent_court_is_addressed(world: World, cast: Cast, court: str, allowed: bool) -> None:
    point_id = active(world, cast.police, cast.analyst)
    with world.acting(cast.analyst) as agent:
        point = DealPoint.objects.get(pk=point_id)
        wanted = draft(court_id=unit(court).id)
        if allowed:
            assert actions.propose(by=agent, origin=point, draft=wanted).court_id == unit(court).id
            return
        with pytest.raises(Invalid):
            actions.propose(by=agent, origin=point, draft=wanted)


@pytest.mark.parametrize(
    ("role", "unit_code", "allowed"),
    [
        (Role.CROSS_ANALYST, "CROSS13", True),
        (Role.CROSS_HEAD, "CROSS13", True),
        (Role.UNIT_HEAD, "PJ13", True),
        (Role.INVESTIGATOR, "PJ13", False),
        (Role.OFAST_ANALYST, "OFAST", False),
        (Role.PROSECUTOR, "TJ13", False),
        (Role.EXAMINING_JUDGE, "TJ13", False),
        (Role.DUTY_OFFICER, "PJ13", False),
        (Role.SYSADMIN, "OFAST", False),
    ],
)
def test_who_may_propose(world: World, cast: Cast, role: Role, unit_code: str, allowed: bool) -> None:
    point_id = active(world, cast.police, cast.analyst)
    with world.acting(cast.head):
        point = DealPoint.objects.get(pk=point_id)
    with world.acting(world.agent(role, unit_code)) as agent:
        assert permissions.can_propose(agent, point) is allowed
        if allowed:
            made = actions.propose(by=agent, origin=point, draft=draft())
            assert queries.objective(agent, made.id).owner_unit_id == agent.unit_id


# -- who reads, at each state ------------------------------------------------------------------------------------------
ALWAYS = {"analyst", "head", "office"}
SENT = ALWAYS | {"prosecutor"}
GIVEN = SENT | {"lead", "lead_head", "associated"}


@pytest.mark.parametrize(
    ("state", "readers"),
    [
        (S.PROPOSED, ALWAYS),
        (S.EXAMINED, ALWAYS),
        (S.TO_PROSECUTOR, SENT),
        (S.VALIDATED, SENT),
        (S.ALLOCATED, GIVEN),
        (S.UNDER_INVESTIGATION, GIVEN),
        (S.CLOSED, GIVEN),
    ],
)
def test_who_reads_an_objective_at_each_state(
    world: World, cast: Cast, state: ObjectiveState, readers: set[str]
) -> None:
    objective_id = brought_to(world, cast, state)
    assert {name for name, who in cast.everybody().items() if seen(world, who, objective_id)} == readers
    for name in ("prosecutor", "lead", "judge"):
        with world.acting(cast.everybody()[name]) as agent:
            listed = [row.id for row in queries.recent(agent, limit=100).rows]
            assert (objective_id in listed) is (name in readers)
            assert Step.objects.filter(objective=objective_id).exists() is (name in readers)


# -- who decides -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "to", "deciders"),
    [
        (S.PROPOSED, S.EXAMINED, {"analyst", "head"}),
        (S.EXAMINED, S.TO_PROSECUTOR, {"analyst", "head"}),
        (S.TO_PROSECUTOR, S.VALIDATED, {"prosecutor"}),
        (S.TO_PROSECUTOR, S.REFUSED, {"prosecutor"}),
        (S.VALIDATED, S.ALLOCATED, {"head"}),
        (S.ALLOCATED, S.UNDER_INVESTIGATION, {"lead", "lead_head"}),
        (S.UNDER_INVESTIGATION, S.ABANDONED, {"head"}),
        (S.CLOSED, S.REOPENED, {"head"}),
    ],
)
def test_each_step_has_its_decider_for_this_very_objective(
    world: World, cast: Cast, state: ObjectiveState, to: ObjectiveState, deciders: set[str]
) -> None:
    objective_id = brought_to(world, cast, state)
    with world.acting(cast.head) as agent:
        objective = queries.objective(agent, objective_id)
    allowed = set()
    for name, who in cast.everybody().items():
        with world.acting(who) as agent:
            if permissions.can_move(agent, objective, to):
                allowed.add(name)
    assert allowed == deciders


@pytest.mark.parametrize("state", [S.PROPOSED, S.EXAMINED, S.TO_PROSECUTOR])
def test_nothing_is_allocated_without_validation(world: World, cast: Cast, state: ObjectiveState) -> None:
    objective_id = brought_to(world, cast, state)
    with world.acting(cast.head) as agent, pytest.raises(Conflict):
        actions.allocate(by=agent, objective=queries.objective(agent, objective_id), allocation=allocation())


def test_a_refused_objective_is_never_allocated(world: World, cast: Cast) -> None:
    objective_id = brought_to(world, cast, S.TO_PROSECUTOR)
    with world.acting(cast.prosecutor) as agent:
        objective = queries.objective(agent, objective_id)
        with pytest.raises(Invalid):
            actions.refuse(by=agent, objective=objective, reason="non")
        refused = actions.refuse(by=agent, objective=objective, reason=WHY)
        assert [d.verdict for d in queries.decisions(agent, refused)] == [Verdict.REFUSED]
    with world.acting(cast.head) as agent, pytest.raises(Conflict):
        actions.allocate(by=agent, objective=queries.objective(agent, objective_id), allocation=allocation())


def test_a_validation_carries_who_when_and_the_reference(world: World, cast: Cast) -> None:
    objective_id = brought_to(world, cast, S.TO_PROSECUTOR)
    with world.acting(cast.prosecutor) as agent:
        objective = queries.objective(agent, objective_id)
        with pytest.raises(Invalid):
            actions.validate(by=agent, objective=objective, reference="  ")
        validated = actions.validate(by=agent, objective=objective, reference="26-321")
        decision = queries.decisions(agent, validated)[0]
        assert (decision.decided_by_id, decision.reference, decision.court_id) == (
            agent.id,
            "26-321",
            unit("TJ13").id,
        )
        assert validated.decision_id == decision.id


def test_nobody_decides_on_his_own_proposal(world: World, cast: Cast) -> None:
    objective_id = brought_to(world, cast, S.TO_PROSECUTOR)
    with world.acting(cast.prosecutor) as agent:
        objective = queries.objective(agent, objective_id)
        objective.proposed_by_id = agent.id
        assert not permissions.can_move(agent, objective, S.VALIDATED)


# -- allocation and after ----------------------------------------------------------------------------------------------
def test_an_allocation_names_one_lead_a_deadline_and_targets_the_point(world: World, cast: Cast) -> None:
    objective_id = brought_to(world, cast, S.VALIDATED)
    with world.acting(cast.head) as agent:
        objective = queries.objective(agent, objective_id)
        for wrong in (
            {"lead_id": unit("TJ13").id},
            {"lead_id": unit("CROSS13").id},
            {"co_services": (unit("SR13").id,)},
            {"deadline": timezone.localdate()},
            {"financial": Financial.DECLINED},
        ):
            with pytest.raises(Invalid):
                actions.allocate(by=agent, objective=objective, allocation=allocation(**wrong))
        moved = actions.allocate(by=agent, objective=objective, allocation=allocation())
        assert (moved.lead_id, moved.financial) == (unit("SR13").id, Financial.OPENED)
        assert DealPoint.objects.get(pk=moved.origin_id).state == DealPointState.TARGETED
        assert [(x.unit.code, x.late) for x in queries.load(agent, timezone.localdate())] == [("SR13", 0)]
        late = queries.overdue(agent, timezone.localdate() + timedelta(days=61), limit=100)
        assert moved.id in [row.id for row in late]
        assert queries.overdue(agent, timezone.localdate()) == []
    with world.acting(cast.lead_head) as agent:
        waiting = {(w.kind, w.record_id): w.due_at for w in notices.waiting(agent)}
        due = waiting["objective_allocated", objective_id]
        assert due is not None
        assert timezone.localdate(due) == timezone.localdate() + timedelta(days=60)


def test_the_territory_learns_that_a_point_is_targeted_but_no_objective(world: World, cast: Cast) -> None:
    objective_id = brought_to(world, cast, S.ALLOCATED)
    reference = seen(world, cast.head, objective_id)
    assert reference is not None
    with world.acting(cast.police):
        point = DealPoint.objects.get(pk=reference.origin_id)
        assert point.state == DealPointState.TARGETED
        assert not any(reference.ref in change.motive for change in point.changes.all())


def test_a_reopened_objective_starts_again_without_its_former_decision_and_services(world: World, cast: Cast) -> None:
    objective_id = brought_to(world, cast, S.CLOSED)
    with world.acting(cast.head) as agent:
        objective = actions.reopen(by=agent, objective=queries.objective(agent, objective_id), reason=WHY)
        objective = actions.examine(by=agent, objective=objective)
        assert (objective.decision_id, objective.lead_id, objective.outcome) == (None, None, "")
        assert len(queries.decisions(agent, objective)) == 1
        assert len(queries.history(agent, objective)) == 13
    assert seen(world, cast.lead, objective_id) is None
    assert seen(world, cast.prosecutor, objective_id) is not None


def test_a_lead_service_pauses_plans_calls_off_and_goes_on(world: World, cast: Cast) -> None:
    objective_id = brought_to(world, cast, S.UNDER_INVESTIGATION)
    today = timezone.localdate()
    with world.acting(cast.lead) as agent:
        objective = actions.suspend(by=agent, objective=queries.objective(agent, objective_id), reason=WHY)
        objective = actions.resume(by=agent, objective=objective)
        with pytest.raises(Invalid):
            actions.plan_operation(by=agent, objective=objective, reference="O", on=today - timedelta(days=1))
        with pytest.raises(Invalid):
            actions.plan_operation(by=agent, objective=objective, reference="O", on=date(9999, 12, 31))
        planned = actions.plan_operation(by=agent, objective=objective, reference="OP-9", on=today + timedelta(days=2))
        objective = actions.resume(by=agent, objective=planned)
        assert (objective.operation_ref, objective.operation_on) == ("", None)
        with pytest.raises(Conflict):
            actions.execute(by=agent, objective=objective, on=today)


def test_two_deciders_do_not_both_move_an_objective(world: World, cast: Cast) -> None:
    objective_id = brought_to(world, cast, S.PROPOSED)
    with world.acting(cast.head) as agent:
        stale = queries.objective(agent, objective_id)
        actions.examine(by=agent, objective=queries.objective(agent, objective_id))
    with world.acting(cast.head) as agent, pytest.raises(Conflict):
        actions.examine(by=agent, objective=stale)


def test_what_waits_for_a_service_is_told_since_when_the_oldest_first(world: World, cast: Cast) -> None:
    """Validated and not allocated, from the day of its decision; only to who reads it."""
    first, second = brought_to(world, cast, S.VALIDATED), brought_to(world, cast, S.VALIDATED)
    given = brought_to(world, cast, S.ALLOCATED)
    with world.acting(cast.head) as agent:
        waiting = {row.id: row.state_since for row in queries.awaiting(agent)}
        validated = queries.history(agent, queries.objective(agent, first))[-1]
    assert list(waiting).index(first) < list(waiting).index(second)
    assert waiting[first] == validated.at
    assert given not in waiting
    with world.acting(cast.other_head) as agent:
        assert not {first, second} & {row.id for row in queries.awaiting(agent)}


# -- the sheet ---------------------------------------------------------------------------------------------------------
def test_the_sheet_says_all_that_was_decided_and_nothing_to_a_stranger(world: World, cast: Cast) -> None:
    objective_id = brought_to(world, cast, S.JUDICIAL_OUTCOME)
    with world.acting(cast.lead) as agent:
        sheet = queries.objective_sheet(agent, objective_id)
    assert sheet["title"] == "Réseau des Cygnes"
    assert sheet["allocation"]["lead"] == unit("SR13").name
    assert sheet["decisions"][0]["reference"] == "26-321"
    assert sheet["outcome"]["what"] == "Jugement"
    assert len(sheet["history"]) == 9
    for name in ("police", "judge", "other_prosecutor", "dpo"):
        with world.acting(cast.everybody()[name]) as agent, pytest.raises(Absent):
            queries.objective_sheet(agent, objective_id)


def test_the_right_role_for_another_court_is_refused_with_a_sentence(world: World, cast: Cast) -> None:
    objective_id = brought_to(world, cast, S.TO_PROSECUTOR)
    with world.acting(cast.head) as agent:
        objective = queries.objective(agent, objective_id)
    for name in ("other_prosecutor", "neighbour_prosecutor", "judge", "head"):
        with world.acting(cast.everybody()[name]) as agent, pytest.raises(Refused):
            actions.validate(by=agent, objective=objective, reference="26-1")


def test_what_has_ended_presses_nobody_whatever_its_deadline(world: World, cast: Cast) -> None:
    """Late is what runs: what was stopped in time keeps the deadline that it had."""
    late, ended = brought_to(world, cast, S.UNDER_INVESTIGATION), brought_to(world, cast, S.CLOSED)
    past = timezone.localdate() - timedelta(days=3)
    world.sql(
        "SET session_replication_role = replica;"
        f" UPDATE coordination_objective SET deadline = '{past}' WHERE id IN ('{late}', '{ended}')"
    )
    with world.acting(cast.head) as agent:
        pressing = {row.id for row in queries.pressing(agent, timezone.localdate(), 500)}
    assert late in pressing
    assert ended not in pressing
