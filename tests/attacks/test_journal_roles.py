"""Each process tries the functions of the journal that are not made for it, each agent those of who oversees (R-43)."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from psycopg import errors, sql

from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.config.processes import LOGIN_ROLES
from tests.attacks.injected import injected, stopped
from tests.furnished import Furnished, furnish
from tests.world import World

PROCESSES = [role for role in LOGIN_ROLES if role != "recoupe_owner"]
# Who calls what; the rest is called by other functions, or by the set-up.
CALLED: dict[str, set[str]] = {
    "record": {"recoupe_app", "recoupe_worker", "recoupe_matcher", "recoupe_inspection"},
    "tallied": {"recoupe_app"}, "counts_as": {"recoupe_inspection"},
    "touching": {"recoupe_app"}, "oversees": {"recoupe_app"}, "standing": {"recoupe_app"},
    "take_in": {"recoupe_worker"}, "taken_in": {"recoupe_worker"},
    "erase": {"recoupe_worker"}, "signed": {"recoupe_worker", "recoupe_app", "recoupe_inspection"},
    "sequence": {"recoupe_notary"}, "keep_checkpoint": {"recoupe_notary"}, "witnessed": {"recoupe_notary"},
    "witnesses": {"recoupe_notary", "recoupe_worker"}, "overdue": {"recoupe_notary"},
    "hashes": {"recoupe_notary", "recoupe_inspection", "recoupe_app"},
    "exported": {"recoupe_inspection", "recoupe_app"},
    "touched_by": {"recoupe_app"},
    "said": {"recoupe_inspection"}, "leaf_hash": {"recoupe_inspection"}, "rules_kept": {"recoupe_inspection"},
}  # fmt: skip
TABLES = (
    "audit_entry", "audit_unsequenced", "audit_leaf", "audit_node", "audit_checkpoint", "audit_witness", "audit_tally",
    "audit_tallymark",
)  # fmt: skip
CALLABLE = (
    "SELECT p.proname, array(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) AS t) FROM pg_proc p"
    " WHERE p.pronamespace = 'audit'::regnamespace AND p.prorettype <> 'trigger'::regtype ORDER BY 1"
)
SEEN = UUID(int=7)
# What whoever oversees is answered, and nobody else.
OVERSEEING = (
    "SELECT audit.touching('report:x', 9000000000, 200, NULL, '', NULL, NULL, true)",
    "SELECT audit.exported(-1, 9000000000, NULL, NULL, NULL, '', '', 1000)",
    "SELECT audit.signed(1000, NULL)",
    "SELECT audit.hashes(0::smallint, 0, 1000)",
    "SELECT * FROM audit.tallied('2000-01-01', '2100-01-01', '', true)",
    "SELECT id FROM audit_entry",
    f"SELECT audit.touched_by('{{report:a,report:b}}', '{{report:{SEEN}}}', '-infinity', 'infinity')",
)

MANDATE = (
    "INSERT INTO access_mandate (id, agent_id, task, purpose, motive, case_ref, granted_at, expires_at)"
    " SELECT gen_random_uuid(), access.agent(), 'import', 'judicial_inquiry', 'motif suffisant', '', now(),"
    " now() + interval '1 hour'"
)


@pytest.fixture(scope="module")
def house(world: World) -> Iterator[Furnished]:
    """Something of everything, its entries with their leaves and a checkpoint."""
    made = furnish(world)
    with psycopg.connect(world.url("recoupe_notary"), autocommit=True) as notary:
        notary.execute("SELECT audit.sequence(100000)")
        notary.execute("SELECT audit.keep_checkpoint(5, now(), 'x', 'note')")
    with world.acting(made.people["police"]):
        record(Operation.CONSULT, refs=[("report", SEEN)])
    yield made


@pytest.mark.parametrize("role", PROCESSES)
def test_a_process_calls_what_is_made_for_it_and_nothing_else(world: World, role: str) -> None:
    functions = world.sql(CALLABLE)
    assert set(CALLED) <= {name for name, _ in functions}
    wrong = []
    with psycopg.connect(world.url(role), autocommit=True) as process:
        for name, types in functions:
            nothing = sql.SQL(", ").join(sql.SQL(f"NULL::{kind}") for kind in types)
            query = sql.SQL("SELECT {}({})").format(sql.Identifier("audit", name), nothing)
            try:
                with process.transaction(force_rollback=True):
                    process.execute(query)
                refused = False
            except errors.InsufficientPrivilege as error:
                refused = str(error).startswith("permission denied for")
            except psycopg.Error:
                refused = False
            if refused is (role in CALLED.get(name, set())):
                wrong.append((name, "refused" if refused else "called"))
    assert wrong == []


@pytest.mark.parametrize("role", PROCESSES)
def test_no_process_writes_the_journal_or_reads_it_but_the_inspection(world: World, role: str) -> None:
    done = []
    with psycopg.connect(world.url(role), autocommit=True) as process:
        for table in TABLES:
            for attack in ("SELECT count(*) FROM {}", "DELETE FROM {}", "TRUNCATE {}", "INSERT INTO {} DEFAULT VALUES",
                           "SELECT 1 FROM {} FOR UPDATE", "LOCK {} IN ACCESS EXCLUSIVE MODE"):  # fmt: skip
                try:
                    with process.transaction(force_rollback=True):
                        process.execute(sql.SQL(attack).format(sql.Identifier(table)))
                    done.append((table, attack))
                except errors.InsufficientPrivilege:
                    pass
    # The application counts what its agent may read of the entries: without an agent, none.
    allowed = {"recoupe_inspection": set(TABLES), "recoupe_app": {"audit_entry"}}.get(role, set())
    assert set(done) == {(table, "SELECT count(*) FROM {}") for table in allowed}


@pytest.mark.parametrize("role", [None, *(role for role in Role if role not in (Role.DPO, Role.INSPECTION))])
def test_who_does_not_oversee_is_answered_nothing(house: Furnished, role: Role | None) -> None:
    world = house.world
    if role is None:
        with psycopg.connect(world.url("recoupe_app"), autocommit=True) as bare:
            assert [bare.execute(query.encode()).fetchall() for query in OVERSEEING] == [[]] * len(OVERSEEING)
        return
    unit = {"cross": "CROSS13", "ofast": "OFAST", "prose": "TJ13", "exami": "TJ13"}.get(role.value[:5], "PJ13")
    who = world.agent(role, unit)
    with injected(world, who) as connection:
        found = [connection.execute(query.encode()).fetchall() for query in OVERSEEING]
        assert found == [[]] * len(OVERSEEING)
        assert connection.execute("SELECT audit.oversees()").fetchone() == (False,)


def test_who_oversees_is_answered(house: Furnished) -> None:
    """The attacks above ask for what is there."""
    who = house.world.agent(Role.DPO, "OFAST")
    with injected(house.world, who) as connection:
        found = [connection.execute(query.encode()).fetchall() for query in OVERSEEING[1:]]
    assert all(found)


@pytest.mark.parametrize("role", sorted(CALLED["record"]))
def test_nobody_writes_an_entry_without_a_context_nor_in_another_name(house: Furnished, role: str) -> None:
    world = house.world
    record = b"SELECT audit.record('modify', ARRAY['attack:2'], '{}', '{}', NULL, NULL)"
    with psycopg.connect(world.url(role), autocommit=True) as process, pytest.raises(errors.InsufficientPrivilege):
        process.execute(record)
    if role == "recoupe_app":
        return
    with psycopg.connect(world.url(role)) as process:
        process.execute("SELECT access.open_service('attack', 'x')")
        process.execute(record)
    actors = "SELECT DISTINCT actor FROM audit_entry WHERE refs = ARRAY['attack:2']"
    assert world.sql(actors) == [(None,)]


def test_the_worker_erases_nothing_before_its_term_whatever_moment_it_says(house: Furnished) -> None:
    before = house.world.sql("SELECT count(*) FROM audit_entry")
    erased = house.world.sql("SELECT audit.erase(now() + interval '90 years', 100000)", role="recoupe_worker")
    assert (erased, house.world.sql("SELECT count(*) FROM audit_entry")) == ([(0,)], before)


def test_an_entry_in_the_name_of_another_covers_no_write(house: Furnished) -> None:
    world, who = house.world, house.world.agent(Role.INVESTIGATOR, "PJ13")
    other = world.agent(Role.INVESTIGATOR, "SR13")
    assert not stopped(world, who, MANDATE)
    with psycopg.connect(world.url("recoupe_app")) as connection:
        connection.execute("SELECT access.open(%s)", [other.token])
        connection.execute("SELECT audit.record('consult', ARRAY['attack:4'], '{}', '{}', NULL, NULL)")
        connection.execute("SELECT access.open(%s)", [who.token])
        with pytest.raises(errors.InsufficientPrivilege, match="without journal entry"):
            connection.execute(MANDATE.encode())


def test_the_line_of_a_refusal_licenses_no_write(house: Furnished) -> None:
    """While the journal fails closed a refusal is still written: nothing else is done under its cover (P-4)."""
    world, who = house.world, house.world.agent(Role.INVESTIGATOR, "PJ13")
    assert not stopped(world, who, MANDATE)
    with psycopg.connect(world.url("recoupe_app")) as connection:
        connection.execute("SELECT access.open(%s)", [who.token])
        connection.execute("SELECT audit.record('refused', ARRAY['attack:3'], '{}', '{}', NULL, NULL)")
        with pytest.raises(errors.InsufficientPrivilege, match="without journal entry"):
            connection.execute(MANDATE.encode())
