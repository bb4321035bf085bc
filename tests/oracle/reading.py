"""Who reads (section 5): the keys on a row and the rules of the kinds that have none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

from . import lookup
from .acting import NOBODY, has_purpose, keys, live, of_agent, of_unit, own_capacity, roles, works
from .tables import ROLE_KEYS, ROWS, action_row, role_set
from .terms import (
    Agent,
    Agreement,
    Association,
    Case,
    Child,
    Contact,
    Danger,
    DangerSide,
    DealPoint,
    Disclosure,
    Entry,
    Event,
    Evidence,
    Figure,
    Habilitation,
    HitSide,
    ImportFile,
    Judgement,
    Key,
    Keys,
    Mandate,
    Message,
    Notice,
    Object,
    Objective,
    Opinion,
    Page,
    Person,
    Presence,
    Release,
    Report,
    Selector,
    Settlement,
    Target,
    World,
)

KNOWN_CODES = frozenset({"H0", "H1", "H2", "H3"})
OPEN_CODES = frozenset({"H0", "H1"})
LINES = frozenset({"both", "holder_only", "nobody"})


# Reports (5.1)
def codes(report: Report) -> tuple[frozenset[str], str]:
    """Give the codes that count and the line of H3 (P-15)."""
    if not report.handling:
        return frozenset({"H3"}), "nobody"
    if report.handling <= KNOWN_CODES:
        line = report.h3_line if report.h3_line in LINES else "nobody"
        return report.handling, line if "H3" in report.handling else ""
    return (report.handling & KNOWN_CODES) - {"H0"} | {"H3"}, "nobody"


def unit_silent(world: World, unit: str) -> bool:
    """Say whether a unit is silent; one that is not known counts as silent."""
    found = world.units.get(unit)
    return found is None or found.silent


def silent(world: World, report: Report) -> bool:
    """Say whether a report is silent, for every purpose (P-16)."""
    return report.silent_until is not None or unit_silent(world, report.owner)


def _line_opens(report: Report) -> bool:
    found, line = codes(report)
    return "H3" not in found or line == "both"


def cells_read(world: World, report: Report) -> bool:
    """Say whether the cells of the territory read a report (P-18)."""
    return not silent(world, report) and _line_opens(report)


def office_reads(world: World, report: Report) -> bool:
    """Say whether the office reads a report (P-19)."""
    return not silent(world, report) and codes(report)[0] <= OPEN_CODES


def recipients_read(world: World, report: Report) -> bool:
    """Say whether the recipients of a report read it (P-20)."""
    return not silent(world, report) and "H3" not in codes(report)[0]


def cells_of(world: World, report: Report) -> frozenset[str]:
    """Give the cells of a report's departments, as when it was last written."""
    if report.cells is not None:
        return report.cells
    day = report.written or world.today
    return frozenset(
        unit.id
        for unit in world.units.values()
        if unit.kind == "cross" and works(unit, day) and unit.departments & report.departments
    )


def _office(world: World, written: date | None) -> Keys:
    day = written or world.today
    found = [unit.id for unit in world.units.values() if unit.kind == "office" and works(unit, day)]
    return frozenset(Key("unit", one, "office") for one in found)


def _watch_keys(world: World) -> Keys:
    """Give the key of the watch desk of the office (P-131)."""
    return frozenset(Key("unit", key.holder, "watch") for key in _office(world, None))


def _target_keys(world: World, one: Target) -> Keys:
    """Give the keys of who reads a registration; they follow the magistrate of its procedure (P-120)."""
    case = world.cases.get(one.case)
    if one.state == "ERASED" or case is None:
        return NOBODY
    found = of_unit(one.owner, "unit") | of_agent(case.magistrate, case.court) | of_unit(case.court, "prosecutor")
    return found | frozenset(Key("unit", key.holder, "registry") for key in _office(world, None))


def _each(units: Iterable[str], capacity: str) -> Keys:
    return frozenset(Key("unit", one, capacity) for one in units)


