"""Direct SQL that writes, against the oracle: the application's role may at most what T-7 and P-14 list."""

from collections.abc import Callable
from dataclasses import fields, replace
from random import Random
from typing import Any

import psycopg
from psycopg import sql

from tests import proof
from tests.oracle import policy, tables, terms
from tests.oracle.harness.building import House
from tests.oracle.harness.cast import Identity
from tests.oracle.harness.rows import rows_by_table
from tests.oracle.harness.said import Tally
from tests.oracle.test_sql import acting

Direct = psycopg.Connection[tuple[object, ...]]
JOURNAL = "SELECT audit.record('modify', ARRAY['report:none'], '{}', '{}', NULL, NULL)"
# A column that the role may write, set to what it is.
COLUMNS = """SELECT c.relname, min(a.attname::text) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND
    a.attnum > 0
    WHERE c.relnamespace = 'public'::regnamespace AND has_column_privilege('recoupe_app', c.oid, a.attnum, 'UPDATE')
      AND has_column_privilege('recoupe_app', c.oid, a.attnum, 'SELECT') GROUP BY 1"""
# Columns of a deposit that no statement changes, and what is tried instead.
CHANGES: dict[str, Callable[[House, terms.Report], tuple[str, Any]]] = {
    "state": lambda told, obj: ("state", "DRAFT"),
    "ref": lambda told, obj: ("ref", f"{obj.ref}x"[:32]),
    "submitted_at": lambda told, obj: ("submitted", told.facts.now),
    "import_id": lambda told, obj: ("import_file", next(i for i in told.facts.imports if i != obj.import_file)),
    "case_id": lambda told, obj: ("case", next(i for i in told.facts.cases if i != obj.case)),
    "author_id": lambda told, obj: ("author", next(i for i in told.facts.agents if i != obj.author)),
    "owner_unit_id": lambda told, obj: ("owner", next(i for i in told.facts.units if i != obj.owner)),
    "frame": lambda told, obj: ("frame", "administrative" if obj.frame == "judicial" else "judicial"),
}
INSERTED = {"cases_case", "coordination_objective", "dealpoints_dealpoint", "intelligence_report"}
SIGNED = ("author_id", "actor_id", "decided_by_id", "asked_by", "uploaded_by", "proposed_by_id", "requested_by_id",
          "brought_by_id", "agent_id", "by_id")  # fmt: skip


def test_direct_writes_stay_within_the_table(told: House) -> None:
    draw, tally = Random(proof.seed()), Tally("sql_writes")
    columns = dict(told.house.sql(COLUMNS))
    each = proof.size(ci=2, full=12)
    with psycopg.connect(told.house.url("recoupe_app"), autocommit=True) as direct:
        for one in told.identities():
            agent = told.told(one)
            with acting(direct, one):
                if agent is not None and policy.live(told.facts, agent):
                    direct.execute(JOURNAL)
                for table, rows in rows_by_table_once(told).items():
                    for identifier in _some(told, agent, table, rows, draw, each):
                        _tried(told, tally, direct, (one, agent), (table, identifier, rows[identifier]), columns)
    tally.close(1, "écritures directes d'un agent sur une ligne : permises au plus là où l'oracle les permet")
    # Where every write fails, nothing is shown: of each operation, rows that are allowed are written.
    for operation in "IUD":
        print(operation, sorted(tables_done(tally, operation)))
        assert tables_done(tally, operation), f"no allowed {operation} was done"
    never = INSERTED - tables_done(tally, "I")
    assert not never, f"no new row of {never} was written"
    for change in CHANGES:
        assert tally.by[f"{change} refused"], f"no refused change of {change}"


def tables_done(tally: Tally, operation: str) -> set[str]:
    """The tables on which the database did what the oracle allows."""
    return {what.split()[1] for what in tally.by if what.startswith(f"{operation} ") and what.endswith(" as allowed")}


_ROWS: dict[int, Any] = {}


