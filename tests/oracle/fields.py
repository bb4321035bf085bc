"""Which fields (section 7): what T-8 and its clauses show of a row."""

from __future__ import annotations

from collections.abc import Mapping

from . import lookup
from .clauses import may
from .reading import reads, works_on
from .tables import FIELDS
from .terms import (
    Agent,
    Agreement,
    Case,
    Child,
    Danger,
    DealPoint,
    Event,
    Evidence,
    Figure,
    HitSide,
    ImportFile,
    Judgement,
    Message,
    Notice,
    Object,
    Objective,
    Person,
    Release,
    Report,
    Selector,
    Shown,
    Target,
    World,
)
from .working import manager

PROTECTED = frozenset({"victim", "at_risk", "witness", "unknown"})
TABLE_OF = {
    "Agent": "access_agent",
    "Association": "access_cellservice",
    "Disclosure": "access_disclosure",
    "Habilitation": "access_habilitation",
    "Mandate": "access_mandate",
    "Entry": "audit_entry",
    "Case": "cases_case",
    "Event": "operations_event",
    "Presence": "operations_presence",
    "Target": "targets_registeredtarget",
    "Objective": "coordination_objective",
    "Agreement": "crosscheck_agreement",
    "Contact": "crosscheck_contactthread",
    "HitSide": "crosscheck_hitside",
    "Judgement": "crosscheck_judgement",
    "Message": "crosscheck_message",
    "DangerSide": "deconfliction_dangerside",
    "Opinion": "deconfliction_opinion",
    "Settlement": "deconfliction_settlement",
    "Release": "crosscheck_release",
    "DealPoint": "dealpoints_dealpoint",
    "Evidence": "dealpoints_evidence",
    "ImportFile": "intelligence_importfile",
    "Person": "intelligence_person",
    "Report": "intelligence_report",
    "Selector": "intelligence_selector",
    "Notice": "notices_notice",
}


def table_of(obj: Object) -> str:
    """Give the table of T-7 in which a row stands."""
    return obj.table if isinstance(obj, Child | Danger | Figure) else TABLE_OF.get(type(obj).__name__, "")


def named(world: World, agent: Agent, person: Person) -> bool:
    """Say whether the name of a person is shown to a reader of the report (P-44)."""
    report = world.reports.get(person.report)
    if report is None:
        return False
    if not person.minor_at_event and person.category not in PROTECTED:
        return True
    unit = world.units.get(agent.unit or "")
    near = unit is not None and bool(unit.departments & report.departments)
    return near or (agent.unit is not None and agent.unit == report.owner)


def finds_by_name(world: World, agent: Agent, person: Person) -> bool:
    """Say whether a search by this person's name finds the report (P-44)."""
    report = world.reports.get(person.report)
    found = report is not None and may(world, agent, "report", report, "search") == "yes"
    return found and named(world, agent, person)


def sees_reasons(world: World, agent: Agent, first: Report, second: Report) -> bool:
    """Say whether the shared values of a hit are shown (P-54)."""
    return reads(world, agent, "report", first) and reads(world, agent, "report", second)


def name_in_reasons(world: World, agent: Agent, first: Person, second: Person) -> Shown:
    """Say how a name shared by two reports is shown: masked in one is masked in both (P-44, P-54)."""
    reports = [report for report in (world.reports.get(first.report), world.reports.get(second.report)) if report]
    if len(reports) < 2 or not sees_reasons(world, agent, reports[0], reports[1]):
        return "no"
    return "yes" if named(world, agent, first) and named(world, agent, second) else "masked"


def _colleague(world: World, obj: Object, field: str) -> str | None:
    match obj:
        case Case():
            return obj.magistrate
        case Child() if obj.table == "cases_magistratechange" and field in ("former_id", "magistrate_id"):
            return obj.former if field == "former_id" else obj.magistrate
        case Child():
            return obj.author
        case Message() | Event():
            return obj.author
        case ImportFile():
            return obj.uploaded_by
        case Report():
            return obj.assessment_author if field == "assessment_author_id" else obj.author
    return None


def _linked(world: World, obj: Object, field: str) -> tuple[str, Object | None]:
    match obj:
        case Report():
            return "case", world.cases.get(obj.case or "")
        case Objective() if obj.origin_kind == "dealpoint":
            return "dealpoint", world.points.get(obj.origin or "")
        case Objective():
            return "hit", world.sides.get(obj.origin or "")
        case Agreement() if field == "release_id":
            return "release", world.releases.get(obj.release)
        case HitSide() if field == "thread_id":
            return "contact", world.contacts.get(obj.thread or "")
        case Judgement():
            return "report", world.reports.get(obj.first if field == "first_id" else obj.second)
        case DealPoint():
            return "dealpoint", world.points.get(obj.merged_into or "")
        case HitSide() if obj.record and obj.record in world.targets:
            return "target", world.targets[obj.record]
        case HitSide() if obj.record and obj.record in world.events:
            return "event", world.events[obj.record]
        case Agreement() | HitSide() | Release() | Evidence():
            return "report", world.reports.get(obj.record or "")
        case Notice():
            return obj.record_kind, _noticed(world, obj)
    return "", None


