"""Entries and agents of the room's tests: invented, plausible, valid unless a test spoils them."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Purpose, Role
from recoupe.intelligence.entry import PersonEntry, ReportEntry, SelectorEntry
from recoupe.intelligence.reading import Known

TODAY = date(2026, 11, 22)

VALID = ReportEntry(
    fact_text="Vu un guetteur devant le 3 de la rue inventée ; il appelle le 06 39 98 12 34.",
    event_from="12/11/2026",
    commune="13055",
    source_kind="officer_observation",
    handling="H0",
    selectors=(SelectorEntry("phone", "06 39 98 12 34"),),
)


def entry(**changes: Any) -> ReportEntry:
    """A valid entry with some fields changed."""
    return replace(VALID, **changes)


def person(**changes: Any) -> PersonEntry:
    """A valid person."""
    return replace(PersonEntry(family="Durand-Test", given="Élie", birth="03/04/1990", category="suspect"), **changes)


class FewPlaces:
    """Two communes, no database: for pure tests."""

    today = TODAY
    _known = {"13055": ("13055", "13"), "marseille": ("13055", "13"), "84007": ("84007", "84")}

    def commune(self, typed: str) -> tuple[str, str] | None:
        return self._known.get(typed.lower())

    def at(self, lon: float, lat: float) -> str:
        return "13055"

    def near(self, lon: float, lat: float) -> frozenset[str]:
        return frozenset({"13"})

    def with_cells(self, departments: frozenset[str]) -> list[str]:
        return sorted(departments)


PRODUCTS = {"cannabis_resin": "cannabis_resin", "resine de cannabis": "cannabis_resin", "cocaine_hcl": "cocaine_hcl"}
KNOWN = Known(TODAY, FewPlaces(), PRODUCTS, ("13",))


def agent(
    who: UUID, unit: UUID, *roles: Role, kind: str = "police_unit", departments: tuple[str, ...] = ("13",)
) -> Agent:
    """An acting agent without a database, with the grants that his roles give over his own unit."""
    capacities = {
        Role.INVESTIGATOR: (Capacity.UNIT,),
        Role.UNIT_HEAD: (Capacity.UNIT, Capacity.HEAD, Capacity.DUTY),
        Role.CROSS_ANALYST: (Capacity.CELL, Capacity.DUTY),
        Role.CROSS_HEAD: (Capacity.CELL, Capacity.DUTY, Capacity.CELL_HEAD, Capacity.HEAD),
        Role.OFAST_ANALYST: (Capacity.OFFICE,),
    }
    grants = {(unit, capacity.value) for role in roles for capacity in capacities.get(role, ())}
    return Agent(
        id=who,
        login="test",
        name="Test",
        unit_id=unit,
        unit_code="PJ13",
        unit_name="Unité de test",
        unit_kind=kind,
        departments=frozenset(departments),
        roles=frozenset(roles),
        grants=frozenset(grants),
        purpose=Purpose.CRIMINAL_INTELLIGENCE,
        motive="motif de test",
        case_ref="",
    )