def rows_by_table_once(told: House) -> dict[str, dict[str, Any]]:
    """The same rows for every agent."""
    return _ROWS.setdefault(id(told), rows_by_table(told))  # type: ignore[no-any-return]


def _some(
    told: House, agent: terms.Agent | None, table: str, rows: dict[str, Any], draw: Random, each: int
) -> list[str]:
    """Rows that he reads first: what he does not read, no update would find."""
    read = [i for i in rows if agent is not None and policy.reads(told.facts, agent, table, rows[i])]
    # Few agents may write these anew: whatever chance draws, those whom the oracle lets do it try.
    may = [i for i in read if agent is not None and table in INSERTED
           and policy.writes(told.facts, agent, table, "I", _in_own_name(rows[i], agent))]  # fmt: skip
    return [*draw.sample(read, min(each, len(read))), *draw.sample(may, min(each, len(may))),
            *draw.sample(sorted(rows), min(1, len(rows)))]  # fmt: skip


def _tried(
    told: House, tally: Tally, direct: Direct, who: tuple[Identity, terms.Agent | None], row: tuple[str, str, Any],
    columns: dict[str, str],
) -> None:  # fmt: skip
    (one, agent), (table, identifier, obj) = who, row
    if table == "intelligence_report":
        _changed(told, tally, direct, who, obj)
    ways: dict[str, Callable[[], int]] = {
        "U": lambda: _update(direct, table, identifier, columns.get(table)),
        "D": lambda: _delete(direct, table, identifier),
        "I": lambda: _insert(told, direct, table, identifier),
    }
    for operation, run in ways.items():
        after = _in_own_name(obj, agent) if operation == "I" and agent else obj
        allowed = agent is not None and policy.writes(told.facts, agent, table, operation, after)
        done = _attempt(direct, run)
        said = "refused" if not done else "done as allowed" if allowed else "done"
        tally.note(1, int(allowed), f"{operation} {table} {said}")
        # What the prose does not decide is not compared.
        if done and not allowed:
            tally.differs(
                one.login,
                f"{operation} {table} {identifier} {obj}",
                f"P-14 T-7 {tables.ROWS[table]['app']}",
                done,
                allowed,
            )


def _changed(
    told: House, tally: Tally, direct: Direct, who: tuple[Identity, terms.Agent | None], obj: terms.Report
) -> None:
    """What stays of a deposit (P-37): the row as it would be is asked of the oracle too."""
    one, agent = who
    for column, make in CHANGES.items():
        attribute, value = make(told, obj)
        if agent is None or value == getattr(obj, attribute):
            continue
        allowed = policy.writes(
            told.facts, agent, "intelligence_report", "U", obj, after=replace(obj, **{attribute: value})
        )
        query = sql.SQL("UPDATE intelligence_report SET {} = %s WHERE id = %s").format(sql.Identifier(column))
        done = _attempt(direct, lambda query=query, value=value: direct.execute(query, [value, obj.id]).rowcount)
        tally.note(1, int(allowed), f"{column} {'done' if done else 'refused'}")
        if done and not allowed:
            tally.differs(one.login, f"U intelligence_report {column}={value} {obj}", "P-37", done, allowed)


def _attempt(direct: Direct, run: Callable[..., int]) -> bool:
    """Whether the database let it pass; what it changed is taken back."""
    try:
        with direct.transaction(force_rollback=True):
            return run() > 0
    except psycopg.Error as error:
        if error.sqlstate is None:
            raise
        return False


def _update(direct: Direct, table: str, identifier: str, column: str | None) -> int:
    if column is None:
        return direct.execute(
            sql.SQL("UPDATE {} SET id = id WHERE id = %s").format(sql.Identifier(table)), [identifier]
        ).rowcount
    query = sql.SQL("UPDATE {t} SET {c} = {c} WHERE id = %s").format(t=sql.Identifier(table), c=sql.Identifier(column))
    return direct.execute(query, [identifier]).rowcount


