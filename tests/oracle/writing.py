"""Direct SQL of the application's role: what T-7 and P-14 let it write, at most."""

from __future__ import annotations

from collections.abc import Mapping

from .acting import has_purpose, live, roles, working_roles
from .clauses import may
from .fields import table_of
from .reading import party, reads, sides_of, works_on
from .tables import ROWS, Row, action_row, role_set
from .terms import (
    Agent,
    Agreement,
    Association,
    Case,
    Child,
    Contact,
    DealPoint,
    Event,
    Evidence,
    Figure,
    Habilitation,
    HitSide,
    ImportFile,
    Judgement,
    Mandate,
    Message,
    Notice,
    Object,
    Objective,
    Person,
    Presence,
    Release,
    Report,
    Selector,
    Target,
    World,
)
from .working import (
    arbiter,
    case_unit,
    cell,
    event_unit,
    fed,
    file_head,
    frozen,
    holder,
    holds,
    in_charge,
    judge,
    lead,
    manager,
    near,
    of_own_unit,
    point_lead,
    prosecutor,
    speaks,
    spoken,
    target_unit,
    two_procedures,
)

OPENED = frozenset({"OPENED", "RUNNING"})


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
        case Report() | Message() | Child() | Event() | Presence():
            return obj.author
        case ImportFile():
            return obj.uploaded_by
        case DealPoint() | Objective():
            return obj.proposed_by
        case Evidence():
            return obj.attached_by
        case Agreement():
            return obj.asked_by
        case Target():
            return obj.requested_by
        case Mandate():
            return obj.agent
        case Figure():
            return obj.by
    return None


def _works_as(world: World, agent: Agent, row: Row | None) -> bool:
    """Say whether he works in a role of this row of T-4 (P-81) and holds the own key of his unit (P-86)."""
    return row is not None and bool(working_roles(world, agent) & role_set(row["roles"])) and of_own_unit(world, agent)


# Reports
def _new_report(world: World, agent: Agent, row: Report) -> bool:
    if row.owner != agent.unit or row.state not in ("DRAFT", "SUBMITTED"):
        return False
    if row.author == agent.id:
        return _works_as(world, agent, action_row("report.create", "page"))
    # The line of a file that its head opened: of whoever handed the file in (P-75).
    file = world.imports.get(row.import_file or "")
    opened = file is not None and file.state in OPENED and (file.owner, file.uploaded_by) == (row.owner, row.author)
    return opened and _works_as(world, agent, action_row("import.run", "import"))


def _kept(before: Report, after: Report) -> bool:
    """Say whether a report keeps what P-37 lets nobody change."""
    if before.state == "DRAFT":
        return before.author == after.author and before.owner == after.owner
    fixed = ("author", "owner", "ref", "submitted", "import_file")
    kept = all(getattr(before, name) == getattr(after, name) for name in fixed)
    judicial = before.frame == "judicial"
    stays = not judicial or (after.frame == "judicial" and after.case == before.case)
    return kept and stays and after.state != "DRAFT"


def _changed_report(world: World, agent: Agent, before: Report, after: Report) -> bool:
    deposited = before.state == "DRAFT" and after.state != "DRAFT"
    return _kept(before, after) and (not deposited or _works_as(world, agent, action_row("report.create", "page")))


# Points and objectives
def _changes_point(world: World, agent: Agent, point: DealPoint | None, operation: str, first: bool) -> bool:
    if point is None:
        return False
    if operation == "I" and first:
        proposer = point.proposed_by == agent.id and point.owner == agent.unit
        return proposer and _works_as(world, agent, action_row("dealpoint.propose", "report"))
    return cell(world, agent, point)


def _changes_objective(world: World, agent: Agent, one: Objective | None, operation: str, first: bool) -> bool:
    if one is None:
        return False
    if operation == "I" and first:
        proposer = one.proposed_by == agent.id and one.owner == agent.unit
        return proposer and _works_as(world, agent, action_row("objective.propose", "page"))
    return cell(world, agent, one) or prosecutor(world, agent, one) or lead(world, agent, one)


def _writes_target(world: World, agent: Agent, one: Target, operation: str) -> bool:
    """Asked for by its unit; changed by its unit and by the manager (P-14, P-121)."""
    if operation == "I":
        return target_unit(world, agent, one) and one.owner == agent.unit
    return target_unit(world, agent, one) or manager(world, agent, one)


def _evidence(world: World, agent: Agent, row: Evidence, operation: str) -> bool:
    """Say whether he attaches it for his unit; nobody changes it (P-14)."""
    return operation == "I" and row.attached_by == agent.id and row.attached_unit == agent.unit


# Exchanges
def _giving(world: World, question: Agreement) -> list[HitSide]:
    release = world.releases.get(question.release)
    contact = world.contacts.get(release.contact) if release else None
    if release is None or contact is None:
        return []
    return [one for one in sides_of(world, contact.hit) if one.side == release.giving_side]


def _agreement(world: World, agent: Agent, row: Agreement, operation: str) -> bool:
    """Asked by a holder of the giving side; answered by the magistrate named; taken back by the giving side (P-14)."""
    if operation == "I":
        return any(holder(world, agent, one) for one in _giving(world, row))
    return in_charge(world, agent, row) or any(speaks(world, agent, one) for one in _giving(world, row))


def settles(world: World, agent: Agent, contact: Contact) -> bool:
    """Say whether he may write a contact as settled (P-55, P-56): its authority, or a side what the other proposed."""
    if arbiter(world, agent, contact):
        return not two_procedures(world, contact)
    proposed = contact.proposed_side
    return proposed is not None and bool(spoken(world, agent, contact) - {proposed})


