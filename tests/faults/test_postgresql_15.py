"""The house on Debian's own PostgreSQL 15: by RECOUPE_PG_BIN, and as an administrator's server in DATABASE_URL."""

import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from recoupe.access.enums import Role
from recoupe.config.paths import PROJECT
from recoupe.intelligence.rules import BUDGET_RULE
from recoupe.reference import queries as reference
from tests import proof
from tests.crosscheck.scene import Scene, new_phone
from tests.faults.counting import Desk, count_in, counted, demand_pgaudit, operations
from tests.faults.house import House, housed
from tests.folders import open_folder

DEBIAN = Path("/usr/lib/postgresql/15/bin")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (DEBIAN / "postgres").is_file(), reason="Debian's PostgreSQL 15 is not installed here"),
]
# Rights, journal, contact and release, deal point, objective: the thread, room by room, through the actions.
THREAD = (
    "tests/access",
    "tests/audit",
    "tests/crosscheck/test_release.py",
    "tests/dealpoints/test_actions.py",
    "tests/dealpoints/test_reading.py",
    "tests/coordination/test_actions.py",
    "tests/coordination/test_guards.py",
)


@pytest.fixture(scope="module")
def debian(admin_url: str) -> Iterator[House]:
    """An installation whose cluster Debian's initdb made and Debian's server runs."""
    with open_folder("debian") as place, housed(place / "data", DEBIAN, for_tests=False) as made:
        yield made


def test_the_starters_cluster_runs_on_it(debian: House) -> None:
    """RECOUPE_PG_BIN: schema, policies, reference, two services that meet, and nothing for `recoupe check` to say."""
    assert debian.world.sql("SELECT current_setting('server_version_num')::integer / 10000") == [(15,)]
    scene = Scene(debian.world)
    police, customs = scene.who(Role.INVESTIGATOR, "PJ13"), scene.who(Role.INVESTIGATOR, "DED13")
    number = new_phone()
    with debian.world.process("web"):
        held, asked = scene.enter(customs, phone=number), scene.enter(police, phone=number)
        scene.pull()
        assert scene.side(police, asked).hit_id == scene.side(customs, held).hit_id
        assert scene.sides(scene.who(Role.INVESTIGATOR, "SR59")) == []
    done = subprocess.run(
        [sys.executable, "-m", "recoupe.cli.main", "check"],
        env=debian.environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_thread_passes_on_an_administrators_server(debian: House, tmp_path: Path) -> None:
    """DATABASE_URL: the rooms' own tests, deployed anew on that server in a run of their own."""
    kept = {k: v for k, v in os.environ.items() if k not in ("DATA", "RECOUPE_PG_BIN", "RECOUPE_PROCESS")}
    told = kept | {"DATABASE_URL": debian.cluster.admin_url}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", f"--basetemp={tmp_path / 'inner'}", *THREAD],
        cwd=PROJECT, env=told, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4_000:]
    assert re.search(r"\[100%\]", done.stdout), done.stdout
    assert "skipped" not in done.stdout
    with psycopg.connect(debian.cluster.admin_url) as connection:
        left = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 't\\_%'").fetchall()
    assert left == [], "databases of tests are dropped"


def test_every_operation_has_its_entry_and_every_entry_its_operation(debian: House) -> None:
    """R-41, on this server since pgaudit is Debian's; last, as it starts the server anew."""
    demand_pgaudit()
    count_in(debian)
    by, count = random.Random(proof.seed()), proof.size(ci=2_000, full=50_000)
    with debian.world.process("web"):
        debian.world.sql("UPDATE reference_legalparameter SET value = 1e6 WHERE rule_code = %s", [BUDGET_RULE])
        reference.forget()
        agents = [debian.world.agent(Role.INVESTIGATOR, unit) for unit in ("PJ13", "DED13")]
        agents.append(debian.world.agent(Role.CROSS_ANALYST, "CROSS13"))
        desks = [Desk(who, debian.world.client(who), debian, "") for who in agents]
        for desk in desks:
            desk.deposit()
            desk.answered.clear()
        before, since = debian.world.sql("SELECT count(*) FROM audit_entry")[0][0], debian.cluster.log.stat().st_size
        for _ in range(count):
            desk = by.choice(desks)
            weights, acts = zip(*operations(desk, by), strict=True)
            by.choices(acts, weights)[0]()
        written = debian.world.sql("SELECT count(*) FROM audit_entry")[0][0] - before
    reference.forget()
    told = counted(debian, since)
    answered = sum((desk.answered for desk in desks), Counter())
    assert set(answered) == {200, 403, 404}, answered
    # What does not exist was not shown, and leaves nothing (P-4).
    issued = answered[200] + answered[403]
    unlogged = max(len(told.touched - set(told.entries)), issued - len(told.entries))
    phantom = abs(written - sum(told.entries.values())) + max(0, len(told.entries) - issued)
    how = f"{count} opérations tirées, {written} entrées, {len(told.touched)} transactions qui touchent des données"
    proof.say("unlogged", unlogged, "opérations", how, at_most=0)
    proof.say("phantom", phantom, "entrées", how, at_most=0)
    assert told.touched, "pgaudit counted nothing"
    assert (unlogged, phantom) == (0, 0)
