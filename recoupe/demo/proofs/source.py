"""The file of persons of the linkage proof: Parquet (with the batch tools) or CSV, one record a line, truth included."""

import csv
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name

from recoupe.kernel.refusal import Invalid, gettext_noop

FIELDS = ("unique_id", "cluster", "first_name", "surname", "dob")
FULL_DATE = re.compile(r"[1-9]\d{3}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Person:
    """One record; `truth` is the person whom it really is, `birth` an ISO date or empty."""

    key: str
    truth: str
    given: str
    family: str
    birth: str


def read_persons(path: Path) -> list[Person]:
    """Every record of the file; a birth date that is not a full four-digit-year date is left out."""
    rows = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    return [
        Person(key, truth, given or "", family or "", dob if dob and FULL_DATE.fullmatch(dob) else "")
        for key, truth, given, family, dob in rows
    ]


def _csv(path: Path) -> list[tuple[str, ...]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return [tuple(row[name] for name in FIELDS) for row in csv.DictReader(stream)]


def _parquet(path: Path) -> list[tuple[str, ...]]:
    if find_spec("duckdb") is None:
        raise Invalid(gettext_noop("Lire du Parquet demande les outils de lots : lancez make batch, puis recommencez."))
    connect = resolve_name("duckdb:connect")
    query = f"SELECT {', '.join(FIELDS)} FROM read_parquet(?)"  # noqa: S608 - names of our own
    rows: list[tuple[str, ...]] = connect().execute(query, [str(path)]).fetchall()
    return rows
