"""Who spoils the queries of the recall: a hand that has not read the matching, FEBRL, the historical figures, slips."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from pkgutil import resolve_name
from random import Random
from typing import Any

from recoupe.config.paths import PROJECT
from recoupe.demo import holding
from recoupe.demo.benches import recall
from recoupe.demo.benches.frame import Measure
from recoupe.demo.benches.recall import Asked, Source
from recoupe.demo.miswritten import one_character
from recoupe.matching import evaluation
from recoupe.matching.record import SELECTORS, Record

QUERIES, SLIPS, QUICK_STEP, SHOWN_STEP = 1_000, 200, 5, 50
SEED = 21
# The numbers of six figures up to a prime, each reached once by a stride.
_NUMBER, _STRIDE, _BOXES = re.compile(r"\d+"), 611_953, 999_983
# Written by somebody who had not read the matching; it stays with the tests.
STRANGE = "tests.matching.strange"
# What the made holding numbers in order, so that another one's might be somebody's.
_ORDERED = dict.fromkeys(("handle", "email"), "")
_CENTURY = re.compile(r"\b1[0-8](?=\d\d\b)")


def measures(files: Sequence[Path], records: int, *, whole: bool) -> Iterator[Measure]:
    """In a holding of so many records, half of them of the blind hand where it is there."""
    found = sources(files, whole=whole)
    left = max(0, records - sum(len(source.entered) for source in found))
    yield from recall.measures(around(left), found, first_year=_module("linked").FIRST_YEAR)


def sources(files: Sequence[Path], *, whole: bool, today: bool = False, shown: bool = False) -> list[Source]:
    """Who spoils, and what; `today`: births of other centuries are put into the last one, as the house refuses them.

    `shown`: no figure is read, some of each show that they can be asked.
    """
    found = [*_own(), *_blind(_strange()), *_of_files(files, whole=whole), *_slips()]
    if today:
        found = [_of_today(source) for source in found]
    found.append(Source("strangers", (), _strangers()))
    if shown:
        return [_some(source) for source in found]
    return found if whole else [replace(source, asked=source.asked[::QUICK_STEP]) for source in found]


def _some(source: Source) -> Source:
    """A few of its questions, and of those entered the ones that are meant."""
    asked = source.asked[::SHOWN_STEP]
    entered = [source.entered[one.same] for one in asked if one.same is not None]
    numbered = [one if one.same is None else replace(one, same=number) for number, one in enumerate(asked)]
    return replace(source, entered=entered, asked=numbered)


def _of_today(source: Source) -> Source:
    asked = [replace(one, record=_born_lately(one.record)) for one in source.asked]
    return replace(source, entered=[_born_lately(record) for record in source.entered], asked=asked)


def _born_lately(record: Record) -> Record:
    return replace(record, birth=_CENTURY.sub("19", record.birth))


def _strange() -> Any:
    """The blind hand's module, None where the tests are not installed."""
    if not (PROJECT / "tests").is_dir():
        return None
    if str(PROJECT) not in sys.path:
        sys.path.append(str(PROJECT))
    return resolve_name(STRANGE)


def _lines(count: int, seed: int) -> Iterator[Mapping[str, str]]:
    """Records of the made holding, which numbers handles and boxes in order: one slip away is another of it.

    Their numbers are spread here, as over all boxes that there are, so that a slip meets what chance makes it meet.
    """
    for line in islice(holding.lines(count, seed), count):
        spread = {kind: _NUMBER.sub(_spread, line[kind]) for kind in ("handle", "email")}
        yield {**line, **spread}


def _spread(number: re.Match[str]) -> str:
    return f"{int(number[0]) * _STRIDE % _BOXES:06d}"


def around(count: int) -> Iterator[Record]:
    """So many others, whom no query means."""
    strange = _strange()
    half = count if strange is None else count // 2
    yield from map(made, _lines(half, SEED))
    if strange is not None:
        yield from map(_person, strange.persons(count - half, SEED + 1))


