"""Where a point lies, which cells and prosecutors that makes competent, and how it is described."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict
from uuid import UUID

from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity
from recoupe.dealpoints import rules
from recoupe.dealpoints.enums import DealPointKind, Extent, SeenRole
from recoupe.dealpoints.models import DealPoint
from recoupe.intelligence.models import Report
from recoupe.kernel.place import Point
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors import propose
from recoupe.kernel.text import clean_line
from recoupe.reference import queries as reference
from recoupe.reference.models import Commune, Unit

# How far a point may lie from the centre of its commune when nothing else is known of it.
WHOLE_COMMUNE_M = 2_000
SIREN_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Spot:
    """A point, its uncertainty in metres, and whom it concerns."""

    lon: float
    lat: float
    uncertainty_m: int
    commune_code: str
    departments: tuple[str, ...]
    cells: tuple[UUID, ...]
    office: UUID
    courts: tuple[UUID, ...]

    def audience(self, by: Agent) -> frozenset[tuple[UUID, Capacity]]:
        """Who reads a point proposed there by this agent."""
        return rules.audience({own_key(by)}, self.cells, self.office, self.courts)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a proposer says of a point; what he leaves out is taken from the report.

    `key` is drawn with the form: sent twice, it makes one point.
    """

    name: str
    kind: DealPointKind
    lon: float | None = None
    lat: float | None = None
    uncertainty_m: int | None = None
    products: tuple[str, ...] | None = None
    hours: str = ""
    violence: bool | None = None
    minors_present: bool = False
    roles_seen: tuple[str, ...] = ()
    key: UUID | None = None
    commune_code: str = ""
    extent: Extent = Extent.SPOT
    landlord: str = ""
    landlord_siren: str = ""


class Described(TypedDict):
    """The words of a point, cleaned."""

    name: str
    kind: DealPointKind
    extent: Extent
    hours: str
    landlord: str
    landlord_siren: str
    products: list[str]
    roles_seen: list[str]


def spot_of(
    report: Report, lon: float | None, lat: float | None, uncertainty: int | None, today: date, *, named: str = ""
) -> Spot:
    """The place typed by the proposer, else the report's own point; a report without one needs a point typed.

    `named`: the code of the commune that the proposer names, else the report's; trusted where it has no outline.
    """
    typed = lon is not None and lat is not None
    east, north = (lon, lat) if typed else (report.lon, report.lat)
    elsewhere = not typed and named not in ("", report.commune_code)
    if east is None or north is None or elsewhere:
        raise _without_point(named or report.commune_code)
    where = Point(east, north)
    radius = rules.checked_uncertainty(uncertainty if typed or uncertainty else report.uncertainty_m)
    commune = _commune(where, named or report.commune_code)
    if commune is None:
        raise Invalid(gettext_noop("Ce point n'est dans aucune commune connue."), field="lon")
    near = reference.departments_at(where.lon, where.lat, reference.whole_parameter("border.margin_m", today)) - {
        commune.department_id
    }
    departments = (commune.department_id, *sorted(near))
    cells = (reference.cell_of_department(code, today) for code in departments)
    return Spot(
        lon=where.lon,
        lat=where.lat,
        uncertainty_m=radius,
        commune_code=commune.code,
        departments=departments,
        cells=tuple(dict.fromkeys(cell.id for cell in cells if cell)),
        office=reference.office(today).id,
        courts=tuple(court.id for court in reference.courts_for(commune.code, today)),
    )


def check_within(where: Point, named: Commune) -> None:
    """A point lies in the commune that is named beside it; one without outline is believed within its department."""
    there = reference.commune_at(where.lon, where.lat)
    if there is None or there.code == named.code:
        return
    if named.lon is not None or there.department_id != named.department_id:
        raise Invalid(
            gettext_noop("Ce point est à %(there)s : corrigez le point ou la commune."),
            field="commune",
            there=there.name,
        )


def _without_point(code: str) -> Invalid:
    """What to do when no point is known: a commune without outline has no centre to fall back on."""
    if code and (commune := reference.commune(code)).lon is None:
        sentence = gettext_noop(
            "Le contour de %(commune)s n'est pas connu : donnez la longitude et la latitude du point, même approchées."
        )
        return Invalid(sentence, field="lon", commune=commune.name)
    return Invalid(gettext_noop("Placez le point sur la carte : la fiche n'en donne pas."), field="lon")


