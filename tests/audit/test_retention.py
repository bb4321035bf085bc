"""After its term an entry goes with its salt and the rest still proves; no wrong clock makes it go before."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.utils import timezone

from recoupe.access import context
from recoupe.audit.exporting import Selection, export, written
from recoupe.audit.inspection import inspect, years_before
from recoupe.audit.kept import kept_in
from recoupe.audit.notes import LOG
from recoupe.audit.retention import erase_over_term, signed_moment
from tests.audit.keeping import Clock, Keeping, fill, signer
from tests.world import World

LOG_KEY = signer("notaire", LOG).key
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
VERIFIER = Path(__file__).resolve().parents[2] / "docs/journal/verify.py"


@pytest.fixture
def now(world: World) -> datetime:
    """The database's own moment: what it believes to be three years is reckoned from there."""
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def keeping(world: World, tmp_path: Path, now: datetime) -> Iterator[Keeping]:
    """A journal that was kept four years ago already, signed and witnessed then."""
    _forget(world)
    yield Keeping(world, tmp_path, Clock(years_before(now, 4).timestamp()))
    _forget(world)


def _forget(world: World) -> None:
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        for table in ("entry", "leaf", "node", "unsequenced", "checkpoint", "witness", "tally", "tallymark"):
            direct.execute(f"DELETE FROM audit_{table}".encode())
    world.declare_unwitnessed()


def write(keeping: Keeping, moment: datetime, *, signed_later: timedelta = timedelta(minutes=1)) -> int:
    """Ten entries of that moment, signed and witnessed a little later; the place of the first."""
    place = int(keeping.world.sql("SELECT coalesce(max(index) + 1, 0) FROM audit_leaf")[0][0])
    fill(keeping.world, 10, moment.timestamp())
    keeping.clock.now = (moment + signed_later).timestamp()
    keeping.round(0)
    return place


def erase(keeping: Keeping, moment: datetime) -> int:
    """What the nightly job does, by the worker's clock."""
    with keeping.world.process("worker"), context.service("worker", "essai"):
        return erase_over_term(LOG_KEY, moment)


def left(keeping: Keeping, place: int) -> int:
    """How many of those ten entries are there."""
    rows = keeping.world.sql(
        "SELECT count(*) FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry WHERE l.index BETWEEN %s AND %s",
        [place, place + 9],
    )
    return int(rows[0][0])


def test_an_entry_of_before_the_term_is_not_erased(keeping: Keeping, now: datetime) -> None:
    """The day after the term, that day, the day before: only what is over goes, by the job or by an administrator."""
    term = years_before(now, 3)
    over, due, young = (write(keeping, term + by) for by in (-DAY, -HOUR, DAY))
    write(keeping, now)
    assert erase(keeping, now) == 20
    assert [left(keeping, place) for place in (over, due, young)] == [0, 0, 10]
    assert erase(keeping, now) == 0
    for statement in ("DELETE FROM audit_entry", "DELETE FROM audit_entry WHERE at < now() - interval '2 years'"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="until its term"):
            keeping.world.sql(statement)
    for role in ("recoupe_app", "recoupe_worker", "recoupe_notary", "recoupe_inspection"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            keeping.world.sql("DELETE FROM audit_entry", role=role)
    told = keeping.world.sql("SELECT service, result_count FROM audit_entry WHERE operation = 'erase'")
    assert told == [("worker", 20)]


def test_what_is_left_still_proves(keeping: Keeping, now: datetime, tmp_path: Path) -> None:
    write(keeping, years_before(now, 3) - DAY)
    write(keeping, now - HOUR)
    erase(keeping, now)
    keeping.clock.now = now.timestamp()
    keeping.round(0)
    kept = kept_in(keeping.witnesses[0].kept)
    with keeping.world.process("inspection"):
        verdict = inspect({"a": kept}, now)
        lines = list(written(export(Selection(), kept)))
    assert (verdict.findings, verdict.erased, verdict.covered) == ([], 10, 21)
    out = tmp_path / "export"
    out.write_text("".join(lines))
    command = [sys.executable, str(VERIFIER), str(out), "--log-key", LOG_KEY.public.hex(), "--kept"]
    done = subprocess.run([*command, str(keeping.witnesses[0].kept)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "(10 erased at their term)" in done.stdout
    # Gone a day earlier than that, they would be a tampering.
    with keeping.world.process("inspection"):
        assert [found.what.value for found in inspect({"a": kept}, now - 2 * DAY).findings] == ["deleted"] * 10


@pytest.mark.parametrize("jump", [HOUR, timedelta(days=365)], ids=["hour", "year"])
@pytest.mark.parametrize("ahead", ["worker", "database", "notary", "when written"])
def test_one_clock_that_jumped_erases_nothing(keeping: Keeping, now: datetime, ahead: str, jump: timedelta) -> None:
    """The others still say that the term is not over; what is over by all of them goes."""
    # The base's clock cannot be moved: that it runs ahead is that all the others run behind.
    true = now - jump - HOUR if ahead == "database" else now
    term = years_before(true, 3)
    early = term + jump / 2
    over = write(keeping, term - 2 * HOUR)
    # When it was written: the base dated it long past, the checkpoint over it tells when that was.
    behind = jump if ahead == "when written" else timedelta()
    place = write(keeping, early - behind, signed_later=behind + timedelta(minutes=1))
    write(keeping, true)
    if ahead == "notary":
        keeping.clock.now = (true + jump).timestamp()
        keeping.round(0)
    assert erase(keeping, true + jump if ahead == "worker" else true) == 10
    assert (left(keeping, over), left(keeping, place)) == (0, 10)


def test_without_a_checkpoint_that_all_signed_nothing_goes(keeping: Keeping, now: datetime) -> None:
    write(keeping, years_before(now, 3) - DAY)
    write(keeping, now)
    keeping.world.sql("UPDATE audit_checkpoint SET note = replace(note, '— temoin-b', '— temoin-c')")
    with keeping.world.process("worker"):
        assert signed_moment(LOG_KEY) is None
    assert erase(keeping, now) == 0
    with keeping.world.process("worker"):
        assert signed_moment(signer("autre", LOG).key) is None


def test_the_night_of_the_clock_change_is_no_hour_too_early(world: World) -> None:
    """Years are reckoned in UTC: a session in Paris time answers the same on the nights when the clocks change."""
    ask = "SELECT before FROM audit.over_term(%s::timestamptz)"
    for moment in ("2026-03-29 00:30", "2026-03-29 01:30", "2025-10-26 00:30", "2025-10-26 01:30", "2024-02-29 12:00"):
        said = set()
        for zone in ("UTC", "Europe/Paris", "Asia/Tokyo"):
            with psycopg.connect(world.admin_url, options=f"-c TimeZone={zone}") as direct:
                row = direct.execute(ask, [f"{moment}+00"]).fetchone()
                assert row is not None
                said.add(row[0].astimezone(UTC))
        wanted = datetime.fromisoformat(f"{moment}+00:00")
        assert said == {years_before(wanted, 3)}


def test_a_shorter_term_in_the_base_shortens_nothing(world: World) -> None:
    """Who can change the parameter there cannot shorten what an inspection relies on; a longer one lengthens it."""
    for value, years in ((0, 3), (3, 3), (5, 5)):
        world.sql("UPDATE reference_legalparameter SET value = %s WHERE rule_code = 'retention.journal'", [value])
        assert world.sql("SELECT audit.term() = make_interval(years => %s)", [years]) == [(True,)]
    world.sql("UPDATE reference_legalparameter SET value = 3 WHERE rule_code = 'retention.journal'")
