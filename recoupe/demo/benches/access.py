"""Need-to-know at scale: what lists, searches and checks cost over protected rows, for whoever may read few or all."""

from collections.abc import Iterator

from recoupe.demo.benches import checks, protected, proven, reading, spread, toll
from recoupe.demo.benches.frame import Bench, Measure


def access(bench: Bench) -> Iterator[Measure]:
    """All measures, on one database; then what each proof last said."""
    with bench.another("bench_access") as administrator:
        protected.lay(bench.reports)
        readers = protected.readers()
        yield from reading.measure_lists(bench, readers)
        yield from reading.measure_search(bench, readers)
        yield from reading.measure_empty(bench, readers)
        yield from checks.measure_checks(bench, readers)
        yield from toll.measure_toll(bench, administrator)
        yield from spread.measure_spread(bench)
    yield from proven.last_results()