def _told_of(world: World, agent: Agent, notice: Notice) -> bool:
    """Say whether he reads what the notice is about; which room tells whom is not of the page (P-14)."""
    homes: dict[str, Mapping[str, Object]] = {
        "report": world.reports, "import": world.imports, "case": world.cases, "target": world.targets,
        "event": world.events, "hit": world.sides,
        "judgement": world.judgements, "contact": world.contacts, "agreement": world.agreements,
        "dealpoint": world.points, "objective": world.objectives,
    }  # fmt: skip
    found = homes.get(notice.record_kind, {}).get(notice.record or "")
    return found is not None and reads(world, agent, notice.record_kind, found)


def _writes_after(world: World, agent: Agent, row: Child) -> bool:
    """What was planned and seen after an operation (P-160, P-161)."""
    above = world.children.get(row.parent)
    point = world.points.get(above.parent if above else row.parent)
    if point is None or not _works_as(world, agent, action_row("followup.answer", "dealpoint")):
        return False
    if row.table == "coordination_answer":
        return near(world, agent, point)
    owns = above is not None and above.owner is not None and holds(world, agent, above.owner, "unit")
    return cell(world, agent, point) or point_lead(world, agent, point) or owns


def _writes_of_plan(world: World, agent: Agent, row: Figure) -> bool:
    """Fed by whose unit answers, a value under his own evidence; the committee's by its secretariat (P-185, P-186)."""
    if row.table in ("plan_evidence", "plan_value"):
        proof = world.figures.get(row.above)
        own = row.table == "plan_evidence" or (proof is not None and proof.by == agent.id)
        return own and may(world, agent, "figure", row, "plan.feed") == "yes"
    if row.table == "plan_decision" and (fed(world, agent, row.measure) or frozen(world, row.above)):
        return False
    return row.table != "plan_card" and may(world, agent, "figure", row, "plan.preside") == "yes"


def _writes_child(world: World, agent: Agent, row: Child, operation: str) -> bool:
    match row.table:
        case "cases_magistratechange":
            above = world.cases.get(row.parent)
            return above is not None and case_unit(world, agent, above)
        case "targets_targetstep":
            one = world.targets.get(row.parent)
            return one is not None and _writes_target(world, agent, one, "U")
        case "coordination_step":
            return _changes_objective(world, agent, world.objectives.get(row.parent), operation, row.number == 1)
        case "coordination_decision":
            aim = world.objectives.get(row.parent)
            return aim is not None and row.court == aim.court and prosecutor(world, agent, aim)
        case "coordination_answer" | "coordination_measure" | "coordination_measurestep":
            return _writes_after(world, agent, row)
        case "dealpoints_statechange":
            return _changes_point(world, agent, world.points.get(row.parent), operation, row.number == 1)
        case "dealpoints_price":
            return _works_as(world, agent, action_row("dealpoint.price", "dealpoint"))
        case "crosscheck_finding":
            put = world.judgements.get(row.parent)
            return put is not None and put.state == "ANSWERED" and judge(world, agent, put)
        case "crosscheck_weakanswer":
            side = world.sides.get(row.parent)
            return side is not None and holder(world, agent, side)
        case "intelligence_importrefusal":
            return True
    return works_on(world, agent, _report_of(world, row))


def _allowed(world: World, agent: Agent, row: Object, operation: str) -> bool:
    mine = roles(world, agent)
    match row:
        case Report() if operation == "I":
            return _new_report(world, agent, row)
        case Report() | Person() | Selector():
            return works_on(world, agent, _report_of(world, row))
        case Child():
            return _writes_child(world, agent, row, operation)
        case Case():
            return case_unit(world, agent, row) and (operation != "I" or row.owner == agent.unit)
        case Target():
            return _writes_target(world, agent, row, operation)
        case Event() | Presence():
            return event_unit(world, agent, row) and (operation != "I" or row.owner == agent.unit)
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
        case ImportFile():
            return operation != "I" or row.owner == agent.unit
        case Judgement():
            return row.state == "ASKED"
        case Figure():
            return _writes_of_plan(world, agent, row)
        case Evidence():
            return _evidence(world, agent, row, operation)
        case Agreement():
            return _agreement(world, agent, row, operation)
        case Notice() if operation == "I":
            return _told_of(world, agent, row)
        case Mandate() | Notice():
            return True
    return False


UNNAMED = (Case, Release, Habilitation, Agent, Person, Selector, Notice)


def _own_name(agent: Agent, row: Object) -> bool:
    line = isinstance(row, Report) and row.import_file is not None
    refusal = isinstance(row, Child) and row.table == "intelligence_importrefusal"
    return line or refusal or isinstance(row, UNNAMED) or _named_writer(row) == agent.id


def _changed(world: World, agent: Agent, before: Object, after: Object) -> bool:
    """Say whether the row may become this one."""
    match before, after:
        case Report(), Report():
            return _changed_report(world, agent, before, after) and works_on(world, agent, before)
        case Contact(), Contact() if after.state == "RESOLVED" != before.state:
            return settles(world, agent, before)
        case ImportFile(), ImportFile() if after.state in OPENED and before.state not in OPENED:
            return before.state == "CHECKED" and file_head(world, agent, before)
    return type(after) is type(before) and _allowed(world, agent, after, "U")


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
    if not has_purpose(world, agent) or isinstance(row, Association | HitSide):
        return False
    # A notice is for somebody else, a new row is read once it is written: of these the rule of its kind is asked.
    if (operation == "U" or not isinstance(row, Notice)) and not reads(world, agent, table, row):
        return False
    if operation == "I" and not _own_name(agent, row):
        return False
    if not _allowed(world, agent, row, operation):
        return False
    return after is None or _changed(world, agent, row, after)


__all__ = ["settles", "writes"]
