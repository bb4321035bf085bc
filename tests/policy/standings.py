"""The words of the column `who`, as their clauses define them: each a question on one agent and one object."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from recoupe.access.agent import Agent
from tests.policy.book import words
from tests.policy.cast import CROSS13, CROSS69, OFFICE, holds

# Own capacity of a unit (section 2), where it is not `unit`.
OWN = {CROSS13.id: "cell", CROSS69.id: "cell", OFFICE.id: "office"}
AUTHORITY = {"ESCALATED_CELL": "cell_head", "ESCALATED_OFFICE": "office", "ESCALATED_PROSECUTOR": "prosecutor"}


def roles(who: Agent) -> set[str]:
    return {role.value for role in who.roles}


def codes(report: Any) -> tuple[set[str], str]:
    """P-15."""
    said = set(report.handling)
    if not said:
        return {"H3"}, "nobody"
    if said <= {"H0", "H1", "H2", "H3"}:
        return said, report.h3_line
    return (said & {"H1", "H2", "H3"}) | {"H3"}, "nobody"


def cells_read(report: Any) -> bool:
    """P-18, for a unit that is not silent."""
    said, line = codes(report)
    return report.silent_until is None and ("H3" not in said or line == "both")


def office_reads(report: Any) -> bool:
    """P-19."""
    return report.silent_until is None and codes(report)[0] <= {"H0", "H1"}


def owner_head(who: Agent, report: Any) -> bool:
    """P-32."""
    return bool(roles(who) & {"unit_head", "cross_head"}) and holds(who, report.owner_unit_id, "head")


def working(*in_cell: str) -> Callable[[Agent, Any], bool]:
    """P-33 and P-34: they differ by the roles of the cell alone."""

    def stands(who: Agent, report: Any) -> bool:
        if who.id in (report.author_id, report.assessment_author_id):  # P-84
            return False
        if report.departments and cells_read(report):
            near = who.unit_kind == "cross" and bool(who.departments & set(report.departments))
            return near and bool(roles(who) & set(in_cell))
        if not report.departments and office_reads(report):
            return "ofast_analyst" in roles(who)
        return owner_head(who, report)

    return stands


def holder(who: Agent, side: Any) -> bool:
    """P-50, first half."""
    is_author = who.id == side.author_id and who.unit_id == side.owner_unit_id
    return is_author or holds(who, side.owner_unit_id, "duty")


def of_cells(capacity: str) -> Callable[[Agent, Any], bool]:
    """P-71."""

    def stands(who: Agent, it: Any) -> bool:
        cells: list[UUID] = it.cells
        return any(holds(who, cell, capacity) for cell in cells) if cells else holds(who, who.unit_id, "office")

    return stands


def arbiter(who: Agent, thread: Any) -> bool:
    """P-56."""
    capacity = AUTHORITY.get(thread.state)
    return capacity is not None and thread.arbiter_id is not None and holds(who, thread.arbiter_id, capacity)


def key_head(who: Agent, key: Any) -> bool:
    """P-90: a head of its unit, or an authority."""
    head = bool(working_head(who)) and holds(who, key.unit_id, "head")
    return head or "designating_authority" in roles(who)


def working_head(who: Agent) -> set[str]:
    """P-81: the head of a cell is one in a cell alone."""
    return roles(who) & ({"unit_head", "cross_head"} if who.unit_kind == "cross" else {"unit_head"})


STANDING: dict[str, Callable[[Agent, Any], bool]] = {
    "any": lambda who, it: True,
    "author": lambda who, it: it.author_id == who.id and it.owner_unit_id == who.unit_id,
    "owner_head": owner_head,
    "handler": working("cross_analyst", "cross_head"),
    "validator": working("cross_head"),
    "matcher": lambda who, it: False,
    "retention": lambda who, it: False,
    "holder": holder,
    "speaker": lambda who, it: holder(who, it) or holds(who, it.relay_id, "duty"),
    "arbiter": arbiter,
    "judge": lambda who, it: holds(who, it.owner_unit_id, "cell") or holds(who, it.owner_unit_id, "office"),
    "in_charge": lambda who, it: it.magistrate_id == who.id,
    "cell": of_cells("cell"),
    "cell_head": of_cells("cell_head"),
    "prosecutor": lambda who, it: (
        "prosecutor" in roles(who) and holds(who, it.court_id, "prosecutor") and it.proposed_by_id != who.id
    ),
    # P-160: no objective stands on these points; tests/coordination holds it.
    "point_lead": lambda who, it: False,
    "near": lambda who, it: of_cells("cell")(who, it) or of_cells("territory")(who, it),
    "lead": lambda who, it: holds(who, it.lead_id, "unit") or holds(who, it.joint_lead_id, "unit"),
    "file_head": owner_head,
    "file_unit": lambda who, it: it.owner_unit_id == who.unit_id,
    "case_unit": lambda who, it: holds(who, it.owner_unit_id, "unit"),
    "case_head": lambda who, it: holds(who, it.owner_unit_id, "head"),
    "event_unit": lambda who, it: holds(who, it.owner_unit_id, OWN.get(it.owner_unit_id, "unit")),
    "answers": lambda who, it: it.owner_id == who.unit_id,
    "secretariat": lambda who, it: who.unit_kind == "office",
    "watch": lambda who, it: who.unit_kind == "office" and holds(who, who.unit_id, "watch"),
    "duty": lambda who, it: holds(who, it.owner_unit_id, "duty"),
    "bureau": lambda who, it: (
        who.unit_kind == "source_bureau"
        and (it is None or (it.kind == "mark" and holds(who, it.owner_unit_id, "unit")))
    ),
    "target_unit": lambda who, it: (
        holds(who, it.owner_unit_id, "unit") and bool(roles(who) & {"investigator", "unit_head"})
    ),
    "manager": lambda who, it: "registry_manager" in roles(who) and holds(who, who.unit_id, "registry"),
    "another": lambda who, it: it != who.id,
    "not_asker": lambda who, it: it.asked_by != who.id and it.apart,
    "asker_head": lambda who, it: it.asked_by == who.id and holds(who, it.unit_id, "head"),
    "key_head": key_head,
    "second": lambda who, it: key_head(who, it) and who.id not in (it.asked_by, it.agent_id) and it.apart,
}


def stands(cell: str, who: Agent, it: Any) -> bool:
    """Whether an agent is one of those that a cell of the column names."""
    return any(STANDING[word](who, it) for word in words(cell))