def _own() -> Iterator[Source]:
    """The hand that taught the model: no proof, but what a house that is taught by its own sees."""
    lines = islice(holding.lines(2 * QUERIES, SEED + 4), 4 * QUERIES)
    yield _pairs("made holding", [(line["cluster"], made({**line, **_ORDERED})) for line in lines])


def _blind(strange: Any) -> Iterator[Source]:
    if strange is not None:
        persons = strange.persons(QUERIES, SEED)
        asked = [Asked(_person(strange.spoil(one, SEED)), at) for at, one in enumerate(persons)]
        yield Source("blind hand", list(map(_person, persons)), asked)


def _person(line: Mapping[str, str]) -> Record:
    """A married name is another name of the same person."""
    family = line["surname"]
    if line["married_name"]:
        family = f"{family} épouse {line['married_name']}"
    aliases = (line["alias"],) if line["alias"] else ()
    return Record(family, line["first_names"], aliases, line["birth_date"], line["birth_place"])


def made(line: Mapping[str, str]) -> Record:
    """Somebody of the made holding, with all that is written of him."""
    kinds = {kind: tuple(line[kind.value].split(holding.BETWEEN)) for kind in SELECTORS if line.get(kind.value)}
    aliases = (line["alias"],) if line["alias"] else ()
    return Record(line["family"], line["given"], aliases, line["birth"], line["birth_place"], "", kinds)


def _of_files(files: Sequence[Path], *, whole: bool) -> Iterator[Source]:
    if not files:
        return
    febrl, linked = _module("febrl"), _module("linked")
    guarded = [file for file in files if febrl.is_of(file)]
    if guarded:
        yield _pairs("FEBRL", [found for file in guarded for found in febrl.persons(file)])
    for file in files:
        if file not in guarded:
            lines = linked.records(file, whole=whole)
            _, test = evaluation.halves({line["unique_id"]: line["cluster"] for line in lines})
            found = [(line["cluster"], linked.record(line)) for line in lines if line["unique_id"] in test]
            yield _pairs(file.stem, [(cluster, replace(record, address="")) for cluster, record in found])


def _module(name: str) -> Any:
    """What reads a file wants the batch's packages, which no other source does."""
    return resolve_name(f"recoupe.demo.benches.{name}")


def _pairs(name: str, records: Sequence[tuple[str, Record]]) -> Source:
    """Of each person one writing is entered and another asked for."""
    entered: list[Record] = []
    asked: list[Asked] = []
    first: dict[str, int] = {}
    seen: set[str] = set()
    for cluster, record in records:
        if cluster not in first:
            first[cluster] = len(entered)
            entered.append(record)
        elif cluster not in seen and len(asked) < QUERIES:
            seen.add(cluster)
            asked.append(Asked(record, first[cluster]))
    return Source(name, entered, asked)


def _slips() -> Iterator[Source]:
    """Of each kind, persons who write one; asked for by it alone, one character changed or left out."""
    lines = list(_lines(SLIPS * 50, SEED + 2))
    rng = Random(SEED)
    for kind in SELECTORS:
        persons = {line["cluster"]: line for line in lines if line.get(kind.value) and _whole(line[kind.value])}
        entered: list[Record] = []
        asked: list[Asked] = []
        for line in list(persons.values())[:SLIPS]:
            value = line[kind.value].split(holding.BETWEEN)[0]
            entered.append(Record(line["family"], line["given"], (), line["birth"], selectors={kind: (value,)}))
            other = one_character(rng, kind.value, value)
            asked.append(Asked(Record(selectors={kind: (other,)}), len(asked)))
        if entered:
            yield Source(f"one character of {kind.value}", entered, asked, slips=True)


def _whole(written: str) -> bool:
    """Neither partial nor cut."""
    return "?" not in written and "..." not in written and written[0] != "@"


def _strangers() -> list[Asked]:
    """Persons who stand nowhere else; without what the made holding numbers, which somebody else of it bears too."""
    return [Asked(made({**line, **_ORDERED}), None) for line in _lines(QUERIES, SEED + 3)]
