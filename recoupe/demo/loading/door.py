"""The one door by which rows get past times: the owner's, in a base marked as a made world, shut for good after.

The mark is a table that only the seeding makes, in a base where nothing was ever done; no other process reads it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from recoupe.demo.loading.stage import AsProcess
from recoupe.kernel.refusal import Conflict, gettext_noop

NOT_EMPTY = gettext_noop("Cette base n'est pas vide : le monde inventé ne s'y charge pas.")
NOT_MADE = gettext_noop("Cette base n'est pas celle d'un monde inventé : ses heures ne se changent pas.")
SHUT = "shut"
# Who never acted and never wrote has none of these.
LIVED_IN = ("audit_entry", "access_agent", "intelligence_report")

_MARK = """
CREATE TABLE made_world (step text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
ALTER TABLE made_world ENABLE ROW LEVEL SECURITY;
ALTER TABLE made_world FORCE ROW LEVEL SECURITY;
REVOKE ALL ON made_world FROM PUBLIC;
CREATE POLICY owner_marks ON made_world TO recoupe_owner USING (true) WITH CHECK (true)
"""
_TABLES = """
SELECT c.oid::regclass::text FROM pg_class c
 WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relforcerowsecurity
   AND c.relname NOT LIKE 'procrastinate%%' AND c.relname <> 'made_world'
   AND (cardinality(%s::text[]) = 0 OR c.relname = ANY (%s::text[])) ORDER BY 1
"""
_TRIGGERS = """
SELECT t.tgrelid::regclass::text, quote_ident(t.tgname), t.tgenabled::text FROM pg_trigger t
 WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgrelid::regclass::text = ANY (%s::text[])
"""
_ENABLE = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA"}


def mark(process: AsProcess) -> None:
    """Say of a base in which nothing was ever done that it is a made world's; refused of any other one."""
    with process("migrate"), transaction.atomic(), connection.cursor() as cursor:
        if _marked(cursor):
            return
        with _open(cursor, LIVED_IN):
            for table in LIVED_IN:
                cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {table})")  # noqa: S608 - three names of ours
                if cursor.fetchone()[0]:
                    raise Conflict(NOT_EMPTY)
        declare(cursor)


def declare(cursor: Any) -> None:
    """Write the mark; the caller is the owner, and knows what the base holds."""
    if not _marked(cursor):
        cursor.execute(_MARK)


def adopt(process: AsProcess, login: str) -> None:
    """Mark a base that this folder's ledger says was loaded by a release of before the mark; its times stay shut."""
    with process("migrate"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM access_agent WHERE login = %s)", [login])
        if cursor.fetchone()[0] and not _marked(cursor):
            cursor.execute(_MARK)
            cursor.execute("INSERT INTO made_world (step) VALUES (%s)", [SHUT])


@contextmanager
def past(process: AsProcess, step: str) -> Iterator[Any]:
    """A cursor under which times may be written, once for each step: None where the step is done.

    All of it or nothing: rows, journal and the doors that were opened for them, in one transaction.
    """
    with process("migrate"), transaction.atomic(), connection.cursor() as cursor:
        if not _marked(cursor):
            raise Conflict(NOT_MADE)
        cursor.execute("SELECT count(*) FROM made_world WHERE step IN (%s, %s)", [step, SHUT])
        if cursor.fetchone()[0]:
            yield None
            return
        with _open(cursor, ()):
            yield cursor
        cursor.execute("INSERT INTO made_world (step) VALUES (%s)", [step])


def shut(process: AsProcess) -> None:
    """From now on no time of this base is ever changed again."""
    with process("migrate"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO made_world (step) VALUES (%s) ON CONFLICT DO NOTHING", [SHUT])


def _marked(cursor: Any) -> bool:
    cursor.execute("SELECT to_regclass('public.made_world') IS NOT NULL")
    return bool(cursor.fetchone()[0])


@contextmanager
def _open(cursor: Any, names: Sequence[str]) -> Iterator[None]:
    """Inside, the owner sees and changes every row of these tables (none named: of all); an error undoes it all."""
    cursor.execute(_TABLES, [list(names), list(names)])
    tables = [row[0] for row in cursor.fetchall()]
    cursor.execute(_TRIGGERS, [tables])
    triggers = cursor.fetchall()
    for table in tables:
        cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for table, trigger, _ in triggers:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    yield
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table, trigger, enabled in triggers:
        cursor.execute(f"ALTER TABLE {table} {_ENABLE[enabled]} TRIGGER {trigger}")
    for table in tables:
        cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
