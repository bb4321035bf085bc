"""`recoupe bench match` on the real processes: a holding in a base of its own, the matcher that enters it, the site.

What is laid by the set-up is the base; whatever stands in the index came through the matcher's own queue.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from subprocess import Popen
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db import transaction
from django.utils import timezone

from recoupe.audit.keys import make_keys
from recoupe.config.paths import data_folder, matcher_folder
from recoupe.crosscheck import folding, index, nearby
from recoupe.crosscheck.engine import Engine, serving
from recoupe.crosscheck.likeness.packing import Packing
from recoupe.crosscheck.likeness.ranking import ranked
from recoupe.crosscheck.likeness.store import Store
from recoupe.crosscheck.models import IndexState
from recoupe.crosscheck.rules import BLOCK_HOLDERS, CANDIDATES_WEIGHED, LIKENESS_BUDGET_RULE
from recoupe.demo import crew
from recoupe.demo.benches import holders, recall, spoilt, throughsite
from recoupe.demo.benches.frame import Bench, Measure, Target, percentile
from recoupe.demo.benches.holders import subject, tell
from recoupe.demo.benches.processes import proportional_memory, running, site
from recoupe.demo.seed import place_model
from recoupe.intelligence.rules import BUDGET_RULE, TOOL_BUDGET_RULE
from recoupe.kernel.matchable import MatchRecord, Subject
from recoupe.matching.conditions import Row
from recoupe.matching.record import Record
from recoupe.reference.models.organisation import unit_id

# By this the database counts the requests of a tool in a minute.
TOOL_PACE_RULE = "tool.requests_minute"
# Who holds them all, and who asks.
HOLDER, ASKER = "PJ13", "PJ34"
QUERIES, SHOWN = 2_000, 40
# Fewer persons than a quick run has only show that each measure can be taken.
LEAST_READ = 10_000
# One person entered by one service over and over, as a file may hold him.
OFTEN, AT_ONCE = 50_000, 500
SILENCE_S, TOLD_EVERY_S, REST_S, TINY_REST_S = 120.0, 10.0, 3.0, 0.5
PARTS = {
    "keys": "empreintes et numéros, quatre octets chacun", "people": "fiche, service, date, place de la ligne",
    "rows": "lignes comparées, tassées et chiffrées", "log": "entrées depuis le dernier segment",
}  # fmt: skip


def measures(bench: Bench) -> Iterator[Measure]:
    """Entering, bytes, memory, whom a query reaches, what it takes in the engine and over HTTP; one person often."""
    shown = bench.reports < LEAST_READ
    sources = spoilt.sources([Path(file) for file in bench.files], whole=bench.full, today=True, shown=shown)
    asked = [one.record for source in sources if source.entered and not source.slips for one in source.asked]
    asked = asked[:: max(1, len(asked) // (SHOWN if bench.tiny else bench.share(QUERIES, 200)))]
    entered = [record for source in sources for record in source.entered]
    around = spoilt.around(max(0, bench.reports - len(entered)))
    with bench.another("bench_match"):
        # A bench asks more in a minute than a service does in a day.
        for rule in (LIKENESS_BUDGET_RULE, BUDGET_RULE, TOOL_BUDGET_RULE, TOOL_PACE_RULE):
            crew.set_parameter(rule, 1_000_000)
        place_model()
        make_keys(data_folder())
        ids = holders.lay(_all(around, entered), HOLDER)
        holders.queue(ids)
        with running("notary"):
            with running("matcher") as matcher:
                yield from _entering(matcher, len(ids))
                _at_rest(TINY_REST_S if bench.tiny else REST_S)
                with crew.process("matcher"):
                    served = Served()
                    yield from served.bytes()
                    yield from served.asked(asked)
                    numbers = [served.number_of(report) for report in ids[len(ids) - len(entered) :]]
                    yield from recall.told(served, sources, numbers)
                with site() as staff:
                    yield from throughsite.measures(staff, ASKER, asked, len(ids))
                how = "PSS du processus qui compare et de ce qu'il démarre, index entré et questions répondues"
                memory = proportional_memory(matcher.pid)
                yield Measure("engine: memory", memory, "MiB", how, f"{len(ids)} fiches", Target(1024))
            with crew.process("matcher"):
                yield from _often(len(ids))


def _all(around: Iterable[Record], entered: Sequence[Record]) -> Iterator[Record]:
    yield from around
    yield from entered


def _entering(matcher: "Popen[bytes]", wanted: int) -> Iterator[Measure]:
    """From its first people to the last, as it takes them from its queue; then until it has looked at all of it."""
    first = _until(lambda state: state.people, 1)
    started, worked, before = time.monotonic(), _worked(matcher.pid), first.people
    _until(lambda state: state.people, wanted)
    spent, work = time.monotonic() - started, _worked(matcher.pid) - worked
    many = wanted - before
    how = (
        "le vrai processus : prendre dans la file, préparer, comparer (un seul service : personne à peser), sceller, "
        f"écrire et replier, par blocs de {AT_ONCE} validés ; {1e6 * work / many:.0f} µs de processeur par fiche"
    )
    yield Measure("engine: entering", many / spent, "fiches/s", how, f"{wanted} fiches", Target(5_000, at_least=True))
    started = time.monotonic()
    _until(lambda state: int(state.whole_at is not None), 1)
    how = "relire la base entière contre l'index, sans rien y trouver qui manque"
    yield Measure("engine: looked over", time.monotonic() - started, "s", how, f"{wanted} fiches")


def _until(reads: Callable[[IndexState], int], least: int) -> IndexState:
    """Wait until the index stands there, and say now and then where it stands."""
    told = moved = time.monotonic()
    seen = -1
    with crew.process("matcher"):
        while True:
            state = IndexState.objects.filter(id=1).first() or IndexState()
            if reads(state) >= least:
                return state
            now = time.monotonic()
            if (stands := state.people + state.swept) != seen:
                seen, moved = stands, now
            elif now > moved + SILENCE_S:
                raise RuntimeError(f"the matcher stands still at {state.people} people, {state.swept} % looked over")
            if now > told + TOLD_EVERY_S:
                told = now
                tell(f"… {state.people} personnes entrées, {state.swept} % relu")
            time.sleep(0.1)


def _at_rest(seconds: float) -> None:
    """No file of the index has been made for so long: who opens them now takes none away."""
    before, names = [""], list[str]()
    while names != before or any(name.endswith(".new") for name in names):
        time.sleep(seconds)
        before, names = names, sorted(path.name for path in matcher_folder().rglob("*"))


def _worked(pid: int) -> float:
    """Seconds of processor of a process and of those that it started."""
    ticks = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        children = (task / "children").read_text().split()
        ticks += sum(_ticks(int(child)) for child in children)
    return (ticks + _ticks(pid)) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15])


class Served:
    """The files that the matcher has made, asked by its own code in this process."""

    def __init__(self) -> None:
        engine = serving()
        if engine is None:
            raise RuntimeError("no model serves")
        with transaction.atomic():
            store, _ = nearby.ready(engine)
        self._store: Store = store
        self._engine: Engine = nearby.sized(engine)
        self._packing = Packing(store.kind.columns, store.kind.common)
        self._today: date = timezone.localdate()
        self._silent = nearby.quiet(store)
        self.served = self._engine.model

    def __len__(self) -> int:
        return self._store.people

    def row(self, record: Record) -> Row:
        """Prepared for comparison."""
        return self._engine.row(subject(record), self._today)

    def row_of(self, number: int) -> Row:
        """That of somebody entered."""
        return self._packing.unpack(self._store.packed(number))

    def number_of(self, report: UUID) -> int:
        """Under which number a report's person stands."""
        [number] = self._store.numbers_of([report.bytes])
        return number

    def candidates(self, row: Row, most: int = CANDIDATES_WEIGHED) -> list[int]:
        """Whom the engine would weigh."""
        held = self._store.search(self._engine.blocks(row))
        return ranked(held, self._silent, BLOCK_HOLDERS, most)[0]

    def bytes(self) -> Iterator[Measure]:
        """By part, as the files lie."""
        size, sizes = f"{len(self)} fiches", self._store.sizes()
        for name, said in PARTS.items():
            yield Measure(f"engine: bytes {name}", sizes[name] / len(self), "o/fiche", said, size)
        how = f"tous les fichiers, {len(self._store.parts)} parties"
        yield Measure("engine: bytes", sum(sizes.values()) / len(self), "o/fiche", how, size, Target(300))

    def asked(self, records: Iterable[Record]) -> Iterator[Measure]:
        """Whoever is alike to somebody of another service: prepared, searched, opened and weighed."""
        spent: list[float] = []
        worked: list[float] = []
        weighed = 0
        for record in records:
            with transaction.atomic():
                started, before = time.perf_counter(), time.process_time()
                row = self.row(record)
                asked = _record(subject(record), uuid5(NAMESPACE_OID, "asked"))
                one = nearby.Entered(asked, self._packing.pack(row), self._engine.blocks(row))
                weighed += len(nearby.weigh(self._engine, [one], all_of_them=True))
                worked.append((time.process_time() - before) * 1000)
                spent.append((time.perf_counter() - started) * 1000)
        size = f"{len(self)} fiches, {len(spent)} demandes"
        load = f"charge de la machine {os.getloadavg()[0]:.1f}"
        how = f"préparer, chercher, ouvrir et peser {weighed / len(spent):.0f} personnes ; {load}"
        yield Measure("engine: p50", percentile(spent, 0.50), "ms", how, size, Target(2.0))
        yield Measure("engine: p99", percentile(spent, 0.99), "ms", how, size, Target(8.0))
        own = "la même, en temps de ce processus, que la charge de la machine n'allonge guère"
        yield Measure("engine: work p50", percentile(worked, 0.50), "ms", own, size, Target(2.0))
        yield Measure("engine: work p99", percentile(worked, 0.99), "ms", own, size, Target(8.0))