def _delete(direct: Direct, table: str, identifier: str) -> int:
    return direct.execute(sql.SQL("DELETE FROM {} WHERE id = %s").format(sql.Identifier(table)), [identifier]).rowcount


# What of a copy is its own: no unique key stands in the way of what the rule would let pass.
NEW = {"id": "gen_random_uuid()", "origin_id": "gen_random_uuid()"}
NAMED = {("intelligence_report", "ref"), ("dealpoints_dealpoint", "ref"), ("coordination_objective", "ref"),
         ("cases_case", "number"), ("targets_registeredtarget", "ref"), ("operations_event", "ref")}  # fmt: skip
# What is new is at its beginning: of its later states, a decision would be missing.
FIRST = {("coordination_objective", "state"): "'PROPOSED'", ("coordination_objective", "sent_at"): "NULL",
         ("coordination_objective", "lead_id"): "NULL", ("coordination_objective", "decision_id"): "NULL",
         ("operations_presence", "step"): "1", ("operations_presence", "state"): "'STANDS'",
         ("operations_presence", "reason"): "''"}  # fmt: skip
# Whom a row is for is written and never read: it is given as the rule says it.
UNREAD = "SELECT id::text, access.without_joined(readers) FROM {}"
_READERS: dict[tuple[int, str], dict[str, list[int]]] = {}


def _readers(told: House, table: str) -> dict[str, list[int]]:
    """The reader keys of each row, without those that come by themselves."""
    key = (id(told), table)
    if key not in _READERS:
        held = told.house.sql(
            "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = 'readers'", [table]
        )
        _READERS[key] = dict(told.house.sql(UNREAD.format(table))) if held else {}
    return _READERS[key]


_NAMES: dict[tuple[int, str], list[str]] = {}


def _names(told: House, direct: Direct, table: str) -> list[str]:
    """The columns that the role may both read and write in a new row."""
    key = (id(told), table)
    if key not in _NAMES:
        found: Any = direct.execute(
            "SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = "
            "%s::regclass AND a.attnum > 0 AND a.attname <> 'fingerprint'"
            " AND NOT a.attisdropped AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')"
            " AND has_column_privilege(a.attrelid, a.attnum, 'INSERT') AND a.attidentity = '' AND a.attgenerated = ''",
            [table],
        ).fetchone()
        _NAMES[key] = (found or [None])[0] or []
    return _NAMES[key]


def _insert(told: House, direct: Direct, table: str, identifier: str) -> int:
    """The same row once more under another identifier, in one's own name where a name is signed."""
    names = _names(told, direct, table)
    if "id" not in names:
        return 0
    chosen = [_chosen(table, name) for name in names]
    readers = _readers(told, table)
    if readers:
        names, chosen = [*names, "readers"], [*chosen, sql.Literal(readers[identifier])]
    targets = [sql.Identifier(name) for name in names]
    query = sql.SQL("INSERT INTO {t} ({c}) SELECT {v} FROM {t} WHERE id = %s").format(
        t=sql.Identifier(table), c=sql.SQL(", ").join(targets), v=sql.SQL(", ").join(chosen)
    )
    return direct.execute(query, [identifier]).rowcount


def _chosen(table: str, name: str) -> sql.Composable:
    if (table, name) in NAMED:
        return sql.SQL("left(gen_random_uuid()::text, 20)")
    if (table, name) in FIRST:
        return sql.SQL(FIRST[table, name])
    if name in NEW:
        return sql.SQL(NEW[name])
    return sql.SQL("access.agent()") if name in SIGNED else sql.Identifier(name)


def _in_own_name(obj: Any, agent: terms.Agent) -> Any:
    """The row that such an insertion would make."""
    signing = {"author", "uploaded_by", "proposed_by", "attached_by", "asked_by", "requested_by", "by"}
    signed = signing & {field.name for field in fields(obj)}
    return replace(obj, **dict.fromkeys(signed, agent.id))
