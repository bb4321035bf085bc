"""Statements by which an intruder would become somebody else, or read as him, by family (R-22)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recoupe.demo.discovery import Function, Table

TEXTS = ("recoupe_owner", "SELECT token_hash FROM access_session", "access_session", "%", "off")


@dataclass(frozen=True, slots=True)
class Prey:
    """Whom the intruder wants to be: what he may well know of him."""

    agent: str
    unit: str
    login: str
    session_hash: str


def statements(
    prey: Prey, tables: Sequence[Table], settings: Sequence[str], roles: Sequence[str]
) -> dict[str, list[str]]:
    """Every family but that of functions."""
    return {
        "setting": list(_settings(prey, settings)),
        "role": list(_roles(roles)),
        "session table": list(_sessions(prey)),
        "any table": list(_tables(tables)),
        "shadow": list(_shadows()),
        "language": list(_language(prey)),
        "files and extensions": list(_outside()),
        "transaction": list(_transactions(prey)),
    }


def _settings(prey: Prey, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield f"SELECT set_config('{name}', 'recoupe_owner', false)"
    for name in ("app.svc", "app.agent", "access.agent", "access.keys", "recoupe.agent", "request.user", "jwt.claims"):
        yield f"SELECT set_config('{name}', '{prey.agent}', false)"
    for name in ("row_security", "session_replication_role", "search_path", "role", "session_authorization"):
        for value in ("off", "replica", "pg_temp, public", "recoupe_owner", "postgres"):
            yield f"SET {name} = '{value}'"
    yield from ("RESET ALL", "DISCARD ALL", "DISCARD TEMP", "RESET ROLE", "RESET SESSION AUTHORIZATION")


def _roles(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield f'SET ROLE "{name}"'
        yield f'SET SESSION AUTHORIZATION "{name}"'
        yield f'GRANT "{name}" TO recoupe_app'
    yield from (
        "ALTER ROLE recoupe_app BYPASSRLS",
        "ALTER ROLE recoupe_app SUPERUSER",
        "CREATE ROLE evil SUPERUSER LOGIN",
        "ALTER ROLE recoupe_app SET row_security = off",
        "ALTER SYSTEM SET log_statement = 'all'",
        "ALTER DATABASE template1 SET row_security = off",
    )


def _sessions(prey: Prey) -> Iterator[str]:
    later = "now() + interval '1 hour'"
    yield (f"INSERT INTO access_session VALUES (sha256('evil'), '{prey.agent}', '{prey.unit}', now(), {later}, NULL,"
           " 'criminal_intelligence', 'motif suffisant', '')")  # fmt: skip
    yield f"UPDATE access_session SET token_hash = sha256('evil') WHERE agent_id = '{prey.agent}'"
    yield f"UPDATE access_session SET agent_id = '{prey.agent}'"
    yield "DELETE FROM access_session"
    me = "pg_backend_pid(), pg_current_xact_id()"
    yield f"INSERT INTO access_context (pid, xid, agent) VALUES ({me}, '{prey.agent}')"
    yield f"UPDATE access_context SET agent = '{prey.agent}' WHERE pid = pg_backend_pid()"
    yield "UPDATE access_context SET pid = pg_backend_pid(), xid = pg_current_xact_id()"
    yield "SELECT * FROM access_context"
    yield "SELECT * FROM access_session"
    yield f"UPDATE access_agent SET login = 'x' WHERE id = '{prey.agent}'"
    yield "INSERT INTO access_rolecapacity (role, scope, capacity) VALUES ('investigator', 'unit', 'cell')"
    yield (
        f"INSERT INTO access_passkey VALUES (gen_random_uuid(), 'x', 'x', 0, 'x', now(), NULL, NULL, '{prey.agent}')"
    )
    yield "UPDATE access_passkey SET agent_id = access.agent()"
    yield f"INSERT INTO access_enrolmentcode VALUES (sha256('x'), '{prey.agent}', now(), {later}, NULL, '{prey.agent}')"
    yield "UPDATE access_session SET proven_at = now(), client = NULL"
    yield f"UPDATE access_habilitation SET agent_id = access.agent() WHERE agent_id = '{prey.agent}'"
    yield (f"INSERT INTO access_mandate (id, agent_id, task, purpose, motive, case_ref, granted_at, expires_at) VALUES"
           f" (gen_random_uuid(), '{prey.agent}', 't', 'criminal_intelligence', 'm', '', now(), {later})")  # fmt: skip
    yield f"SELECT access.open('{prey.session_hash}')"
    yield f"SELECT access.open('{prey.login}')"
    yield f"SELECT access.open('{prey.agent}')"
    yield f"SELECT access.enter('{prey.agent}', 'criminal_intelligence', 'motif', '', '')"
    yield f"SELECT access.start_session('{prey.agent}', sha256('evil'), 12)"
    yield "SELECT * FROM access.passkey_of('x')"
    yield f"SELECT access.keep_passkey('{prey.agent}', 'evil', 'evil', 0, 'evil', 'NONE', 'signin')"
    yield f"SELECT access.set_up_passkey('{prey.login}', 'evil', 'evil', 'evil')"
    yield f"SELECT access.issue_code('{prey.agent}', sha256('evil'))"
    yield f"SELECT access.revoke_passkeys('{prey.agent}')"
    yield "SELECT access.prove('x', NULL)"
    yield "SELECT access.open_service('worker', 'x')"
    yield "SELECT access.open_mandate(gen_random_uuid())"


def _tables(tables: Sequence[Table]) -> Iterator[str]:
    for table in tables:
        yield f"ALTER TABLE {table.name} DISABLE ROW LEVEL SECURITY"
        yield f"CREATE POLICY evil ON {table.name} USING (true)"
        yield f"GRANT SELECT ON {table.name} TO PUBLIC"
        yield f"TRUNCATE {table.name} CASCADE"
        yield f"LOCK TABLE {table.name} IN ACCESS EXCLUSIVE MODE NOWAIT"
        yield f"CREATE TRIGGER evil BEFORE INSERT ON {table.name} EXECUTE FUNCTION audit.demand_entry()"
        yield f"CREATE RULE evil AS ON SELECT TO {table.name} DO INSTEAD NOTHING"


def _shadows() -> Iterator[str]:
    for name in ("access_session", "access_context", "access_agent", "intelligence_report"):
        yield f"CREATE TEMP TABLE {name} AS SELECT 1 AS id"
        yield f"CREATE TABLE {name} (id int)"
        yield f"CREATE VIEW public.{name}_v AS SELECT * FROM {name}"
    yield from (
        "CREATE SCHEMA recoupe_app",
        "CREATE SCHEMA access",
        "CREATE FUNCTION pg_temp.keys() RETURNS bigint[] LANGUAGE sql AS $$ SELECT '{1}'::bigint[] $$",
        "CREATE OR REPLACE FUNCTION access.keys() RETURNS bigint[] LANGUAGE sql AS $$ SELECT '{1}'::bigint[] $$",
        "CREATE OR REPLACE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT $1 $$",
        "CREATE OPERATOR public.&& (LEFTARG = bigint[], RIGHTARG = bigint[], FUNCTION = pg_catalog.arrayoverlap)",
        "CREATE CAST (text AS uuid) WITH INOUT AS IMPLICIT",
        "CREATE DOMAIN public.uuid AS text",
        "CREATE AGGREGATE public.bool_or (bool) (SFUNC = booland_statefunc, STYPE = bool)",
        "ALTER FUNCTION access.keys() OWNER TO recoupe_app",
        "ALTER FUNCTION access.keys() SECURITY INVOKER",
        "DROP FUNCTION access.open(text)",
    )


def _language(prey: Prey) -> Iterator[str]:
    inner = f"UPDATE public.access_context SET agent = '{prey.agent}'"
    yield f"DO $$ BEGIN {inner}; END $$"
    yield f"DO $$ BEGIN EXECUTE '{inner.replace(chr(39), chr(39) * 2)}'; EXCEPTION WHEN OTHERS THEN NULL; END $$"
    yield "DO $$ BEGIN SET LOCAL ROLE recoupe_definer; EXCEPTION WHEN OTHERS THEN NULL; END $$"
    yield f"DO $$ BEGIN PERFORM access.enter('{prey.agent}', 'x', '', '', ''); EXCEPTION WHEN OTHERS THEN NULL; END $$"
    for language in ("plpython3u", "plperlu", "pltclu", "c", "internal"):
        yield f"CREATE FUNCTION public.evil() RETURNS int LANGUAGE {language} AS 'x'"
        yield f"DO LANGUAGE {language} $$ x $$"
    yield f"PREPARE evil AS {inner}"
    yield "PREPARE mine AS SELECT id FROM intelligence_report"
    yield "DECLARE held CURSOR WITH HOLD FOR SELECT token_hash FROM access_session"
    yield "DECLARE mine CURSOR WITH HOLD FOR SELECT id FROM intelligence_report"
    yield "SELECT query_to_xml('SELECT * FROM access_session', true, false, '')"
    yield "SELECT table_to_xml('access_context', true, false, '')"
    yield "SELECT database_to_xml(true, false, '')"
    yield "SELECT schema_to_xml('public', true, false, '')"
    yield f"SELECT 1; {inner}"
    yield f"WITH evil AS ({inner} RETURNING 1) SELECT * FROM evil"
    yield "SELECT * FROM intelligence_report WHERE fact_text::integer = 1"
    yield "SELECT * FROM intelligence_report WHERE 1 / (length(fact_text) - length(fact_text)) = 1"
    yield "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM access_session"
    yield "MERGE INTO access_session s USING (SELECT 1) x ON true WHEN MATCHED THEN DELETE"


def _outside() -> Iterator[str]:
    for name in ("dblink", "postgres_fdw", "file_fdw", "adminpack", "pg_read_file", "pageinspect", "pgrowlocks", "lo"):
        yield f"CREATE EXTENSION {name}"
    yield from (
        "COPY access_session FROM PROGRAM 'id'",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "COPY access_session FROM '/etc/passwd'",
        "COPY (SELECT 1) TO '/tmp/evil'",
        "SELECT pg_read_file('pg_hba.conf')",
        "SELECT pg_read_binary_file('global/pg_control')",
        "SELECT pg_ls_dir('.')",
        "SELECT pg_ls_logdir()",
        "SELECT pg_ls_waldir()",
        "SELECT pg_current_logfile()",
        "SELECT pg_reload_conf()",
        "SELECT lo_import('/etc/passwd')",
        "SELECT lo_create(4242)",
        "SELECT lo_export(1, '/tmp/evil')",
        "SELECT pg_hba_file_rules()",
        "SELECT * FROM pg_hba_file_rules",
        "SELECT * FROM pg_file_settings",
        "SELECT * FROM pg_authid",
        "SELECT * FROM pg_shadow",
        "SELECT pg_create_physical_replication_slot('evil')",
        "SELECT pg_create_logical_replication_slot('evil', 'pgoutput')",
        "SELECT pg_start_backup('x')",
        "SELECT pg_backup_start('x')",
        "SELECT pg_switch_wal()",
        "SELECT pg_log_backend_memory_contexts(1)",
        "CREATE PUBLICATION evil FOR ALL TABLES",
        "CREATE SUBSCRIPTION evil CONNECTION 'host=127.0.0.1' PUBLICATION evil",
        "CREATE SERVER evil FOREIGN DATA WRAPPER postgres_fdw",
        "CREATE EVENT TRIGGER evil ON ddl_command_end EXECUTE FUNCTION audit.demand_entry()",
        "LOAD '$libdir/dblink'",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_advisory_xact_lock(hashtext('recoupe policies'))",
        "NOTIFY recoupe_outbox, 'express'",
    )


def _transactions(prey: Prey) -> Iterator[str]:
    yield "SAVEPOINT a; ROLLBACK TO a"
    yield "ROLLBACK; BEGIN"
    yield "COMMIT; BEGIN"
    yield "ROLLBACK AND CHAIN"
    yield "COMMIT AND CHAIN"
    yield "PREPARE TRANSACTION 'evil'"
    yield "SET TRANSACTION SNAPSHOT '00000003-0000001B-1'"
    yield "SELECT pg_export_snapshot()"
    yield f"SAVEPOINT a; UPDATE access_context SET agent = '{prey.agent}'; ROLLBACK TO a"
    yield "SET CONSTRAINTS ALL DEFERRED"
    yield "SET TRANSACTION READ ONLY"


def calls(function: Function, prey: Prey) -> Iterator[str]:
    """A function with hostile arguments of its own types, and with nothing."""
    wanted = {
        "uuid": f"'{prey.agent}'::uuid", "uuid[]": f"ARRAY['{prey.agent}']::uuid[]", "bigint": "1::bigint",
        "bigint[]": "ARRAY[1]::bigint[]", "integer": "1", "smallint": "1::smallint", "boolean": "true",
        "jsonb": "'{}'::jsonb", "bytea": "sha256('evil')", "text[]": "ARRAY['*']", "date": "current_date",
        "timestamp with time zone": "now()", "interval": "interval '1 day'", "name": "'access_session'::name",
        "regclass": "'access_session'::regclass", "oid": "'access_session'::regclass::oid", "xid8": "'1'::xid8",
        "json": "'{}'::json", "real": "1", "double precision": "1", "numeric": "1",
        "\"char\"": "'r'", "character": "'r'",
    }  # fmt: skip
    name = function.signature.partition("(")[0]
    for text in (prey.login, prey.session_hash, *TEXTS[:3]):
        given = {"text": f"'{text}'", "character varying": f"'{text}'", "cstring": f"'{text}'"}
        arguments = [({**wanted, **given}).get(kind, f"NULL::{kind}") for kind in function.arguments]
        yield f"SELECT {name}({', '.join(arguments)})"
        if not {"text", "character varying", "cstring"} & set(function.arguments):
            break
    yield f"SELECT {name}({', '.join(f'NULL::{kind}' for kind in function.arguments)})"
