"""Who works (sections 6, 8, 9): each word of `who`, and each action of T-4 with its moves of T-5."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .acting import has_purpose, keys, live, own_capacity, roles, working_roles, works
from .reading import both_told, cells_read, manages, office_reads, reads, record_of, relay_of, side_author, sides_of
from .tables import MOVES, Row, action_row, role_set
from .terms import (
    Agent,
    Agreement,
    Answer,
    Case,
    Contact,
    DangerSide,
    DealPoint,
    Event,
    Figure,
    HitSide,
    ImportFile,
    Judgement,
    Key,
    Object,
    Objective,
    Opinion,
    Presence,
    Report,
    Settlement,
    Target,
    World,
)

Who = Callable[[World, Agent, Object], bool]
# Rows of T-4 for which a role of a cell counts outside a cell too (P-81); for every other row it is no role.
READING = frozenset({"read", "list", "search", "print", "board.read"})
# What a row of T-4 says when it asks for no role in particular.
NO_ROLE = frozenset({"any", "everyone", "public"})
NO_PURPOSE = frozenset({"purpose.declare", "session.end", "reference.read", "tool.use"})


@dataclass(frozen=True)
class Ask:
    """What is asked for: the agent, the object, and what the action names besides."""

    world: World
    agent: Agent
    obj: Object
    to: str | None = None
    other: object = None
    new_selectors: int = 0
    new_persons: int = 0


def holds(world: World, agent: Agent, unit: str | None, capacity: str) -> bool:
    """Say whether the agent holds the key of a unit in a capacity."""
    return unit is not None and Key("unit", unit, capacity) in keys(world, agent)


def of_own_unit(world: World, agent: Agent) -> bool:
    """Say whether the agent holds the own key of his unit (P-86)."""
    return holds(world, agent, agent.unit, own_capacity(world.units.get(agent.unit or "")))


# Reports (section 6)
def writers(report: Report) -> frozenset[str]:
    """Give who wrote a report: its author and the author of its assessment (P-84)."""
    more = {report.assessment_author} if report.assessment_author else set()
    return frozenset({report.author} | more)


def author(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent wrote the report and is in its owner unit today (P-31)."""
    return isinstance(obj, Report) and obj.author == agent.id and obj.owner == agent.unit


