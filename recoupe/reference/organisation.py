"""Reads of the dated organisation: which unit stands where on a day, and who answers for it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from recoupe.kernel.refusal import Absent, gettext_noop
from recoupe.reference.enums import ContactChoice, UnitKind
from recoupe.reference.models import CourtArea, Unit
from recoupe.reference.snapshot import NotLoadedError, snapshot


@dataclass(frozen=True, slots=True)
class Contact:
    """Who to call: always a duty desk, never an investigator's name (S-4)."""

    unit_code: str
    unit_name: str
    name: str
    phone: str
    email: str


def unit(code: str) -> Unit:
    """The unit of that code, open or closed; raises Absent with a sentence."""
    found = snapshot().units.get(code)
    if found is None:
        raise Absent(gettext_noop("Aucun service ne porte le code %(code)s."), code=code)
    return found


def unit_by_id(unit_id: UUID) -> Unit:
    """The unit of that identifier, open or closed; raises Absent with a sentence."""
    found = snapshot().unit_by_id.get(unit_id)
    if found is None:
        raise Absent(gettext_noop("Ce service est inconnu."))
    return found


def units(
    on: date, *, kind: UnitKind | None = None, department: str | None = None, announced: bool = False
) -> list[Unit]:
    """The units at work on that day, by code; `announced` adds those made public but not yet open."""
    return [
        u
        for u in snapshot().units.values()
        if (kind is None or u.kind == kind)
        and (department is None or department in u.departments)
        and (u.works_on(on) or (announced and u.announced_on(on)))
    ]


def cell_of_department(code: str, on: date) -> Unit | None:
    """The CROSS of a department on that day; None before it opens, and where there is none (975)."""
    cells = units(on, kind=UnitKind.CROSS, department=code)
    # A cell of its own wins over one that a neighbour shares with it.
    return min(cells, key=lambda cell: (len(cell.departments), cell.code), default=None)


def office(on: date) -> Unit:
    """The national office at work on that day: OFAST since 1 January 2020, OCRTIS before."""
    found = units(on, kind=UnitKind.OFFICE)
    if not found:
        raise NotLoadedError(f"no national office on {on}")
    return found[0]


def courts_for(commune_code: str, on: date) -> list[Unit]:
    """The courts competent for a commune on that day: its judicial court first, then the specialised ones."""
    areas = CourtArea.objects.on(on).filter(commune_id=commune_code)
    local = [unit_by_id(i) for i in areas.order_by("court_id").values_list("court_id", flat=True)]
    departments = {code for court in local for code in court.departments}
    special = units(on, kind=UnitKind.SPECIALISED_COURT)
    return [c for c in local if c.works_on(on)] + [c for c in special if departments & set(c.departments)]


def duty_contact(of: Unit, on: date) -> Contact:
    """Who answers for a unit: itself, its cell or the office, as it chose; the office for a closed cell."""
    answering = _answering(of, on)
    return Contact(
        unit_code=answering.code,
        unit_name=answering.name,
        name=answering.contact_name,
        phone=answering.contact_phone,
        email=answering.contact_email,
    )


def _answering(of: Unit, on: date) -> Unit:
    if of.contact_choice == ContactChoice.SELF:
        return of
    if of.contact_choice == ContactChoice.CELL and of.cell_id is not None:
        cell = unit_by_id(of.cell_id)
        if cell.works_on(on):
            return cell
    return office(on)
