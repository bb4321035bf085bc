"""The house on Debian's own PostgreSQL 15: by RECOUPE_PG_BIN, and as an administrator's server in DATABASE_URL."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from recoupe.access.enums import Role
from recoupe.config.paths import PROJECT
from tests.crosscheck.scene import Scene, new_phone
from tests.faults.house import DEBIAN, House, housed
from tests.folders import open_folder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (DEBIAN / "postgres").is_file(), reason="Debian's PostgreSQL 15 is not installed here"),
]
# Rights, journal, contact and release, deal point, objective: the thread, room by room, through the actions.
THREAD = (
    "tests/access",
    "tests/audit/test_journal.py",
    "tests/audit/test_tree.py",
    "tests/crosscheck/test_release.py",
    "tests/dealpoints/test_actions.py",
    "tests/dealpoints/test_reading.py",
    "tests/coordination/test_actions.py",
    "tests/coordination/test_guards.py",
)


@pytest.fixture(scope="module")
def debian(made_on_debian: Path) -> Iterator[House]:
    """An installation whose cluster Debian's initdb made and Debian's server runs."""
    with (
        open_folder("debian") as place,
        housed(place / "data", DEBIAN, like=made_on_debian, for_tests=False) as made,
    ):
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
    # What these show hangs neither on the disk nor on how often a password is hashed, which no server before 16 leaves
    # to its administrator; with its passwords tests/cli/test_demo.py starts on such a server.
    (debian.cluster.data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 trust\n")
    with psycopg.connect(debian.cluster.admin_url, autocommit=True) as admin:
        for change in ("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off"):
            admin.execute(change)
        admin.execute("SELECT pg_reload_conf()")
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