def _own(world: World, unit: str) -> Keys:
    return of_unit(unit, own_capacity(world.units.get(unit)))


def _report_keys(world: World, report: Report) -> Keys:
    if report.state == "DRAFT":
        return of_agent(report.author, report.owner)
    if report.state == "ERASED":
        return NOBODY
    found = _own(world, report.owner)
    if cells_read(world, report):
        found |= _each(cells_of(world, report), "cell")
    if office_reads(world, report):
        found |= _office(world, report.written)
    if recipients_read(world, report):
        named = {
            one.to_unit
            for one in lookup.disclosures(world).get(report.id, ())
            if one.record_kind == "report" and one.from_unit == report.owner
        }
        for unit in report.recipients | named:
            found |= _own(world, unit)
    return found


# Hits and contacts (5.2, 8)
def sides_of(world: World, hit: str) -> list[HitSide]:
    """Give the sides of a pair that were told and whose record is not erased (P-24)."""
    return [one for one in lookup.sides(world).get(hit, ()) if one.told and record_of(world, one) is not None]


def record_of(world: World, side: HitSide) -> Report | Target | Event | None:
    """Give the own record of a side, a report, a registration or an event, unless it is erased."""
    record = side.record or ""
    found = world.reports.get(record) or world.targets.get(record) or world.events.get(record)
    return None if found is None or found.state == "ERASED" else found


def both_told(world: World, side: HitSide) -> bool:
    """Say whether this side and the other one were told of the hit (P-50)."""
    told = {one.side for one in lookup.sides(world).get(side.hit, ()) if one.told}
    return side.told and len(told) > 1


def side_author(world: World, side: HitSide) -> str | None:
    """Give the author of a side's record, unless it came from a file: of a registration who asked for it."""
    match record_of(world, side):
        case Report() as report:
            return report.author if report.import_file is None else None
        case Target() as target:
            return target.requested_by
        case Event() as event:
            return event.author
    return None


def relay_of(world: World, side: HitSide) -> str | None:
    """Give the desk that answers for a side, when another unit does and both sides are told (P-50)."""
    return side.relay if side.relay and side.relay != side.owner and both_told(world, side) else None


def _side_keys(world: World, side: HitSide) -> Keys:
    record = record_of(world, side)
    if record is None or not side.told:
        return NOBODY
    found = of_agent(side_author(world, side), side.owner) | of_unit(side.owner, "duty")
    found |= of_unit(relay_of(world, side), "duty")
    if isinstance(record, Event):
        return found | of_unit(side.owner, "unit")
    if isinstance(record, Target):
        return found
    if cells_read(world, record):
        found |= _each(cells_of(world, record), "cell")
    if office_reads(world, record):
        found |= _office(world, side.written)
    return found


def _judgement_keys(world: World, one: Judgement) -> Keys:
    """Give the key of the unit asked, as long as it reads both records (P-26, P-82)."""
    found = of_unit(one.unit, own_capacity(world.units.get(one.unit)))
    both = [world.reports.get(record) for record in (one.first, one.second)]
    return found if all(record and found & row_keys(world, "report", record) for record in both) else NOBODY


def authority_keys(contact: Contact) -> Keys:
    """Give the keys of the authorities to which a contact was ever carried (P-56)."""
    found = of_unit(contact.carried_cell, "cell_head") | of_unit(contact.carried_office, "office")
    return found | of_unit(contact.carried_prosecutor, "prosecutor")


def _contact_keys(world: World, contact: Contact) -> Keys:
    found = authority_keys(contact)
    for side in sides_of(world, contact.hit):
        found |= row_keys(world, "hit", side)
    return found


def party(world: World, agent: Agent, contact: Contact | None) -> bool:
    """Say whether the agent is a party of a contact (P-51)."""
    if contact is None:
        return False
    open_to = authority_keys(contact)
    for side in sides_of(world, contact.hit):
        open_to |= of_unit(side.owner, "duty") | of_agent(side_author(world, side), side.owner)
        open_to |= of_unit(relay_of(world, side), "duty")
    return bool(keys(world, agent) & open_to)


