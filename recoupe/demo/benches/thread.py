"""The thread of the first capability: import, form, pages, memory, database."""

import time
from collections.abc import Iterator
from datetime import date

from recoupe.audit.keys import make_keys
from recoupe.audit.models import Entry, Leaf
from recoupe.config.paths import data_folder
from recoupe.demo import crew
from recoupe.demo.benches import ground, intake, paperwork, typed, visits
from recoupe.demo.benches.frame import Bench, Measure, Target
from recoupe.demo.benches.processes import proportional_memory, running, site
from recoupe.demo.benches.rows import made_rows
from recoupe.intelligence.rules import BUDGET_RULE

MEMORY = Target(600)
NOTARY_S = 60.0


def thread(bench: Bench) -> Iterator[Measure]:
    """All measures, on one database that grows as it is measured."""
    rows = made_rows(bench.reports, date.today())
    with bench.another("bench_thread"):
        # An author of the bench types more in a minute than people do in a day.
        crew.set_parameter(BUDGET_RULE, 1_000_000)
        by = intake.heads(rows)
        make_keys(data_folder())
        # As deployed: the journal is ordered and signed while all of this goes on.
        with running("matcher"), running("notary"):
            yield from intake.measure_import(rows, by)
            _demand_leaves()
            yield from intake.measure_weight(rows, by)
            ground.lay(bench, by)
            with running("worker") as worker, site() as staff:
                numbers = typed.known_numbers(by, typed.FORMS // typed.MEETING_EVERY)
                yield from typed.measure_form(bench, staff, typed.authors(), numbers)
                tokens = visits.readers(by)
                paperwork.lay(staff, tokens[visits.MAGISTRATE])
                yield from visits.measure_pages(bench, staff, tokens)
                used = {"web": proportional_memory(staff.process.pid), "worker": proportional_memory(worker.pid)}
                how = "PSS du site (gunicorn et ses trois processus) et du worker après les lectures : " + ", ".join(
                    f"{name} {mib:.0f}" for name, mib in used.items()
                )
                yield Measure(
                    "memory_web_and_worker", sum(used.values()), "MiB", how, f"{bench.reports} fiches", MEMORY
                )


def _demand_leaves() -> None:
    """The notary did its part: every entry has its leaf; a bench without it would be too fast."""
    limit = time.monotonic() + NOTARY_S
    with crew.process("inspection"):
        while Leaf.objects.count() < Entry.objects.count():
            if time.monotonic() > limit:
                raise RuntimeError("the notary did not give the entries their leaves")
            time.sleep(0.5)
        if not Leaf.objects.exists():
            raise RuntimeError("nothing was written to the journal")
