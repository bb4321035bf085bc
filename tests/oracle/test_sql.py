"""Row security against the oracle: who reads which row of which table, and what direct SQL may write."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from tests import proof
from tests.oracle import policy, tables
from tests.oracle.harness.building import House
from tests.oracle.harness.cast import Identity
from tests.oracle.harness.rows import rows_by_table
from tests.oracle.harness.said import Tally


@contextmanager
def acting(direct: psycopg.Connection[tuple[object, ...]], one: Identity) -> Iterator[None]:
    """A transaction of the application's role under this session, thrown away at its end."""
    with direct.transaction(force_rollback=True):
        direct.execute("SELECT access.open(%s)", [one.token])
        yield


def test_each_agent_reads_by_sql_what_the_oracle_says(told: House) -> None:
    print(told.done, *told.barred, *sorted(told.refused.items()), sep="\n")
    tally, wanted = Tally("sql"), proof.size(ci=200_000, full=1_000_000)
    known = rows_by_table(told)
    with psycopg.connect(told.house.url("recoupe_app"), autocommit=True) as direct:
        for one in told.identities():
            agent = told.told(one)
            with acting(direct, one):
                for table, rows in known.items():
                    found = {str(row[0]) for row in direct.execute(f"SELECT id FROM {table}").fetchall()}
                    due = {
                        i
                        for i, obj in rows.items()
                        if agent is not None and policy.reads(told.facts, agent, table, obj)
                    }
                    tally.note(len(rows), len(due), table)
                    for identifier in found ^ due:
                        tally.differs(
                            _who(one), f"{table} {identifier} {rows.get(identifier)}", tables.ROWS[table]["clause"],
                            identifier in found, identifier in due,
                        )  # fmt: skip
    tally.close(wanted, "(agent, ligne) lues par SQL sous la sécurité des lignes, comparées à l'oracle")


def test_each_column_is_selected_as_the_oracle_says(told: House) -> None:
    """Every column of every table of T-7 that is read, really selected by the application's role."""
    readable = [table for table, row in tables.ROWS.items() if row["read"] not in ("closed", "public")]
    columns = told.house.sql(
        "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " WHERE c.relname = ANY (%s) AND c.relnamespace = 'public'::regnamespace"
        " AND a.attnum > 0 AND NOT a.attisdropped",
        [readable],
    )
    tally = Tally("sql_columns")
    with psycopg.connect(told.house.url("recoupe_app"), autocommit=True) as direct:
        for table, column in columns:
            due = policy.selectable(f"{table}.{column}")
            try:
                direct.execute(sql.SQL("SELECT {} FROM {} LIMIT 0").format(*map(sql.Identifier, (column, table))))
                found = True
            except psycopg.errors.InsufficientPrivilege:
                found = False
            tally.note(1, int(due), f"column {due}")
            if found != due:
                tally.differs("recoupe_app", f"{table}.{column}", "T-8 sql", found, due)
    tally.close(200, "colonnes que le rôle de l'application choisit, comparées à l'oracle")
    assert tally.by["column False"]


def _who(one: Identity) -> str:
    return f"{one.login} {one.purpose.code if one.purpose else 'no purpose'}"


def test_every_table_that_is_read_is_compared(told: House) -> None:
    """A kind of row that this world holds none of would be compared with nothing."""
    known = rows_by_table(told)
    print(told.done, *sorted(told.refused.items()), sep="\n")
    assert set(known) == {table for table, row in tables.ROWS.items() if row["read"] not in ("closed", "public")}
    if proof.size(ci=90, full=240) >= 90:
        assert [table for table, rows in known.items() if not rows] == []
