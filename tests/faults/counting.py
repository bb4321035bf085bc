"""Every operation has its entry and every entry its operation (R-41), by two counters that know nothing of the journal.

pgaudit, in the server of Debian, notes each statement that touches a protected table, and its transaction; the driver
notes what it was answered. Both are held against the entries, whose transactions a trigger of this test notes.
"""

import os
import random
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.test import Client

from recoupe.intelligence.actions import deposit
from tests.crosscheck.scene import entry, new_phone
from tests.faults.house import House
from tests.world import TestAgent

PGAUDIT = Path("/usr/lib/postgresql/15/lib/pgaudit.so")
INSTALL_S = 120
SETTINGS = """
shared_preload_libraries = 'pgaudit'
log_line_prefix = 'XID=%x '
pgaudit.role = 'counter'
pgaudit.log_statement = off
"""
_TOUCHED = re.compile(r"XID=(\d+) .*AUDIT: OBJECT,\d+,\d+,(?:READ|WRITE),\w+,TABLE,public\.\w+")
_ENTRY = re.compile(r"XID=(\d+) .*one entry written")
# Whatever wrote it: pgaudit notes a statement within a function of SQL the first time alone.
COUNTER = """
CREATE FUNCTION public.counts() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE LOG 'one entry written'; RETURN NULL; END $$;
CREATE TRIGGER counts AFTER INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION public.counts();
"""
# Case data: rows with readers of their own, and what hangs on a report.
PROTECTED = (
    "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'readers'"
    " UNION SELECT unnest(ARRAY['intelligence_person', 'intelligence_selector', 'intelligence_attachment'])"
)


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
    house.world.sql("CREATE ROLE counter")
    for (table,) in house.world.sql(PROTECTED):
        house.world.sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO counter")
    with psycopg.connect(house.world.admin_url) as direct:
        direct.execute(COUNTER.encode())
    house.cluster.stop()
    house.cluster.start()


@dataclass
class Counted:
    """What pgaudit noted of the transactions that were committed."""

    touched: set[int] = field(default_factory=set)
    entries: Counter[int] = field(default_factory=Counter)


def counted(house: House, since: int) -> Counted:
    """The lines of the server's log from a place on; a transaction that was undone showed nothing."""
    touched: list[int] = []
    entries: list[int] = []
    with house.cluster.log.open(errors="replace") as log:
        log.seek(since)
        for line in log:
            if found := _TOUCHED.search(line):
                touched.append(int(found[1]))
            elif found := _ENTRY.search(line):
                entries.append(int(found[1]))
    told = house.world.sql(
        "SELECT x, pg_xact_status(x::text::xid8) FROM unnest(%s::bigint[]) AS x", [list({*touched, *entries})]
    )
    committed = {xid for xid, status in told if status == "committed"}
    return Counted(committed.intersection(touched), Counter(xid for xid in entries if xid in committed))


@dataclass
class Desk:
    """One agent who works, and what he was answered: how many of his operations leave an entry."""

    who: TestAgent
    client: Client
    house: House
    report: str
    answered: Counter[int] = field(default_factory=Counter)

    def get(self, address: str) -> None:
        """Read a page."""
        self.answered[self.client.get(address).status_code] += 1

    def search(self, by: random.Random) -> None:
        """Look for a number, a word, a plate."""
        asked = by.choice([{"selector": "06 39 98 00 01"}, {"text": "scooter"}, {"selector": "ZZ-001-QA"}])
        self.answered[self.client.post("/recherche/", asked).status_code] += 1

    def deposit(self) -> None:
        """Enter a report."""
        with self.house.world.acting(self.who) as agent:
            self.report = str(deposit(by=agent, entry=entry(phone=new_phone())).id)
        self.answered[200] += 1


def operations(desk: Desk, by: random.Random) -> tuple[tuple[int, Callable[[], None]], ...]:
    """How often each comes, of a hundred."""
    return (
        (4, lambda: desk.get(f"/renseignements/{desk.report}/")),
        (30, lambda: desk.get(f"/renseignements/{desk.report}/recoupements/")),
        (6, lambda: desk.get("/renseignements/")),
        (2, lambda: desk.search(by)),
        (8, lambda: desk.get("/recoupements/")),
        (8, lambda: desk.get("/points/")),
        (8, lambda: desk.get("/contacts/")),
        (26, lambda: desk.get("/carte/points.geojson?bbox=5,43,6,44")),
        (2, lambda: desk.get("/")),
        (2, desk.deposit),
        (2, lambda: desk.get("/journal/")),
        (2, lambda: desk.get(f"/renseignements/{uuid4()}/")),
    )
