"""The notes of a unit as the file that it hands in: a CSV and the mapping that goes with it."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from recoupe.demo.names import Person
from recoupe.demo.records import ReportDraft

PERSONS = 3
KINDS = (
    "phone",
    "plate",
    "imei",
    "iban",
    "wallet",
    "handle",
    "email",
    "company",
    "container",
    "vessel",
    "address",
)
PLAIN = (
    "external_ref",
    "event_from",
    "collected_at",
    "source_kind",
    "fact_text",
    "assessment_text",
    "place_kind",
    "commune",
    "place_text",
    "lon",
    "lat",
    "uncertainty_m",
    "grade",
    "seen_by_reporter",
    "handling",
    "h3_line",
    "handling_conditions",
    "products",
    "means",
    "violence",
    "urgency",
)
PERSON_FIELDS = ("family", "given", "aliases", "birth", "birth_commune", "category")
COLUMNS = (
    *PLAIN,
    *(f"selector.{kind}" for kind in KINDS),
    *(f"person{rank}.{field}" for rank in range(1, PERSONS + 1) for field in PERSON_FIELDS),
)
MAPPING: dict[str, Any] = {"columns": {name: name for name in COLUMNS}, "delimiter": ","}


def _yes(flag: bool) -> str:
    return "oui" if flag else "non"


def _person(rank: int, someone: Person) -> dict[str, str]:
    values = (
        someone.family,
        someone.given,
        ";".join(someone.aliases),
        someone.birth,
        someone.birth_commune,
        someone.category,
    )
    return {f"person{rank}.{field}": value for field, value in zip(PERSON_FIELDS, values, strict=True)}


def cells(report: ReportDraft) -> dict[str, str]:
    """One note as the cells of its row."""
    place, event = report.place, report.event
    row = {
        "external_ref": report.key,
        "event_from": event.typed,
        "collected_at": report.collected_at.date().isoformat(),
        "source_kind": report.source_kind,
        "fact_text": report.fact_text,
        "assessment_text": report.assessment_text,
        "place_kind": place.kind,
        "commune": place.commune,
        "place_text": place.text,
        "lon": "" if place.lon is None else f"{place.lon:.3f}",
        "lat": "" if place.lat is None else f"{place.lat:.3f}",
        "uncertainty_m": "" if place.uncertainty_m is None else str(place.uncertainty_m),
        "grade": report.grade,
        "seen_by_reporter": _yes(report.seen_by_reporter),
        "handling": "+".join(report.handling),
        "h3_line": report.h3_line,
        "handling_conditions": report.handling_conditions,
        "products": ";".join(report.products),
        "means": ";".join(report.means),
        "violence": _yes(report.violence),
        "urgency": _yes(report.urgency),
    }
    for kind in KINDS:
        row[f"selector.{kind}"] = ";".join(s.raw for s in report.selectors if s.kind == kind)
    for rank, someone in enumerate(report.persons[:PERSONS], 1):
        row |= _person(rank, someone)
    return row


def unit_file(reports: Sequence[ReportDraft]) -> bytes:
    """The file of a unit, in UTF-8; MAPPING reads it."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(cells(report) for report in reports)
    return stream.getvalue().encode()
