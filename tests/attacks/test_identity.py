"""Nothing that SQL can say makes the application somebody else (R-22): statements by family, and every function."""

from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from recoupe.access.enums import Role
from recoupe.demo import discovery
from recoupe.intelligence.actions import deposit
from tests.attacks.forgeries import Prey, calls, statements
from tests.crosscheck.scene import entry
from tests.furnished import Furnished
from tests.world import TestAgent, World

CANARY = "CANARI-7Q4Z"
FAMILIES = (
    "setting",
    "role",
    "session table",
    "any table",
    "shadow",
    "language",
    "files and extensions",
    "transaction",
)
# What identity rests on; written by sign-in, set-up and authority alone.
STATE = """
    SELECT (SELECT array_agg(s::text ORDER BY s::text) FROM access_session s),
           (SELECT array_agg(a::text ORDER BY a::text) FROM access_agent a),
           (SELECT array_agg(h::text ORDER BY h::text) FROM access_habilitation h),
           (SELECT array_agg(k::text ORDER BY k::text) FROM access_passkey k),
           (SELECT array_agg(r::text ORDER BY r::text) FROM access_rolecapacity r),
           (SELECT array_agg(m::text ORDER BY m::text) FROM access_mandate m WHERE agent_id <> %s)
"""
_FUNCTIONS = """
    SELECT p.oid::bigint, format('%I.%I(%s)', n.nspname, p.proname, ''), n.nspname, '', false, '{}'::text[],
           ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) AS t), format_type(p.prorettype, NULL),
           '{}'::text[]
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE p.prokind = 'f' AND has_function_privilege('recoupe_app', p.oid, 'EXECUTE')
       AND has_schema_privilege('recoupe_app', n.oid, 'USAGE')
       AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype)
       AND NOT ('internal'::regtype = ANY (p.proargtypes::oid[])) AND p.proname !~ '^pg_sleep|^(pg_)?notify$'
     ORDER BY 2, 1
"""


@dataclass
class Mark:
    """The intruder's session, whom he wants to be, what he may read, and what identity rests on."""

    house: Furnished
    intruder: TestAgent
    victim: TestAgent
    prey: Prey
    readable: dict[str, set[str]]
    state: tuple[Any, ...]

    def now(self) -> tuple[Any, ...]:
        """What identity rests on, as it stands."""
        return self.house.world.sql(STATE, [self.intruder.id])[0]


@pytest.fixture(scope="module")
def mark(world: World) -> Mark:
    house = Furnished(world)
    intruder, victim = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.UNIT_HEAD, "DED13")
    for who, words in ((intruder, "À moi."), (victim, CANARY)):
        with world.acting(who) as agent:
            deposit(by=agent, entry=entry(fact_text=words))
    [(digest,)] = world.sql("SELECT encode(token_hash, 'hex') FROM access_session WHERE agent_id = %s", [victim.id])
    prey = Prey(str(victim.id), str(victim.unit_id), victim.login, digest)
    made = Mark(house, intruder, victim, prey, {}, ())
    with psycopg.connect(world.url("recoupe_app")) as connection:
        connection.execute("SELECT access.open(%s)", [intruder.token])
        made.readable = _readable(connection)
    made.state = made.now()
    assert made.readable["intelligence_report"]
    return made


def _readable(connection: psycopg.Connection[Any]) -> dict[str, set[str]]:
    """Which rows of each kind this transaction reads."""
    found: dict[str, set[str]] = {}
    for name in ("intelligence_report", "intelligence_reporthistory", "access_agent"):
        found[name] = {str(i) for (i,) in connection.execute(f"SELECT id FROM public.{name}").fetchall()}
    return found


def _answer(connection: psycopg.Connection[Any], statement: str) -> str:
    """All that one statement said, rows or refusal."""
    try:
        cursor = connection.execute(statement.encode())
        return str(cursor.fetchall()) if cursor.description else cursor.statusmessage or ""
    except psycopg.Error as error:
        return f"{error}"


def _whoever(connection: psycopg.Connection[Any]) -> tuple[Any, ...]:
    who: tuple[Any, ...] = connection.execute(
        "SELECT access.agent(), current_user::text, session_user::text"
    ).fetchall()[0]
    return who


