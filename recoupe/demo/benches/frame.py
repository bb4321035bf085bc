"""What every bench shares: a size, measures with their targets, how they are printed and kept."""

import json
import os
import platform
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recoupe.config.paths import PROJECT
from recoupe.demo.commit import commit

FULL = 100_000
SAVED = PROJECT / "docs" / "bench"
# What it yields is the administrator's address of that database.
AnotherDatabase = Callable[[str], AbstractContextManager[str]]


@dataclass(slots=True)
class Evidence:
    """What a run hands over for the pictures of a page, beside its measures."""

    # By name: pairs with their weights, and the cluster of each record.
    scored: dict[str, tuple[Sequence[tuple[str, str, float]], Mapping[str, str]]] = field(default_factory=dict)
    # By key: the share of the true pairs that it brings together.
    reach: list[tuple[str, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bench:
    """One run: how many reports, and where a database of its own comes from."""

    another: AnotherDatabase
    reports: int = FULL
    full_size: int = FULL
    files: tuple[str, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)
    # On a database and processes of its own; of files alone, only their comparison.
    online: bool = True

    @property
    def full(self) -> bool:
        """Whether this is the size that the targets speak of."""
        return self.reports >= self.full_size

    @property
    def tiny(self) -> bool:
        """Below a quick run no figure is kept: each measure is taken once, to show that it can be."""
        return 10 * self.reports < self.full_size

    def share(self, full: int, least: int) -> int:
        """A number of repetitions at this size."""
        return max(least, full * self.reports // self.full_size)


@dataclass(frozen=True, slots=True)
class Target:
    """A bound, for the full size and for a tenth of it (--quick).

    The same for both unless a measure says otherwise: each is a bound for one page, one form, one report, one second or
    one process, and none of these may lean on how little the base holds. A tenth of the readings only makes a 95th
    percentile less sure; what a run pays once (a start, an empty index) weighs ten times more on a tenth, so that a
    quick run is the stricter for it.
    """

    full: float
    tenth: float | None = None
    at_least: bool = False

    def bound(self, full: bool) -> float:
        """The bound for this size."""
        return self.full if full or self.tenth is None else self.tenth

    def met(self, value: float, full: bool) -> bool:
        """Whether a value keeps it."""
        return value >= self.bound(full) if self.at_least else value <= self.bound(full)


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure and how it was taken; without a target it only explains the others."""

    name: str
    value: float
    unit: str
    how: str
    size: str
    target: Target | None = None
    # Of a result that another run left: its commit and its date.
    marks: tuple[tuple[str, str], ...] = ()

    def as_plain(self, full: bool) -> dict[str, Any]:
        """The object that is printed: at a smaller size, the target of that size beside that of the full one."""
        bound = self.target and self.target.bound(full)
        plain = {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "target": bound,
            "met": self.target.met(self.value, full) if self.target else None,
            "how": self.how,
            "size": self.size if full or self.marks else f"taille réduite (--quick) : {self.size}",
            **dict(self.marks),
        }
        return plain if full else plain | {"target_full": self.target and self.target.full}


@dataclass(slots=True)
class Recorder:
    """Prints measures and keeps them for the file of the last full run."""

    area: str
    bench: Bench
    as_json: bool
    lines: list[dict[str, Any]] = field(default_factory=list)
    load_before: float = field(default_factory=lambda: os.getloadavg()[0])

    @property
    def all_met(self) -> bool:
        """Whether no target was missed."""
        return all(line["met"] is not False for line in self.lines)

    def add(self, measure: Measure) -> None:
        """One line, at once: a run takes minutes."""
        plain = measure.as_plain(self.bench.full)
        self.lines.append(plain)
        print(json.dumps(plain, ensure_ascii=False) if self.as_json else _sentence(plain), flush=True)

    def save(self) -> Path:
        """Keep the run as docs/bench/AREA.json, with what it was run on."""
        SAVED.mkdir(parents=True, exist_ok=True)
        path = SAVED / f"{self.area}.json"
        run = {
            "area": self.area,
            "commit": commit(),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "full": self.bench.full,
            "machine": machine() | {"load_before": round(self.load_before, 2)},
            "measures": self.lines,
        }
        path.write_text(json.dumps(run, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return path


def bench_of(arguments: Namespace, full_size: int = FULL, quick_size: int = 0) -> Bench:
    """The run that was asked for; --quick is a tenth of it, or less where the area says so."""
    # An area that starts everything itself is given no database.
    another = getattr(arguments, "another", _none)
    wanted = (quick_size or full_size // 10) if arguments.quick else full_size
    files = tuple(getattr(arguments, "files", ()))
    return Bench(another, arguments.reports or wanted, full_size, files, online=online(arguments))


def online(arguments: Namespace) -> bool:
    """Whether it runs on a database and processes of its own, and not on files alone."""
    return not getattr(arguments, "files", ()) or bool(getattr(arguments, "online", False))


def _none(name: str) -> AbstractContextManager[str]:
    raise LookupError(f"this area has no database: {name}")


def percentile(values: Sequence[float], share: float = 0.95) -> float:
    """The value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def machine() -> dict[str, Any]:
    """What the figures were taken on, without its name."""
    described = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    model = next(
        (line.split(":", 1)[1].strip() for line in described.splitlines() if line.startswith("model name")), ""
    )
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(pages / 2**30, 1),
        "system": platform.system(),
        "python": sys.version.split()[0],
    }


def _sentence(plain: dict[str, Any]) -> str:
    verdict = {True: "tenu", False: "MANQUÉ", None: ""}[plain["met"]]
    aim = f" (cible {plain['target']} {plain['unit']}, {verdict})" if verdict else ""
    return f"{plain['name']} : {plain['value']} {plain['unit']}{aim} — {plain['how']} ; {plain['size']}"
