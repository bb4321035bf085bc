"""Addresses (T-6) and direct SQL (T-7 with P-14)."""

from __future__ import annotations

from .acting import has_purpose, live, roles, session_valid, working_roles
from .clauses import may
from .fields import table_of
from .reading import party, reads, sides_of, works_on
from .tables import ROUTES, ROWS, VERBS, Row, action_row, role_set
from .terms import (
    Agent,
    Agreement,
    Answer,
    Association,
    Case,
    Child,
    Contact,
    DealPoint,
    Evidence,
    Habilitation,
    HitSide,
    ImportFile,
    Judgement,
    Mandate,
    Message,
    Notice,
    Object,
    Objective,
    Page,
    Person,
    Release,
    Report,
    Selector,
    Session,
    World,
)
from .working import case_unit, cell, holder, holds, lead, of_own_unit, prosecutor

# Two addresses ask one action for both methods, yet others than its `who` read there (P-26, P-63): a GET only reads.
READ_BY_GET = frozenset({"judgement-page", "agreement-page"})
# The two verbs that lead a point to ACTIVE, and from where (after the table of verbs).
POINT_VERBS = {
    "confirmer": frozenset({"REPORTED", "TO_VERIFY", "REOCCUPIED"}),
    "reprendre": frozenset({"TARGETED", "DISRUPTED"}),
}
# What the prose does not decide; refused here (P-1).
UNDECIDED = frozenset({("notices_notice", "I"), ("crosscheck_agreement", "I")})


def _before(world: World, agent: Agent | None, route: Row, session: Session | None) -> Answer:
    if route["roles"] == "public":
        return "yes"
    if agent is None or not live(world, agent) or (session is not None and not session_valid(world, agent, session)):
        return "signin"
    if route["purpose"] == "yes" and not has_purpose(world, agent):
        return "purpose"
    return "yes" if roles(world, agent) & role_set(route["roles"]) else "forbidden"


def _of_contact(world: World, agent: Agent, contact: Object, action: str, other: object) -> Answer:
    if not isinstance(contact, Contact):
        return "absent"
    sides = [one for one in sides_of(world, contact.hit) if reads(world, agent, "hit", one)]
    answers = [may(world, agent, "hit", one, action, other=other) for one in sides]
    for best in ("yes", "conflict"):
        if best in answers:
            return "yes" if best == "yes" else "conflict"
    # The record of a side for which he speaks, and which he does not read (P-60).
    return "absent" if "absent" in answers else "forbidden"


def opens(
    world: World,
    agent: Agent | None,
    route: str,
    method: str,
    obj: Object | None = None,
    *,
    verb: str = "",
    session: Session | None = None,
    other: object = None,
) -> Answer:
    """Answer a request to an address of T-6, in the order of P-2."""
    row = ROUTES.get(route)
    if row is None:
        return "absent"
    first = _before(world, agent, row, session)
    if first != "yes":
        return first
    if method not in row["methods"].split():
        return "method"
    if agent is None or row["roles"] == "public":
        return "yes"
    kind, action, to = row["object"], row["action"], None
    if action == "verb":
        found = VERBS.get((route, verb))
        if found is None:
            return "absent"
        action, to = found["action"], None if found["to"] == "-" else found["to"]
        if verb in POINT_VERBS and isinstance(obj, DealPoint) and reads(world, agent, kind, obj):
            return _to_active(world, agent, obj, POINT_VERBS[verb])
    if method != "POST" and route in READ_BY_GET:
        action = "read"
    return _on_object(world, agent, row, obj, (kind, action, to, other))


def _to_active(world: World, agent: Agent, point: DealPoint, states: frozenset[str]) -> Answer:
    if not cell(world, agent, point):
        return "forbidden"
    return "yes" if point.state in states else "conflict"


def _on_object(
    world: World, agent: Agent, row: Row, obj: Object | None, wanted: tuple[str, str, str | None, object]
) -> Answer:
    kind, action, to, other = wanted
    if obj is None and ("<uuid:id>" in row["address"] or row["route"] == "dealpoint-new"):
        return "absent"
    if obj is None or kind == "page":
        if kind not in ("page", "figure"):
            return "yes"
        return may(world, agent, kind, obj or Page(), action, to=to, other=other)
    if not reads(world, agent, kind, obj):
        return "absent"
    if kind == "contact" and action_row(action, kind) is None and action_row(action, "hit") is not None:
        return _of_contact(world, agent, obj, action, other)
    return may(world, agent, kind, obj, action, to=to, other=other)


def _report_of(world: World, obj: Object) -> Report | None:
    match obj:
        case Report():
            return obj
        case Person() | Selector():
            return world.reports.get(obj.report)
        case Child():
            return world.reports.get(obj.parent)
    return None


def _named_writer(obj: Object) -> str | None:
    match obj:
        case Report() | Message() | Child():
            return obj.author
        case ImportFile():
            return obj.uploaded_by
        case DealPoint() | Objective():
            return obj.proposed_by
        case Evidence():
            return obj.attached_by
        case Agreement():
            return obj.asked_by
        case Mandate():
            return obj.agent
    return None


