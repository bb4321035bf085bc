"""The catalogue of the database, table by table and function by function (R-21): what is not listed is not allowed."""

import itertools

import psycopg
import pytest

from recoupe.config.processes import DEFINER_ROLE, LOGIN_ROLES
from recoupe.demo import discovery
from tests.attacks import reasons
from tests.furnished import Furnished
from tests.world import World

PROCESSES = [role for role in LOGIN_ROLES if role != "recoupe_owner"]


@pytest.fixture(scope="module")
def tables(world: World) -> dict[str, discovery.Table]:
    return Furnished(world).tables()


@pytest.fixture(scope="module")
def functions(world: World) -> list[discovery.Function]:
    return discovery.functions(Furnished(world).query)


def test_every_table_is_under_forced_row_security_or_has_its_reason(tables: dict[str, discovery.Table]) -> None:
    open_ones = {t.name for t in tables.values() if t.kind in "rpf" and not (t.secured and t.forced)}
    assert open_ones == set(reasons.OPEN_TABLES)
    assert [role for role in PROCESSES for name in open_ones if tables[name].rights.get(role)] == []


def test_every_table_stands_where_the_rules_look_and_one_beside_them_is_seen(
    world: World, tables: dict[str, discovery.Table]
) -> None:
    """Joined services, kept owners and these tests look in `public`: what stands in a room's schema escapes them."""
    assert [name for name in tables if "." in name] == []
    beside = ("cases.escaped", "audit.shown", "plan.kept")
    world.sql("CREATE TABLE cases.escaped (id uuid PRIMARY KEY, readers bigint[])")
    world.sql("CREATE VIEW audit.shown AS SELECT * FROM intelligence_report")
    world.sql("CREATE MATERIALIZED VIEW plan.kept AS SELECT 1 AS one")
    world.sql("GRANT SELECT ON cases.escaped, audit.shown TO recoupe_app")
    try:
        seen = Furnished(world).tables()
    finally:
        world.sql("DROP TABLE cases.escaped; DROP VIEW audit.shown; DROP MATERIALIZED VIEW plan.kept")
    assert [name for name in seen if "." in name] == sorted(beside)
    assert not seen["cases.escaped"].secured
    assert "readers" in seen["cases.escaped"].may("recoupe_app", "SELECT")
    assert [key.kind for key in seen["cases.escaped"].keys] == ["primary"]
    assert [seen[name].kind for name in beside] == ["r", "v", "m"]


def test_views_run_with_the_reader_s_rights_and_nothing_is_materialised(tables: dict[str, discovery.Table]) -> None:
    assert [t.name for t in tables.values() if t.kind == "v" and "security_invoker=true" not in t.options] == []
    assert [t.name for t in tables.values() if t.kind in "mf"] == []


