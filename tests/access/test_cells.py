"""A service joined to a cell: nobody reads by it before every row carries its key, nor after its end, kill or not."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.utils import timezone

from recoupe.access import actions, feed, queries, spreading
from recoupe.access.actions import Joining
from recoupe.access.enums import Role
from recoupe.config.paths import PROJECT
from recoupe.demo import crew
from recoupe.demo.benches.spread import Watcher
from recoupe.intelligence import actions as reports
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Conflict, Invalid, Refused
from recoupe.reference import queries as reference
from tests.crosscheck.scene import entry, new_phone
from tests.furnished import furnish
from tests.world import TestAgent, World

REASON = "convention du 3 novembre"
ROWS = 1_600


def join(world: World, *, by: TestAgent, cell: str = "CROSS13", service: str = "PJ13", **days: date) -> UUID:
    period: dict[str, date] = {"valid_from": timezone.localdate()} | days
    with world.acting(by) as agent:
        joining = Joining(reference.unit(cell), reference.unit(service), **period)
        return actions.join_cell(by=agent, joining=joining, reason=REASON)


def leave(world: World, joined: UUID, by: TestAgent) -> None:
    with world.acting(by) as agent:
        actions.leave_cell(by=agent, joined=queries.cell_service(agent, joined), reason=REASON)


def spread(world: World, joined: UUID, rows: int = 500) -> None:
    with world.process("worker"):
        while not spreading.step(joined, rows):
            pass


def seen(world: World, who: TestAgent) -> set[UUID]:
    with world.acting(who):
        return set(Report.objects.values_list("id", flat=True))


def listed(world: World, who: TestAgent) -> set[UUID]:
    with world.acting(who):
        return {row.id for row in feed.page("report", 500)}


@pytest.fixture(scope="module")
def authority(world: World) -> TestAgent:
    return world.agent(Role.DESIGNATING_AUTHORITY, "OFAST")


@pytest.fixture(scope="module")
def referent(world: World) -> TestAgent:
    """A CROSS analyst who stays in his own service."""
    return world.agent(Role.CROSS_ANALYST, "PJ13")


@pytest.fixture(scope="module")
def analyst(world: World) -> TestAgent:
    return world.agent(Role.CROSS_ANALYST, "CROSS13")


@pytest.fixture(scope="module")
def many(world: World, authority: TestAgent) -> None:
    """Sixteen hundred reports of another service that the cell reads, copied from one deposited by hand."""
    author = world.agent(Role.INVESTIGATOR, "SR13")
    with world.acting(author) as agent:
        made = reports.deposit(by=agent, entry=entry(new_phone()))
    columns = "owner_unit_id, readers, created_at, author_id, version, purpose, source_kind, frame, seen_by_reporter,"
    columns += "fact_text, assessment_text, event_from, event_to, event_precision, submitted_at, place_kind, lon, lat,"
    columns += "uncertainty_m, commune_code, place_text, departments, handling, h3_line, handling_conditions,"
    columns += "silent_reason, source_grade, info_grade, grade_original, grade_doubt, products, means, violence,"
    columns += "urgency, review_needed, external_ref, state"
    with psycopg.connect(world.admin_url) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            f"INSERT INTO intelligence_report (id, ref, collected_at, {columns})"
            f" SELECT gen_random_uuid(), 'B-26-' || i, collected_at - i * interval '1 minute', {columns}"
            " FROM intelligence_report, generate_series(1, %s) AS i WHERE id = %s",
            [ROWS, made.id],
        )
        admin.execute(
            "INSERT INTO access_feed (kind, key, at, id) SELECT 1, k, collected_at, id FROM intelligence_report,"
            " unnest(readers) AS k ON CONFLICT DO NOTHING"
        )


def test_only_an_authority_of_another_service_joins_one_that_may_join(world: World, authority: TestAgent) -> None:
    own = world.agent(Role.DESIGNATING_AUTHORITY, "PJ13")
    head = world.agent(Role.CROSS_HEAD, "CROSS13")
    for nobody in (own, head):
        with pytest.raises(Refused):
            join(world, by=nobody)
    for cell, service in (("PJ59", "PJ13"), ("CROSS13", "ANT13"), ("CROSS13", "CROSS59"), ("CROSS13", "TJ13")):
        with pytest.raises(Invalid):
            join(world, by=authority, cell=cell, service=service)
    with pytest.raises(Invalid):
        join(world, by=authority, valid_from=timezone.localdate() - timedelta(days=1))


def test_the_database_refuses_what_the_application_forgot(world: World, authority: TestAgent) -> None:
    call = "SELECT access.join_cell(gen_random_uuid(), %s, %s, current_date, NULL, 'parce que')"
    ids = [reference.unit("CROSS13").id, reference.unit("PJ13").id]
    for nobody in (world.agent(Role.CROSS_HEAD, "CROSS13"), world.agent(Role.DESIGNATING_AUTHORITY, "PJ13")):
        with (
            psycopg.connect(world.url("recoupe_app")) as direct,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            direct.execute("SELECT access.open(%s::text)", [nobody.token])
            direct.execute("SELECT audit.record('configure', '{}', '{}', '{}', NULL, NULL)")
            direct.execute(call, ids)
    with psycopg.connect(world.url("recoupe_app")) as direct, pytest.raises(psycopg.errors.InsufficientPrivilege):
        direct.execute("SELECT access.open(%s::text)", [authority.token])
        direct.execute("SELECT key FROM access_cellservice")


@pytest.mark.usefixtures("many")
def test_its_analysts_read_once_every_row_carries_the_key_and_none_after_its_end(
    world: World, authority: TestAgent, referent: TestAgent, analyst: TestAgent
) -> None:
    before, whole = seen(world, referent), seen(world, analyst)
    assert len(whole) > ROWS and before < whole
    joined = join(world, by=authority)
    with pytest.raises(Conflict):
        join(world, by=authority)
    with world.process("worker"):
        for _ in range(3):
            assert not spreading.step(joined, 500)
            with world.process("web"):
                assert (seen(world, referent), listed(world, referent)) == (before, before)
    # What is written meanwhile carries the key without a visit of the worker.
    with world.acting(world.agent(Role.INVESTIGATOR, "SR13")) as agent:
        fresh = reports.deposit(by=agent, entry=entry(new_phone())).id
    spread(world, joined)
    assert seen(world, referent) == seen(world, analyst) == whole | {fresh}
    assert listed(world, referent) == listed(world, analyst) != set()
    leave(world, joined, authority)
    assert seen(world, referent) == before and listed(world, referent) == before
    assert world.sql(
        "SELECT count(*) FROM intelligence_report r JOIN access_cellservice j ON j.key = ANY (r.readers)"
    ) != [(0,)]
    spread(world, joined)
    carried = "SELECT count(*) FROM access_cellservice j WHERE EXISTS (SELECT 1 FROM access_feed f WHERE f.key = j.key)"
    carried += " OR EXISTS (SELECT 1 FROM intelligence_report r WHERE j.key = ANY (r.readers))"
    assert world.sql(carried) == [(0,)]
    assert seen(world, analyst) == whole | {fresh}


@contextmanager
def worker(world: World, joined: UUID) -> Iterator["subprocess.Popen[bytes]"]:
    """A process of the worker's that recomputes in small blocks."""
    code = (
        "import django; django.setup()\n"
        "from uuid import UUID\n"
        "from recoupe.access import spreading\n"
        "from recoupe.config.roles import connected_to\n"
        "from recoupe.config.settings import database_from_url\n"
        f"with connected_to(database_from_url({world.url('recoupe_worker')!r}, pooled=False)):\n"
        f"    while not spreading.step(UUID({str(joined)!r}), 20):\n"
        "        pass\n"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "recoupe.config.settings", "RECOUPE_PROCESS": "worker"}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def progress(world: World, joined: UUID) -> tuple[int, bool]:
    row = world.sql("SELECT rows_seen, spread_at IS NOT NULL FROM access_cellservice WHERE id = %s", [joined])[0]
    return row[0], row[1]