def _changes_point(world: World, agent: Agent, point: DealPoint | None, operation: str, first: bool) -> bool:
    if point is None:
        return False
    row = action_row("dealpoint.propose", "report")
    if operation == "I" and first and row is not None:
        proposer = point.proposed_by == agent.id and point.owner == agent.unit
        return proposer and _writes_as(world, agent, row)
    return cell(world, agent, point)


def _changes_objective(world: World, agent: Agent, one: Objective | None, operation: str, first: bool) -> bool:
    if one is None:
        return False
    row = action_row("objective.propose", "page")
    if operation == "I" and first and row is not None:
        proposer = one.proposed_by == agent.id and one.owner == agent.unit
        return proposer and _writes_as(world, agent, row)
    return cell(world, agent, one) or prosecutor(world, agent, one) or lead(world, agent, one)


def _writes_reports(world: World, agent: Agent) -> bool:
    row = action_row("report.create", "page")
    return row is not None and _writes_as(world, agent, row)


def _writes_as(world: World, agent: Agent, row: Row) -> bool:
    return bool(working_roles(world, agent) & role_set(row["roles"])) and of_own_unit(world, agent)


def _keeps_deposit(before: Report, after: Report) -> bool:
    if before.state == "DRAFT":
        return before.author == after.author and before.owner == after.owner
    kept = (after.author, after.owner, after.import_file) == (before.author, before.owner, before.import_file)
    judicial = before.frame == "judicial"
    stays = not judicial or (after.frame == "judicial" and after.case == before.case)
    return kept and stays and after.state != "DRAFT"


def _writes_child(world: World, agent: Agent, row: Child, operation: str) -> bool:
    match row.table:
        case "cases_magistratechange":
            above = world.cases.get(row.parent)
            return above is not None and case_unit(world, agent, above)
        case "coordination_step":
            return _changes_objective(world, agent, world.objectives.get(row.parent), operation, row.number == 1)
        case "coordination_decision":
            one = world.objectives.get(row.parent)
            return one is not None and row.court == one.court and prosecutor(world, agent, one)
        case "dealpoints_statechange":
            return _changes_point(world, agent, world.points.get(row.parent), operation, row.number == 1)
        case "crosscheck_weakanswer":
            side = world.sides.get(row.parent)
            return side is not None and holder(world, agent, side)
        case "intelligence_importrefusal":
            return True
    return works_on(world, agent, _report_of(world, row))


def _allowed(world: World, agent: Agent, row: Object, operation: str) -> bool:
    mine = roles(world, agent)
    match row:
        case Report() | Person() | Selector():
            return works_on(world, agent, _report_of(world, row))
        case Child():
            return _writes_child(world, agent, row, operation)
        case Case():
            return case_unit(world, agent, row)
        case DealPoint():
            return _changes_point(world, agent, row, operation, True)
        case Objective():
            return _changes_objective(world, agent, row, operation, True)
        case Contact():
            return party(world, agent, row)
        case Message() | Release():
            return party(world, agent, world.contacts.get(row.contact))
        case Habilitation():
            return "designating_authority" in mine and row.agent != agent.id
        case Agent():
            return "designating_authority" in mine and row.id != agent.id
        case ImportFile() if operation == "I":
            return row.owner == agent.unit
        case Mandate():
            return has_purpose(world, agent)
        case ImportFile() | Evidence() | Agreement() | Judgement() | Notice():
            return True
        case Association() | HitSide():
            return False
    return False


def _own_name(world: World, agent: Agent, row: Object, operation: str) -> bool:
    unnamed = isinstance(row, Child) and row.table == "intelligence_importrefusal"
    writer = _named_writer(row)
    if operation != "I" or unnamed or isinstance(row, Case | Release | Habilitation | Agent | Person | Selector):
        return not (isinstance(row, Case) and operation == "I" and row.owner != agent.unit)
    return writer == agent.id


def writes(world: World, agent: Agent, table: str, operation: str, row: Object, *, after: Object | None = None) -> bool:
    """Say whether direct SQL (`S`, `I`, `U` or `D`) may do this, as far as T-7 and P-14 decide it."""
    known = ROWS.get(table)
    if known is None or known["read"] == "closed" or operation not in known["app"] or known["app"] == "none":
        return False
    if known["read"] == "public":
        return operation == "S" and live(world, agent)
    if table_of(row) != table or not live(world, agent):
        return False
    if operation == "S":
        return reads(world, agent, table, row)
    if not has_purpose(world, agent) or (table, operation) in UNDECIDED or not reads(world, agent, table, row):
        return False
    if not _own_name(world, agent, row, operation) or not _allowed(world, agent, row, operation):
        return False
    if isinstance(row, Report) and operation == "I":
        return row.state in ("DRAFT", "SUBMITTED") and row.owner == agent.unit and _writes_reports(world, agent)
    if after is None:
        return True
    if isinstance(row, Report) and isinstance(after, Report):
        deposited = row.state == "DRAFT" and after.state != "DRAFT"
        if not _keeps_deposit(row, after) or (deposited and not _writes_reports(world, agent)):
            return False
    return type(after) is type(row) and _allowed(world, agent, after, operation)


__all__ = ["UNDECIDED", "holds", "opens", "writes"]
