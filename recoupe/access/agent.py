"""The acting agent, as the database opened the context for him."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from recoupe.access.enums import CELL_ROLES, Capacity, Purpose, Role
from recoupe.access.keys import own_capacity
from recoupe.reference.enums import UnitKind


@dataclass(frozen=True, slots=True)
class Agent:
    """Who acts in this transaction, in which unit, with which roles and why; made by access.context alone."""

    id: UUID
    login: str
    name: str
    unit_id: UUID
    unit_code: str
    unit_name: str
    unit_kind: str
    departments: frozenset[str]
    roles: frozenset[Role]
    grants: frozenset[tuple[UUID, str]]
    purpose: Purpose | None
    motive: str
    case_ref: str
    # What his designations of today may be used for, of which he declares one (P-98).
    purposes: frozenset[Purpose] = frozenset()
    # From where his session was opened (a hash; empty: not from a browser), and whether he has just shown his key.
    client: str = ""
    fresh: bool = False

    def has(self, *roles: Role) -> bool:
        """Whether the agent holds one of these roles today."""
        return not self.roles.isdisjoint(roles)

    def works_as(self, *roles: Role) -> bool:
        """Whether the agent works in one of these roles: those of a cell outside a cell give reading alone (P-81)."""
        away = frozenset() if self.unit_kind == UnitKind.CROSS else CELL_ROLES
        return not (self.roles - away).isdisjoint(roles)

    def writes_as(self, *roles: Role) -> bool:
        """Whether he works in one of these roles and reads what his unit holds: nobody writes what he may not read."""
        return self.works_as(*roles) and self.holds(self.unit_id, own_capacity(self.unit_kind))

    def holds(self, target: UUID, capacity: Capacity) -> bool:
        """Whether the agent holds this capacity of this unit (a purpose declared or not)."""
        return (target, capacity.value) in self.grants

    @classmethod
    def from_context(cls, row: Mapping[str, Any]) -> "Agent":
        """The agent that access.open() described as JSON."""
        return cls(
            id=UUID(row["id"]),
            login=row["login"],
            name=row["name"],
            unit_id=UUID(row["unit_id"]),
            unit_code=row["unit_code"],
            unit_name=row["unit_name"],
            unit_kind=row["unit_kind"],
            departments=frozenset(row["departments"] or ()),
            roles=frozenset(Role(r) for r in row["roles"]),
            grants=frozenset((UUID(target), capacity) for target, capacity in row["grants"]),
            purpose=Purpose(row["purpose"]) if row["purpose"] else None,
            motive=row["motive"],
            case_ref=row["case_ref"],
            purposes=frozenset(Purpose(word) for word in row["purposes"]),
            client=row.get("client", ""),
            fresh=bool(row.get("fresh", False)),
        )