@pytest.mark.usefixtures("many")
def test_a_worker_killed_halfway_shows_no_row_and_is_taken_up(
    world: World, authority: TestAgent, referent: TestAgent, analyst: TestAgent
) -> None:
    before = seen(world, referent)
    joined = join(world, by=authority)
    with worker(world, joined) as process:
        while (done := progress(world, joined))[0] < ROWS // 4:
            assert process.poll() is None and not done[1]
            assert seen(world, referent) == before
        process.send_signal(signal.SIGKILL)
        process.wait()
    stopped, finished = progress(world, joined)
    assert ROWS // 4 <= stopped < ROWS and not finished
    assert seen(world, referent) == before
    with worker(world, joined) as process:
        # An observer who polls sees nothing, or everything once the last block is there.
        while process.poll() is None:
            finished = progress(world, joined)[1]
            now = seen(world, referent)
            assert now == before or progress(world, joined)[1]
            assert not finished or now == seen(world, analyst)
            time.sleep(0.02)
        assert process.returncode == 0
    assert seen(world, referent) == seen(world, analyst)
    leave(world, joined, authority)
    with worker(world, joined) as process:
        while progress(world, joined)[0] < ROWS // 4:
            assert seen(world, referent) == before
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert seen(world, referent) == before
    spread(world, joined)
    assert world.sql("SELECT cleared_at IS NOT NULL FROM access_cellservice WHERE id = %s", [joined]) == [(True,)]


