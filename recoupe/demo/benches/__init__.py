"""`recoupe bench AREA`: each capability adds its area here, one function that yields measures."""

import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from recoupe.demo.benches.frame import FULL, Bench, Evidence, Measure, Recorder, Target, bench_of, online
from recoupe.demo.commit import check_committed
from recoupe.kernel.refusal import Invalid, gettext_noop

ONLY_FULL = gettext_noop("Seule une mesure de taille entière se garde dans docs/bench : ôtez --quick ou --save.")
Area = Callable[[Bench], Iterator[Measure]]

AREAS: dict[str, str] = {
    "thread": "recoupe.demo.benches.thread:thread",
    "access": "recoupe.demo.benches.access:access",
    "start": "recoupe.demo.benches.start:start",
    "journal": "recoupe.demo.benches.journal:journal",
    "match": "recoupe.demo.benches.match:match",
    "deconfliction": "recoupe.demo.benches.deconfliction:deconfliction",
    "map": "recoupe.demo.benches.mapping:mapping",
    "effort": "recoupe.demo.benches.effort:effort",
    "portal": "recoupe.demo.benches.portal:portal",
    "coordination": "recoupe.demo.benches.coordination:coordination",
}
# How many reports (of the map: points) the targets of an area speak of.
SIZES: dict[str, int] = {"access": 1_000_000, "start": 5_000, "deconfliction": 350_000, "portal": 1_000, "map": 10_000}
# So many persons stand in the index while it is asked; a tenth of them takes longer than anybody waits.
ONLINE, ONLINE_QUICK = 1_000_000, 10_000
# Somebody waits for a quick run.
QUICK_S = Target(full=60, tenth=60)


def run(arguments: Namespace) -> int:
    """Print each measure as it is taken; 1 when a target is missed."""
    area: Area = resolve_name(AREAS[arguments.area])
    started = time.monotonic()
    sizes = (
        (ONLINE, ONLINE_QUICK)
        if arguments.area == "match" and online(arguments)
        else (SIZES.get(arguments.area, FULL), 0)
    )
    bench = bench_of(arguments, *sizes)
    if arguments.save and not bench.full:
        raise Invalid(ONLY_FULL, field="save")
    if arguments.save:
        check_committed()
    # What is kept of files alone is kept apart from the real processes.
    kept = f"{arguments.area}-files" if arguments.area == "match" and not bench.online else arguments.area
    recorder = Recorder(kept, bench, as_json=arguments.json)
    for measure in area(bench):
        recorder.add(measure)
    spent, how = time.monotonic() - started, "toute la mesure, la base qu'elle remplit comprise"
    target = QUICK_S if arguments.quick else None
    recorder.add(Measure("elapsed", spent, "s", how, f"{bench.reports} fiches", target))
    if arguments.save:
        recorder.save()
    if arguments.page:
        write: Callable[[Evidence, list[dict[str, Any]]], Path] = resolve_name("recoupe.demo.benches.evidence:write")
        print(write(bench.evidence, recorder.lines))
    return 0 if recorder.all_met else 1
