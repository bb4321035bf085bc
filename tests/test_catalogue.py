"""What the catalogue of the database must say of every table, function and role (R-21)."""

from pathlib import Path

from recoupe.config.processes import LOGIN_ROLES
from tests.world import World

PROJECT = Path(__file__).resolve().parents[1]

# Django's own bookkeeping: neither case data nor names.
PLAIN = {"django_migrations", "django_content_type"}


def test_every_table_has_forced_row_security(world: World) -> None:
    rows = world.sql(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        " AND NOT (relrowsecurity AND relforcerowsecurity)"
    )
    assert {name for (name,) in rows} - PLAIN == set()


def test_no_process_owns_a_table_or_escapes_row_security(world: World) -> None:
    rows = world.sql(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY (%s)"
        " AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)",
        [list(LOGIN_ROLES)],
    )
    assert rows == []
    owners = world.sql(
        "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relkind IN ('r', 'v', 'm')"
        " AND relnamespace = 'public'::regnamespace"
    )
    assert {o for (o,) in owners} <= {"recoupe_owner"}


def test_no_process_may_create_anything(world: World) -> None:
    for role in LOGIN_ROLES:
        if role == "recoupe_owner":
            continue
        row = world.sql(
            "SELECT has_schema_privilege(%s, 'public', 'CREATE'),"
            " has_database_privilege(%s, current_database(), 'CREATE'),"
            " has_database_privilege(%s, current_database(), 'TEMPORARY')",
            [role, role, role],
        )[0]
        assert row == (False, False, False), role


def test_every_definer_function_is_pinned_and_owned_by_the_one_role_for_it(world: World) -> None:
    rows = world.sql(
        "SELECT p.oid::regprocedure::text, pg_get_userbyid(p.proowner), p.proconfig::text FROM pg_proc p"
        " JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    )
    assert rows
    wrong = [
        (name, owner)
        for name, owner, config in rows
        if owner != "recoupe_definer" or "search_path" not in (config or "")
    ]
    assert wrong == []


def test_no_function_of_ours_is_open_to_everybody(world: World) -> None:
    rows = world.sql(
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname IN ('access', 'audit', 'notices', 'intelligence', 'cases', 'dealpoints', 'crosscheck',"
        " 'coordination', 'plan') AND has_function_privilege('public', p.oid, 'EXECUTE')"
    )
    assert rows == []


def test_there_is_no_materialised_view_and_no_leakproof_function_of_ours(world: World) -> None:
    assert world.sql("SELECT relname FROM pg_class WHERE relkind = 'm'") == []
    leaky = world.sql(
        "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE p.proleakproof AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    )
    assert leaky == []


def test_reader_keys_are_written_and_never_read(world: World) -> None:
    tables = world.sql(
        "SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " WHERE a.attname = 'readers' AND c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
    )
    assert len(tables) >= 3
    for (table,) in tables:
        for role in ("recoupe_app", "recoupe_worker"):
            row = world.sql("SELECT has_column_privilege(%s, %s, 'readers', 'SELECT')", [role, table])[0]
            assert row == (False,), table


def test_statements_and_parameters_stay_out_of_views_and_logs(world: World) -> None:
    for role in LOGIN_ROLES:
        if role == "recoupe_owner":
            continue
        assert world.sql("SHOW track_activities", role=role) == [("off",)]
        assert world.sql("SHOW log_parameter_max_length_on_error", role=role) == [("0",)]


def test_a_key_of_ones_own_is_made_in_one_place_from_an_agent_and_a_unit(world: World) -> None:
    """R-ACC-1: the key of an agent alone would go with him to his next unit."""
    alone = r"access\.key\([^;]*?,\s*''?agent''?\)"
    functions = world.sql(
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname <> 'pg_catalog' AND p.prosrc ~ %s",
        [alone],
    )
    assert [name for (name,) in functions] == ["access.own_key(uuid,uuid)"]
    policies = world.sql(
        "SELECT policyname FROM pg_policies WHERE coalesce(qual, '') || coalesce(with_check, '') ~ %s",
        [r"access\.key\([^;]*?,\s*'agent'"],
    )
    assert policies == []
    modules = (path for path in PROJECT.glob("recoupe/*/**/*.py") if path.parts[-2] != "access")
    assert [str(path) for path in modules if "Capacity.AGENT" in path.read_text()] == []
