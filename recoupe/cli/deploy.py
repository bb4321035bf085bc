"""The set-up of a database: roles, credentials, schema, policies, reference data. Safe to run twice."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from django.core.management import call_command
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from recoupe.cli.obstacle import Obstacle
from recoupe.config import credentials
from recoupe.config.files import write_durably
from recoupe.config.paths import MATCHER_INDEX, credential, data_folder, secret
from recoupe.config.processes import DEFINER_ROLE, LOGIN_ROLES, PROCESSES
from recoupe.config.roles import connected_as
from recoupe.config.settings import TLS_PARAMETERS
from recoupe.kernel.refusal import gettext_noop
from recoupe.plan.loading import load_cards
from recoupe.reference.loader import load_reference

Progress = Callable[[str], None]

# Policies are applied from the ground floor up; the functions that they call come first.
ROOMS = (
    "reference",
    "audit",
    "access",
    "desk",
    "notices",
    "intelligence",
    "cases",
    "dealpoints",
    "targets",
    "operations",
    "crosscheck",
    "tips",
    "deconfliction",
    "coordination",
    "plan",
    "worker",
)
PACKAGE = Path(__file__).resolve().parents[1]
# Set to 1, it says that the installation that had these roles is no more.
TAKE_ROLES = "RECOUPE_TAKE_ROLES"
ROLES_OF_ANOTHER = gettext_noop(
    "Ce PostgreSQL porte déjà les rôles d'une installation, dont %(folder)s n'a pas les mots de passe : en mettre de "
    "nouveaux couperait l'autre. Donnez son dossier (DATA=…) ou un autre PostgreSQL ; si elle n'existe plus, "
    "RECOUPE_TAKE_ROLES=1 devant la commande reprend ses rôles."
)

HALF_WAY = gettext_noop(
    "Cette base date d'avant la première version publiée, et il lui manque des étapes qui n'existent plus (%(room)s) : "
    "refaites-la dans un dossier neuf (DATA=…) ou sous un autre PostgreSQL."
)


def _with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path="/" + name))


def _role_url(admin_url: str, role: str) -> str:
    parts = urlsplit(admin_url)
    host = parts.hostname or "127.0.0.1"
    port = f":{parts.port}" if parts.port else ""
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name in TLS_PARAMETERS]
    return urlunsplit(parts._replace(netloc=f"{role}@{host}{port}", query=urlencode(kept)))


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A house that works reads it under its own accounts.
    write_durably(path, text + "\n", owner_of=path)


def _new_password() -> str:
    """Of no sign that a connection's line or libpq's password file would escape."""
    return secrets.token_urlsafe(24)


def scrambled(connection: psycopg.Connection[Any], role: str, password: str) -> str:
    """What the server keeps of a password: the password itself never travels, nor stands in a log of statements."""
    found = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    return found.decode()


def refuse_roles_of_another(connection: psycopg.Connection[Any]) -> None:
    """A cluster has its roles once: a second folder would change their passwords under the first."""
    ours = any(credential(role).is_file() for role in LOGIN_ROLES)
    if ours or os.environ.get(TAKE_ROLES) == "1":
        return
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = ANY (%s)", [list(LOGIN_ROLES)]).fetchone():
        raise Obstacle(ROLES_OF_ANOTHER, folder=str(data_folder()))


def refuse_half_way(admin_url: str) -> None:
    """One migration stands for several of before the first release: a base has them all or none, no step leads on."""
    applied: set[tuple[str, str]] = set()
    with psycopg.connect(admin_url) as connection, suppress(psycopg.errors.UndefinedTable):
        applied.update(connection.execute("SELECT app, name FROM public.django_migrations").fetchall())
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    for (room, _name), migration in loader.disk_migrations.items():
        if applied.intersection(migration.replaces) and not applied.issuperset(migration.replaces):
            raise Obstacle(HALF_WAY, room=room)


def create_roles(admin_url: str, *, fresh: bool = False) -> None:
    """Create the roles that are missing and write what each connects with; a password or key that is there is kept.

    `fresh`: all of them are replaced. Who connects between the file and the base is refused once, and tries again.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        if DEFINER_ROLE not in known:
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOINHERIT").format(sql.Identifier(DEFINER_ROLE)))
        for role in LOGIN_ROLES:
            path = credential(role)
            password = (not fresh and credentials.password(path)) or _new_password()
            # First the files: a role whose password nobody kept would look like another installation's.
            _write_private(path, _role_url(admin_url, role))
            credentials.keep_password(path, password)
            verb = sql.SQL("ALTER" if role in known else "CREATE")
            connection.execute(
                sql.SQL(
                    "{} ROLE {} LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD {}"
                ).format(verb, sql.Identifier(role), sql.Literal(scrambled(connection, role, password)))
            )
            # Neither statements nor parameters may be replayed from a view or a log (security.md, R-22).
            for setting, value in (
                ("track_activities", "off"),
                ("log_parameter_max_length_on_error", "0"),
                ("log_min_error_statement", "panic"),
                # The words of an error quote values; whoever caused it says its class and place in a log of ours.
                ("log_min_messages", "log"),
                ("statement_timeout", "'60s'"),
            ):
                if role != "recoupe_owner":
                    connection.execute(
                        sql.SQL("ALTER ROLE {} SET {} = " + value).format(sql.Identifier(role), sql.Identifier(setting))
                    )
    for process in PROCESSES:
        # An empty one is what a full disk left: sessions and forms alone depend on it.
        if fresh or not (secret(process).is_file() and secret(process).read_text().strip()):
            _write_private(secret(process), secrets.token_urlsafe(48))
    if not secret(MATCHER_INDEX).is_file():
        _write_private(secret(MATCHER_INDEX), secrets.token_hex(32))


