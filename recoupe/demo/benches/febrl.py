"""FEBRL's made persons (its set 4 is saturated: a guard, no goal): our model and that of Splink's guide, one run.

Columns: rec_id (rec-12-org, rec-12-dup-0: the number is the person), names, address, date_of_birth, soc_sec_id.
"""

import csv
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from recoupe.demo.benches import peer
from recoupe.demo.benches.frame import Measure, Target
from recoupe.kernel.selectors import SelectorKind
from recoupe.matching import batch, evaluation, training
from recoupe.matching.evaluation import Scored
from recoupe.matching.record import Record, prepare

MARK = "soc_sec_id"
SEED = 1
FIRST_YEAR = 1800
KEYS = ("phonetic", "whole_name", "birth_date", "partial_date", "same_day", "rare_word", "whole_date", "street",
        "slip_handle_name")  # fmt: skip
CHOICE = training.Choice(comparisons=("name", "birth", "address", "handle"), blocking=KEYS)
# The guard: no more than this below the peer.
BELOW = 0.001

Line = Mapping[str, str]


def is_of(path: Path) -> bool:
    """Whether this is a file of FEBRL."""
    if path.suffix != ".csv":
        return False
    with path.open(encoding="utf-8", errors="replace") as stream:
        return MARK in stream.readline()


def measures(paths: Sequence[Path]) -> Iterator[Measure]:
    """F1 of both at weights fixed on the persons of one half, measured on those of the other."""
    lines = {line["rec_id"]: line for path in paths for line in _lines(path)}
    truth = {name: name.split("-")[1] for name in lines}
    fit, test = evaluation.halves(truth)
    started = time.perf_counter()
    ours = _ours({name: lines[name] for name in fit}), _ours({name: lines[name] for name in test})
    seconds = time.perf_counter() - started
    theirs, spent = peer.documented_febrl([lines[n] for n in sorted(fit)], [lines[n] for n in sorted(test)], SEED)
    size = f"{len(test)} fiches d'essai, {len(fit)} d'apprentissage"
    mine, how = _f1(ours, (fit, test), truth)
    other, aside = _f1(theirs, (fit, test), truth)
    yield Measure("febrl: pair F1", mine, "", how, size, Target(other - BELOW, at_least=True))
    yield Measure("febrl: splink: pair F1", other, "", aside, size)
    yield Measure("febrl: time", seconds / spent, "fois", "contre le modèle du guide de Splink, même course", size)


def _lines(path: Path) -> list[Line]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream, skipinitialspace=True))


def _ours(lines: Mapping[str, Line]) -> list[Scored]:
    """Learnt without labels on the very records that are linked, as the peer does."""
    today = datetime.now(UTC).date()
    rows = {name: prepare(_record(line), today=today, first_year=FIRST_YEAR).row for name, line in lines.items()}
    model = training.train(rows, version="bench", on=today, seed=SEED, choice=CHOICE)
    return list(batch.link(model, rows))


def persons(path: Path) -> Iterator[tuple[str, Record]]:
    """Who each record is, and of it what the engine is told of a person: neither an address nor a number."""
    for line in _lines(path):
        found = _record(line)
        yield line["rec_id"].split("-")[1], Record(found.family, found.given, (), found.birth)


def _record(line: Line) -> Record:
    """The number of social security is an account of its bearer; a postal code has five figures here."""
    born = line["date_of_birth"]
    street = f"{line['street_number']} {line['address_1']}"
    return Record(
        family=line["surname"],
        given=line["given_name"],
        birth=f"{born[:4]}-{born[4:6]}-{born[6:]}" if len(born) == 8 else born,
        address=f"{street}, {line['postcode'].zfill(5)} {line['suburb']}" if street.strip() else "",
        selectors={SelectorKind.HANDLE: (f"telegram:@n{line[MARK]}",)} if line[MARK] else {},
    )


def _f1(
    found: tuple[list[Scored], list[Scored]], halves: tuple[set[str], set[str]], truth: Mapping[str, str]
) -> tuple[float, str]:
    first, second = ({name: truth[name] for name in half} for half in halves)
    weight, _ = evaluation.best(found[0], first)
    told = evaluation.at(found[1], second, weight)
    how = f"poids {weight:.2f} fixé sur l'autre moitié ; précision {told.precision:.4f}, rappel {told.recall:.4f}"
    return told.f1, how
