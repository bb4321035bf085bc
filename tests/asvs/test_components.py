"""Other people's components: the time frames that we promise are written, and docs/components.csv keeps them."""

import re
from dataclasses import replace
from datetime import date, timedelta

from recoupe.cli import components
from recoupe.cli.components import QUARTER, Component
from recoupe.cli.locks import COMPONENTS, LOCKS, pins
from tests.asvs.book import PROJECT
from tests.asvs.test_inventories import section, table

ROWS = components.read(COMPONENTS.read_text(encoding="utf-8"))
VENDORED = re.compile(r"^\| (\S+)[^|]* \| (\d[0-9.]+) \|", re.MULTILINE)


def lock(*packages: tuple[str, str, str]) -> dict[str, object]:
    """A lock of these packages: name, version, day."""
    return {
        "package": [{"name": n, "version": v, "sdist": {"upload-time": f"{day}T10:00:00Z"}} for n, v, day in packages]
    }


def test_the_time_frames_are_written_by_risk_and_for_updates() -> None:
    frames = dict(table("Bibliothèques"))
    assert list(frames) == ["critique, ou exploitée", "élevée", "moyenne", "faible"]
    days = [int(found[0]) for found in (re.findall(r"^(\d+) jours$", frames[one]) for one in frames) if found]
    assert days == sorted(days)
    assert len(days) == 3
    assert f"chaque trimestre ({QUARTER.days} jours)" in section("Bibliothèques")


def test_each_component_in_use_has_its_line() -> None:
    """What is installed, what tests and benches install, what the browser gets: at the version in use, once."""
    used = {pin for name in LOCKS for pin in pins((PROJECT / name).read_text())}
    for folder in ("web/static/vendor", "sealing/static/sealing/vendor"):
        page = (PROJECT / "recoupe" / folder / "VENDOR.md").read_text()
        used |= {f"web/{name}=={version}" for name, version in VENDORED.findall(page)}
    said = [f"{row.component}=={row.version}" for row in ROWS]
    assert len([one for one in used if one.startswith("web/")]) == 6
    assert set(said) >= used
    assert len(set(said)) == len(said)


def test_no_component_was_late_on_the_day_of_the_review() -> None:
    assert components.late(ROWS, max(row.seen for row in ROWS)) == []
    assert all(row.published <= row.seen and bool(row.newer) == bool(row.newer_since) for row in ROWS)
    assert all(len(row.reason) >= 20 for row in ROWS if row.reason)


def test_what_was_passed_or_not_looked_at_for_a_quarter_is_late() -> None:
    today = date(2026, 11, 22)
    good = Component("a", "1", today - 9 * QUARTER, "", None, today - QUARTER, "")
    passed = replace(good, newer="2", newer_since=today - QUARTER)
    assert components.late([good, passed], today) == []
    assert components.late([good, passed], today + timedelta(days=1)) == ["a 1", "a 1"]
    overdue = replace(passed, seen=today, newer_since=today - QUARTER - timedelta(days=1))
    assert components.late([overdue], today) == ["a 1"]
    assert components.late([replace(overdue, reason="une raison qui se lit")], today) == []


def test_a_review_says_what_is_newer_and_since_when_it_was_first_so() -> None:
    first, second = date(2026, 11, 22), date(2026, 12, 22)
    kept = lock(("a", "1", "2026-01-01"), ("b", "1", "2026-01-01"), ("b", "2", "2026-11-01"))
    newest = lock(("a", "2", "2026-11-01"), ("b", "1", "2026-01-01"), ("b", "2", "2026-11-01"))
    rows = list(components.looked_at(kept, newest, [], first))
    assert [(row.newer, row.newer_since) for row in rows] == [("2", date(2026, 11, 1)), ("", None), ("", None)]
    assert components.read(components.written(rows)) == rows
    # A third version does not give the second one's quarter again; what was written of it stays.
    told = [replace(rows[0], reason="une raison qui se lit")]
    [again] = components.looked_at(lock(("a", "1", "2026-01-01")), lock(("a", "3", "2026-12-20")), told, second)
    assert (again.newer, again.newer_since, again.seen) == ("3", date(2026, 11, 1), second)
    assert again.reason == "une raison qui se lit"
    [taken] = components.looked_at(lock(("a", "3", "2026-12-20")), lock(("a", "3", "2026-12-20")), told, second)
    assert (taken.newer, taken.newer_since, taken.reason) == ("", None, "")
