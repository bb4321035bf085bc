"""The acting context: no context, no rows; no journal, no write; nobody reads what opens it."""

from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from recoupe.access import context, feed
from recoupe.access.actions import give_mandate
from recoupe.access.enums import PURPOSES_BY_ROLE, Capacity, Purpose, Role
from recoupe.access.keys import own, own_key, reader_key
from recoupe.access.models import Agent as AgentRow
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Refused
from tests.world import World


def test_a_session_opens_the_context_of_its_agent(world: World) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    with world.acting(who) as agent:
        assert agent.login == who.login
        assert agent.unit_code == "PJ13"
        assert agent.holds(who.unit_id, Capacity.UNIT)
        assert agent.holds(*own(who.id, who.unit_id))
        assert not agent.holds(who.unit_id, Capacity.HEAD)
        assert "13" in agent.departments


def test_python_and_sql_compute_the_same_key(world: World) -> None:
    target = uuid4()
    for capacity in Capacity:
        rows = world.sql("SELECT access.key(%s, %s)", [target, capacity.value])
        assert rows[0][0] == reader_key(target, capacity)
    unit = uuid4()
    seat, _ = own(target, unit)
    assert world.sql("SELECT access.seat(%s, %s), access.own_key(%s, %s)", [target, unit] * 2) == [
        (seat, own_key(target, unit))
    ]
    assert len({own_key(target, unit), own_key(target, uuid4()), own_key(unit, target)}) == 3


def test_an_unknown_token_opens_nothing(world: World) -> None:
    with pytest.raises(Refused), context.acting("not a token"):
        pass


def test_a_revoked_habilitation_bites_at_the_next_transaction(world: World) -> None:
    who = world.agent()
    with world.acting(who):
        pass
    with psycopg.connect(world.admin_url) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE access_habilitation SET revoked_at = now() WHERE agent_id = %s", [who.id])
    with pytest.raises(Refused), world.acting(who):
        pass


def test_without_context_there_are_no_rows(world: World) -> None:
    world.agent()
    assert AgentRow.objects.count() == 0
    assert feed.page("report") == []


def test_without_purpose_there_are_no_keys(world: World) -> None:
    who = world.agent(purpose=False)
    with world.acting(who) as agent:
        assert agent.purpose is None
        assert world_keys() == []


def world_keys() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.keys()")
        return list(cursor.fetchone()[0])


def test_the_context_ends_with_its_transaction(world: World) -> None:
    who = world.agent()
    with world.acting(who):
        assert world_keys() != []
    assert world_keys() == []


@pytest.mark.parametrize(
    "table",
    [
        "access_session",
        "access_passkey",
        "access_enrolmentcode",
        "access_challenge",
        "access_context",
        "access_feed",
        "audit_entry",
    ],
)
def test_the_application_role_reads_no_secret(world: World, table: str) -> None:
    world.agent()
    try:
        rows = world.sql(f"SELECT * FROM {table}", role="recoupe_app")
    except psycopg.errors.InsufficientPrivilege:
        return
    assert rows == []


def test_the_journal_refuses_an_entry_without_context(world: World) -> None:
    with pytest.raises(Exception, match="no acting context"):
        record(Operation.CONSULT, refs=[("report", uuid4())])


def test_the_journal_takes_actor_and_motive_from_the_context(world: World) -> None:
    who = world.agent(Role.CROSS_ANALYST, "CROSS13")
    subject = uuid4()
    with world.acting(who):
        record(Operation.CONSULT, refs=[("report", subject)])
    rows = world.sql("SELECT actor, motive, purpose, refs FROM audit_entry ORDER BY id DESC LIMIT 1")
    assert rows == [(who.id, "motif de test suffisant", "criminal_intelligence", [f"report:{subject}"])]


def test_the_journal_is_append_only_even_for_an_administrator(world: World) -> None:
    world.agent()
    for statement in ("DELETE FROM audit_entry", "UPDATE audit_entry SET motive = ''", "TRUNCATE audit_entry"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            world.sql(statement)


def test_sql_admits_the_purposes_of_each_role(world: World) -> None:
    said = world.sql("SELECT r, access.purposes_for(r) FROM unnest(%s::text[]) AS r", [[*map(str, Role), "nobody"]])
    assert {role: list(purposes) for role, purposes in said} == {
        **{role.value: [purpose.value for purpose in purposes] for role, purposes in PURPOSES_BY_ROLE.items()},
        "nobody": [],
    }


def test_a_purpose_goes_with_the_role_that_it_was_declared_for(world: World) -> None:
    """P-9, P-11: what nobody of his roles of today may declare opens no key."""
    who = world.agent((Role.INVESTIGATOR, Role.DUTY_OFFICER), "PJ13")
    with world.acting(who) as agent:
        assert agent.purpose is Purpose.JUDICIAL_INQUIRY
    with psycopg.connect(world.admin_url) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(
            "UPDATE access_habilitation SET revoked_at = now() WHERE agent_id = %s AND role = 'investigator'", [who.id]
        )
    with world.acting(who) as agent, connection.cursor() as cursor:
        assert agent.purpose is None
        cursor.execute("SELECT access.keys()")
        assert cursor.fetchone()[0] == []


def test_a_mandate_that_was_taken_back_opens_nothing(world: World) -> None:
    who = world.agent()
    with world.acting(who) as agent:
        mandate = give_mandate(by=agent, task="recoupe.check_file").id
    with world.process("worker"):
        with context.mandated(mandate) as agent:
            assert agent.id == who.id
        world.sql(
            "SET session_replication_role = replica;"
            f" UPDATE access_mandate SET revoked_at = now() WHERE id = '{mandate}'"
        )
        with pytest.raises(Refused), context.mandated(mandate):
            pass
