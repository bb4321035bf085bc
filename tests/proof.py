"""Two tiers of one test: the size of `make test`, or the full size under `recoupe prove NAME`.

A test asks `size(ci=…, full=…)`, draws from `seed()`, and says its figures with `say`; a proof keeps them.
"""

import json
import os
import subprocess
from functools import cache
from pathlib import Path

from recoupe.demo.proofs.ledger import figure

USUAL = 2019
PROJECT = Path(__file__).resolve().parents[1]


def full() -> bool:
    """Whether this run is a proof and not `make test`."""
    return bool(os.environ.get("RECOUPE_PROOF"))


def size(*, ci: int, full: int) -> int:
    """The number of trials of this tier; RECOUPE_SIZE cuts it for somebody who mends."""
    wanted = full if os.environ.get("RECOUPE_PROOF") else ci
    return min(wanted, int(os.environ.get("RECOUPE_SIZE") or wanted))


def seed() -> int:
    """The proof's seed; in `make test` always the same, so that no change is refused by lot: proofs draw anew."""
    return int(os.environ.get("RECOUPE_SEED") or USUAL)


@cache
def drawn_by_commit() -> int:
    """A number that changes with each commit, or the seed that is given."""
    if given := os.environ.get("RECOUPE_SEED"):
        return int(given)
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False)
    return int(done.stdout.strip()[:7] or "1", 16)


def say(name: str, value: float, unit: str, how: str, *, at_most: float | None = None,
        at_least: float | None = None) -> None:  # fmt: skip
    """A figure: shown by pytest when the test fails, written down when a proof runs."""
    line = figure(name, value, unit, how, at_most=at_most, at_least=at_least)
    print(json.dumps(line, ensure_ascii=False))
    _write(line)


def falls_short(sentence: str) -> None:
    """What this run could not show, in words."""
    print(sentence)
    _write({"fell_short": sentence})


def _write(line: dict[str, object]) -> None:
    if path := os.environ.get("RECOUPE_PROOF_FILE"):
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