def _noticed(world: World, notice: Notice) -> Object | None:
    homes: dict[str, Mapping[str, Object]] = {
        "report": world.reports,
        "import": world.imports,
        "case": world.cases,
        "target": world.targets,
        "event": world.events,
        "hit": world.sides,
        "judgement": world.judgements,
        "contact": world.contacts,
        "release": world.releases,
        "agreement": world.agreements,
        "dealpoint": world.points,
        "objective": world.objectives,
        "agent": world.agents,
        "cell_service": world.associations,
        "danger": world.danger_sides,
        "settlement": world.settlements,
        "opinion": world.opinions,
    }
    return homes.get(notice.record_kind, {}).get(notice.record or "")


def _source(world: World, agent: Agent, obj: Object) -> bool:
    if not isinstance(obj, Child):
        return False
    point = world.points.get(obj.parent)
    if obj.number > 1:
        return True
    if point is None:
        return False
    pieces = lookup.evidence(world).get(point.id, ())
    return agent.unit == point.owner or any(reads(world, agent, "evidence", one) for one in pieces)


def _in_form(world: World, agent: Agent, obj: Object) -> bool:
    report = world.reports.get(obj.report) if isinstance(obj, Person | Selector) else None
    if report is None:
        return False
    return "yes" in (may(world, agent, "report", report, f"report.{verb}") for verb in ("edit", "correct"))


def _agent_named(world: World, agent: Agent, obj: Object, field: str) -> bool:
    """Say whether the name of the agent that a column names is shown (P-46)."""
    person = world.agents.get(_colleague(world, obj, field) or "")
    if person is None:
        return False
    if field in ("magistrate_id", "former_id"):
        case = obj if isinstance(obj, Case) else world.cases.get(obj.parent) if isinstance(obj, Child) else None
        return case is not None and person.unit == case.court
    return reads(world, agent, "agent", person)


def _masked_with_its_person(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether an identifier stands under a person whose name is masked (P-85)."""
    person = world.persons.get(obj.person or "") if isinstance(obj, Selector) else None
    return person is not None and not named(world, agent, person)


def _names(world: World, agent: Agent, obj: Object, field: str) -> Shown:
    if isinstance(obj, Person) and named(world, agent, obj):
        return "yes"
    return "masked" if field in ("family", "given") else "no"


def _minor_kept_from(world: World, agent: Agent, obj: Object) -> bool:
    """Say whether who a registered minor is, is kept from this reader: from the manager alone (P-124)."""
    if not isinstance(obj, Target) or obj.birth is None or not manager(world, agent, obj):
        return False
    years = world.today.year - obj.birth.year
    return years - ((world.today.month, world.today.day) < (obj.birth.month, obj.birth.day)) < 18


def shown(world: World, agent: Agent, kind: str, obj: Object, column: str) -> Shown:
    """Say how `table.field` of this row is shown to the agent (T-8)."""
    row, (table, _, field) = FIELDS.get(column), column.partition(".")
    if row is None or table_of(obj) != table or not reads(world, agent, kind, obj):
        return "no"
    match row["shown"]:
        case "reader" if row["clause"] == "P-124":
            return "no" if _minor_kept_from(world, agent, obj) else "yes"
        case "reader":
            return "yes"
        case "word":
            return "word"
        case "form":
            return "form" if _in_form(world, agent, obj) else "no"
        case "worker":
            report = world.reports.get(obj.parent) if isinstance(obj, Child) else None
            return "yes" if works_on(world, agent, report) else "no"
        case "named":
            return _names(world, agent, obj, field)
        case "iban" if _masked_with_its_person(world, agent, obj):
            return "masked"
        case "iban":
            return "short" if isinstance(obj, Selector) and obj.kind.lower() == "iban" else "yes"
        case "colleague":
            return "yes" if _agent_named(world, agent, obj, field) else "no"
        case "linked":
            linked_kind, target = _linked(world, obj, field)
            return "yes" if reads(world, agent, linked_kind, target) else "no"
        case "source":
            return "yes" if _source(world, agent, obj) else "no"
    return "no"


def selectable(column: str) -> bool:
    """Say whether the application's role may select `table.field` (T-8, `sql`)."""
    return FIELDS.get(column, {}).get("sql") == "yes"
