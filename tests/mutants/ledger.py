"""What the last proof learned, so that the next one, and each `make test`, starts with the test that kills."""

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutants.trial import KILLED, Verdict

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


def known() -> Known:
    """As the last proof left it."""
    read = json.loads(KNOWN.read_text(encoding="utf-8")) if KNOWN.is_file() else {"killers": {}, "survivors": []}
    killers = {key: test for test, keys in read["killers"].items() for key in keys.split()}
    return Known(killers, set(read["survivors"]))


def equivalent() -> dict[str, str]:
    """Mutants that change no behaviour, with the reason why."""
    read = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")) if EQUIVALENT.is_file() else {}
    return {row["key"]: row["why"] for row in read.get("mutant", [])}
