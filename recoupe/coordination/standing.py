"""Where an objective stands: its court, its cells, its readers, and who is told of a step."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.utils import timezone

from recoupe.access.enums import Capacity
from recoupe.access.keys import reader_key, reader_keys
from recoupe.coordination import rules
from recoupe.coordination.enums import Act, ObjectiveState, Told
from recoupe.coordination.models import Objective
from recoupe.kernel.refusal import Absent, Invalid, gettext_noop
from recoupe.notices.actions import notify
from recoupe.reference import queries as reference
from recoupe.reference.enums import UnitKind
from recoupe.reference.models import Unit

MEMBER_CAPACITY = {UnitKind.CROSS.value: Capacity.CELL, UnitKind.OFFICE.value: Capacity.OFFICE}


@dataclass(frozen=True, slots=True)
class Territory:
    """The departments, cells and court of an objective."""

    commune_code: str
    departments: tuple[str, ...]
    cells: tuple[UUID, ...]
    court: Unit


def territory(commune_code: str, departments: Iterable[str], court_id: UUID | None, today: date) -> Territory:
    """Where an objective lies; the court, when named, must be competent for the commune today."""
    try:
        commune = reference.commune(commune_code, today)
        named = [reference.department(code).code for code in departments]
    except Absent as unknown:
        raise Invalid(unknown.sentence, field="commune", **unknown.params) from unknown
    wide = tuple(dict.fromkeys((commune.department_id, *named)))
    courts = reference.courts_for(commune.code, today)
    chosen = next((court for court in courts if court_id in (None, court.id)), None)
    if chosen is None:
        raise Invalid(gettext_noop("Ce tribunal n'est pas compétent pour cette commune."), field="court")
    cells = (reference.cell_of_department(code, today) for code in wide)
    return Territory(commune.code, wide, tuple(dict.fromkeys(cell.id for cell in cells if cell)), chosen)


def readers(objective: Objective) -> list[int]:
    """The reader keys of an objective as it stands."""
    owner = reference.unit_by_id(objective.owner_unit_id)
    services = services_of(objective)
    return reader_keys(
        rules.audience(
            {(owner.id, MEMBER_CAPACITY.get(owner.kind, Capacity.UNIT))},
            objective.cells,
            reference.office(timezone.localdate()).id,
            objective.court_id if objective.sent_at else None,
            services,
        )
    )


def services_of(objective: Objective) -> tuple[UUID, ...]:
    """The services that have it: who leads first, none before it was allocated."""
    if objective.lead_id is None:
        return ()
    joint = (objective.joint_lead_id,) if objective.joint_lead_id else ()
    return (objective.lead_id, *joint, *objective.co_services)


def service_kinds(units: Iterable[UUID], today: date) -> dict[UUID, str]:
    """The kinds of those of these units that are open today."""
    found = (reference.unit_by_id(unit) for unit in units)
    return {unit.id: unit.kind for unit in found if unit.works_on(today)}


def tell(objective: Objective, to: ObjectiveState) -> None:
    """Leave a notice with whoever must act or know; an allocation carries its deadline."""
    due = None
    if to is ObjectiveState.ALLOCATED and objective.deadline:
        due = timezone.make_aware(datetime.combine(objective.deadline, time.max))
    _leave(objective, rules.TELLS[to], f"objective_{to.value.lower()}", due)


def tell_act(objective: Objective, act: Act) -> None:
    """Leave a notice with whom an act concerns; the new term goes with it."""
    due = None
    if act is not Act.PROGRESS and objective.deadline:
        due = timezone.make_aware(datetime.combine(objective.deadline, time.max))
    _leave(objective, rules.ACT_TELLS[act], f"objective_{act.value}", due)


def _leave(objective: Objective, whom: Iterable[Told], kind: str, due: datetime | None) -> None:
    keys = {
        Told.CELLS: [reader_key(cell, Capacity.CELL) for cell in objective.cells],
        Told.COURT: [reader_key(objective.court_id, Capacity.PROSECUTOR)] if objective.sent_at else [],
        Told.LEAD: [reader_key(unit, Capacity.HEAD) for unit in services_of(objective)],
    }
    told = [key for group in whom for key in keys[group]]
    if told:
        notify(told, kind, ("objective", objective.id), due)
