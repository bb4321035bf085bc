"""Objectives: what the database itself refuses, whatever the application asks."""

from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.coordination import queries
from recoupe.coordination.enums import ALLOCATED_STATES, ObjectiveState, Verdict
from recoupe.coordination.models import Decision, Objective, Step
from tests.coordination.builders import Cast, brought_to, proposed
from tests.coordination.test_actions import S
from tests.world import World


# -- what the database refuses whatever the code asks ------------------------------------------------------------------
def decision_by(agent_id: UUID, objective: Objective, verdict: Verdict = Verdict.VALIDATED) -> Decision:
    record(Operation.MODIFY, refs=[("objective", objective.id)])
    with transaction.atomic():
        return Decision.objects.create(
            objective=objective,
            court_id=objective.court_id,
            verdict=verdict,
            decided_by_id=agent_id,
            decided_by_name="x",
            reference="R",
            motive="m",
        )


@pytest.mark.parametrize("name", ["head", "analyst", "office", "judge", "other_prosecutor", "neighbour_prosecutor"])
def test_the_database_refuses_a_decision_by_anybody_but_its_own_prosecutors(
    world: World, cast: Cast, name: str
) -> None:
    objective_id = brought_to(world, cast, S.TO_PROSECUTOR)
    with world.acting(cast.head) as agent:
        objective = queries.objective(agent, objective_id)
    with world.acting(cast.everybody()[name]) as agent, pytest.raises(DatabaseError, match="row-level security"):
        decision_by(agent.id, objective)


def test_the_database_refuses_a_decision_in_the_name_of_another(world: World, cast: Cast) -> None:
    objective_id = brought_to(world, cast, S.TO_PROSECUTOR)
    with world.acting(cast.prosecutor) as agent:
        objective = queries.objective(agent, objective_id)
        with pytest.raises(DatabaseError, match="row-level security"):
            decision_by(uuid4(), objective)


def test_the_database_refuses_an_allocation_on_a_refusal_or_on_the_decision_of_another_objective(
    world: World, cast: Cast
) -> None:
    refused, validated = brought_to(world, cast, S.TO_PROSECUTOR), brought_to(world, cast, S.VALIDATED)
    with world.acting(cast.prosecutor) as agent:
        no = decision_by(agent.id, queries.objective(agent, refused), Verdict.REFUSED)
        elsewhere = queries.objective(agent, validated).decision_id
        for wrong in (no.id, elsewhere):
            with pytest.raises(IntegrityError, match="no validating decision"), transaction.atomic():
                Objective.objects.filter(pk=refused).update(state=S.VALIDATED, decision_id=wrong)


@pytest.mark.parametrize("state", sorted(ALLOCATED_STATES | {S.VALIDATED}))
def test_the_database_refuses_each_later_state_without_a_decision(
    world: World, cast: Cast, state: ObjectiveState
) -> None:
    objective_id = proposed(world, cast)
    with world.acting(cast.head):
        record(Operation.MODIFY, refs=[("objective", objective_id)])
        with pytest.raises(IntegrityError), transaction.atomic():
            Objective.objects.filter(pk=objective_id).update(
                state=state,
                sent_at=timezone.now(),
                deadline=timezone.localdate(),
                financial="opened",
            )


def test_the_database_refuses_a_change_by_a_mere_reader(world: World, cast: Cast) -> None:
    objective_id = brought_to(world, cast, S.ALLOCATED)
    for name, changed in (("office", 0), ("associated", 0), ("lead", 1)):
        with world.acting(cast.everybody()[name]):
            record(Operation.MODIFY, refs=[("objective", objective_id)])
            assert Objective.objects.filter(pk=objective_id).update(closing_motive="") == changed


def test_decisions_and_history_are_written_once(world: World, cast: Cast) -> None:
    objective_id = brought_to(world, cast, S.VALIDATED)
    with world.acting(cast.prosecutor):
        record(Operation.MODIFY, refs=[("objective", objective_id)])
        for rows in (Decision.objects.all(), Step.objects.all()):
            with pytest.raises(DatabaseError), transaction.atomic():
                rows.update(motive="")
