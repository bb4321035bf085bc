"""A row whose reference is known: does it say anything else than the report that stands under it?"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from recoupe.intelligence.importing.checking import PreparedRow
from recoupe.intelligence.models import Report

# What is said of a fact; a grade belongs to the analyst, cells and the end of an open period to the day.
SAID = (
    "fact_text", "assessment_text", "event_from", "event_precision", "place_kind", "place_text", "commune_code", "lon",
    "lat", "uncertainty_m", "source_kind", "seen_by_reporter", "frame", "case_id", "handling", "h3_line",
    "handling_conditions", "products", "means", "violence", "urgency",
)  # fmt: skip
NAMED = ("family", "given", "birth_year", "birth_month", "birth_day", "category")


def known(rows: Sequence[PreparedRow]) -> dict[UUID, Report]:
    """The reports of the unit that these rows brought before, by fingerprint."""
    found = Report.objects.filter(fingerprint__in=[row.fingerprint for row in rows]).defer("readers")
    return {report.fingerprint: report for report in found.prefetch_related("persons", "selectors")}


def differing(rows: Sequence[PreparedRow], held: Mapping[UUID, Report]) -> list[int]:
    """The lines of the known rows whose content is not that of their report."""
    return [row.line for row in rows if row.fingerprint in held and not _same(row, held[row.fingerprint])]


def _same(row: PreparedRow, report: Report) -> bool:
    columns = row.reading.columns
    if any(getattr(report, name) != columns[name] for name in SAID if name in columns):
        return False
    if report.event_precision == "interval" and report.event_to != columns["event_to"]:
        return False
    persons = {tuple(getattr(person, name) for name in NAMED) for person in report.persons.all()}
    selectors = {(selector.kind, selector.value) for selector in report.selectors.all()}
    said = {(facts.kind, facts.value) for facts in row.reading.selectors}
    return selectors == said and persons == {_named(facts) for facts in row.reading.persons}


def _named(facts: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(facts[name] for name in NAMED)
