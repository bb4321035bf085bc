"""What a server did, as pgaudit notes it: each statement on case data, with its transaction.

pgaudit passes over what a function does in another's name, unless who calls is a member of that role: here they are,
without its rights. Which entry belongs to which transaction a trigger of this test notes.
"""

import os
import re
import subprocess
from collections import defaultdict
from pathlib import Path

import psycopg
import pytest

from tests.faults.explained import KINDS, Entry, Transaction
from tests.faults.house import House

PGAUDIT = Path("/usr/lib/postgresql/15/lib/pgaudit.so")
INSTALL_S = 120
SETTINGS = """
shared_preload_libraries = 'pgaudit'
log_line_prefix = 'XID=%x '
pgaudit.role = 'counter'
pgaudit.log_statement = off
autovacuum = on
"""
_LINE = re.compile(
    r"XID=(\d+) .*?(?:AUDIT: OBJECT,\d+,\d+,(?:READ|WRITE),(\w+),TABLE,public\.(\w+)|entry (\d+) written)"
)
COUNTER = """
CREATE FUNCTION public.counts() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE LOG 'entry % written', NEW.id; RETURN NULL; END $$;
CREATE TRIGGER counts AFTER INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION public.counts();
"""
# Every table of case data by the catalogue: rows with readers of their own, and the rows that hang on them.
PROTECTED = """
WITH RECURSIVE own AS (
    SELECT attrelid AS t FROM pg_attribute WHERE attname = 'readers' AND attrelid::regclass::text ~ '^[a-z]+_[a-z]+$'
    UNION SELECT f.conrelid FROM own JOIN pg_constraint f ON f.contype = 'f' AND f.confrelid = own.t
) SELECT DISTINCT own.t::regclass::text FROM own JOIN pg_class c ON c.oid = own.t WHERE c.relkind = 'r'
"""
# Queues and sums that hold an identifier or a number and nothing of what it stands for.
MACHINE = frozenset({"intelligence_outbox", "intelligence_depositcount", "crosscheck_decision"})
# Lists follow the rows that they list by triggers of their own; that a page of one was read is what counts.
READ_ALONE = frozenset({"access_feed"})


def demand_pgaudit() -> None:
    """Debian's package, installed when we may; else the test is skipped with its reason."""
    if not PGAUDIT.is_file() and os.geteuid() == 0:
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        command = ["apt-get", "install", "-y", "-q", "postgresql-15-pgaudit"]
        subprocess.run(command, env=quiet, capture_output=True, check=False, timeout=INSTALL_S)
    if not PGAUDIT.is_file():
        pytest.skip("postgresql-15-pgaudit is not installed, and cannot be here")


def count_in(house: House) -> None:
    """From here on the server of this house counts; it starts anew."""
    with (house.cluster.data / "postgresql.conf").open("a") as settings:
        settings.write(SETTINGS)
    tables = frozenset[str]().union(*KINDS.values())
    found = {table for (table,) in house.world.sql(PROTECTED)} - MACHINE
    assert found <= tables, f"a table of case data is of no kind here: {sorted(found - tables)}"
    with psycopg.connect(house.world.admin_url) as direct:
        direct.execute("CREATE ROLE counter")
        for table in tables:
            what = "SELECT" if table in READ_ALONE else "SELECT, INSERT, UPDATE, DELETE"
            direct.execute(f"GRANT {what} ON {table} TO counter".encode())
        for role in ("recoupe_app", "recoupe_matcher"):
            direct.execute(f"ALTER ROLE {role} NOINHERIT".encode())
            direct.execute(f"GRANT recoupe_definer TO {role}".encode())
        direct.execute(COUNTER.encode())
    house.cluster.stop()
    house.cluster.start()


def counted(house: House, since: int) -> dict[int, Transaction]:
    """The transactions that were committed, by the lines of the server's log from a place on."""
    seen: dict[int, Transaction] = defaultdict(Transaction)
    entries: dict[int, int] = {}
    with house.cluster.log.open(errors="replace") as log:
        log.seek(since)
        for line in log:
            if not (found := _LINE.search(line)):
                continue
            xid = int(found[1])
            if found[4]:
                entries[int(found[4])] = xid
            elif (found[2], found[3]) == ("INSERT", "audit_entry"):
                seen[xid].inserts += 1
            elif found[2] == "SELECT" or found[3] not in READ_ALONE:
                seen[xid].statements.add((found[2], found[3]))
    rows = house.world.sql(
        "SELECT id, operation, refs, details, result_count FROM audit_entry WHERE id = ANY (%s) ORDER BY id",
        [list(entries)],
    )
    for entry, operation, refs, details, count in rows:
        seen[entries[entry]].entries.append(Entry(operation, tuple(refs), details, count))
    return _committed(house, seen)


def _committed(house: House, seen: dict[int, Transaction]) -> dict[int, Transaction]:
    """What was undone showed nothing; what read before any number was given (0) did not journal, hence stays."""
    told = house.world.sql(
        "SELECT x, pg_xact_status(x::text::xid8) FROM unnest(%s::bigint[]) AS x", [[xid for xid in seen if xid]]
    )
    undone = {xid for xid, status in told if status != "committed"}
    return {xid: one for xid, one in seen.items() if xid not in undone}
