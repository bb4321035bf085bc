"""The file of persons of the linkage proof: Parquet (with the batch tools) or CSV, one record a line."""

import csv
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name

from recoupe.kernel.refusal import Invalid, gettext_noop

# The oldest year that is written with four digits.
FIRST_YEAR = 1000
FIELDS = ("unique_id", "cluster", "first_name", "surname", "dob")
NO_PARQUET = gettext_noop(
    "Lire du Parquet demande les outils de lots : .venv/bin/python recoupe/cli/environment.py runtime batch, "
    "puis recommencez ; un fichier CSV n'en a pas besoin."
)
OTHER_FILE = gettext_noop("%(file)s n'est pas un tableau de personnes : il lui faut les colonnes %(fields)s.")


@dataclass(frozen=True, slots=True)
class Person:
    """One record; `truth` is the person whom it really is, `birth` an ISO date or empty."""

    key: str
    truth: str
    given: str
    family: str
    birth: str


def read_persons(path: Path) -> list[Person]:
    """Every record of the file; a birth date that no calendar knows (the file holds 1858-01-81) is left out."""
    rows = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    return [Person(key, truth, given or "", family or "", _known(dob)) for key, truth, given, family, dob in rows]


def _known(written: str | None) -> str:
    try:
        day = date.fromisoformat(written or "")
    except ValueError:
        return ""
    return day.isoformat() if day.year >= FIRST_YEAR else ""


def _csv(path: Path) -> list[tuple[str, ...]]:
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            return [tuple(row[name] for name in FIELDS) for row in csv.DictReader(stream)]
    except (KeyError, ValueError, csv.Error) as error:
        raise Invalid(OTHER_FILE, file=str(path), fields=", ".join(FIELDS)) from error


def _parquet(path: Path) -> list[tuple[str, ...]]:
    if find_spec("duckdb") is None:
        raise Invalid(NO_PARQUET)
    connect = resolve_name("duckdb:connect")
    query = f"SELECT {', '.join(FIELDS)} FROM read_parquet(?)"  # noqa: S608 - names of our own
    rows: list[tuple[str, ...]] = connect().execute(query, [str(path)]).fetchall()
    return rows
