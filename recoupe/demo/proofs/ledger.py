"""The last result of each proof, in docs/proofs/NAME.json: figures, commit, date, seed, and what fell short."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recoupe.config.paths import PROJECT
from recoupe.demo.commit import commit

KEPT = PROJECT / "docs" / "proofs"


def figure(name: str, value: float, unit: str, how: str, *, at_most: float | None = None, at_least: float | None = None,
           ) -> dict[str, Any]:  # fmt: skip
    """One figure of a proof; `met` is None when it has no bound and only explains the others."""
    bounds = [value <= at_most] if at_most is not None else []
    bounds += [value >= at_least] if at_least is not None else []
    return {
        "name": name, "value": value, "unit": unit, "at_most": at_most, "at_least": at_least,
        "met": all(bounds) if bounds else None, "how": how,
    }  # fmt: skip


def keep(name: str, seed: int, figures: list[dict[str, Any]], fell_short: list[str],
         not_applicable: Iterable[tuple[str, str]] = ()) -> Path:  # fmt: skip
    """Write the result; a figure outside its bound falls short whether or not somebody said so."""
    missed = [f"{line['name']} : {line['value']} {line['unit']}" for line in figures if line["met"] is False]
    result = {
        "proof": name,
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "figures": figures,
        "fell_short": [*fell_short, *missed],
        "not_applicable": [f"{test}: {why}" for test, why in not_applicable],
    }
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{name}.json"
    path.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def last(name: str) -> dict[str, Any] | None:
    """The kept result of that proof, or None."""
    path = KEPT / f"{name}.json"
    if not path.is_file():
        return None
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read
