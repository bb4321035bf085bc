"""Which version of each component we have, since when a newer one is out, and which are later than we promise."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

# docs/INVENTORIES.md promises it: a newer version is taken, or said why not, and each component looked at, in a quarter
QUARTER = timedelta(days=92)
FIELDS = ("component", "version", "published", "newer", "newer_since", "seen", "reason")


@dataclass(frozen=True, slots=True)
class Component:
    """One component at one version; `newer_since` is when the first newer version that we know of came out."""

    component: str
    version: str
    published: date
    newer: str
    newer_since: date | None
    seen: date
    reason: str


def read(text: str) -> list[Component]:
    """The rows of docs/components.csv."""
    return [
        Component(
            row["component"],
            row["version"],
            date.fromisoformat(row["published"]),
            row["newer"],
            date.fromisoformat(row["newer_since"]) if row["newer_since"] else None,
            date.fromisoformat(row["seen"]),
            row["reason"],
        )
        for row in csv.DictReader(io.StringIO(text), delimiter=";")
    ]


def written(rows: Iterable[Component]) -> str:
    """The file again, by name."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\n")
    writer.writerow(FIELDS)
    for row in sorted(rows, key=lambda one: (one.component, one.version)):
        writer.writerow([getattr(row, name) or "" for name in FIELDS])
    return stream.getvalue()


def late(rows: Iterable[Component], today: date) -> list[str]:
    """Those that broke the promise: passed by a newer version, or not looked at, for more than a quarter."""
    return [
        f"{row.component} {row.version}"
        for row in rows
        if row.seen + QUARTER < today
        or (row.newer_since is not None and not row.reason and row.newer_since + QUARTER < today)
    ]


def looked_at(
    kept: Mapping[str, Any], newest: Mapping[str, Any], before: Iterable[Component], today: date
) -> Iterator[Component]:
    """The rows of the packages in a lock, beside a lock of the newest versions; what was said before of one stays."""
    said = {(row.component, row.version): row for row in before}
    latest: dict[str, dict[str, date]] = {}
    for name, version, published in _packages(newest):
        latest.setdefault(name, {})[version] = published
    for name, version, published in _packages(kept):
        found = latest.get(name, {})
        # One release may keep an older line for an older Python: both are the newest.
        newer, since = ("", None) if version in found or not found else max(found.items(), key=lambda one: one[1])
        former = said.get((name, version))
        if since and former and former.newer_since:
            since = min(since, former.newer_since)
        yield Component(name, version, published, newer, since, today, former.reason if former and newer else "")


def _packages(lock: Mapping[str, Any]) -> Iterator[tuple[str, str, date]]:
    for package in lock["package"]:
        files = [one for one in (package.get("sdist"), *package.get("wheels", ())) if one]
        days = [str(one["upload-time"])[:10] for one in files if "upload-time" in one]
        if days:
            yield package["name"], package["version"], date.fromisoformat(min(days))
