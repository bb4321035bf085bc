"""Where a department has no cell the office decides; the other readers change nothing by an injected statement."""

from uuid import UUID

import pytest

from recoupe.access.enums import Role
from tests.attacks.injected import stopped
from tests.coordination.builders import Cast, proposed
from tests.dealpoints.builders import active
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def cast(world: World) -> Cast:
    return Cast(world)


def alone(world: World, table: str, row: UUID) -> UUID:
    """The row as it is written where no cell exists: its proposer's unit, the territory and the office read it."""
    world.sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    world.sql(f"UPDATE {table} SET cells = '{{}}' WHERE id = %s", [row])
    world.sql(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
    return row


@pytest.fixture(scope="module")
def point(world: World, cast: Cast) -> UUID:
    return alone(world, "dealpoints_dealpoint", active(world, cast.police, cast.analyst))


@pytest.fixture(scope="module")
def objective(world: World, cast: Cast) -> UUID:
    return alone(world, "coordination_objective", proposed(world, cast))


CHANGE = "UPDATE {table} SET state_since = now() WHERE id = %s"
SIGN_POINT = (
    "INSERT INTO dealpoints_statechange (id, point_id, step, at, since, actor_id, unit_code, from_state, to_state,"
    " motive) VALUES (gen_random_uuid(), %s, 90, now(), now(), %s, 'X', 'ACTIVE', 'REJECTED', 'rien du tout')"
)
SIGN_OBJECTIVE = (
    "INSERT INTO coordination_step (id, objective_id, number, at, actor_id, unit_code, from_state, to_state, motive)"
    " VALUES (gen_random_uuid(), %s, 90, now(), %s, 'X', 'PROPOSED', 'ABANDONED', 'rien du tout')"
)


def readers(cast: Cast) -> dict[str, TestAgent]:
    return {"member of the proposer's unit": cast.police, "prosecutor": cast.prosecutor}


@pytest.mark.parametrize("name", ["member of the proposer's unit", "prosecutor"])
def test_a_reader_of_a_point_without_cell_changes_nothing(world: World, cast: Cast, point: UUID, name: str) -> None:
    who = readers(cast)[name]
    assert world.sql("SELECT 1 FROM dealpoints_dealpoint WHERE id = %s", [point]) == [(1,)]
    assert stopped(world, who, CHANGE.format(table="dealpoints_dealpoint"), point)
    assert stopped(world, who, SIGN_POINT, point, who.id)


def test_a_reader_of_an_objective_without_cell_changes_nothing(world: World, cast: Cast, objective: UUID) -> None:
    colleague = world.agent(Role.CROSS_ANALYST, "CROSS13")
    assert stopped(world, colleague, CHANGE.format(table="coordination_objective"), objective)
    assert stopped(world, colleague, SIGN_OBJECTIVE, objective, colleague.id)


def test_the_office_decides_there(world: World, cast: Cast, point: UUID, objective: UUID) -> None:
    assert not stopped(world, cast.office, CHANGE.format(table="dealpoints_dealpoint"), point)
    assert not stopped(world, cast.office, CHANGE.format(table="coordination_objective"), objective)
    assert not stopped(world, cast.office, SIGN_POINT, point, cast.office.id)
    assert not stopped(world, cast.office, SIGN_OBJECTIVE, objective, cast.office.id)