def owner_head(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent is the head of the owner unit of the report, or of the event (P-32, P-111)."""
    mine = roles(world, agent) & {"unit_head", "cross_head"}
    return isinstance(obj, Report | Event) and bool(mine) and holds(world, agent, obj.owner, "head")


def _desk(world: World, agent: Agent, obj: Object, in_cell: frozenset[str]) -> bool:
    if not isinstance(obj, Report) or agent.id in writers(obj):
        return False
    mine = roles(world, agent)
    if obj.departments and cells_read(world, obj):
        unit = world.units.get(agent.unit or "")
        # A cell that has shut handles nothing any more, though its people still read.
        if unit is None or unit.kind != "cross" or not works(unit, world.today):
            return False
        return bool(unit.departments & obj.departments and mine & in_cell)
    if not obj.departments and office_reads(world, obj):
        return "ofast_analyst" in mine
    return owner_head(world, agent, obj)


def handler(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent handles the report (P-33)."""
    return _desk(world, agent, obj, frozenset({"cross_analyst", "cross_head"}))


def validator(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent validates the report (P-34)."""
    return _desk(world, agent, obj, frozenset({"cross_head"}))


# Hits and contacts (section 8)
def _holder(world: World, agent: Agent, side: HitSide) -> bool:
    if record_of(world, side) is None or not side.told:
        return False
    own = Key("agent", agent.id, "agent", side.owner) in keys(world, agent)
    return (own and side_author(world, side) == agent.id) or holds(world, agent, side.owner, "duty")


def holder(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent holds the record of a side (P-50)."""
    return isinstance(obj, HitSide) and _holder(world, agent, obj)


def speaks(world: World, agent: Agent, side: HitSide) -> bool:
    """Say whether the agent speaks for a side (P-50)."""
    if record_of(world, side) is None:
        return False
    relay = relay_of(world, side) if both_told(world, side) else None
    return _holder(world, agent, side) or holds(world, agent, relay, "duty")


def spoken(world: World, agent: Agent, contact: Contact) -> frozenset[str]:
    """Give the sides of a contact for which the agent speaks."""
    return frozenset(side.side for side in sides_of(world, contact.hit) if speaks(world, agent, side))


def speaker(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent speaks for this side, or for a side of this contact, of this settlement's (P-50, P-140)."""
    if isinstance(obj, Settlement):
        return bool(settled_by(world, agent, obj))
    if isinstance(obj, Contact):
        return bool(spoken(world, agent, obj))
    return isinstance(obj, HitSide) and speaks(world, agent, obj)


def settled_by(world: World, agent: Agent, one: Settlement) -> frozenset[str]:
    """Give the sides for which the agent speaks in the contact of a settlement (P-140)."""
    contact = world.contacts.get(one.contact)
    return spoken(world, agent, contact) if contact else frozenset()


def arbiter(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent is the authority with which the contact is now (P-56)."""
    if not isinstance(obj, Contact):
        return False
    where = {
        "ESCALATED_CELL": (obj.carried_cell, "cell_head"),
        "ESCALATED_OFFICE": (obj.carried_office, "office"),
        "ESCALATED_PROSECUTOR": (obj.carried_prosecutor, "prosecutor"),
    }
    unit, capacity = where.get(obj.state, (None, ""))
    return holds(world, agent, unit, capacity)


def two_procedures(world: World, contact: Contact) -> bool:
    """Say whether both records are judicial, of two cases: no authority settles then (P-56)."""
    records = [record_of(world, side) for side in sides_of(world, contact.hit)]
    return len({one.case for one in records if isinstance(one, Report) and one.frame == "judicial"}) > 1


def two_registrations(world: World, contact: Contact) -> bool:
    """Say whether two registrations met: they are settled as such, and by no other word (P-140)."""
    records = [record_of(world, side) for side in sides_of(world, contact.hit)]
    return len(records) > 1 and all(isinstance(one, Target) for one in records)


def judge(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent judges the weak pair (P-57)."""
    if not isinstance(obj, Judgement):
        return False
    return holds(world, agent, obj.unit, "cell") or holds(world, agent, obj.unit, "office")


def in_charge(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent is the magistrate named in the question (P-63, P-141)."""
    if not isinstance(obj, Agreement | Opinion) or obj.magistrate != agent.id:
        return False
    case = world.cases.get(obj.case) if isinstance(obj, Agreement) else None
    court = obj.court if isinstance(obj, Opinion) else case.court if case else None
    there = court is not None and court == agent.unit
    return there and bool(roles(world, agent) & {"prosecutor", "examining_judge"})


# The rest (section 9)
LED = frozenset(
    {"ALLOCATED", "UNDER_INVESTIGATION", "SUSPENDED", "OPERATION_PLANNED", "EXECUTED", "JUDICIAL_OUTCOME", "FOLLOW_UP"}
)


def _of_cells(world: World, agent: Agent, obj: Object, capacity: str) -> bool:
    if not isinstance(obj, DealPoint | Objective):
        return False
    if not obj.cells:
        return holds(world, agent, agent.unit, "office")
    return any(holds(world, agent, cell, capacity) for cell in obj.cells)


def cell(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent is of a cell of the point or the objective (P-71)."""
    return _of_cells(world, agent, obj, "cell")


def cell_head(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent heads a cell of the point or the objective (P-71)."""
    return _of_cells(world, agent, obj, "cell_head")


def prosecutor(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent is of the prosecutor's office of the objective's court (P-72)."""
    if not isinstance(obj, Objective) or obj.proposed_by == agent.id:
        return False
    return "prosecutor" in roles(world, agent) and holds(world, agent, obj.court, "prosecutor")


def lead(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent is of the lead service of the objective (P-72)."""
    return isinstance(obj, Objective) and any(holds(world, agent, one, "unit") for one in (obj.lead, obj.joint))


def point_lead(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent is of the lead service of a live objective on the point (P-160)."""
    if not isinstance(obj, DealPoint):
        return False
    led = (one for one in world.objectives.values() if one.origin_kind == "dealpoint" and one.origin == obj.id)
    return any(one.state in LED and lead(world, agent, one) for one in led)


def near(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent is of the point's cells or of their territory (P-161)."""
    return _of_cells(world, agent, obj, "cell") or _of_cells(world, agent, obj, "territory")


def file_head(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent heads the unit of the file (P-75)."""
    mine = roles(world, agent) & {"unit_head", "cross_head"}
    return isinstance(obj, ImportFile) and bool(mine) and holds(world, agent, obj.owner, "head")


def file_unit(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent is of the unit of the file (P-75)."""
    return isinstance(obj, ImportFile) and agent.unit == obj.owner


def case_unit(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent holds `unit` of the case's unit (P-76)."""
    return isinstance(obj, Case) and holds(world, agent, obj.owner, "unit")


def case_head(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent holds `head` of the case's unit (P-76)."""
    return isinstance(obj, Case) and holds(world, agent, obj.owner, "head")


def event_unit(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent holds the own capacity of the event's, or the line's, unit (P-110, P-150)."""
    return isinstance(obj, Event | Presence) and holds(
        world, agent, obj.owner, own_capacity(world.units.get(obj.owner))
    )


def bureau(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent is of the source bureau and, of an event, whether it is a mark of his unit (P-112)."""
    unit = world.units.get(agent.unit or "")
    if unit is None or unit.kind != "source_bureau":
        return False
    return not isinstance(obj, Event) or (obj.kind == "mark" and holds(world, agent, obj.owner, "unit"))


def target_unit(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent is of the unit of a registration and investigates or heads (P-121)."""
    mine = roles(world, agent) & {"investigator", "unit_head"}
    return isinstance(obj, Target) and bool(mine) and holds(world, agent, obj.owner, "unit")


def manager(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent manages the registry (P-121), of a conflict that of the office that works today (P-140)."""
    if isinstance(obj, Settlement):
        return manages(world, agent)
    managing = "registry_manager" in roles(world, agent) and holds(world, agent, agent.unit, "registry")
    return isinstance(obj, Target) and managing


def duty(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent holds `duty` of the unit of this side of a danger (P-130)."""
    return isinstance(obj, DangerSide) and holds(world, agent, obj.owner, "duty")


def watch(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent keeps the watch of his unit, which is the office (P-131)."""
    unit = world.units.get(agent.unit or "")
    there = unit is not None and unit.kind == "office" and holds(world, agent, unit.id, "watch")
    return there and "watch_desk" in roles(world, agent)


def answers(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent's unit answers for the measure (P-185)."""
    return isinstance(obj, Figure) and agent.unit is not None and agent.unit == obj.answers


def frozen(world: World, meeting: str) -> bool:
    """Say whether the board of a meeting is frozen (P-186)."""
    return any(one.table == "plan_snapshot" and one.above == meeting for one in world.figures.values())


def fed(world: World, agent: Agent, measure: int) -> bool:
    """Say whether the agent himself fed a measure (P-186)."""
    shown = (one for one in world.figures.values() if one.table == "plan_evidence" and one.measure == measure)
    return any(one.by == agent.id for one in shown)


def secretariat(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the agent is of the office (P-186)."""
    unit = world.units.get(agent.unit or "")
    return unit is not None and unit.kind == "office"


def another(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether the account is not the agent's own."""
    return isinstance(obj, Agent) and obj.id != agent.id


def _nobody(world: World, agent: Agent, obj: Object) -> bool:
    return False


def _anybody(world: World, agent: Agent, obj: Object) -> bool:
    return True


def _reader(world: World, agent: Agent, obj: Object) -> bool:
    return reads(world, agent, "", obj)


WHO: dict[str, Who] = {
    "any": _anybody,
    "author": author,
    "owner_head": owner_head,
    "handler": handler,
    "validator": validator,
    "matcher": _nobody,
    "retention": _nobody,
    "holder": holder,
    "speaker": speaker,
    "arbiter": arbiter,
    "judge": judge,
    "in_charge": in_charge,
    "cell": cell,
    "cell_head": cell_head,
    "prosecutor": prosecutor,
    "lead": lead,
    "point_lead": point_lead,
    "near": near,
    "file_head": file_head,
    "file_unit": file_unit,
    "case_unit": case_unit,
    "case_head": case_head,
    "event_unit": event_unit,
    "bureau": bureau,
    "target_unit": target_unit,
    "manager": manager,
    "duty": duty,
    "watch": watch,
    "answers": answers,
    "secretariat": secretariat,
    "another": another,
    "reader": _reader,
}


def is_one_of(ask: Ask, words: str) -> bool:
    """Say whether the agent is one of the persons of a cell `who`."""
    return any(WHO[word](ask.world, ask.agent, ask.obj) for word in words.split())


def state_of(obj: Object) -> str:
    """Give the state of an object, or nothing where it has none."""
    return str(getattr(obj, "state", ""))


def move(ask: Ask, kind: str) -> Answer:
    """Answer a move by T-5: the person before the state."""
    rows = [row for row in MOVES if row["object"] == kind and row["to"] == ask.to]
    here = [row for row in rows if row["from"] == state_of(ask.obj)]
    if any(is_one_of(ask, row["who"]) for row in here):
        return "yes"
    elsewhere = any(is_one_of(ask, row["who"]) for row in rows)
    return "conflict" if elsewhere and not here else "forbidden"


def step(ask: Ask, kind: str, row: Row) -> Answer:
    """Answer the columns `who` and `state` of T-4."""
    if row["who"] == "T-5":
        return move(ask, kind)
    if not is_one_of(ask, row["who"]):
        return "forbidden"
    return "yes" if row["state"] == "any" or state_of(ask.obj) in row["state"].split() else "conflict"


def before(ask: Ask, kind: str, action: str) -> Answer | Row:
    """Answer what comes before the permission (P-2, a to d, then the roles of T-4), or give the row of the action."""
    row = action_row(action, kind)
    if row is None:
        return "forbidden"
    if row["roles"] == "public":
        return "yes"
    if not live(ask.world, ask.agent):
        return "signin"
    if action not in NO_PURPOSE and not has_purpose(ask.world, ask.agent):
        return "purpose"
    if row["object"] not in ("page", "figure") and not reads(ask.world, ask.agent, kind, ask.obj):
        return "absent"
    mine = roles(ask.world, ask.agent) if action in READING else working_roles(ask.world, ask.agent)
    if row["roles"] not in NO_ROLE and not mine & role_set(row["roles"]):
        return "forbidden"
    if "P-86" in row["clauses"].split() and not of_own_unit(ask.world, ask.agent):
        return "forbidden"
    return row