def test_nothing_is_granted_to_everybody_and_processes_own_nothing(tables: dict[str, discovery.Table]) -> None:
    assert [t.name for t in tables.values() if t.rights.get("public")] == []
    assert {t.owner for t in tables.values()} == {"recoupe_owner"}
    forbidden = ("TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
    assert [(r, t.name, p) for t in tables.values() for r in PROCESSES for p in forbidden if t.may(r, p)] == []


def test_a_policy_names_the_roles_that_it_is_for(tables: dict[str, discovery.Table]) -> None:
    """A policy for PUBLIC serves every later role; only what everybody may read has one."""
    public = [(t.name, p.command) for t in tables.values() for p in t.policies if "public" in p.roles]
    assert [
        (name, command) for name, command in public if command != "SELECT" or not name.startswith("reference_")
    ] == []


def test_reader_keys_are_granted_to_no_reader(tables: dict[str, discovery.Table]) -> None:
    columns = [
        (t.name, column) for t in tables.values() for column, kind in t.columns.items()
        if column in ("readers", "keys", "key") and kind in ("bigint", "bigint[]")
    ]  # fmt: skip
    assert len(columns) >= len([kind for kind in discovery.kinds().values() if kind.protected])
    # A notice is addressed to one key, which its reader holds; the matcher's own party table stays its own.
    told = {(t, c, r) for t, c in columns for r in PROCESSES if c in tables[t].may(r, "SELECT")}
    told -= {(t, c, "recoupe_matcher") for t, c in columns}
    assert told == {("notices_notice", "key", "recoupe_app"), ("notices_notice", "key", "recoupe_worker")}


def test_no_definer_function_outside_the_list(functions: list[discovery.Function]) -> None:
    names = {f"{f.schema}.{f.signature.removeprefix(f.schema + '.').partition('(')[0].strip(chr(34))}"
             for f in functions if f.definer}  # fmt: skip
    assert names - set(reasons.DEFINER_FUNCTIONS) == set(), "say in reasons.py why they must be"
    assert set(reasons.DEFINER_FUNCTIONS) - names == set(), "reasons.py names what is no longer there"


def test_definers_have_one_owner_a_pinned_path_and_named_callers(functions: list[discovery.Function]) -> None:
    for function in (f for f in functions if f.definer):
        path = [s for s in function.settings if s.startswith("search_path=")]
        wanted = "search_path=pg_catalog, public" if function.schema == "public" else "search_path=pg_catalog"
        assert path == [wanted], function.signature
        assert function.owner == DEFINER_ROLE, function.signature
    assert [f.signature for f in functions if "public" in f.callers] == []


def test_the_portal_reads_what_is_public_and_calls_its_four_functions_and_nothing_else(
    world: World, functions: list[discovery.Function]
) -> None:
    """The one process that answers strangers: a right that it is given by mistake is seen here, whichever it is."""
    called = {f.signature.partition("(")[0].replace('"', "") for f in functions if "recoupe_portal" in f.callers}
    names = {name if "." in name else f"access.{name}" for name in called}
    told = {f"access.{name}" for name in ("agent", "has_role", "key", "keys", "own_key", "seat", "units")}
    assert names == told | {f"tips.{name}" for name in ("deposit", "fetch", "burn", "spend")}
    rights = world.sql(
        "SELECT c.relname, p.said FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS p(said)"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')"
        " AND has_any_column_privilege('recoupe_portal', c.oid, p.said)"
        " UNION ALL SELECT c.relname, 'DELETE' FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
        " AND c.relkind IN ('r', 'p', 'v') AND has_table_privilege('recoupe_portal', c.oid, 'DELETE')"
    )
    assert {said for _, said in rights} == {"SELECT"}
    assert {table for table, _ in rights if not table.startswith("reference_")} == {"tips_publickey"}


def test_the_definer_is_nobody(world: World) -> None:
    """No process can become it, and it can neither log in, create, nor escape row security by itself."""
    [row] = world.sql(
        "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, has_schema_privilege(oid, 'public',"
        " 'CREATE') FROM pg_roles WHERE rolname = %s",
        [DEFINER_ROLE],
    )
    assert not any(row)
    members = "SELECT pg_get_userbyid(member), pg_get_userbyid(roleid) FROM pg_auth_members"
    assert [row for row in world.sql(members) if set(row) & {*LOGIN_ROLES, DEFINER_ROLE}] == []


def test_no_sequence_is_read_or_drawn_by_a_process(world: World) -> None:
    """The next number of a sequence says how many rows there are of everybody."""
    rows = world.sql(
        "SELECT c.relname, r.rolname FROM pg_class c, pg_roles r WHERE c.relkind = 'S' AND r.rolname = ANY (%s)"
        " AND has_sequence_privilege(r.oid, c.oid, 'USAGE, SELECT, UPDATE')",
        [PROCESSES],
    )
    assert [row for row in rows if not row[0].startswith(tuple(reasons.DRAWN_SEQUENCES))] == []
    assert {role for _, role in rows} <= {"recoupe_worker"}


def test_a_journal_entry_does_not_say_its_number(world: World) -> None:
    who = world.agent()
    with psycopg.connect(world.url("recoupe_app")) as connection:
        connection.execute("SELECT access.open(%s)", [who.token])
        connection.execute("SELECT audit.record('modify', ARRAY['x:1'], '{}', '{}', NULL, NULL)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT lastval()")


@pytest.mark.parametrize("view", ["pg_stats", "pg_stats_ext", "pg_stats_ext_exprs"])
def test_planner_statistics_show_no_value(world: World, tables: dict[str, discovery.Table], view: str) -> None:
    """After ANALYZE, the most common values of a column would be other services' words."""
    world.sql("ANALYZE")
    rows = world.sql(f"SELECT tablename FROM {view} WHERE schemaname = 'public'", role="recoupe_app")
    protected = {t.name for t in tables.values() if t.rule("recoupe_app", "SELECT") not in ("everybody",)}
    assert {name for (name,) in rows} & protected == set()
    for relation in ("pg_statistic", "pg_statistic_ext_data", "pg_authid", "pg_largeobject", "pg_user_mapping"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            world.sql(f"SELECT * FROM pg_catalog.{relation}", role="recoupe_app")


def test_where_a_row_lies_and_when_it_was_written_is_not_told(world: World, tables: dict[str, discovery.Table]) -> None:
    """The page of one's own row, or its transaction, would count the rows of the others."""
    hidden = [t for t in tables.values() if t.rule("recoupe_app", "SELECT") not in ("everybody",)]
    read = {t.name for t in hidden if t.may("recoupe_app", "SELECT")}
    assert {"intelligence_report", "notices_notice", "access_agent", "access_mandate", "audit_entry"} <= read
    told = []
    with psycopg.connect(world.url("recoupe_app"), autocommit=True) as app:
        for name, column in itertools.product(sorted(read), ("ctid", "xmin", "tableoid")):
            try:
                app.execute(f"SELECT {column} FROM {name} LIMIT 0".encode())
                told.append((name, column))
            except psycopg.errors.InsufficientPrivilege:
                pass
    assert told == []
