"""A whole holding of made persons: our batch with the model that ships, Splink alone with a model of its own, one run.

Then one person written fifty thousand times in a holding: nothing may grow with the square, and the block is told.
"""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice

from recoupe.demo import holding
from recoupe.demo.benches import peer
from recoupe.demo.benches.frame import Measure, Target
from recoupe.demo.seed import SHIPPED
from recoupe.kernel.selectors import SelectorKind
from recoupe.matching import batch, blocking, blocking_sql, evaluation, model
from recoupe.matching.conditions import Row
from recoupe.matching.evaluation import Scored
from recoupe.matching.record import Record, prepare

SEED = 11
# As many rules as the peer is given; none is a name alone, which meets more and more namesakes as a holding grows and
# among a million never reaches the weight. `recoupe link` asks by every key of the model.
KEYS = ("named_year", "named_place", "birth_sound", "phone_end")
RUNS = 2
ONE_PERSON = 20  # one row in so many is one and the same person
# Pairs a row: beyond, something grows with the square.
MOST_PAIRS = 60.0


@dataclass(frozen=True, slots=True)
class Run:
    """What one tool found of a holding, and the seconds it took."""

    found: Sequence[Scored]
    seconds: float


def measures(count: int) -> Iterator[Measure]:
    """Seconds of both, what each finds, and the pairs of a holding in which one person stands very often."""
    lines = list(islice(holding.lines(count, SEED), count))
    size = f"{count} fiches inventées"
    learnt = replace(model.read(SHIPPED), blocking=KEYS)
    started = time.perf_counter()
    today = datetime.now(UTC).date()
    rows = {line["unique_id"]: _slim(prepare(_record(line), today=today).row, learnt) for line in lines}
    prepared = time.perf_counter() - started
    served = learnt.among(count)
    # The weight as it was at the size that taught: what is proposed if nothing follows the number of records.
    fixed = learnt.threshold + _odds(served.prior) - _odds(learnt.prior)
    # In turn and twice each: a machine that does something else meanwhile slows a run, it hastens none.
    runs = [(_ours(served, rows, min(fixed, served.threshold)), Run(*peer.alone(lines, SEED))) for _ in range(RUNS)]
    ours, theirs = (min(run, key=lambda one: one.seconds) for run in zip(*runs, strict=True))
    how = "apprendre et relier, quatre règles exactes de son guide"
    yield Measure("holding: splink alone", theirs.seconds, "s", how, size)
    how = (
        "clés et liaison de fiches préparées à leur dépôt, contre Splink seul sur DuckDB ; la plus rapide de deux "
        "courses, en alternance"
    )
    yield Measure("holding: time", ours.seconds / theirs.seconds, "fois", how, size, Target(1.2))
    yield Measure("holding: preparing", prepared, "s", "préparer les fiches, fait une fois au dépôt", size)
    truth = {line["unique_id"]: line["cluster"] for line in lines}
    for name, found, weight in (
        ("holding: pair F1", ours.found, served.threshold),
        ("holding: pair F1, weight as learnt", ours.found, fixed),
        ("holding: splink: pair F1", theirs.found, peer.PROPOSED),
    ):
        told = evaluation.at(found, truth, weight)
        yield Measure(name, told.f1, "", f"précision {told.precision:.4f}, rappel {told.recall:.4f}", size)
    yield from _one_person(rows, size)


def _ours(served: model.Model, rows: Mapping[str, Row], least: float) -> Run:
    started = time.perf_counter()
    found = batch.link(served, rows, least=least)
    return Run(found, time.perf_counter() - started)


def _odds(prior: float) -> float:
    return math.log2(prior / (1 - prior))


def _record(line: Mapping[str, str]) -> Record:
    phones = tuple(value.strip() for value in line["phone"].split(holding.BETWEEN) if value)
    selectors = {SelectorKind.PHONE: phones} if phones else {}
    return Record(line["family"], line["given"], (), line["birth"], line["birth_place"], selectors=selectors)


def _slim(row: Row, served: model.Model) -> Row:
    """The columns that are compared or searched by: a million whole rows would not fit."""
    return {name: row[name] for name in {*served.columns, *blocking_sql.columns(KEYS)}}


def _one_person(rows: dict[str, Row], size: str) -> Iterator[Measure]:
    """Every so manieth row becomes the same person."""
    # As one reads it, with nothing else.
    same = prepare(Record("MARTIN", "Jean", birth="12/03/1980"), today=datetime.now(UTC).date()).row
    names = list(rows)
    changed = [same if at % ONE_PERSON == 0 else rows[name] for at, name in enumerate(names)]
    started = time.perf_counter()
    keys, oversized = blocking.bounded(changed, KEYS)
    held: dict[str, int] = {}
    for found in keys:
        for key in found:
            held[key] = held.get(key, 0) + 1
    pairs = sum(count * (count - 1) // 2 for count in held.values())
    seconds = time.perf_counter() - started
    largest = max((block.rows for block in oversized), default=0)
    how = f"{len(oversized)} blocs signalés, le plus grand de {largest} fiches ; {seconds:.1f} s"
    yield Measure(
        "holding: pairs a row, one person in twenty", pairs / len(names), "paires", how, size, Target(MOST_PAIRS)
    )
