"""Statements injected by a unit that would let another one read its point or its objective, outside every rule."""

from uuid import UUID

import pytest

from recoupe.access.enums import Capacity, Role
from recoupe.access.keys import reader_key
from recoupe.dealpoints.actions import mark_duplicate, merge
from recoupe.dealpoints.models import DealPoint
from tests.attacks.injected import injected, stopped
from tests.coordination.builders import Cast, proposed
from tests.dealpoints.builders import active
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def cast(world: World) -> Cast:
    return Cast(world)


@pytest.fixture(scope="module")
def rival(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ59")


def reads(world: World, who: TestAgent, table: str, row: UUID) -> bool:
    with injected(world, who) as connection:
        found = connection.execute(f"SELECT 1 FROM {table} WHERE id = %s".encode(), [row])
        return found.fetchone() is not None


def test_a_point_is_not_shared_by_its_readers(world: World, cast: Cast, rival: TestAgent) -> None:
    point = active(world, cast.police, cast.analyst)
    keys = [reader_key(cast.analyst.unit_id, Capacity.CELL), reader_key(rival.unit_id, Capacity.UNIT)]
    for table, column in (("dealpoints_dealpoint", "id"), ("dealpoints_evidence", "point_id")):
        assert stopped(world, cast.analyst, f"UPDATE {table} SET readers = %s WHERE {column} = %s", keys, point)
    assert not reads(world, rival, "dealpoints_dealpoint", point)


def test_evidence_follows_a_merged_point_and_no_hand(world: World, cast: Cast) -> None:
    """Nobody who reads it changes what it is, where it is, or for which point it counts."""
    point, other = (active(world, cast.police, cast.analyst) for _ in range(2))
    keys = [reader_key(cast.analyst.unit_id, Capacity.CELL)]
    moves = "UPDATE dealpoints_evidence SET point_id = %s, readers = %s WHERE point_id = %s"
    counts = "UPDATE dealpoints_evidence SET counts_for_id = %s WHERE point_id = %s"
    for who in (cast.police, cast.analyst):
        assert stopped(
            world, who, "UPDATE dealpoints_evidence SET source_kind = 'anonymous' WHERE point_id = %s", point
        )
        assert stopped(world, who, moves, other, keys, point)
        assert stopped(world, who, counts, other, point)
    with world.acting(cast.analyst) as agent:
        mark_duplicate(
            by=agent,
            point=DealPoint.objects.get(pk=point),
            of=DealPoint.objects.get(pk=other),
            reason="le même hall, vu deux fois",
        )
    with world.acting(world.agent(Role.CROSS_HEAD, "CROSS13")) as agent:
        merge(by=agent, point=DealPoint.objects.get(pk=point), reason="le même hall, vu deux fois")
    held = "SELECT count(*) FILTER (WHERE point_id = %s), count(*) FILTER (WHERE counts_for_id = %s)"
    assert world.sql(f"{held} FROM dealpoints_evidence", [point, other]) == [(1, 2)]


def test_an_objective_is_read_by_those_whom_it_names(world: World, cast: Cast, rival: TestAgent) -> None:
    objective = proposed(world, cast)
    key = reader_key(rival.unit_id, Capacity.UNIT)
    with injected(world, cast.analyst) as connection:
        changed = (
            "UPDATE coordination_objective SET readers = readers_now FROM (SELECT ARRAY[%s::bigint] AS readers_now) x"
        )
        connection.execute((changed + " WHERE id = %s").encode(), [key, objective])
    assert not reads(world, rival, "coordination_objective", objective)
    assert reads(world, cast.analyst, "coordination_objective", objective)
    lead = "UPDATE coordination_objective SET lead_id = %s WHERE id = %s"
    assert stopped(world, cast.analyst, lead, rival.unit_id, objective)
    given = "UPDATE coordination_objective SET owner_unit_id = %s WHERE id = %s"
    assert stopped(world, cast.analyst, given, rival.unit_id, objective)
