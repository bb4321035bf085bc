"""Records and agents made by hand, for the rules that need no database."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Purpose, Role
from recoupe.crosscheck.rules import Facts
from recoupe.kernel.handling import Handling, tells

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def facts(handling: str = "H0", *, silent: bool = False, h3_line: str = "both", **changes: Any) -> Facts:
    """One record as the matcher knows it, its leaves computed by the kernel from its handling and its silence."""
    parsed = Handling.parse(handling, h3_line=h3_line, conditions="à discuter")
    tells_self, tells_other = tells(parsed, silent)
    known: dict[str, Any] = {
        "record_kind": "report",
        "record_id": uuid4(),
        "unit_id": uuid4(),
        "file": "reports",
        "purpose": "criminal_intelligence",
        "tells_self": tells_self,
        "tells_other": tells_other,
        "unit_silent": False,
        "departments": frozenset() if silent else frozenset({"13"}),
        "office_reads": not silent and not set(parsed.wire) & {"H2", "H3"},
        "batch": False,
        "author_id": uuid4(),
        "at": NOON,
    }
    return Facts(**(known | changes))


def agent(*grants: tuple[UUID, Capacity], unit_id: UUID | None = None, roles: tuple[Role, ...] = ()) -> Agent:
    """An agent with exactly these capacities."""
    identifier = uuid4()
    return Agent(
        id=identifier,
        login="a",
        name="a",
        unit_id=unit_id or uuid4(),
        unit_code="X",
        unit_name="X",
        unit_kind="police_unit",
        departments=frozenset({"13"}),
        roles=frozenset(roles),
        grants=frozenset((target, capacity.value) for target, capacity in grants),
        purpose=Purpose.CRIMINAL_INTELLIGENCE,
        motive="",
        case_ref="",
    )