# The other rows with keys (T-3)
def _held(world: World, agent: str, unit: str, stored: str | None) -> Keys:
    if stored:
        return of_unit(unit, stored)
    person = world.agents.get(agent)
    if person and person.unit == unit:
        mine = roles(world, person)
        held = {row["capacity"] for row in ROLE_KEYS if row["role"] in mine and row["scope"] == "unit"}
        for capacity in ("unit", "cell", "office"):
            if capacity in held:
                return of_unit(unit, capacity)
    return _own(world, unit)


def _point_keys(world: World, point: DealPoint) -> Keys:
    found = _held(world, point.proposed_by, point.owner, point.held) | _each(point.cells, "cell")
    found |= _each(point.cells, "territory") | _each(point.courts, "prosecutor")
    return found | _office(world, point.written)


def _evidence_keys(world: World, one: Evidence) -> Keys:
    record = world.reports.get(one.record)
    found = _held(world, one.attached_by, one.attached_unit, one.held) | _office(world, one.written)
    if record:
        found |= _own(world, record.owner)
    for point in lookup.lives(world, one.point):
        found |= _each(point.cells, "cell")
    return found


def _objective_keys(world: World, one: Objective) -> Keys:
    found = _own(world, one.owner) | _each(one.cells, "cell") | _office(world, one.written)
    if one.sent:
        found |= of_unit(one.court, "prosecutor")
    if one.lead:
        found |= of_unit(one.lead, "unit") | _each(one.co_services, "unit")
    if one.joint:
        found |= of_unit(one.joint, "unit")
    return found


def _agreement_keys(world: World, one: Agreement) -> Keys:
    record = world.reports.get(one.record)
    case = world.cases.get(one.case)
    found = of_agent(one.magistrate, case.court if case else None) | of_unit(one.giving_unit, "duty")
    found |= of_agent(one.asked_by, one.giving_unit)
    return found | of_agent(record.author, record.owner) if record and record.import_file is None else found


def _computed(world: World, obj: Object) -> Keys:
    match obj:
        case Report():
            return _report_keys(world, obj)
        case ImportFile():
            return of_agent(obj.uploaded_by, obj.owner) | of_unit(obj.owner, "head")
        case Case():
            return of_unit(obj.owner, "unit") | of_agent(obj.magistrate, obj.court) | of_unit(obj.court, "prosecutor")
        case Target():
            return _target_keys(world, obj)
        case Event() | Presence():
            return _own(world, obj.owner)
        case Danger():
            return _watch_keys(world)
        case DangerSide():
            return _watch_keys(world) | of_unit(obj.owner, "duty") | of_unit(obj.relay, "duty")
        case HitSide():
            return _side_keys(world, obj)
        case Judgement():
            return _judgement_keys(world, obj)
        case Contact():
            return _contact_keys(world, obj)
        case Agreement():
            return _agreement_keys(world, obj)
        case DealPoint():
            return _point_keys(world, obj)
        case Evidence():
            return _evidence_keys(world, obj)
        case Objective():
            return _objective_keys(world, obj)
    return NOBODY


@lru_cache(maxsize=65536)
def row_keys(world: World, kind: str, obj: Object) -> Keys:
    """Give the reader keys that stand on a row (T-3), with the keys of the services joined to its cells (P-80)."""
    stamped: Keys | None = getattr(obj, "stamped", None)
    found = _computed(world, obj) if stamped is None else stamped
    cells = {key.holder for key in found if key.holder_kind == "unit" and key.capacity == "cell"}
    if isinstance(obj, Report):
        # Where the cell reads as one of `cells` (P-18); of an earlier day it is told by the mark and the line.
        reading = cells_read(world, obj) if stamped is None else obj.silent_until is None and _line_opens(obj)
        cells &= cells_of(world, obj) if reading else set()
    joined = (one for cell in cells for one in lookup.associations_of_cell(world).get(cell, ()))
    return found | frozenset(Key("association", one.id, "cell") for one in joined)


