"""What the journal does in a second, and what it and need-to-know cost the pages together."""

from collections.abc import Iterator

from recoupe.audit.keys import make_keys
from recoupe.config.paths import data_folder
from recoupe.demo.benches import appending, protected, proving, tolls
from recoupe.demo.benches.frame import Bench, Measure
from recoupe.demo.benches.processes import running


def journal(bench: Bench) -> Iterator[Measure]:
    """All measures: writing and pages beside the notary at work, then the proofs over a large journal."""
    with bench.another("bench_journal") as administrator:
        make_keys(data_folder())
        protected.lay(bench.reports)
        with running("notary"):
            yield from appending.measure_append(bench)
            yield from tolls.measure_tolls(bench, administrator)
        yield from proving.measure_proofs(bench, administrator)
