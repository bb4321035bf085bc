"""The setting of the made world, read from the data files of the reference: no database, no clock."""

from datetime import date
from functools import lru_cache

from recoupe.demo.setting import CommuneSeat, Setting, UnitSeat
from recoupe.reference import files


def _units(on: date) -> tuple[UnitSeat, ...]:
    rows = [row for row in files.records("units.csv") if _at_work(row, on)]
    return tuple(
        UnitSeat(r["code"], r["name"], r["kind"], r["service"], tuple(r["departments"].split()), r["silent"] == "1")
        for r in rows
    )


def _at_work(row: dict[str, str], on: date) -> bool:
    start, end = row["opens_on"] or row["valid_from"], row["valid_to"]
    return (not start or date.fromisoformat(start) <= on) and (not end or on <= date.fromisoformat(end))


def _communes(on: date) -> tuple[CommuneSeat, ...]:
    return tuple(
        CommuneSeat(r["code"], r["name"], r["department"], int(r["population"] or 0))
        for r in files.records("communes.csv.gz")
        if (not r["valid_from"] or date.fromisoformat(r["valid_from"]) <= on)
        and (not r["valid_to"] or on <= date.fromisoformat(r["valid_to"]))
    )


def _courts(communes: tuple[CommuneSeat, ...], on: date) -> dict[str, str]:
    """The judicial court of each commune; a line that names a department stands for all its communes."""
    members: dict[str, list[str]] = {}
    for commune in communes:
        members.setdefault(commune.department, []).append(commune.code)
    found: dict[str, str] = {}
    for r in files.records("court_areas.csv"):
        if _at_work({"opens_on": "", **r}, on):
            for code in members.get(r["territory"], [r["territory"]]):
                found.setdefault(code, r["court"])
    return found


@lru_cache(maxsize=2)
def setting(on: date) -> Setting:
    """The territory and the organisation as they stand on that day."""
    communes = _communes(on)
    return Setting(
        communes=communes,
        outlines={row[0]: row[-1] for row in files.commune_outlines()},
        department_outlines={row[0]: row[-1] for row in files.department_outlines()},
        units=_units(on),
        courts=_courts(communes, on),
        products=frozenset(r["code"] for r in files.records("products.csv")),
    )