def test_who_looks_on_while_it_spreads_sees_a_row_that_stands_on_no_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bench's watcher counts by SQL what he may read: the first page alone would miss a wrong row."""
    police = world.agent(Role.INVESTIGATOR, "SR83")
    colleague = world.agent(Role.INVESTIGATOR, "SR83")
    # The cluster of this test, in the place of an installation's.
    monkeypatch.setattr(crew, "process", world.process)
    watcher = Watcher(police.token)
    watcher.look()
    assert (watcher.looks, watcher.counts, watcher.wrong) == (1, 1, 0)
    with world.acting(colleague) as agent:
        hidden = reports.deposit(by=agent, entry=entry(new_phone())).id
    world.sql("DELETE FROM access_feed WHERE id = %s", [hidden])
    watcher._last = watcher._counted = 0.0
    watcher.look()
    assert not watcher.reads()
    assert (watcher.looks, watcher.counts, watcher.wrong) == (2, 2, 1)


@pytest.mark.usefixtures("many")
def test_an_end_before_the_last_block_gives_nothing(world: World, authority: TestAgent, referent: TestAgent) -> None:
    before = seen(world, referent)
    joined = join(world, by=authority)
    with world.process("worker"):
        assert not spreading.step(joined, 500)
        assert not spreading.step(joined, 500)
    leave(world, joined, authority)
    spread(world, joined)
    assert seen(world, referent) == before
    assert world.sql("SELECT spread_at FROM access_cellservice WHERE id = %s", [joined]) == [(None,)]


def test_a_term_that_is_over_ends_it(world: World, authority: TestAgent) -> None:
    today = timezone.localdate()
    joined = join(world, by=authority, service="SP13", valid_to=today)
    with world.process("worker"):
        assert joined in spreading.to_do(today)
        spread(world, joined, 5000)
        assert joined not in spreading.to_do(today)
        assert joined in spreading.to_do(today + timedelta(days=1))
    spread(world, joined, 5000)
    with world.acting(authority) as agent:
        found = queries.cell_service(agent, joined)
        assert found.ended_at and found.cleared_at and found.done_percent == 100
        assert [one.id for one in queries.cell_services(agent)].count(joined) == 1


def test_a_writer_who_did_not_know_it_is_waited_for(world: World, authority: TestAgent) -> None:
    """Without the lock a report written by a transaction that began before would never carry the key."""
    author = world.agent(Role.INVESTIGATOR, "SR13")
    with psycopg.connect(world.url("recoupe_app"), autocommit=True) as other:
        other.execute("SET lock_timeout = '300ms'")
        with world.acting(author) as agent:
            reports.deposit(by=agent, entry=entry(new_phone()))
            with pytest.raises(psycopg.errors.LockNotAvailable), other.transaction():
                other.execute("SELECT access.open(%s::text)", [authority.token])
                other.execute("SELECT audit.record('configure', '{}', '{}', '{}', NULL, NULL)")
                units = [reference.unit("CROSS13").id, reference.unit("GGD13").id]
                other.execute("SELECT access.join_cell(gen_random_uuid(), %s, %s, current_date, NULL, 'parce')", units)


