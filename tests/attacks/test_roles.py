"""Statements injected in a role that proposes nothing: a duty desk, an analyst of a cell elsewhere (P-14, P-81)."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import errors, sql

from recoupe.access.enums import Capacity, Role
from recoupe.access.keys import own_key, reader_key
from recoupe.coordination import actions as coordination
from recoupe.dealpoints.models import DealPoint
from recoupe.intelligence.actions import create_draft
from tests.access.test_cells import join, spread
from tests.attacks.injected import injected
from tests.coordination.builders import draft, unit
from tests.crosscheck.scene import Scene, entry, new_phone
from tests.dealpoints.builders import active
from tests.world import TestAgent

# The role that works in a cell or in the office, and what it holds of it.
HOUSES = {
    "CROSS13": (Role.CROSS_ANALYST, Capacity.CELL),
    "OFAST": (Role.OFAST_ANALYST, Capacity.OFFICE),
}


@pytest.fixture(scope="module")
def referent(scene: Scene) -> TestAgent:
    """An analyst of a cell who works in a customs service, joined to the cell of Marseille."""
    joined = join(
        scene.world, by=scene.world.agent(Role.DESIGNATING_AUTHORITY, "OFAST"), cell="CROSS13", service="DED13"
    )
    spread(scene.world, joined, 5000)
    return scene.world.agent(Role.CROSS_ANALYST, "DED13")


def copies(scene: Scene, who: TestAgent, table: str, row: UUID, **changed: Any) -> bool:
    """Whether the database takes this row once more, signed by `who`; it is thrown away."""
    # The keys of joined services come by themselves.
    [(copy, columns)] = scene.world.sql(
        "SELECT to_jsonb(t) || jsonb_build_object('readers', access.without_joined(t.readers)),"
        " (SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0"
        f" AND a.attgenerated = '' AND NOT a.attisdropped) FROM {table} t WHERE id = %s",
        [table, row],
    )
    own = {name: str(who.id) for name in ("author_id", "proposed_by_id")} | {"owner_unit_id": str(who.unit_id)}
    new = {"id": str(uuid4()), "ref": uuid4().hex[:20], "fingerprint": uuid4().hex, "origin_id": str(uuid4())}
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    query = sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM jsonb_populate_record(NULL::{0}, {2})").format(
        sql.Identifier(table), names, sql.Literal(json.dumps(copy | new | own | changed))
    )
    with injected(scene.world, who) as connection:
        try:
            taken = connection.execute(query).rowcount == 1
        except errors.InsufficientPrivilege:
            taken = False
        connection.rollback()
    return taken


def reads(scene: Scene, who: TestAgent, table: str, row: UUID) -> bool:
    with injected(scene.world, who) as connection:
        return connection.execute(f"SELECT 1 FROM {table} WHERE id = %s".encode(), [row]).fetchone() is not None


@pytest.mark.parametrize("state", ["DRAFT", "SUBMITTED"])
def test_only_a_role_that_writes_reports_writes_one(scene: Scene, referent: TestAgent, state: str) -> None:
    table, customs = "intelligence_report", scene.who(Role.INVESTIGATOR, "DED13")
    row = scene.enter(customs, phone=new_phone())
    assert reads(scene, referent, table, row)
    for who, may in ((customs, True), (referent, False), (scene.who(Role.DUTY_OFFICER, "DED13"), False)):
        own = {"state": state} | ({"readers": [own_key(who.id, who.unit_id)]} if state == "DRAFT" else {})
        assert copies(scene, who, table, row, **own) is may


@pytest.mark.parametrize(("role", "code"), [(Role.INVESTIGATOR, "CROSS13"), (Role.UNIT_HEAD, "OFAST")])
@pytest.mark.parametrize("state", ["DRAFT", "SUBMITTED"])
def test_who_holds_nothing_of_his_unit_writes_nothing_for_it(scene: Scene, role: Role, code: str, state: str) -> None:
    """P-86: a service's role in a cell or in the office has no key of it, until a role of the house gives one."""
    table, row = "intelligence_report", scene.enter(scene.who(Role.CROSS_ANALYST, "CROSS13"), phone=new_phone())
    house, capacity = HOUSES[code]
    visitor, member = scene.world.agent(role, code), scene.world.agent((role, house), code)
    for who, may in ((visitor, False), (member, True)):
        key = own_key(who.id, who.unit_id) if state == "DRAFT" else reader_key(who.unit_id, capacity)
        assert copies(scene, who, table, row, state=state, readers=[key], departments=[], handling=["H3"]) is may


def test_a_draft_is_not_deposited_by_who_has_lost_the_role(scene: Scene) -> None:
    who = scene.world.agent((Role.INVESTIGATOR, Role.DUTY_OFFICER), "DED13")
    deposited = scene.enter(who, phone=new_phone())
    [(readers,)] = scene.world.sql("SELECT readers FROM intelligence_report WHERE id = %s", [deposited])
    with scene.world.acting(who) as agent:
        row = create_draft(by=agent, entry=entry(phone=new_phone())).id
    statement = (
        b"UPDATE intelligence_report SET state = 'SUBMITTED', ref = left(id::text, 30), readers = %s WHERE id = %s"
    )
    with injected(scene.world, who) as connection:
        assert connection.execute(statement, [readers, row]).rowcount == 1
        connection.rollback()
    scene.world.sql("SELECT access.declare(%s, 'duty', 'motif de test suffisant', '')", [who.token], role="recoupe_app")
    scene.as_superuser(
        f"UPDATE access_habilitation SET revoked_at = now() WHERE agent_id = '{who.id}' AND role = 'investigator'"
    )
    assert reads(scene, who, "intelligence_report", row)
    with injected(scene.world, who) as connection, pytest.raises(errors.InsufficientPrivilege, match="deposits no"):
        connection.execute(statement, [readers, row])


def test_only_a_role_that_proposes_points_and_objectives_proposes_one(scene: Scene, referent: TestAgent) -> None:
    customs, head = scene.who(Role.INVESTIGATOR, "DED13"), scene.who(Role.UNIT_HEAD, "DED13")
    point = active(scene.world, customs, scene.who(Role.CROSS_ANALYST, "CROSS13"))
    with scene.world.acting(head) as agent:
        origin = DealPoint.objects.get(pk=point)
        objective = coordination.propose(by=agent, origin=origin, draft=draft(court_id=unit("TJ13").id)).id
    for table, row, proposer in (
        ("dealpoints_dealpoint", point, customs),
        ("coordination_objective", objective, head),
    ):
        assert reads(scene, referent, table, row)
        assert copies(scene, proposer, table, row)
        assert not copies(scene, referent, table, row)
    assert reads(scene, customs, "coordination_objective", objective)
    assert not copies(scene, customs, "coordination_objective", objective)


@pytest.mark.parametrize("lie", [{"state": "DISSEMINATED"}, {"state": "ERASED"}, {"reviewed_by": "a colleague"}])
def test_a_new_report_is_a_draft_or_a_deposit(scene: Scene, lie: dict[str, str]) -> None:
    """Neither graded nor read again by anybody before it is written."""
    customs, head = scene.who(Role.INVESTIGATOR, "DED13"), scene.who(Role.UNIT_HEAD, "DED13")
    row = scene.enter(customs, phone=new_phone())
    changed = {name: str(head.id) if name == "reviewed_by" else value for name, value in lie.items()}
    assert copies(scene, customs, "intelligence_report", row)
    assert not copies(scene, customs, "intelligence_report", row, **changed)