def close_database(connection: psycopg.Connection[Any]) -> None:
    """Only our roles connect to this database, and only the set-up may stage data in it."""
    name = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    connection.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {} TO recoupe_owner").format(name))
    for role in LOGIN_ROLES:
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(role)))


# Counters tell how much there is of what nobody may read, locks when and on which keyed hash somebody works. The
# activity stays: its statements are off for our roles, and the administrator's page counts connections from it.
_HIDE_COUNTERS = """
DO $$
DECLARE t text;
BEGIN
    FOR t IN SELECT format('SELECT ON pg_catalog.%I', c.relname) FROM pg_class c
              WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'v'
                AND (c.relname ~ '^pg_statio?_.*(tables|indexes|sequences|functions)$'
                     OR c.relname IN ('pg_locks', 'pg_stat_database', 'pg_stat_io', 'pg_stat_wal', 'pg_sequences'))
             UNION ALL
             SELECT format('EXECUTE ON FUNCTION %s', p.oid::regprocedure) FROM pg_proc p
              WHERE p.pronamespace = 'pg_catalog'::regnamespace
                AND (p.proname ~ '^pg_stat_get_.*(tuples|blocks|scan|fetched|returned|count|calls|_time|_io|_wal)'
                     OR p.proname ~ '^pg_stat_get_(db|xact|live|dead|mod|ins)_'
                     OR p.proname ~ '^pg_(try_)?advisory_(xact_)?lock'
                     OR p.proname IN ('pg_lock_status', 'pg_relation_size', 'pg_table_size', 'pg_indexes_size',
                                      'pg_total_relation_size', 'pg_database_size', 'pg_sequence_last_value',
                                      'pg_sequence_parameters', 'pg_notification_queue_usage',
                                      'pg_current_wal_lsn', 'pg_current_wal_insert_lsn', 'pg_current_wal_flush_lsn',
                                      'pg_terminate_backend', 'pg_cancel_backend',
                                      'lo_create', 'lo_creat', 'lo_from_bytea', 'lo_put'))
    LOOP
        EXECUTE 'REVOKE ' || t || ' FROM PUBLIC';
    END LOOP;
    REVOKE SELECT ON pg_catalog.pg_class FROM PUBLIC;
    EXECUTE (SELECT format('GRANT SELECT (%s) ON pg_catalog.pg_class TO PUBLIC', string_agg(quote_ident(attname), ', '))
               FROM pg_attribute WHERE attrelid = 'pg_catalog.pg_class'::regclass AND NOT attisdropped
                AND attname NOT IN ('reltuples', 'relpages', 'relallvisible', 'relallfrozen'));
    -- The set-up inspects its own tables, and the bench weighs them under its role.
    GRANT SELECT ON pg_catalog.pg_class TO recoupe_owner;
    GRANT EXECUTE ON FUNCTION pg_table_size(regclass), pg_indexes_size(regclass) TO recoupe_owner;
    -- Who may try a lock learns that somebody deposits, who may hold it stops them all: the matcher locks what it
    -- compares, the others lock by functions of ours.
    GRANT EXECUTE ON FUNCTION pg_advisory_xact_lock(bigint), pg_advisory_xact_lock(integer, integer),
        pg_advisory_xact_lock_shared(bigint), pg_advisory_xact_lock_shared(integer, integer)
        TO recoupe_matcher, recoupe_definer;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'counters stay readable: only a superuser of the cluster may close them';
END $$
"""


