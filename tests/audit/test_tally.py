"""The counts that whoever oversees reads are those of the entries, at every step of theirs; a forged one is found."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from recoupe.access.enums import Role
from recoupe.audit.enums import Trace
from recoupe.audit.inspection import inspect, years_before
from recoupe.audit.kept import kept_in
from recoupe.audit.queries import Counted, JournalFilter, counted
from recoupe.audit.searching import Searched, searched_more_than
from tests.audit.keeping import Clock, Keeping
from tests.world import World

PARIS = ZoneInfo("Europe/Paris")
FIRST, PAST = date(2026, 3, 27), date(2026, 10, 27)
# The last and the first second of days of Paris around both nights of the clocks, and the hour that comes twice.
MOMENTS = [
    datetime.fromisoformat(f"{moment}+00:00")
    for moment in (
        "2026-03-28T22:59:59", "2026-03-28T23:00:00", "2026-03-29T00:59:59", "2026-03-29T01:00:00",
        "2026-03-29T21:59:59", "2026-03-29T22:00:00", "2026-10-24T21:59:59", "2026-10-24T22:00:00",
        "2026-10-25T00:30:00", "2026-10-25T01:30:00", "2026-10-25T22:59:59", "2026-10-25T23:00:00",
    )
]  # fmt: skip
KINDS: tuple[tuple[str, str, int | None], ...] = (
    ("consult", '{"what": "home"}', 0), ("consult", '{"what": "home"}', 2), ("consult", "{}", None),
    ("search", '{"what": "text"}', 1), ("search", '{"what": "known"}', 1), ("modify", "{}", None),
)  # fmt: skip


@pytest.fixture
def keeping(world: World, tmp_path: Path) -> Iterator[Keeping]:
    made = Keeping(world, tmp_path, Clock(datetime(2026, 10, 28, tzinfo=UTC).timestamp()))
    yield made
    made.end()


def write(world: World, moment: datetime) -> None:
    """One entry of each kind, by two agents of two services and by a process without one."""
    rows = [
        (moment, actor, unit, purpose, operation, details, results)
        for actor, unit, purpose in (("a" * 32, "b" * 32, "duty"), ("c" * 32, "d" * 32, "oversight"), (None, None, ""))
        for operation, details, results in KINDS
    ]
    with psycopg.connect(world.admin_url) as direct:
        direct.cursor().executemany(
            "INSERT INTO audit_entry (at, actor, unit, purpose, motive, case_ref, service, operation, refs, fields,"
            " details, result_count) VALUES (%s, %s::uuid, %s::uuid, %s, '', '', '', %s, '{}', '{}', %s::jsonb, %s)",
            rows,
        )


def by_hand(world: World, operation: str, arrivals: bool) -> Counted:
    """The same from every entry, one by one."""
    found: list[tuple[Any, ...]] = world.sql(
        "SELECT at, unit, purpose, operation, details, result_count FROM audit_entry"
    )
    days, units, purposes = Counter[date](), Counter[Any](), Counter[str]()
    for at, unit, purpose, what, details, results in found:
        day = at.astimezone(PARIS).date()
        idle = what == "consult" and details.get("what") == "home" and results == 0
        if FIRST <= day < PAST and what == (operation or what) and (arrivals or not idle):
            days[day] += 1
            units[unit] += 1
            purposes[purpose] += 1
    return Counted(dict(days), dict(units), dict(purposes))


def test_what_is_counted_are_the_entries_before_and_after_they_are_tallied(world: World, keeping: Keeping) -> None:
    officer = world.agent(Role.DPO, "OFAST")

    def compare() -> None:
        with world.acting(officer):
            for operation in ("", "consult", "search"):
                for arrivals in (False, True):
                    wanted = JournalFilter(operation=operation, arrivals=arrivals)
                    assert counted(wanted, FIRST, PAST) == by_hand(world, operation, arrivals)

    keeping.sequence()
    for moment in MOMENTS:
        write(world, moment)
    compare()
    with keeping.acting():
        # Some of them have a leaf, some of these are tallied.
        keeping.notary.size()
        world.sql("SELECT audit.sequence(100)")
    compare()
    keeping.sequence()
    ((tallied, mark),) = world.sql("SELECT (SELECT sum(entries) FROM audit_tally), (SELECT upto FROM audit_tallymark)")
    assert tallied == mark >= len(MOMENTS) * 18 - 64
    compare()
    write(world, MOMENTS[-1] - timedelta(minutes=5))
    compare()
    # An older journal, of which nothing was counted: it is, at the next leaf.
    world.sql("DELETE FROM audit_tallymark")
    compare()
    keeping.sequence()
    compare()
    with world.acting(officer):
        found = searched_more_than(1, FIRST, PAST)
        assert {one.actor.hex for one in found} == {"a" * 32, "c" * 32}
        assert Searched(found[0].actor, date(2026, 10, 25), 5) in found
        assert [one.count for one in found] == sorted((one.count for one in found), reverse=True)
        assert {one.actor for one in searched_more_than(1, FIRST, PAST, found[0].actor)} == {found[0].actor}


def test_an_entry_that_went_is_counted_no_longer_and_a_forged_count_is_found(world: World, keeping: Keeping) -> None:
    first, later = (years_before(datetime.now(UTC), years) for years in (7, 6))
    write(world, first)
    write(world, later)
    for _ in range(4):
        write(world, datetime.now(UTC))
    keeping.clock.now = datetime.now(UTC).timestamp()
    keeping.round(0)
    kept = {"a": kept_in(keeping.witnesses[0].kept)}

    def traces() -> list[tuple[Trace, str]]:
        with world.process("inspection"):
            return [(found.what, found.name) for found in inspect(kept).findings]

    day = later.astimezone(PARIS).date().isoformat()
    sums = f"SELECT sum(entries) FROM audit_tally WHERE day <= '{day}'"
    assert (world.sql(sums), traces()) == ([(36,)], [])
    world.sql("UPDATE audit_tally SET entries = entries - 1 WHERE day = %s AND operation = 'modify'", [day])
    assert traces() == [(Trace.TALLY, day)]
    world.sql("UPDATE audit_tally SET entries = entries + 1 WHERE day = %s AND operation = 'modify'", [day])
    with psycopg.connect(world.admin_url) as direct:
        # Without waiting for the term: what counts is the trigger that comes after it.
        direct.execute("ALTER TABLE audit_entry DISABLE TRIGGER keeps_its_term")
        direct.execute("DELETE FROM audit_entry WHERE at < %s", [later])
        assert direct.execute(sums.encode()).fetchone() == (18,)
        direct.rollback()