def test_what_the_cell_holds_as_its_own_unit_stays_its_own(
    world: World, authority: TestAgent, referent: TestAgent, analyst: TestAgent
) -> None:
    """P-80, S-3: a silent or H3 report of the cell is read by its own unit only, a service of the cell is another."""
    joined = join(world, by=authority)
    spread(world, joined)
    head = world.agent(Role.CROSS_HEAD, "CROSS13")
    closed: dict[str, Any] = {"handling": "H3", "h3_line": "nobody", "handling_conditions": "essai"}
    with world.acting(analyst) as agent:
        opened = reports.deposit(by=agent, entry=entry(new_phone())).id
        reserved = reports.deposit(by=agent, entry=entry(new_phone(), **closed)).id
    assert opened in seen(world, referent) and opened in listed(world, referent)
    assert reserved not in seen(world, referent) | listed(world, referent)
    with world.acting(head) as agent:
        until = timezone.localdate() + timedelta(days=20)
        reports.mark_silent(by=agent, report=Report.objects.get(id=opened), until=until, reason=REASON)
    assert opened not in seen(world, referent) | listed(world, referent)
    assert {opened, reserved} <= seen(world, analyst)
    leave(world, joined, authority)
    again = join(world, by=authority)
    spread(world, again)
    assert not {opened, reserved} & (seen(world, referent) | listed(world, referent))
    leave(world, again, authority)


def test_a_role_of_a_cell_elsewhere_gives_reading_alone(world: World, referent: TestAgent) -> None:
    """P-81: no desk, no report, no point in the name of a cell of which one is no member."""
    with world.acting(referent) as agent:
        assert {capacity for _, capacity in agent.grants} <= {"agent", "cell"}
        assert (agent.unit_id, "cell") not in agent.grants
        assert agent.has(Role.CROSS_ANALYST) and not agent.works_as(Role.CROSS_ANALYST)
        with pytest.raises(Refused):
            reports.deposit(by=agent, entry=entry(new_phone()))


def test_every_kind_of_row_follows(world: World, authority: TestAgent) -> None:
    """Over a world with something of everything: no trigger of a room refuses the worker, and none is forgotten."""
    furnish(world)
    joined = join(world, by=authority, service="SP13")
    spread(world, joined, 5000)
    tables = [name for (name,) in world.sql("SELECT access.tables_with_readers('')")]
    assert {"intelligence_report", "dealpoints_dealpoint", "crosscheck_hitside", "coordination_objective"} <= set(
        tables
    )
    carried = 0
    for table in tables:
        # What the cell holds as its own unit is its own (P-80).
        theirs = (
            " AND (t.owner_unit_id <> j.cell_id"
            " OR (t.silent_until IS NULL AND t.handling <@ ARRAY['H0', 'H1', 'H2']::varchar[]))"
            " AND NOT EXISTS (SELECT 1 FROM access_disclosure d WHERE d.record_id = t.id AND d.to_unit_id = j.cell_id)"
            if table == "intelligence_report"
            else ""
        )
        missing, found = world.sql(
            f"SELECT count(*) FILTER (WHERE NOT j.key = ANY (t.readers)), count(*) FROM {table} t, access_cellservice j"
            " WHERE j.id = %s AND j.cell_key = ANY (t.readers)" + theirs,
            [joined],
        )[0]
        assert missing == 0, table
        carried += found > 0
    assert carried >= 4
    assert _mentions_apart(world) == [0, 0]
    leave(world, joined, authority)
    spread(world, joined, 5000)
    assert _mentions_apart(world) == [0, 0]
    for table in tables:
        assert world.sql(
            f"SELECT count(*) FROM {table} t, access_cellservice j WHERE j.id = %s AND j.key = ANY (t.readers)",
            [joined],
        ) == [(0,)], table
    lists = "SELECT count(*) FROM access_feed f JOIN access_cellservice j ON j.key = f.key WHERE j.id = %s"
    assert world.sql(lists, [joined]) == [(0,)]


def _mentions_apart(world: World) -> list[int]:
    """How many identifiers and persons do not carry the readers of their report."""
    apart = "SELECT count(*) FILTER (WHERE NOT m.read_by <@ r.readers OR NOT r.readers <@ m.read_by), count(*)"
    found = [
        world.sql(f"{apart} FROM intelligence_{table} m JOIN intelligence_report r ON r.id = m.report_id")[0]
        for table in ("selector", "person")
    ]
    assert all(many for _, many in found)
    return [wrong for wrong, _ in found]