def works_on(world: World, agent: Agent, report: Report | None) -> bool:
    """Say whether the agent works on a report (P-30)."""
    if report is None or not reads(world, agent, "report", report):
        return False
    if agent.unit == report.owner or (not report.departments and "ofast_analyst" in roles(world, agent)):
        return True
    held = {key.holder for key in keys(world, agent) if key.holder_kind == "unit" and key.capacity == "cell"}
    mine = (world.units.get(one) for one in held)
    return any(one and one.kind == "cross" and one.departments & report.departments for one in mine)


def parent_of(world: World, obj: Person | Selector | Child) -> Object | None:
    """Give the row on which a child hangs (T-7, `parent`)."""
    if isinstance(obj, Person | Selector):
        return world.reports.get(obj.report)
    homes: dict[str, Mapping[str, Object]] = {
        "intelligence_report": world.reports,
        "intelligence_importfile": world.imports,
        "cases_case": world.cases,
        "targets_registeredtarget": world.targets,
        "coordination_objective": world.objectives,
        "dealpoints_dealpoint": world.points,
        "crosscheck_hitside": world.sides,
        "crosscheck_judgement": world.judgements,
        "deconfliction_settlement": world.settlements,
        "coordination_check": world.children,
        "coordination_measure": world.children,
    }
    how = ROWS.get(obj.table, {}).get("read", "")
    home = "intelligence_report" if obj.table == "intelligence_reportversion" else how.removeprefix("parent ")
    return homes.get(home, {}).get(obj.parent)


def _child(world: World, agent: Agent, obj: Person | Selector | Child) -> bool:
    above = parent_of(world, obj)
    if above is None:
        return False
    if isinstance(obj, Child) and obj.table == "intelligence_reportversion":
        return isinstance(above, Report) and works_on(world, agent, above)
    return reads(world, agent, "", above)


def _by_rule(world: World, agent: Agent, obj: Object) -> bool:
    mine = roles(world, agent)
    match obj:
        case Agent():
            same = agent.unit is not None and obj.unit == agent.unit
            return same or bool(mine & {"designating_authority", "dpo", "inspection"})
        case Habilitation():
            return obj.agent == agent.id or "designating_authority" in mine
        case Association():
            return bool(mine & {"designating_authority", "dpo"})
        case Mandate():
            return obj.agent == agent.id
        case Disclosure():
            end = agent.unit is not None and agent.unit in (obj.from_unit, obj.to_unit)
            return end and reads(world, agent, "report", world.reports.get(obj.record))
        case Entry():
            return bool(mine & {"dpo", "inspection"})
        case Figure():
            row = action_row("board.read", "figure")
            return row is not None and bool(mine & role_set(row["roles"])) and has_purpose(world, agent)
        case Page():
            return True
        case Notice():
            return obj.key in keys(world, agent)
        case Message() | Release():
            return party(world, agent, world.contacts.get(obj.contact))
        case Settlement():
            return party(world, agent, world.contacts.get(obj.contact)) or (obj.carried and manages(world, agent))
        case Opinion():
            own = Key("agent", obj.magistrate, "agent", obj.court)
            return own in keys(world, agent) or manages(world, agent)
    return False


def manages(world: World, agent: Agent) -> bool:
    """Say whether the agent keeps the registry of the office that works today (P-140)."""
    held = frozenset(Key("unit", key.holder, "registry") for key in _office(world, None))
    return "registry_manager" in roles(world, agent) and bool(held & keys(world, agent))


def reads(world: World, agent: Agent, kind: str, obj: Object | None) -> bool:
    """Say whether the agent reads this object; `kind` is a kind of section 2, a table of T-7, or empty."""
    if obj is None or not live(world, agent) or ROWS.get(kind, {}).get("read") == "closed":
        return False
    if isinstance(obj, Person | Selector | Child):
        return _child(world, agent, obj)
    return bool(keys(world, agent) & row_keys(world, kind, obj)) or _by_rule(world, agent, obj)