def _record(who: Subject, record_id: UUID, unit: str = ASKER) -> MatchRecord:
    return MatchRecord(
        "report", record_id, unit_id(unit), "reports", "criminal_intelligence", tells_self=True, tells_other=True,
        readers_cell=frozenset(), readers_office=False, batch_import=None, author_id=None, selectors=(),
        at=datetime(2026, 1, 1, tzinfo=UTC), subjects=(who,),
    )  # fmt: skip


def _often(size: int) -> Iterator[Measure]:
    """One person entered so often by one unit: what it costs, and what others then find of him."""
    engine = serving()
    assert engine is not None  # noqa: S101 - it served until now
    who = Subject("ROPARTZ", "Nolwenn", (), "02/11/1979", "", ())
    often = max(AT_ONCE, OFTEN * size // recall.MILLION)
    started = time.perf_counter()
    for start in range(0, often, AT_ONCE):
        with transaction.atomic():
            nearby.ready(engine)
            block = [_record(who, uuid5(NAMESPACE_OID, f"often-{at}"), HOLDER) for at in range(start, start + AT_ONCE)]
            index.write(block, [], engine.mark)
            nearby.meet(engine, block)
        while folding.fold(engine):
            continue
    spent = time.perf_counter() - started
    with transaction.atomic():
        before = time.perf_counter()
        nearby.meet(engine, [_record(who, uuid5(NAMESPACE_OID, "often"))])
        one = time.perf_counter() - before
        transaction.set_rollback(True)
    said = f"{often} fois une personne dans {size} fiches"
    how = f"la même personne entrée et comparée, par blocs de {AT_ONCE}"
    yield Measure("engine: often", often / spent, "fiches/s", how, said)
    how = f"une demande sur elle : ses blocs dépassent {BLOCK_HOLDERS} et ne cherchent plus personne"
    yield Measure("engine: often asked", one * 1000, "ms", how, said)
    blocks = folding.full_blocks(engine)
    full = ", ".join(f"{name} {count}" for name, count in sorted(blocks.items())) or "aucun"
    how = f"trop partagés pour chercher, par clé : {full}"
    yield Measure("engine: full blocks", sum(blocks.values()), "blocs", how, said)