def _commune(where: Point, named: str) -> Commune | None:
    """The commune of a point by the outlines; the one named where it has none, and the outlines say no other land."""
    there = reference.commune_at(where.lon, where.lat)
    commune = reference.commune(named) if named else None
    if commune is None or commune.lon is not None:
        return there
    # A commune re-created since the outlines lies in that of its old neighbour, of the same department.
    return commune if there is None or there.department_id == commune.department_id else there


def described(said: Draft, otherwise: Sequence[str]) -> Described:
    """The name and habits of a point; codes outside their lists are refused. `otherwise`: products, else."""
    chosen = list(otherwise if said.products is None else said.products)
    unknown = set(chosen) - {product.code for product in reference.products()}
    if unknown:
        raise Invalid(gettext_noop("Produit inconnu : choisissez dans la liste."), field="products")
    if set(said.roles_seen) - set(SeenRole.values):
        raise Invalid(gettext_noop("Rôle inconnu : choisissez dans la liste."), field="roles_seen")
    kind = DealPointKind(said.kind)
    landlord, siren = checked_landlord(said.landlord, said.landlord_siren)
    return Described(
        name=rules.checked_name(said.name),
        kind=kind,
        extent=rules.checked_extent(kind, Extent(said.extent)),
        hours=clean_line(said.hours, 200, "hours"),
        landlord=landlord,
        landlord_siren=siren,
        products=list(dict.fromkeys(chosen)),
        roles_seen=list(dict.fromkeys(said.roles_seen)),
    )


def checked_landlord(name: str, siren: str) -> tuple[str, str]:
    """An organisation by its name and its nine digits, both or neither; a wrong check digit is told, never refused."""
    said, digits = clean_line(name, 120, "landlord"), "".join(clean_line(siren, 20, "landlord_siren").split())
    if not said and not digits:
        return "", ""
    if not said:
        raise Invalid(gettext_noop("Nommez le bailleur de ce SIREN."), field="landlord")
    if not (digits.isascii() and digits.isdigit() and len(digits) == SIREN_DIGITS):
        sentence = gettext_noop(
            "Un bailleur est un organisme : donnez son SIREN, de neuf chiffres. Jamais une personne."
        )
        raise Invalid(sentence, field="landlord_siren")
    if propose(said):
        raise Invalid(gettext_noop("Le nom d'un bailleur ne contient ni numéro ni identifiant."), field="landlord")
    return said, digits


def area(commune: Commune, extent: Extent) -> tuple[Point, int]:
    """What stands for a whole commune, or for the department around it: its centre, with a radius that says so."""
    if commune.lon is None or commune.lat is None:
        raise _without_point(commune.code)
    radius = WHOLE_COMMUNE_M if extent is Extent.COMMUNE else rules.MAX_UNCERTAINTY_M
    return Point(commune.lon, commune.lat), radius


def operation_reference(raw: str) -> str:
    """The reference of the operation that dismantled a point; required."""
    reference_text = clean_line(raw, 40, "operation")
    if not reference_text:
        raise Invalid(gettext_noop("Indiquez la référence de l'opération qui a démantelé le point."), field="operation")
    return reference_text


def unit_of(report: Report) -> Unit:
    """The unit that holds a report."""
    return reference.unit_by_id(report.owner_unit_id)


def own_key(by: Agent) -> tuple[UUID, Capacity]:
    """The key under which the agent and his colleagues read what they enter."""
    held = (c for c in (Capacity.UNIT, Capacity.CELL, Capacity.OFFICE) if by.holds(by.unit_id, c))
    return by.unit_id, next(held)


def evidence_audience(owner: Unit, point: DealPoint, by: Agent) -> frozenset[tuple[UUID, Capacity]]:
    """Who reads a piece of evidence of this point: the unit of the record, whoever attached it, cells, office."""
    own = {(owner.id, rules.member_capacity(owner.kind)), own_key(by)}
    return rules.evidence_audience(own, point.cells, reference.office(timezone.localdate()).id)
