"""What the last proof learned, so that the next one, and each `make test`, starts with the test that kills."""

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutants.mutant import PROJECT, Mutant
from tests.mutants.trial import KILLED, SETUP, Verdict

HERE = Path(__file__).resolve().parent
KNOWN = HERE / "known.json"
EQUIVALENT = HERE / "equivalent.toml"


@dataclass
class Known:
    """The test that killed each mutant; those that nothing killed yet."""

    killers: dict[str, str] = field(default_factory=dict)
    survivors: set[str] = field(default_factory=set)

    def enter(self, verdict: Verdict) -> None:
        """The last verdict counts."""
        key = verdict.mutant.key
        self.survivors.discard(key)
        if verdict.what == KILLED:
            self.killers[key] = verdict.killer
        else:
            self.killers.pop(key, None)
            self.survivors.add(key)

    def keep(self, keys: set[str]) -> None:
        """Written by test, so that the file stays small; mutants that no longer exist are forgotten."""
        by_test: dict[str, list[str]] = {}
        for key, test in sorted(self.killers.items()):
            if key in keys:
                by_test.setdefault(test, []).append(key)
        kept = {"killers": {test: " ".join(found) for test, found in sorted(by_test.items())},
                "survivors": sorted(self.survivors & keys)}  # fmt: skip
        KNOWN.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Standing:
    """Verdicts of all runs that hold today: the mutant is written as it was, the test that killed it still is."""

    killed: tuple[Mutant, ...]
    survived: tuple[Mutant, ...]
    untried: tuple[Mutant, ...]

    @property
    def all(self) -> int:
        """How many mutants could change something."""
        return len(self.killed) + len(self.survived) + len(self.untried)


def standing(found: Iterable[Mutant], by: Known, reasons: Iterable[str]) -> Standing:
    """What the runs together say of these mutants; those that change no behaviour apart."""
    killed: list[Mutant] = []
    survived: list[Mutant] = []
    untried: list[Mutant] = []
    spared = set(reasons)
    for mutant in found:
        if mutant.key in by.survivors:
            survived.append(mutant)
        elif mutant.key not in spared:
            (killed if _stands(by.killers.get(mutant.key, "")) else untried).append(mutant)
    return Standing(tuple(killed), tuple(survived), tuple(untried))


def _stands(killer: str) -> bool:
    """Whether the test that killed is still written."""
    path, _, name = killer.partition("::")
    if killer == SETUP or not name:
        return killer == SETUP or (bool(path) and (PROJECT / path).is_file())
    file = PROJECT / path
    return file.is_file() and f"def {name.partition('[')[0].rpartition('::')[2]}(" in file.read_text(encoding="utf-8")


def known() -> Known:
    """As the last proof left it."""
    read = json.loads(KNOWN.read_text(encoding="utf-8")) if KNOWN.is_file() else {"killers": {}, "survivors": []}
    killers = {key: test for test, keys in read["killers"].items() for key in keys.split()}
    return Known(killers, set(read["survivors"]))


def equivalent() -> dict[str, str]:
    """Mutants that change no behaviour, with the reason why."""
    read = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")) if EQUIVALENT.is_file() else {}
    return {row["key"]: row["why"] for row in read.get("mutant", [])}