def create_schemas(admin_url: str) -> None:
    """One schema a room for its functions; tables stay in public, where nobody but the owner creates."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        close_database(connection)
        connection.execute("GRANT USAGE, CREATE ON SCHEMA public TO recoupe_owner")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        connection.execute(_HIDE_COUNTERS.encode())
        for extension in ("unaccent", "pg_trgm", "btree_gin"):
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
        for room in ROOMS:
            connection.execute(
                sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION recoupe_owner").format(sql.Identifier(room))
            )
            for role in (*LOGIN_ROLES, DEFINER_ROLE):
                connection.execute(
                    sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(room), sql.Identifier(role))
                )


_OURS = """
    SELECT p.oid::regprocedure::text, p.prosecdef, p.prokind, pg_get_userbyid(p.proowner)
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname = ANY (%s)
"""


def apply_policies(admin_url: str) -> None:
    """Apply each room's policies.sql, then give every function its owner and take it from PUBLIC; one transaction."""
    with psycopg.connect(admin_url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('recoupe policies'))")
        connection.execute("SET LOCAL client_min_messages = warning")
        connection.execute("SET LOCAL check_function_bodies = off")
        connection.execute("GRANT USAGE ON SCHEMA public TO recoupe_definer")
        for role in LOGIN_ROLES:
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(role)))
        # Policies open what an agent does, guards refuse what nobody may do: they come last.
        rooms = (PACKAGE / room / name for name in ("policies.sql", "guards.sql") for room in ROOMS)
        for path in [PACKAGE / "access" / "functions.sql", *rooms]:
            if path.is_file():
                connection.execute(path.read_text().encode())
        for signature, definer, kind, _owner in connection.execute(_OURS, [list(ROOMS)]).fetchall():
            what = "PROCEDURE" if kind == "p" else "FUNCTION"
            owner = DEFINER_ROLE if definer else "recoupe_owner"
            connection.execute(f"ALTER {what} {signature} OWNER TO {owner}".encode())
            connection.execute(f"REVOKE ALL ON {what} {signature} FROM PUBLIC".encode())
        connection.execute((PACKAGE / "cli" / "own_keys.sql").read_text().encode())


@contextmanager
def _as_owner() -> Iterator[None]:
    with connected_as("recoupe_owner"):
        yield
    connections.close_all()


def deploy(admin_url: str, progress: Progress = print, *, database: str | None = None) -> None:
    """Bring a database from nothing (or from an older version) to today's schema, policies and reference data."""
    name = database or "recoupe"
    with psycopg.connect(admin_url, autocommit=True) as connection:
        refuse_roles_of_another(connection)
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not found:
            progress("Création de la base")
            connection.execute(
                sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(name))
            )
    url = _with_database(admin_url, name)
    refuse_half_way(url)
    create_roles(url)
    create_schemas(url)
    with _as_owner():
        progress("Schéma")
        call_command("migrate", verbosity=0, interactive=False)
        progress("Politiques d'accès")
        apply_policies(url)
        progress("Données de référence")
        load_reference(progress)
        load_cards()
