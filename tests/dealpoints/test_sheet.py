"""What a process keeps of the map: by the keys that decide, in one version, and untouched by what one may not read."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import connection

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Role
from recoupe.access.keys import reader_keys
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import actions, drawing, queries, sheet
from recoupe.dealpoints.drawing import Address, Layer
from recoupe.dealpoints.models import DealPoint
from recoupe.dealpoints.rules import Bounds
from recoupe.kernel.place import Point
from tests.dealpoints.builders import LILLE, MARSEILLE, active, proposed
from tests.dealpoints.sheets import read, tile_of
from tests.world import TestAgent, World

FRANCE = Address(5, 16, 11)
NANTES, BORDEAUX = (-1.5536, 47.2184), (-0.5792, 44.8378)
ALL = Bounds(-10, 40, 12, 52)


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    sheet.forget()
    drawing.forget()
    yield


def told(world: World, who: TestAgent) -> tuple[str, int] | None:
    with world.acting(who) as agent:
        return sheet.entitlement(agent)


def seen(world: World, who: TestAgent) -> tuple[bytes, bytes, dict[str, object]]:
    with world.acting(who) as agent:
        tiles = [drawing.tile(agent, layer, FRANCE).content for layer in Layer]
        return tiles[0], tiles[1], drawing.window(agent, ALL)


def loads(world: World, who: TestAgent) -> int:
    """How many times the base is asked for points or for their steps."""
    asked: list[str] = []

    class Heard:
        def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]
            asked.append(sql)
            return execute(sql, params, many, context)

    with world.acting(who) as agent, connection.execute_wrapper(Heard()):
        drawing.tile(agent, Layer.POINTS, FRANCE)
    return sum("leave_at_beat" in sql for sql in asked)


def test_two_who_read_by_the_same_keys_share_and_no_others_do(world: World, police: TestAgent) -> None:
    active(world, police, world.agent(Role.CROSS_ANALYST, "CROSS13"))
    same = {told(world, world.agent(Role.INVESTIGATOR, "SR13")) for _ in range(2)}
    assert len(same) == 1
    keys = {who: told(world, world.agent(*who)) for who in (
        (Role.INVESTIGATOR, "SR13"), (Role.CROSS_ANALYST, "CROSS13"), (Role.OFAST_ANALYST, "OFAST"),
        (Role.PROSECUTOR, "TJ13"), (Role.INVESTIGATOR, "PJ59"), (Role.INVESTIGATOR, "PJ13"))}  # fmt: skip
    assert len({key and key[0] for key in keys.values()}) == len(keys)


def test_a_point_that_one_does_not_read_changes_nothing_of_what_one_has_kept(world: World) -> None:
    """Neither the version, nor the bytes, nor the counts, nor whether the base is asked again (R-26)."""
    there, cell = world.agent(Role.INVESTIGATOR, "PJ59"), world.agent(Role.CROSS_HEAD, "CROSS59")
    here = world.agent(Role.INVESTIGATOR, "PJ13")
    proposed(world, here, MARSEILLE)
    before, drawn_before = told(world, here), seen(world, here)
    assert loads(world, here) == 0, "kept"
    hidden = active(world, there, cell, LILLE)
    with world.acting(cell) as agent:
        actions.target(by=agent, point=queries.point(agent, hidden))
    assert told(world, here) == before
    assert loads(world, here) == 0
    assert seen(world, here) == drawn_before
    sheet.forget()
    drawing.forget()
    assert seen(world, here) == drawn_before, "read afresh too"


def test_what_one_reads_is_drawn_as_soon_as_it_is_changed(world: World) -> None:
    police, head = world.agent(Role.INVESTIGATOR, "PJ69"), world.agent(Role.CROSS_HEAD, "CROSS69")
    lyon = (4.8357, 45.764)
    point = proposed(world, police, lyon)
    states = []
    for step in (None, actions.confirm, actions.target):
        if step is not None:
            with world.acting(head) as agent:
                step(by=agent, point=queries.point(agent, point))
        before = told(world, police)
        with world.acting(police) as agent:
            found = drawing.tile(agent, Layer.POINTS, tile_of(*lyon, 12))
            assert found.named == (point,)
            states.append(read(found.content)["points"][0][2]["state"])
        assert told(world, police) == before
    assert states == ["REPORTED", "ACTIVE", "TARGETED"]


def test_while_one_changes_a_point_nothing_is_kept_and_each_look_is_fresh(world: World) -> None:
    head = world.agent(Role.CROSS_HEAD, "CROSS44")
    point = active(world, world.agent(Role.INVESTIGATOR, "PJ44"), head, NANTES)
    before = told(world, head)
    with pytest.raises(RuntimeError, match="taken back"), world.acting(head) as agent:
        actions.target(by=agent, point=queries.point(agent, point))
        assert sheet.entitlement(agent) is None
        assert drawn_state(agent_tile(agent)) == "TARGETED"
        actions.disrupt(by=agent, point=queries.point(agent, point), reason="Patrouilles renforcées")
        assert drawn_state(agent_tile(agent)) == "DISRUPTED"
        raise RuntimeError("taken back")
    assert told(world, head) == before
    with world.acting(head) as agent:
        assert drawn_state(agent_tile(agent)) == "ACTIVE"


def agent_tile(agent: Agent) -> drawing.Drawn:
    return drawing.tile(agent, Layer.POINTS, tile_of(*NANTES, 12))


def drawn_state(tile: drawing.Drawn) -> str:
    ((_, _, said),) = read(tile.content)["points"]
    return str(said["state"])


def test_a_reader_who_is_taken_off_a_point_sees_it_no_more(world: World) -> None:
    police, head = world.agent(Role.INVESTIGATOR, "PJ33"), world.agent(Role.CROSS_HEAD, "CROSS33")
    point = active(world, police, head, BORDEAUX)
    reader = world.agent(Role.INVESTIGATOR, "SR33")
    assert point in named(world, reader)
    # As the recomputation of readers does: the territory is taken off.
    with world.acting(head):
        record(Operation.MODIFY, refs=[("dealpoint", point)])
        DealPoint.objects.filter(pk=point).update(readers=reader_keys({(head.unit_id, Capacity.CELL)}))
    assert point not in named(world, reader)
    assert point in named(world, head)


def named(world: World, who: TestAgent) -> tuple[UUID, ...]:
    with world.acting(who) as agent:
        return drawing.tile(agent, Layer.POINTS, tile_of(*BORDEAUX, 12)).named


def test_a_prosecutor_sees_the_square_and_a_cell_the_place(world: World, police: TestAgent) -> None:
    where = (5.4474, 43.5297)
    point = active(world, police, world.agent(Role.CROSS_ANALYST, "CROSS13"), where)
    places = {}
    for role, unit in ((Role.CROSS_ANALYST, "CROSS13"), (Role.PROSECUTOR, "JIRS13")):
        with world.acting(world.agent(role, unit)) as agent:
            near = drawing.window(agent, Bounds(where[0] - 0.01, where[1] - 0.01, where[0] + 0.01, where[1] + 0.01))
            (feature,) = [f for f in near["features"] if f["id"] == str(point)]
            places[role] = Point(*feature["geometry"]["coordinates"]), feature["properties"]["uncertainty_m"]
    assert places[Role.CROSS_ANALYST] == (Point(*where), 300)
    square, metres = places[Role.PROSECUTOR]
    assert 0 < square.distance_m(Point(*where)) < metres - 300
