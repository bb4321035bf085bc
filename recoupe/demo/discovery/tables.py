"""Every table, key, function and right of the database, from its catalogue."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Rows = list[tuple[Any, ...]]
Query = Callable[[str, Sequence[Any]], Rows]


@dataclass(frozen=True, slots=True)
class Policy:
    """One row policy; `command` is ALL, SELECT, INSERT, UPDATE or DELETE."""

    name: str
    command: str
    permissive: bool
    roles: tuple[str, ...]
    using: str
    check: str


@dataclass(frozen=True, slots=True)
class Key:
    """What two rows may not share: a primary key, a unique index, an exclusion."""

    table: str
    name: str
    columns: tuple[str, ...]
    kind: str
    definition: str


@dataclass(frozen=True, slots=True)
class Link:
    """A foreign key."""

    table: str
    name: str
    columns: tuple[str, ...]
    target: str


@dataclass(slots=True)
class Table:
    """A table as the server knows it; `rights` by role, then by privilege: its columns."""

    name: str
    kind: str
    owner: str
    secured: bool
    forced: bool
    options: tuple[str, ...]
    columns: dict[str, str] = field(default_factory=dict)
    policies: list[Policy] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    rights: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)

    def may(self, role: str, privilege: str) -> tuple[str, ...]:
        """The columns on which a role holds a privilege (DELETE, TRUNCATE: all or none)."""
        return self.rights.get(role, {}).get(privilege, ())

    def rule(self, role: str, command: str) -> str:
        """How a role's rows are chosen for a command: everybody, nobody, keys, parent or own (a rule of its own)."""
        if not self.may(role, command):
            return "nobody"
        texts = [
            (p.check if command == "INSERT" else p.using) for p in self.policies
            if p.permissive and p.command in ("ALL", command) and ({role, "public"} & set(p.roles))
        ]  # fmt: skip
        if not texts:
            return "nobody" if self.secured else "everybody"
        for rule, mark in (("everybody", "true"), ("keys", "access.keys()"), ("parent", "EXISTS")):
            if any(text == mark if mark == "true" else mark in text for text in texts):
                return rule
        return "own"


@dataclass(frozen=True, slots=True)
class Function:
    """A function or procedure of ours; `callers` are the roles that may execute it, "public" for everybody."""

    oid: int
    signature: str
    schema: str
    owner: str
    definer: bool
    settings: tuple[str, ...]
    arguments: tuple[str, ...]
    returns: str
    callers: tuple[str, ...]


# Every schema but the server's: a table or a view beside those of `public` would escape whatever looks there alone.
# Such a one is named with its schema.
_OURS = """
    WITH ours AS (
        SELECT c.*, CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname AS name FROM pg_class c
          JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
           AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'))
"""
_TABLES = """
    SELECT name, relkind::text, pg_get_userbyid(relowner), relrowsecurity, relforcerowsecurity,
           coalesce(reloptions, '{}')
      FROM ours ORDER BY name
"""
_COLUMNS = """
    SELECT c.name, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a JOIN ours c ON c.oid = a.attrelid
     WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY c.name, a.attnum
"""
_POLICIES = """
    SELECT c.name, p.policyname, p.cmd, p.permissive = 'PERMISSIVE', p.roles::text[], coalesce(p.qual, ''),
           coalesce(p.with_check, '')
      FROM pg_policies p JOIN ours c ON c.oid = format('%I.%I', p.schemaname, p.tablename)::regclass
     ORDER BY c.name, p.policyname
"""
_KEYS = """
    SELECT t.name, i.relname,
           ARRAY(SELECT a.attname FROM unnest(x.indkey) WITH ORDINALITY AS k(n, o)
                   JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.n
                  WHERE k.o <= x.indnkeyatts ORDER BY k.o),
           CASE WHEN x.indisprimary THEN 'primary' WHEN x.indisexclusion THEN 'exclusion' ELSE 'unique' END,
           pg_get_indexdef(i.oid)
      FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN ours t ON t.oid = x.indrelid
     WHERE x.indisunique OR x.indisexclusion ORDER BY 1, 2
"""
_LINKS = """
    SELECT t.name, c.conname,
           ARRAY(SELECT a.attname FROM unnest(c.conkey) AS k(n)
                   JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n), target.name
      FROM pg_constraint c JOIN ours t ON t.oid = c.conrelid JOIN ours target ON target.oid = c.confrelid
     WHERE c.contype = 'f' ORDER BY 1, 2
"""
_RIGHTS = """
    , whole AS (
        SELECT c.oid, c.name, acl.grantee, acl.privilege_type FROM ours c,
               aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) acl),
    granted AS (
        SELECT w.name, w.grantee, w.privilege_type, a.attname FROM whole w JOIN pg_attribute a ON a.attrelid = w.oid
         WHERE a.attnum > 0 AND NOT a.attisdropped
           AND (a.attgenerated = '' OR w.privilege_type NOT IN ('INSERT', 'UPDATE'))
        UNION
        SELECT c.name, acl.grantee, acl.privilege_type, a.attname FROM pg_attribute a
          JOIN ours c ON c.oid = a.attrelid, aclexplode(a.attacl) acl
         WHERE NOT a.attisdropped AND a.attacl IS NOT NULL)
    SELECT name, CASE grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(grantee) END, privilege_type,
           array_agg(attname ORDER BY attname) FROM granted GROUP BY 1, 2, 3
"""
_FUNCTIONS = """
    SELECT p.oid::bigint, p.oid::regprocedure::text, n.nspname, pg_get_userbyid(p.proowner), p.prosecdef,
           coalesce(p.proconfig, '{}'), ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) AS t),
           format_type(p.prorettype, NULL),
           ARRAY(SELECT DISTINCT CASE acl.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(acl.grantee)::text END
                   FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
                  WHERE acl.privilege_type = 'EXECUTE' ORDER BY 1)
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
       AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') ORDER BY 3, 2
"""


def tables(query: Query) -> dict[str, Table]:
    """Every table and view that is neither PostgreSQL's nor an extension's, by name."""
    found: dict[str, Table] = {}
    for name, kind, owner, secured, forced, options in query(_OURS + _TABLES, ()):
        found[name] = Table(name, kind, owner, secured, forced, tuple(options))
    for name, column, kind in query(_OURS + _COLUMNS, ()):
        found[name].columns[column] = kind
    for name, *row in query(_OURS + _POLICIES, ()):
        policy, command, permissive, roles, using, check = row
        found[name].policies.append(Policy(policy, command, permissive, tuple(roles), using, check or using))
    for name, key, columns, kind, definition in query(_OURS + _KEYS, ()):
        found[name].keys.append(Key(name, key, tuple(columns), kind, definition))
    for name, link, columns, target in query(_OURS + _LINKS, ()):
        found[name].links.append(Link(name, link, tuple(columns), target))
    for name, role, privilege, columns in query(_OURS + _RIGHTS, ()):
        found[name].rights.setdefault(role, {})[privilege] = tuple(columns)
    return found


def functions(query: Query) -> list[Function]:
    """Every function and procedure that is neither PostgreSQL's nor an extension's."""
    return [
        Function(oid, signature, schema, owner, definer, tuple(settings), tuple(arguments), returns, tuple(callers))
        for oid, signature, schema, owner, definer, settings, arguments, returns, callers in query(_FUNCTIONS, ())
    ]
