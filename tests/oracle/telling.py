"""Who is told of which pair of records, and who judges it: P-15, P-16, P-18, P-19, P-26, P-52, in plain Python."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import combinations

from tests.oracle.terms import Unit

KNOWN_CODES = frozenset({"H0", "H1", "H2", "H3"})
LINES = ("both", "holder_only", "nobody")
# A selector that more records than that hold, of those that let others be told, tells each two services once.
COMMON = 20
ADULT_FROM = 18
STRENGTHS = ("weak", "strong", "certain")


@dataclass(frozen=True)
class Record:
    """A deposited record as it stands; `selectors`: each kind and value it names, with its strength (S-1)."""

    id: str
    unit: str
    purpose: str
    at: datetime
    handling: frozenset[str]
    h3_line: str
    silent_until: date | None
    departments: frozenset[str]
    selectors: Mapping[tuple[str, str], str]
    file: str = "reports"
    by_file: bool = False


@dataclass(frozen=True)
class Act:
    """An interconnection act between two files, for a purpose (empty: any)."""

    files: frozenset[str]
    purpose: str
    effect: str
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class Organisation:
    """Units, the cell of each department today, the office, the acts, the day."""

    units: Mapping[str, Unit]
    cells: Mapping[str, str]
    office: str
    acts: tuple[Act, ...]
    today: date


@dataclass(frozen=True)
class Told:
    """One side that learns: of which record it is, of which other one, as `asker` or `holder`, how strongly."""

    record: str
    other: str
    side: str
    strength: str
    content: bool


@dataclass
class Answer:
    """What the policy asks for: sides that must be told, that may be (a common selector), questions to a judge."""

    must: set[Told] = field(default_factory=set)
    may: set[Told] = field(default_factory=set)
    judges: dict[frozenset[str], str] = field(default_factory=dict)
    may_judge: dict[frozenset[str], str] = field(default_factory=dict)
    # Of units that only a common selector joins: each (told, other) service is told once at least.
    services: set[tuple[str, str]] = field(default_factory=set)


def codes(record: Record) -> tuple[frozenset[str], str]:
    """P-15: the codes and the line that count."""
    line = record.h3_line if record.h3_line in LINES else "nobody"
    if not record.handling:
        return frozenset({"H3"}), "nobody"
    if not record.handling <= KNOWN_CODES:
        return ((record.handling & KNOWN_CODES) - {"H0"}) | {"H3"}, "nobody"
    return record.handling, line if "H3" in record.handling else ""


def silent(of: Organisation, record: Record) -> bool:
    """P-16: by its mark or by its unit; a past day counts until it is taken off."""
    return record.silent_until is not None or of.units[record.unit].silent


def lets_itself(record: Record) -> bool:
    """P-52: whether its own side may learn."""
    known, line = codes(record)
    return "H3" not in known or line in ("both", "holder_only")


def lets_others(of: Organisation, record: Record) -> bool:
    """P-52: whether the other side may learn that it exists."""
    known, line = codes(record)
    return not silent(of, record) and ("H3" not in known or line == "both")


def cells_reading(of: Organisation, record: Record) -> frozenset[str]:
    """P-18, as departments: the order of P-26 is that of their codes."""
    known, line = codes(record)
    if silent(of, record) or ("H3" in known and line != "both"):
        return frozenset()
    return frozenset(code for code in record.departments if code in of.cells)


def office_reads(of: Organisation, record: Record) -> bool:
    """P-19."""
    known, _ = codes(record)
    return not silent(of, record) and known <= {"H0", "H1"}


def judge(of: Organisation, first: Record, second: Record) -> str | None:
    """P-26: the first cell, by the code of the department, that reads both; else the office, if it does."""
    one, two = (cells_reading(of, record) for record in (first, second))
    shared = {of.cells[code] for code in one} & {of.cells[code] for code in two}
    for code in sorted(one | two):
        if of.cells[code] in shared:
            return of.cells[code]
    return of.office if office_reads(of, first) and office_reads(of, second) else None


def effect(of: Organisation, asker: Record, holder: Record) -> str:
    """S-5: the act in force between the two files for the asker's purpose; one that names it goes first."""
    files = frozenset({asker.file, holder.file})
    in_force = [
        act for act in of.acts
        if act.files == files and act.purpose in ("", asker.purpose)
        and (act.valid_from is None or act.valid_from <= of.today)
        and (act.valid_to is None or of.today <= act.valid_to)
    ]  # fmt: skip
    return max(in_force, key=lambda act: act.purpose != "").effect if in_force else "forbidden"


def answer(of: Organisation, records: Iterable[Record], new: frozenset[str]) -> Answer:
    """Of each pair of which one record is new: who must be told of it, who may, who judges it."""
    known = {record.id: record for record in records}
    holders = Counter(key for r in known.values() if lets_others(of, r) for key in r.selectors)
    found = Answer()
    for one, two in meeting(known, new):
        shared = one.selectors.keys() & two.selectors.keys()
        asker, holder = sorted((one, two), key=lambda record: record.at, reverse=True)
        allowed = effect(of, asker, holder)
        if allowed not in ("existence", "content_on_release"):
            continue
        rare = {key for key in shared if holders[key] <= COMMON}
        strength = max((_weaker(one, two, key) for key in rare or shared), key=STRENGTHS.index)
        sides = {
            Told(mine.id, other.id, side, strength, allowed == "content_on_release")
            for side, mine, other in (("asker", asker, holder), ("holder", holder, asker))
            if lets_itself(mine) and lets_others(of, other)
        }
        judged = judge(of, one, two) if strength == "weak" else None
        if sides and judged is not None:
            (found.judges if rare else found.may_judge)[frozenset({one.id, two.id})] = judged
        elif rare:
            found.must |= sides
        else:
            found.may |= sides
            found.services |= {(known[told.record].unit, known[told.other].unit) for told in sides}
    return found


def minor(birth: tuple[int | None, int | None, int | None], facts: date) -> bool:
    """P-44: younger than 18 on the first day of the facts, by the latest birth that what is known allows."""
    year, month, day = birth
    if not year:
        return False
    month = month or 12
    latest = day or monthrange(year, month)[1]
    return (facts.year - year) - ((facts.month, facts.day) < (month, latest)) < ADULT_FROM


def meeting(known: Mapping[str, Record], new: frozenset[str]) -> Iterator[tuple[Record, Record]]:
    """Each pair of two units that share a selector, once; two records of one unit make no hit."""
    by: dict[tuple[str, str], list[Record]] = {}
    for record in known.values():
        for key in record.selectors:
            by.setdefault(key, []).append(record)
    seen = set()
    for holders in by.values():
        for one, two in combinations(holders, 2):
            pair = frozenset({one.id, two.id})
            if one.unit != two.unit and pair & new and pair not in seen:
                seen.add(pair)
                yield one, two


def _weaker(one: Record, two: Record, key: tuple[str, str]) -> str:
    return min(one.selectors[key], two.selectors[key], key=STRENGTHS.index)
