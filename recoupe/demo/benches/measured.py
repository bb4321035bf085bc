"""Which file is measured how: FEBRL's by the guard, every other as the historical figures; then holdings."""

from collections.abc import Iterator
from pathlib import Path

from recoupe.demo.benches import febrl, holdings, linked, spoilt
from recoupe.demo.benches.frame import Bench, Measure


def measures(bench: Bench) -> Iterator[Measure]:
    """Those of FEBRL together, as their copies stand in another file than their originals; each other file alone."""
    files = [Path(file) for file in bench.files]
    guarded = [file for file in files if febrl.is_of(file)]
    for file in files:
        if file not in guarded:
            yield from linked.measures(file, bench.evidence, whole=bench.full)
    if guarded:
        yield from febrl.measures(guarded)
    yield from holdings.measures(bench.reports)
    yield from spoilt.measures(files, bench.reports, whole=bench.full)
