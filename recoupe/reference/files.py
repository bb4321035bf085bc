"""The data files beside this module, read into rows: pure, so that a wrong file is refused before the database."""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from recoupe.kernel.text import name_key
from recoupe.reference.enums import ActEffect, ContactChoice, File, MeasureClass, Service, UnitKind
from recoupe.reference.models.organisation import unit_id
from recoupe.reference.outlines import Packed, rows_of

DATA = Path(__file__).parent / "data"
Row = tuple[Any, ...]


class DataFileError(ValueError):
    """A data file of the reference is wrong; says which one and where."""


def digest(*names: str) -> str:
    """The fingerprint of one or more data files."""
    return hashlib.sha256(b"".join((DATA / name).read_bytes() for name in names)).hexdigest()


def records(name: str) -> Iterator[dict[str, str]]:
    """The lines of a CSV file (gzip or not) as dictionaries; a line with a field too many or too few is refused."""
    raw = (DATA / name).read_bytes()
    text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode()
    reader = csv.DictReader(io.StringIO(text), restkey="", restval=None)
    for record in reader:
        if "" in record or None in record.values():
            raise DataFileError(f"{name}, line {reader.line_num}: wrong number of fields")
        yield record


def regions() -> Iterator[Row]:
    for r in records("regions.csv"):
        yield r["code"], r["name"]


def departments() -> Iterator[Row]:
    for r in records("departments.csv"):
        yield r["code"], r["name"], r["of_name"], r["region"]


def zones() -> Iterator[Row]:
    for r in records("zones.csv"):
        yield r["code"], r["name"], r["seat"], r["metropolitan"] == "1", r["departments"].split()


def communes() -> Iterator[Row]:
    for r in records("communes.csv.gz"):
        yield (
            r["code"],
            r["name"],
            name_key(r["name"]),
            r["department"],
            int(r["population"] or 0),
            r["postal_codes"].split(),
            float(r["lon"]) if r["lon"] else None,
            float(r["lat"]) if r["lat"] else None,
            _day(r["valid_from"]),
            _day(r["valid_to"]),
        )


def former_communes() -> Iterator[Row]:
    for r in records("communes.csv.gz"):
        for code in r["former_codes"].split():
            yield code, r["code"]


def arrondissements() -> Iterator[Row]:
    for r in records("arrondissements.csv"):
        codes = r["postal_codes"].split()
        yield r["code"], r["name"], name_key(r["name"]), r["commune"], int(r["population"]), codes


def commune_outlines() -> Iterator[Row]:
    return rows_of(_packed("commune_outlines.json.gz"))


def department_outlines() -> Iterator[Row]:
    return rows_of(_packed("department_outlines.json.gz"))


def units() -> Iterator[Row]:
    for r in records("units.csv"):
        yield (
            unit_id(r["code"]),
            r["code"],
            r["name"],
            UnitKind(r["kind"]).value,
            Service(r["service"]).value,
            unit_id(r["parent"]) if r["parent"] else None,
            r["departments"].split(),
            unit_id(r["cell"]) if r["cell"] else None,
            _day(r["valid_from"]),
            _day(r["valid_to"]),
            _day(r["opens_on"]),
            r["permanent"] == "1",
            r["contact_name"],
            r["contact_phone"],
            r["contact_email"],
            ContactChoice(r["contact_choice"]).value,
            r["silent"] == "1",
            r["origin"],
            r["invented"] == "1",
        )


def court_areas() -> Iterator[Row]:
    """Rows (court, commune, from, to); a line that names a department stands for all its communes."""
    members: dict[str, list[str]] = {}
    for code, _name, _key, department, *_rest in communes():
        members.setdefault(department, []).append(code)
    for r in records("court_areas.csv"):
        for code in members.get(r["territory"], [r["territory"]]):
            yield unit_id(r["court"]), code, _day(r["valid_from"]), _day(r["valid_to"])


def products() -> Iterator[Row]:
    for r in records("products.csv"):
        yield r["code"], r["label"], r["label_en"], r["family"], r["canonical_unit"], r["legal_class"]


def offences() -> Iterator[Row]:
    for r in records("offences.csv"):
        period = _day(r["valid_from"]), _day(r["valid_to"])
        yield int(r["code"]), r["label"], r["label_en"], r["article"], r["registry"] == "1", *period, r["origin"]


def parameters() -> Iterator[Row]:
    for r in records("parameters.csv"):
        period = _day(r["valid_from"]), _day(r["valid_to"])
        yield r["rule_code"], r["value"], r["unit"], *period, r["legal_ref"], r["invented"] == "1"


def acts() -> Iterator[Row]:
    for r in records("acts.csv"):
        files = File(r["file_a"]).value, File(r["file_b"]).value
        period = _day(r["valid_from"]), _day(r["valid_to"])
        yield *files, r["purpose"], ActEffect(r["effect"]).value, r["legal_ref"], *period, r["invented"] == "1"


def measures() -> Iterator[Row]:
    for r in records("measures.csv"):
        rank = int(r["number"]), int(r["objective"]), MeasureClass(r["measure_class"]).value
        yield *rank, r["title_fr"], r["title_en"]


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _packed(name: str) -> Packed:
    packed: Packed = json.loads(gzip.decompress((DATA / name).read_bytes()))
    return packed
