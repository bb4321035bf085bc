"""A whole holding of made persons: our batch with the model that ships, Splink alone with a model of its own, one run.

Then one person written fifty thousand times in a holding: nothing may grow with the square, and the block is told.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

from recoupe.demo import holding
from recoupe.demo.benches import peer
from recoupe.demo.benches.frame import Measure, Target
from recoupe.demo.seed import SHIPPED
from recoupe.kernel.selectors import SelectorKind
from recoupe.matching import batch, blocking, evaluation, model
from recoupe.matching.conditions import Row
from recoupe.matching.record import Record, prepare

SEED = 11
# As many rules as the peer is given; `recoupe link` asks by every key of the model.
KEYS = ("phonetic", "whole_name", "birth_date", "phone_end")
ONE_PERSON = 20  # one row in so many is one and the same person
# Pairs a row: beyond, something grows with the square.
MOST_PAIRS = 60.0


def measures(count: int) -> Iterator[Measure]:
    """Seconds of both, what each finds, and the pairs of a holding in which one person stands very often."""
    lines = list(islice(holding.lines(count, SEED), count))
    size = f"{count} fiches inventées"
    served = replace(model.read(SHIPPED), blocking=KEYS)
    started = time.perf_counter()
    today = datetime.now(UTC).date()
    rows = {line["unique_id"]: _slim(prepare(_record(line), today=today).row, served) for line in lines}
    prepared = time.perf_counter()
    found = batch.link(served, rows, least=served.threshold)
    ended = time.perf_counter()
    truth = {line["unique_id"]: line["cluster"] for line in lines}
    told = evaluation.at(((pair.left, pair.right, pair.weight) for pair in found), truth, served.threshold)
    theirs, seconds = peer.alone(lines, SEED)
    yield Measure(
        "holding: splink alone", seconds, "s", "apprendre et relier, quatre règles exactes de son guide", size
    )
    other = evaluation.at(theirs, truth, peer.PROPOSED)
    how = "clés et liaison de fiches préparées à leur dépôt, contre Splink seul sur DuckDB dans la même course"
    yield Measure("holding: time", (ended - prepared) / seconds, "fois", how, size, Target(1.2))
    yield Measure("holding: preparing", prepared - started, "s", "préparer les fiches, fait une fois au dépôt", size)
    for name, figures in (("holding: pair F1", told), ("holding: splink: pair F1", other)):
        how = f"précision {figures.precision:.4f}, rappel {figures.recall:.4f}"
        yield Measure(name, figures.f1, "", how, size)
    yield from _one_person(rows, size)


def _record(line: Mapping[str, str]) -> Record:
    phones = tuple(value.strip() for value in line["phone"].split(holding.BETWEEN) if value)
    selectors = {SelectorKind.PHONE: phones} if phones else {}
    return Record(line["family"], line["given"], (), line["birth"], line["birth_place"], selectors=selectors)


def _slim(row: Row, served: model.Model) -> Row:
    """The columns that are compared or searched by: a million whole rows would not fit."""
    kept = {
        *served.columns,
        "name_bag",
        "family_sounds",
        "given_sounds",
        "birth",
        "birth_turned",
        "birth_like",
        "phone_end",
    }
    return {name: row[name] for name in kept}


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
