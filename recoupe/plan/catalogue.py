"""What the plan sets for each measure, from the files of this room: owners, milestones, indicators, first history."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from uuid import UUID

from django.utils.functional import Promise, lazy
from django.utils.translation import get_language

from recoupe.plan.enums import Cadence, Direction, FigureUnit
from recoupe.plan.figures import SPECS, FigureSpec

DATA = Path(__file__).parent / "data"
Row = Mapping[str, str]


class DataFileError(ValueError):
    """A data file of the plan is wrong; says which one and where."""


@dataclass(frozen=True, slots=True)
class Card:
    """Who answers for a measure, by the code of the unit, and with whom."""

    measure: int
    owner: str
    partners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Milestone:
    """One step of a measure; `due` only where the plan gives a day, `met_on` where a public text tells it."""

    code: str
    measure: int
    title: Promise
    due: date | None
    met_on: date | None
    evidence: str
    source: str


@dataclass(frozen=True, slots=True)
class Landmark:
    """One day of the plan's own timeline."""

    on: date
    title: Promise
    source: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """One value of one indicator over a period, from one source; another source may say otherwise (`upper`: a range).

    Of the first history, or brought by the owner with his `evidence`.
    """

    indicator: str
    first: date
    last: date
    value: Decimal
    upper: Decimal | None
    approximate: bool
    final: bool
    perimeter: str
    definition: str
    source: str
    evidence: UUID | None = None

    @property
    def said_by(self) -> tuple[str, str, str]:
        """Who says it, and of what: two values of a period that differ here are two estimates, not a correction."""
        return self.source, self.perimeter, self.definition


def _bilingual(french: str, english: str) -> Promise:
    """A text of the files, in the language of the page."""
    made: Promise = lazy(lambda: english if (get_language() or "fr").startswith("en") else french, str)()  # type: ignore[assignment]
    return made


def records(name: str) -> Iterator[Row]:
    """The lines of a file; one with a field too many or too few is refused."""
    reader = csv.DictReader(io.StringIO((DATA / name).read_text(encoding="utf-8")), restkey="", restval=None)
    for record in reader:
        if "" in record or None in record.values():
            raise DataFileError(f"{name}, line {reader.line_num}: wrong number of fields")
        yield record


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _number(text: str) -> Fraction | None:
    return Fraction(text) if text else None


def _indicator(row: Row) -> FigureSpec:
    unit, target = FigureUnit(row["unit"]), _number(row["target"])
    return FigureSpec(
        row["code"],
        int(row["measure"] or 0),
        unit,
        _bilingual(row["title_fr"], row["title_en"]),
        _bilingual(row["definition_fr"], row["definition_en"]),
        _bilingual("France entière", "The whole of France"),
        target=target / 100 if target is not None and unit is FigureUnit.SHARE else target,
        due=_day(row["target_on"]),
        direction=Direction(row["direction"]),
        cadence=Cadence(row["cadence"]),
        baseline=_number(row["baseline"]),
        baseline_on=_day(row["baseline_on"]),
        source=row["source"],
        computed=False,
    )


@cache
def indicators() -> Mapping[str, FigureSpec]:
    """Every indicator by code: those that the system counts, then those that are imported, then the context."""
    found = [*SPECS, *(_indicator(row) for row in records("indicators.csv"))]
    return {spec.code: spec for spec in found}


@cache
def indicators_of(measure: int) -> tuple[FigureSpec, ...]:
    """The indicators of one measure; of measure 0, the context of the whole plan."""
    return tuple(spec for spec in indicators().values() if spec.measure == measure)


@cache
def cards() -> Mapping[int, Card]:
    """Who answers for each measure."""
    found = (
        Card(int(row["measure"]), row["owner"], tuple(name.strip() for name in row["partners"].split(";")))
        for row in records("cards.csv")
    )
    return {card.measure: card for card in found}


@cache
def milestones() -> Mapping[str, Milestone]:
    """Every milestone by code."""
    found = (
        Milestone(
            row["code"],
            int(row["measure"]),
            _bilingual(row["title_fr"], row["title_en"]),
            _day(row["due"]),
            _day(row["met_on"]),
            row["evidence"],
            row["source"],
        )
        for row in records("milestones.csv")
    )
    return {milestone.code: milestone for milestone in found}


@cache
def milestones_of(measure: int) -> tuple[Milestone, ...]:
    """The milestones of one measure, in the order of the file."""
    return tuple(one for one in milestones().values() if one.measure == measure)


@cache
def timeline() -> tuple[Landmark, ...]:
    """What the plan announced, and what came of it."""
    rows = records("timeline.csv")
    return tuple(
        Landmark(date.fromisoformat(row["on"]), _bilingual(row["title_fr"], row["title_en"]), row["source"])
        for row in rows
    )


@cache
def history() -> Mapping[str, tuple[Estimate, ...]]:
    """The first history by indicator, oldest first."""
    found: dict[str, list[Estimate]] = {}
    for row in records("history.csv"):
        found.setdefault(row["indicator"], []).append(
            Estimate(
                row["indicator"],
                date.fromisoformat(row["period_from"]),
                date.fromisoformat(row["period_to"]),
                Decimal(row["value"]),
                Decimal(row["upper"]) if row["upper"] else None,
                row["approximate"] == "1",
                row["final"] == "1",
                row["perimeter"],
                row["definition"],
                row["source"],
            )
        )
    return {code: tuple(sorted(rows, key=lambda one: (one.last, one.first))) for code, rows in found.items()}
