"""Whether the journal's functions and triggers in the database are those that this package ships.

Who alters the one that gives leaves, or silences a trigger, keeps entries out of the tree and can remove them later
without a trace: while it stands, it is found here.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from django.db import connection

POLICIES = Path(__file__).with_name("policies.sql")
_FUNCTION = re.compile(r"CREATE OR REPLACE FUNCTION audit\.(\w+)(\(.*?)\bAS\s*\$\$(.*?)\$\$", re.DOTALL)
_SETTING = re.compile(r"\bSET (\w+) = (\w+)")
_TRIGGER = re.compile(r"CREATE TRIGGER (\w+) [^;]*? ON (audit_\w+)\s[^;]*;")
_STORED = """
    SELECT p.proname, p.prosrc, coalesce(p.proconfig, '{}') FROM pg_proc p
     WHERE p.pronamespace = 'audit'::regnamespace
"""
_FIRING = r"""
    SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relname LIKE 'audit\_%' AND NOT t.tgisinternal
       AND t.tgenabled IN ('O', 'A')
"""
# What would change or silence a write before any trigger sees it, or let consult without witnesses.
_AROUND = r"""
    SELECT tablename || '.' || rulename FROM pg_rules WHERE schemaname = 'public' AND tablename LIKE 'audit\_%'
     UNION ALL
    SELECT 'unwitnessed' WHERE to_regnamespace('unwitnessed') IS NOT NULL
     UNION ALL
    SELECT 'session_replication_role' FROM pg_db_role_setting
     WHERE EXISTS (SELECT 1 FROM unnest(setconfig) AS one WHERE one LIKE 'session\_replication\_role=%')
"""


def altered() -> Iterator[str]:
    """The names of functions and triggers that are missing, changed, silenced, or not ours."""
    text = POLICIES.read_text()
    functions = Counter(
        (name, _mark(body, ["=".join(pair) for pair in _SETTING.findall(head)]))
        for name, head, body in _FUNCTION.findall(text)
    )
    triggers = Counter(
        (f"{found[2]}.{found[1]}", _plain(found[0].removesuffix(";"))) for found in _TRIGGER.finditer(text)
    )
    with connection.cursor() as cursor:
        cursor.execute(_STORED)
        stored = Counter((name, _mark(body, settings)) for name, body, settings in cursor.fetchall())
        cursor.execute(_FIRING)
        firing = Counter((f"{table}.{name}", _plain(said)) for table, name, said in cursor.fetchall())
        cursor.execute(_AROUND)
        around = [name for (name,) in cursor.fetchall()]
    for shipped, standing, schema in ((functions, stored, "audit."), (triggers, firing, "")):
        yield from sorted({schema + name for name, _ in (shipped - standing) + (standing - shipped)})
    yield from around


def _mark(body: str, settings: Iterable[str]) -> str:
    """What a function does, and under which settings of its own."""
    return sha256("\0".join([*sorted(settings), body]).encode()).hexdigest()


def _plain(definition: str) -> str:
    """One blank between words, as the database writes it, without the schema of the table."""
    return " ".join(definition.split()).replace(" ON public.", " ON ")
