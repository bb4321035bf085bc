"""The last result of each proof, as docs/proofs keeps it: figures of another run, marked with its commit and date."""

from collections.abc import Iterator
from typing import Any

from recoupe.demo.benches.frame import Measure, Target
from recoupe.demo.proofs import PROOFS, ledger


def last_results() -> Iterator[Measure]:
    """One measure a figure; a proof that never was kept says so, and is no result."""
    for name in PROOFS:
        kept = ledger.last(name)
        if kept is None:
            yield Measure(f"proof: {name}", 0, "résultat", "cette preuve n'a pas encore de résultat gardé", "rien")
            continue
        marks = (("commit", str(kept["commit"])), ("date", str(kept["date"])))
        short = [str(line) for line in kept["fell_short"]]
        how = "recoupe prove, dernier résultat gardé : " + ("rien ne manque" if not short else " ; ".join(short))
        size = f"graine {kept['seed']}"
        yield Measure(f"proof: {name}", len(short), "points en défaut", how, size, Target(0, 0), marks)
        for figure in kept["figures"]:
            said = f"recoupe prove {name} : {figure['how']}"
            target = _target(figure)
            yield Measure(
                f"proof: {name}: {figure['name']}", figure["value"], figure["unit"], said, size, target, marks
            )


def _target(figure: dict[str, Any]) -> Target | None:
    if figure["at_most"] is not None:
        return Target(figure["at_most"], figure["at_most"])
    if figure["at_least"] is not None:
        return Target(figure["at_least"], figure["at_least"], at_least=True)
    return None
