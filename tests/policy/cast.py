"""Agents and objects of a small country, made without a database; grants come from table T-1, not from the code."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from uuid import UUID, uuid5

from recoupe.access.agent import Agent
from recoupe.access.enums import PURPOSES_BY_ROLE, Role
from recoupe.reference.models.organisation import unit_id
from tests.policy.book import rows

SPACE = UUID(int=7)


@dataclass(frozen=True, slots=True)
class Place:
    """A unit."""

    code: str
    kind: str
    departments: frozenset[str]

    @property
    def id(self) -> UUID:
        """Its identifier, that of the reference: whether a cell is at work is asked there."""
        return unit_id(self.code)


def place(code: str, kind: str, *departments: str) -> Place:
    return Place(code, kind, frozenset(departments))


PJ13 = place("PJ13", "police_unit", "13")
PJ69 = place("PJ69", "police_unit", "69")
CROSS13 = place("CROSS13", "cross", "13")
CROSS69 = place("CROSS69", "cross", "69")
OFFICE = place("OFFICE", "office")
TJ13 = place("TJ13", "court", "13")
TJ69 = place("TJ69", "court", "69")
BUREAU = place("BCS", "source_bureau")
PLACES = (PJ13, PJ69, CROSS13, CROSS69, OFFICE, TJ13, TJ69, BUREAU)
CELLS = (CROSS13, CROSS69)


def grants(role: Role, who: UUID, at: Place) -> Iterator[tuple[UUID, str]]:
    """The keys that a role gives in a place (P-8)."""
    for row in rows("roles"):
        if row["role"] != role.value:
            continue
        if row["scope"] == "unit":
            yield at.id, row["capacity"]
        elif row["scope"] == "cell":
            yield from [(at.id, row["capacity"])] if at in CELLS else []
        elif row["scope"] == "self":
            yield who, row["capacity"]
        elif row["scope"] == "cells":
            yield from ((cell.id, row["capacity"]) for cell in CELLS if cell.departments & at.departments)


def agent(role: Role, at: Place, name: str = "") -> Agent:
    """One agent of one role in one place."""
    who = uuid5(SPACE, name or f"{role.value} {at.code}")
    return Agent(
        id=who,
        login=str(role.value),
        name=str(role.value),
        unit_id=at.id,
        unit_code=at.code,
        unit_name=at.code,
        unit_kind=at.kind,
        departments=at.departments,
        roles=frozenset({role}),
        grants=frozenset(grants(role, who, at)),
        purpose=PURPOSES_BY_ROLE[role][0],
        motive="motif de test",
        case_ref="",
    )


AGENTS = tuple(agent(role, at) for role, at in product(Role, PLACES))
# Wrote things here or there, and now serves in one of them.
WRITER = uuid5(SPACE, "writer")
WRITERS = tuple(
    agent(role, at, "writer")
    for role, at in product((Role.INVESTIGATOR, Role.UNIT_HEAD, Role.CROSS_ANALYST, Role.CROSS_HEAD), PLACES[:4])
)
EVERYBODY = AGENTS + WRITERS


def holds(who: Agent, unit: UUID | None, capacity: str) -> bool:
    """Whether an agent holds one key."""
    return (unit, capacity) in who.grants
