"""The disk of the journal full: nothing is shown without its entry, and all comes back with the space."""

import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import psycopg
import pytest
from django.test import Client

from recoupe.access.enums import Role
from recoupe.audit.models import Entry
from recoupe.cli.os_user import owner_of
from recoupe.intelligence.actions import deposit
from tests.audit.keeping import fill
from tests.crosscheck.scene import entry
from tests.faults.disks import fill_up, only_root, small_disk
from tests.web.rooms import text
from tests.world import TestAgent, World

pytestmark = only_root
MIB = 2**20
SIZE = 32 * MIB


@pytest.fixture
def journal_disk(world: World) -> Iterator[Path]:
    """Every table of the journal (entries, what waits, tree, checkpoints, witnesses) on a file system of 32 MiB."""
    with small_disk("journal", SIZE) as folder:
        _move(world, folder)
        yield folder
        _back(world)


def _move(world: World, folder: Path) -> None:
    (data,) = world.sql("SELECT current_setting('data_directory')")[0]
    owner = owner_of(Path(data))
    place = folder / "space"
    place.mkdir()
    owner.give(folder, 0o755)
    owner.give(place, 0o700)
    with psycopg.connect(world.admin_url, autocommit=True) as direct:
        direct.execute(f"CREATE TABLESPACE journal LOCATION '{place}'".encode())
        for name in _relations(direct):
            direct.execute(f"ALTER {name} SET TABLESPACE journal".encode())


def _back(world: World) -> None:
    with psycopg.connect(world.admin_url, autocommit=True) as direct:
        for name in _relations(direct):
            direct.execute(f"ALTER {name} SET TABLESPACE pg_default".encode())
        direct.execute(b"DROP TABLESPACE journal")


def _relations(direct: "psycopg.Connection[tuple[object, ...]]") -> list[str]:
    query = (
        rb"WITH ours AS (SELECT oid FROM pg_class WHERE relkind = 'r' AND relname LIKE 'audit\_%'"
        rb" AND relnamespace = 'public'::regnamespace)"
        rb" SELECT 'TABLE ' || oid::regclass FROM ours UNION ALL"
        rb" SELECT 'INDEX ' || indexrelid::regclass FROM pg_index JOIN ours ON ours.oid = indrelid"
    )
    return [str(name) for (name,) in direct.execute(query)]


def _reads(world: World, client: Client, who: TestAgent, address: str, times: int) -> list[int]:
    """The answers; each page that was shown has its entry."""
    before = _entries(world, who)
    answers = [client.get(address) for _ in range(times)]
    shown = [answer.status_code for answer in answers].count(200)
    assert _entries(world, who) - before == shown
    for answer in answers:
        if answer.status_code != 200:
            assert answer.status_code == 503
            assert "Le journal n'a plus de place" in unescape(text(answer))
    return [answer.status_code for answer in answers]


def _entries(world: World, who: TestAgent) -> int:
    return int(world.sql(f"SELECT count(*) FROM {Entry._meta.db_table} WHERE actor = %s", [who.id])[0][0])


def test_a_full_disk_of_the_journal_shows_nothing_and_reads_resume(world: World, journal_disk: Path) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    client = world.client(who)
    with world.acting(who) as agent:
        report = deposit(by=agent, entry=entry(phone="0639980001"))
    address = f"/renseignements/{report.id}/"
    assert _reads(world, client, who, address, 2) == [200, 200]
    free = shutil.disk_usage(journal_disk).free
    assert 0 < free < SIZE
    ballast = fill_up(journal_disk)
    # The pages of the table and of its indexes that are begun still take some entries.
    with pytest.raises(psycopg.errors.DiskFull):
        for _ in range(5_000):
            fill(world, 1)
    statuses = _reads(world, client, who, address, 6)
    assert 503 in statuses
    ballast.unlink()
    assert _reads(world, client, who, address, 2) == [200, 200]
