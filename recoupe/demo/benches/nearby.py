"""`recoupe bench match` without a file: the engine of likeness on a made holding, in its files beside a real server.

The holding and the model come from the commands that a house would use, each in a process of its own, so that the
memory measured is that of the engine.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db import transaction

from recoupe.config.paths import matcher_model
from recoupe.config.roles import connected_as
from recoupe.crosscheck import folding, index, nearby
from recoupe.crosscheck.actions.reentry import begin
from recoupe.crosscheck.engine import Engine, serving
from recoupe.crosscheck.rules import BLOCK_HOLDERS
from recoupe.demo.benches.frame import Bench, Measure, Target, percentile
from recoupe.demo.benches.processes import proportional_memory
from recoupe.demo.holding import BETWEEN
from recoupe.kernel.matchable import MatchRecord, Subject
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors import SelectorKind
from recoupe.reference.models import Unit

FULL = 1_000_000
QUERIES = 2_000
TAUGHT = 20_000
AT_ONCE = 500
UNITS = 12
# Records a person, as the made holding has them.
COPIES = 1.9
# One person entered by one service over and over, as a file may hold him.
OFTEN = 50_000
FAILED = gettext_noop("La mesure n'a pas pu préparer ses fiches : « %(last)s ».")
_IDENTIFIERS = tuple(kind.value for kind in SelectorKind)
PARTS = {
    "keys": "empreintes et numéros, cinq octets chacun", "people": "fiche, service, date, place de la ligne",
    "rows": "lignes comparées, tassées et chiffrées", "log": "entrées depuis le dernier segment",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """One line of the holding: who it is in truth, and how he is written."""

    cluster: str
    record_id: UUID
    subject: Subject


def measures(bench: Bench) -> Iterator[Measure]:
    """Entering, bytes, asking, memory; then one person entered very often."""
    records = bench.share(FULL, 10_000)
    with tempfile.TemporaryDirectory(prefix="recoupe-match-") as folder, bench.another("bench_match"):
        table = _prepare(Path(folder), records)
        held, asked = _split(table, records)
        with connected_as("recoupe_matcher"):
            engine = _begin()
            units = [unit.id for unit in Unit.objects.filter(silent=False).order_by("code")[:UNITS]]
            yield from _entering(engine, _records(held, units))
            yield from _bytes(engine, records)
            yield from _asking(engine, _records(asked, units, unit=1), table, f"{records} fiches")
            yield from _often(engine, units, records)


def _prepare(folder: Path, records: int) -> Path:
    """The holding, and the model that a part of it has taught."""
    table, part = folder / "holding.csv", folder / "part.csv"
    persons = int(records / COPIES * 1.02) + QUERIES
    _run("-m", "recoupe.demo.holding", str(part), "--persons", str(TAUGHT), "--seed", "2")
    _run("-m", "recoupe.demo.holding", str(table), "--persons", str(persons), "--seed", "1")
    model = matcher_model()
    model.parent.mkdir(parents=True, exist_ok=True)
    _run("-m", "recoupe.cli.main", "train", str(part), "--to", str(model), "--named", "bench")
    return table


def _run(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Invalid(FAILED, last=(done.stderr or done.stdout).strip().splitlines()[-1:])


def _lines(table: Path) -> Iterator[Written]:
    with table.open(newline="", encoding="utf-8") as stream:
        for line in csv.DictReader(stream):
            selectors = tuple(
                (kind, raw) for kind in _IDENTIFIERS for raw in (line.get(kind) or "").split(BETWEEN) if raw
            )
            aliases = tuple(alias for alias in line["alias"].split(BETWEEN) if alias)
            who = Subject(line["family"], line["given"], aliases, line["birth"], line["birth_place"], selectors)
            yield Written(line["cluster"], uuid5(NAMESPACE_OID, line["unique_id"]), who)


def _split(table: Path, records: int) -> tuple[Iterator[Written], list[Written]]:
    """What is entered, and of every so many persons another writing that is asked for instead."""
    every = max(2, records // QUERIES)
    asked: list[Written] = []
    seen: dict[str, int] = {}
    for at, line in enumerate(_lines(table)):
        seen[line.cluster] = seen.get(line.cluster, 0) + 1
        if seen[line.cluster] == 2 and len(asked) < QUERIES and at // every >= len(asked):
            asked.append(line)
    left_out = {line.record_id for line in asked}
    return islice((line for line in _lines(table) if line.record_id not in left_out), records), asked


def _records(lines: Iterable[Written], units: Sequence[UUID], *, unit: int | None = None) -> Iterator[MatchRecord]:
    """As records of twelve units in turn, or of one."""
    for at, line in enumerate(lines):
        holder = units[at % (len(units) - 2) + 2] if unit is None else units[unit]
        yield MatchRecord(
            "report", line.record_id, holder, "reports", "criminal_intelligence", tells_self=True, tells_other=True,
            readers_cell=frozenset(), readers_office=False, batch_import=None, author_id=None, selectors=(),
            at=datetime(2026, 1, 1, tzinfo=UTC), subjects=(line.subject,),
        )  # fmt: skip


def _begin() -> Engine:
    engine = serving()
    if engine is None:
        raise Invalid(FAILED, last="matcher.model")
    begin(engine)
    return engine


def _entering(engine: Engine, records: Iterator[MatchRecord]) -> Iterator[Measure]:
    """As the pull enters a file: blocks of five hundred, each committed, folded as they come."""
    started, entered = time.perf_counter(), 0
    while block := list(islice(records, AT_ONCE)):
        with transaction.atomic():
            nearby.ready(engine)
            index.write(block, [], engine.mark)
            nearby.enter(engine, block)
        _fold(engine)
        entered += len(block)
    how = "préparer, sceller, écrire et replier, par blocs de 500 validés, un seul processus"
    spent = time.perf_counter() - started
    yield Measure(
        "engine: entering", entered / spent, "fiches/s", how, f"{entered} fiches", Target(5_000, at_least=True)
    )


def _fold(engine: Engine) -> None:
    while folding.fold(engine):
        continue


def _bytes(engine: Engine, records: int) -> Iterator[Measure]:
    """By part, as the files lie."""
    with transaction.atomic():
        store, _ = nearby.ready(engine)
    sizes = store.sizes()
    for name, said in PARTS.items():
        yield Measure(f"engine: bytes {name}", sizes[name] / records, "o/fiche", said, f"{records} fiches")
    how = f"tous les fichiers, {len(store.parts)} parties"
    yield Measure("engine: bytes", sum(sizes.values()) / records, "o/fiche", how, f"{records} fiches", Target(300))


def _asking(engine: Engine, records: Iterable[MatchRecord], table: Path, said: str) -> Iterator[Measure]:
    """Whoever is alike to one record that is not entered: blocks, candidates, weights, in one process over a socket."""
    spent: list[float] = []
    worked: list[float] = []
    found: list[list[UUID]] = []
    asked = list(records)
    for record in asked:
        with transaction.atomic():
            started, before = time.perf_counter(), time.process_time()
            row = engine.row(record.subjects[0], datetime.now(UTC).date())
            one = nearby.Entered(record, row, engine.blocks(row))
            weighed = nearby.weigh(engine, [one], all_of_them=True)
            worked.append((time.process_time() - before) * 1000)
            spent.append((time.perf_counter() - started) * 1000)
        order = sorted(weighed, key=lambda pair: -pair[1].weight)
        found.append([low if high == record.record_id else high for (low, high), _ in order])
    memory = proportional_memory(os.getpid())
    each = sum(map(len, found)) / len(asked)
    how = f"préparer, chercher, ouvrir et peser ; {len(asked)} demandes, {each:.0f} personnes pesées chacune"
    yield Measure("engine: p50", percentile(spent, 0.50), "ms", how, said, Target(2.0))
    yield Measure("engine: p99", percentile(spent, 0.99), "ms", how, said, Target(8.0))
    yield Measure("engine: work", percentile(worked, 0.50), "ms", "la même médiane, en temps de ce processus", said)
    yield Measure("engine: memory", memory, "MiB", "ce processus, modèle chargé, demandes faites", said, Target(1024))
    wanted = {one for some in found for one in some} | {record.record_id for record in asked}
    truth = {line.record_id: line.cluster for line in _lines(table) if line.record_id in wanted}
    same = [[truth[one] == truth[record.record_id] for one in some] for record, some in zip(asked, found, strict=True)]
    how = "demandes dont la personne est parmi celles pesées"
    yield Measure("engine: reached", sum(map(any, same)) / len(asked), "part", how, said)
    how = "demandes dont elle est parmi les trois premières"
    yield Measure("engine: first three", sum(any(some[:3]) for some in same) / len(asked), "part", how, said)


def _often(engine: Engine, units: Sequence[UUID], size: int) -> Iterator[Measure]:
    """One person entered so often by one unit: what it costs, and what others then find of him."""
    who = Subject("ROPARTZ", "Nolwenn", (), "02/11/1979", "", ())
    often = OFTEN * size // FULL
    lines = (Written("", uuid5(NAMESPACE_OID, f"often-{at}"), who) for at in range(often))
    started = time.perf_counter()
    records = _records(lines, units, unit=0)
    while block := list(islice(records, AT_ONCE)):
        with transaction.atomic():
            nearby.ready(engine)
            index.write(block, [], engine.mark)
            nearby.meet(engine, block)
        _fold(engine)
    spent = time.perf_counter() - started
    [asked] = _records([Written("", uuid5(NAMESPACE_OID, "often"), who)], units, unit=1)
    with transaction.atomic():
        before = time.perf_counter()
        nearby.meet(engine, [asked])
        one = time.perf_counter() - before
        transaction.set_rollback(True)
    said = f"{often} fois une personne dans {size} fiches"
    yield Measure(
        "engine: often", often / spent, "fiches/s", "la même personne entrée et comparée, par blocs de 500", said
    )
    how = f"une demande sur elle : ses blocs dépassent {BLOCK_HOLDERS} et ne cherchent plus personne"
    yield Measure("engine: often asked", one * 1000, "ms", how, said)
    blocks = folding.full_blocks(engine)
    full = ", ".join(f"{name} {count}" for name, count in sorted(blocks.items())) or "aucun"
    total = sum(blocks.values())
    yield Measure("engine: full blocks", total, "blocs", f"trop partagés pour chercher, par clé : {full}", said)
