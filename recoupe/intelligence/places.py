"""What a reader of entries needs to know of places: asked live for one report, from a table for thousands."""

from datetime import date
from functools import lru_cache
from typing import Protocol

from recoupe.kernel.refusal import Absent
from recoupe.kernel.text import name_key
from recoupe.reference import queries as reference
from recoupe.reference.models import Arrondissement, Commune, FormerCommune

BORDER_RULE = "border.margin_m"


class Places(Protocol):
    """Answers about communes and cells; None and an empty set mean that nothing is known there."""

    today: date

    def commune(self, typed: str) -> tuple[str, str] | None:
        """(code, department) of a commune typed by code, or by a name that only one commune bears."""

    def at(self, lon: float, lat: float) -> str:
        """The code of the commune at a point; empty at sea and abroad."""

    def near(self, lon: float, lat: float) -> frozenset[str]:
        """The departments of a point: both sides within the margin of a border."""

    def with_cells(self, departments: frozenset[str]) -> list[str]:
        """Those of the departments that have a cell at work; none means that the office handles the report."""


class LivePlaces:
    """One question to the database each: for a form."""

    def __init__(self, today: date) -> None:
        self.today = today

    def commune(self, typed: str) -> tuple[str, str] | None:
        """By code (former ones too), else by an unambiguous name."""
        try:
            found = reference.commune(typed.upper()) if len(typed) == 5 else None
        except Absent:
            found = None
        if found is None:
            key = name_key(typed)
            named = [c for c in reference.communes_named(typed, 50) if c.name_key == key]
            found = named[0] if len(named) == 1 else None
        return (found.code, found.department_id) if found else None

    def at(self, lon: float, lat: float) -> str:
        """By the outlines."""
        found = reference.commune_at(lon, lat)
        return found.code if found else ""

    def near(self, lon: float, lat: float) -> frozenset[str]:
        """By the outlines, with the dated margin."""
        return reference.departments_at(lon, lat, float(reference.parameter(BORDER_RULE, self.today)))

    def with_cells(self, departments: frozenset[str]) -> list[str]:
        """By the organisation of the day."""
        return sorted(d for d in departments if reference.cell_of_department(d, self.today) is not None)


class PlaceTable(LivePlaces):
    """All communes at once: for a file of thousands of rows."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self._by_code, self._by_name = _tables()
        self._with_cells: dict[frozenset[str], list[str]] = {}

    def commune(self, typed: str) -> tuple[str, str] | None:
        """By code, else by an unambiguous name."""
        return self._by_code.get(typed.upper()) or self._by_name.get(name_key(typed))

    def with_cells(self, departments: frozenset[str]) -> list[str]:
        """Asked once for each set of departments."""
        if departments not in self._with_cells:
            self._with_cells[departments] = super().with_cells(departments)
        return self._with_cells[departments]


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
    by_code: dict[str, tuple[str, str]] = {}
    names: dict[str, list[tuple[str, str]]] = {}
    for code, department, key in Commune.objects.values_list("code", "department_id", "name_key"):
        by_code[code] = (code, department)
        names.setdefault(key, []).append((code, department))
    for code, commune in FormerCommune.objects.values_list("code", "commune_id"):
        by_code.setdefault(code, by_code[commune])
    for code, commune in Arrondissement.objects.values_list("code", "commune_id"):
        by_code.setdefault(code, by_code[commune])
    return by_code, {key: found[0] for key, found in names.items() if len(found) == 1}
