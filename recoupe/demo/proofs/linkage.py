"""`recoupe prove linkage FILE`: persons that nobody here wrote, dealt out to four services and cross-checked.

The exact rule (family name, given name, full birth date) is run twice: 1 January counting as a year, then as a date.
"""

import csv
import hashlib
import io
import json
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import UUID

from recoupe.access.enums import Role
from recoupe.crosscheck.models import Hit
from recoupe.demo import crew
from recoupe.demo.proofs import ledger
from recoupe.demo.proofs.source import FIRST_YEAR, Person, read_persons
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Invalid, gettext_noop

UNITS = ("PJ13", "SR33", "PJ59", "SR69")
COLUMNS = (
    "external_ref", "event_from", "fact_text", "source_kind", "place_kind", "handling", "person1.family",
    "person1.given", "person1.birth", "person1.category",
)  # fmt: skip
# More would be a rule that went wrong: one pair of homonyms, and with 1 January as a date the 15 that were measured.
WRONG = {"january_first_is_a_year": 1, "january_first_is_a_date": 15}
# What was estimated beforehand; printed beside.
ESTIMATED = {"january_first_is_a_year": (1, 1), "january_first_is_a_date": (12, 17)}
MAPPING: dict[str, Any] = {"columns": {name: name for name in COLUMNS}, "delimiter": ","}
AnotherDatabase = Callable[[str], AbstractContextManager[str]]


@dataclass(frozen=True, slots=True)
class Plain:
    """What comparing the written names and dates finds, without database or matcher.

    `right`: pairs of one person between services; `within`: pairs of two persons that lie in one service, which no
    cross-check between services can meet, whatever it does.
    """

    right: int
    within: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of the rule found among the pairs of records of two services."""

    name: str
    records: int
    dated: int
    true_pairs: int
    found: int
    wrong: list[tuple[str, str]]
    plain: Plain
    seconds: float

    def as_json(self) -> str:
        """One line."""
        share = round(self.found / self.true_pairs, 4) if self.true_pairs else 0.0
        return json.dumps({
            "name": self.name, "records": self.records, "with_birth_date": self.dated, "true_pairs": self.true_pairs,
            "found": self.found, "recall": share, "wrong": len(self.wrong), "wrong_at_most": WRONG[self.name],
            "wrong_estimated": ESTIMATED[self.name], "wrong_pairs": self.wrong,
            "found_by_plain_comparison": self.plain.right, "wrong_within_a_service": self.plain.within,
            "seconds": round(self.seconds, 1),
        }, ensure_ascii=False)  # fmt: skip

    def figures(self) -> list[dict[str, Any]]:
        """What is kept of it."""
        how = f"{self.records} fiches, {self.dated} datées, {self.true_pairs} paires vraies entre services"
        return [
            ledger.figure(f"{self.name}: found", self.found, "paires", how, at_least=self.plain.right),
            ledger.figure(f"{self.name}: wrong", len(self.wrong), "paires", how, at_most=WRONG[self.name]),
        ]


def prove(arguments: Namespace) -> int:
    """Print both figures, one JSON object a line; a file that is absent is skipped with a line."""
    if not arguments.file:
        raise Invalid(gettext_noop("Nommez le fichier des personnes : recoupe prove linkage FICHIER."))
    path = Path(arguments.file)
    if not path.is_file():
        print(f"prove linkage : {path} est absent, la preuve est sautée.")
        return 0
    persons = read_persons(path)
    another: AnotherDatabase = arguments.another
    outcomes: list[Outcome] = []
    for name, as_year in (("january_first_is_a_year", 1), ("january_first_is_a_date", 0)):
        with another(name):
            outcomes.append(trial(name, persons, as_year))
            print(outcomes[-1].as_json(), flush=True)
    figures = [line for one in outcomes for line in one.figures()]
    if arguments.save:
        print(f"gardé : {ledger.keep('linkage', 0, figures, [])}")
    return 1 if any(line["met"] is False for line in figures) else 0


def unit_of(person: Person) -> str:
    """Dealt out by a hash of the record, so that nobody chooses."""
    return UNITS[hashlib.sha256(person.key.encode()).digest()[0] % len(UNITS)]


def trial(name: str, persons: list[Person], as_year: int) -> Outcome:
    """Enter every person as a report of its service, let the matcher compare, and hold the hits against the truth."""
    crew.set_parameter("birth.first_year", FIRST_YEAR)
    crew.set_parameter("match.first_january_is_year", as_year)
    started = time.monotonic()
    keys: dict[UUID, str] = {}
    for unit in UNITS:
        token = crew.session(f"chef.{unit.lower()}", unit, Role.UNIT_HEAD)
        mine = [person for person in persons if unit_of(person) == unit]
        with crew.process("web"):
            crew.import_file(token, f"{unit}.csv", as_csv(mine), MAPPING)
            with crew.acting(token):
                rows = Report.objects.filter(owner_unit__code=unit).values_list("id", "external_ref")
                keys |= dict(rows)
    crew.drain()
    with crew.process("matcher"):
        pairs = [(keys[low], keys[high]) for low, high in Hit.objects.values_list("low", "high")]
    by_key = {person.key: person for person in persons}
    wrong = sorted(tuple(sorted(pair)) for pair in pairs if by_key[pair[0]].truth != by_key[pair[1]].truth)
    return Outcome(
        name=name,
        records=len(persons),
        dated=sum(bool(person.birth) for person in persons),
        true_pairs=true_pairs(persons),
        found=len(pairs) - len(wrong),
        wrong=[(a, b) for a, b in wrong],
        plain=plainly(persons, as_year),
        seconds=time.monotonic() - started,
    )


def plainly(persons: list[Person], as_year: int) -> Plain:
    """Hold the matcher against a comparison that shares no line with it."""
    alike: dict[tuple[str, str, str], list[Person]] = {}
    for person in persons:
        if person.family and person.given and person.birth and not (as_year and person.birth.endswith("-01-01")):
            named = (person.family.strip().lower(), person.given.strip().lower(), person.birth)
            alike.setdefault(named, []).append(person)
    pairs = [pair for group in alike.values() for pair in combinations(group, 2)]
    right = sum(a.truth == b.truth and unit_of(a) != unit_of(b) for a, b in pairs)
    within = [(a.key, b.key) for a, b in pairs if a.truth != b.truth and unit_of(a) == unit_of(b)]
    return Plain(right, within)


def true_pairs(persons: list[Person]) -> int:
    """How many pairs of records of one person lie in two services."""
    held = Counter((person.truth, unit_of(person)) for person in persons)
    by_truth: dict[str, list[int]] = {}
    for (truth, _unit), count in held.items():
        by_truth.setdefault(truth, []).append(count)
    return sum(a * b for counts in by_truth.values() for a, b in combinations(counts, 2))


def as_csv(persons: list[Person]) -> bytes:
    """The file that a service hands in."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    yesterday = (date.today() - timedelta(days=1)).isoformat()
    for person in persons:
        fact = "Personne d'un fichier historique, reprise pour un essai de rapprochement."
        named = (person.family, person.given, person.birth, "unknown")
        cells = named if person.family or person.given else ("", "", "", "")
        writer.writerow([person.key, yesterday, fact, "open_source", "none", "H0", *cells])
    return out.getvalue().encode()