def _nobody_new(mark: Mark, connection: psycopg.Connection[Any], statement: str) -> None:
    """In the same transaction, if it lives: the intruder or nobody; in the next one: nobody, and no row."""
    if connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS:
        # Without it every policy refuses, which would hide what there is to see.
        connection.execute("SET LOCAL row_security = on")
        agent, user, session = _whoever(connection)
        assert agent in (mark.intruder.id, None), statement
        assert (user, session) == ("recoupe_app", "recoupe_app"), statement
        for name, rows in _readable(connection).items():
            assert rows <= mark.readable[name], statement
    connection.rollback()
    connection.execute("RESET ALL")
    assert _whoever(connection) == (None, "recoupe_app", "recoupe_app"), statement
    assert connection.execute("SELECT count(*) FROM public.intelligence_report").fetchone() == (0,), statement
    connection.rollback()


@pytest.mark.parametrize("signed_in", [True, False], ids=["as an agent", "as nobody"])
@pytest.mark.parametrize("family", FAMILIES)
def test_no_statement_makes_anybody_somebody_else(world: World, mark: Mark, family: str, signed_in: bool) -> None:
    """Each runs in a transaction of its own on one connection, as a pool would lend it."""
    tables = [t for t in mark.house.tables().values() if t.kind == "r" and not t.name.startswith("reference_")]
    settings = [n for (n,) in world.sql("SELECT name FROM pg_settings WHERE context <> 'internal' ORDER BY 1")]
    roles = [n for (n,) in world.sql("SELECT rolname FROM pg_roles ORDER BY 1")]
    tried = statements(mark.prey, tables, settings, roles)[family]
    assert len(tried) > 8
    said: list[str] = []
    connection = psycopg.connect(world.url("recoupe_app"))
    for statement in tried:
        connection.execute("SET statement_timeout = '2s'")
        if signed_in:
            connection.execute("SELECT access.open(%s)", [mark.intruder.token])
        said.append(_answer(connection, statement))
        if connection.closed or connection.broken:
            connection = psycopg.connect(world.url("recoupe_app"))
        _nobody_new(mark, connection, statement)
    connection.close()
    assert mark.now() == mark.state
    _tells_nothing(mark, "\n".join(said))


def test_there_are_more_than_two_hundred_of_them(mark: Mark) -> None:
    tables = list(mark.house.tables().values())
    settings = [n for (n,) in mark.house.query("SELECT name FROM pg_settings")]
    families = statements(mark.prey, tables, settings, ["recoupe_owner", "recoupe_definer"])
    assert set(families) == set(FAMILIES)
    assert sum(len(found) for name, found in families.items() if name != "setting") > 200


def test_no_function_that_may_be_called_makes_anybody_somebody_else(world: World, mark: Mark) -> None:
    """Every function that the role may execute, PostgreSQL's own included, with arguments of its types."""
    functions = [discovery.Function(*row) for row in mark.house.query(_FUNCTIONS)]
    ours = [f for f in functions if f.schema not in ("pg_catalog", "information_schema")]
    assert len(functions) > 2_000
    assert {"access", "audit", "intelligence", "crosscheck"} <= {f.schema for f in ours}
    said: list[str] = []
    with psycopg.connect(world.url("recoupe_app")) as connection:
        for at in range(0, len(functions), 100):
            connection.execute("SET statement_timeout = '500ms'")
            connection.execute("SELECT access.open(%s)", [mark.intruder.token])
            for function in functions[at : at + 100]:
                for call in calls(function, mark.prey):
                    connection.execute("SAVEPOINT a")
                    said.append(_answer(connection, call))
                    connection.execute("ROLLBACK TO SAVEPOINT a")
            _nobody_new(mark, connection, f"functions {at} to {at + 100}")
    # Many refuse such arguments; enough of them must have run.
    assert sum(answer.startswith("[") for answer in said) > 2_000
    assert mark.now() == mark.state
    _tells_nothing(mark, "\n".join(said))


def test_our_own_functions_write_nobody_a_session_even_when_committed(world: World, mark: Mark) -> None:
    """The same for our functions, each call committed."""
    functions = [f for f in discovery.functions(mark.house.query) if {"recoupe_app", "public"} & set(f.callers)]
    for function in functions:
        for call in calls(function, mark.prey):
            with psycopg.connect(world.url("recoupe_app")) as connection:
                connection.execute("SELECT access.open(%s)", [mark.intruder.token])
                connection.execute("SELECT audit.record('modify', ARRAY['attack:1'], '{}', '{}', NULL, NULL)")
                _answer(connection, call)
                if connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS:
                    assert _whoever(connection)[0] in (mark.intruder.id, None), call
                    connection.commit()
                _nobody_new(mark, connection, call)
    assert mark.now() == mark.state


def _tells_nothing(mark: Mark, said: str) -> None:
    """No answer held the victim's words, his session, or a hash of one."""
    assert CANARY not in said
    assert mark.victim.token not in said
    assert repr(bytes.fromhex(mark.prey.session_hash))[2:-1] not in said
