"""The matcher as a real process on a test's own database, and many records at once."""

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg

from recoupe.crosscheck.keys import index_key, key_file
from tests.world import World

_RUN = """
import django
django.setup()
from recoupe.crosscheck.matcher import run_until_terminated
from recoupe.deconfliction.actions import drain
raise SystemExit(not run_until_terminated({"event": drain}))
"""

_CLONE = """
    INSERT INTO intelligence_report ({columns})
    SELECT {columns} FROM (
        SELECT (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid(), 'ref', %(mark)s || '-' || n))).*
          FROM intelligence_report r, generate_series(1, %(count)s) n WHERE r.id = %(model)s) copy
"""
# All but what the database computes itself.
_WRITTEN = """
    SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
     WHERE attrelid = 'intelligence_report'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""
_SELECTORS = """
    INSERT INTO intelligence_selector (id, report_id, kind, raw, value, valid, confirmed)
    SELECT gen_random_uuid(), r.id, 'phone', '', '+33' || (%(first)s + n * %(each)s + s)::text, true, false
      FROM intelligence_report r, split_part(r.ref, '-', 2) AS part, LATERAL (SELECT part::bigint AS n) number,
           generate_series(0, %(each)s - 1) s
     WHERE r.ref LIKE %(mark)s || '-%%'
"""
_QUEUE = """
    INSERT INTO intelligence_outbox (id, report_id, lane, at)
    SELECT gen_random_uuid(), r.id, %(lane)s, clock_timestamp()
      FROM intelligence_report r WHERE r.ref LIKE %(mark)s || '-%%'
"""


def fill(world: World, model: UUID, count: int, *, mark: str, lane: str, first: int, each: int = 1) -> None:
    """`count` copies of one report, each with `each` numbers of its own counted from `first`, queued in a lane."""
    values = {"model": model, "count": count, "mark": mark, "lane": lane, "first": first, "each": each}
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        [(columns,)] = direct.execute(_WRITTEN).fetchall()
        for statement in (_CLONE.format(columns=columns), _SELECTORS, _QUEUE):
            direct.execute(statement.encode(), values)
    world.sql("ANALYZE intelligence_outbox, intelligence_report, intelligence_selector")


def start(world: World, folder: Path, *, largest_file: int = resource.RLIM_INFINITY) -> subprocess.Popen[bytes]:
    """Start a matcher with its own credentials and the index key of these tests."""
    credentials = folder / "credentials"
    credentials.mkdir(parents=True, exist_ok=True)
    (credentials / "recoupe_matcher").write_text(world.url("recoupe_matcher"))
    index_key()
    shutil.copy(key_file(), credentials)
    environment = os.environ | {
        "DATA": str(folder),
        "RECOUPE_PROCESS": "matcher",
        "DJANGO_SETTINGS_MODULE": "recoupe.config.settings",
    }
    with (folder / "matcher.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", _RUN], env=environment, stdout=log, stderr=log)
        # Long before Django is loaded; it is lifted the same way.
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))
        return process


@contextmanager
def matcher(world: World, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A running matcher, ended as the keeper ends it."""
    process = start(world, folder)
    try:
        yield process
    finally:
        process.terminate()
        assert process.wait(20) == 0, (folder / "matcher.log").read_text()


def until(what: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def queued(world: World, lane: str = "") -> int:
    """How many records wait."""
    rows = world.sql("SELECT count(*) FROM intelligence_outbox WHERE %s = '' OR lane = %s", [lane, lane])
    return int(rows[0][0])


def drained(world: World) -> bool:
    """Whether nothing waits any more."""
    return queued(world) == 0
