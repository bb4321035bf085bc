"""What a reader of entries needs to know of places: asked live for one report, from a table for thousands."""

from datetime import date
from typing import Protocol

from recoupe.reference import communes
from recoupe.reference import queries as reference

BORDER_RULE = "border.margin_m"


class Places(Protocol):
    """Answers about communes and cells; None and an empty set mean that nothing is known there."""

    today: date

    def commune(self, typed: str) -> tuple[str, str] | None:
        """(code, department) of the commune meant, None when there is none; Invalid when there are several."""

    def at(self, lon: float, lat: float) -> str:
        """The code of the commune at a point; empty at sea and abroad."""

    def near(self, lon: float, lat: float) -> frozenset[str]:
        """The departments of a point: both sides within the margin of a border."""

    def with_cells(self, departments: frozenset[str]) -> list[str]:
        """Those of the departments that have a cell at work; none means that the office handles the report."""


class LivePlaces:
    """One question to the database each: for a form, whose codes are official ones."""

    def __init__(self, today: date) -> None:
        self.today = today

    def commune(self, typed: str) -> tuple[str, str] | None:
        """By the order of reference.communes."""
        return _found(communes.meant(typed, communes.LiveGazetteer(), codes_are_official=True))

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
    """All communes at once: for thousands of entries; the mapping of a file says where its codes are postal ones."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self._with_cells: dict[frozenset[str], list[str]] = {}

    def commune(self, typed: str) -> tuple[str, str] | None:
        """By the order of reference.communes."""
        return _found(communes.meant(typed, communes.GazetteerTable(), codes_are_official=True))

    def with_cells(self, departments: frozenset[str]) -> list[str]:
        """Asked once for each set of departments."""
        if departments not in self._with_cells:
            self._with_cells[departments] = super().with_cells(departments)
        return self._with_cells[departments]


def _found(seat: communes.Seat | None) -> tuple[str, str] | None:
    return (seat.code, seat.department) if seat else None
