"""Reads of the public reference: territory, measures, parameters, acts; no agent, as nothing is secret."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import shapely
from django.db import connection
from django.db.models import Case, IntegerField, Q, Sum, Value, When

from recoupe.kernel.refusal import Absent, gettext_noop
from recoupe.kernel.text import name_key
from recoupe.reference import geometry, rules
from recoupe.reference.enums import ActEffect
from recoupe.reference.models import (
    Arrondissement,
    Commune,
    CommuneOutline,
    DefenceZone,
    Department,
    DepartmentOutline,
    Measure,
    Offence,
    Product,
)
from recoupe.reference.organisation import (
    Contact,
    cell_of_department,
    courts_for,
    duty_contact,
    office,
    unit,
    unit_by_id,
    units,
)
from recoupe.reference.snapshot import (
    NotLoadedError,
    commune_of,
    department_bounds,
    department_shapes,
    forget,
    snapshot,
)

__all__ = [
    "Contact",
    "NotLoadedError",
    "Place",
    "act_effect",
    "cell_of_department",
    "commune",
    "commune_at",
    "commune_outlines",
    "communes_at_postal_code",
    "communes_named",
    "communes_of",
    "courts_for",
    "department",
    "department_outlines",
    "departments",
    "departments_at",
    "duty_contact",
    "forget",
    "inhabitants_by_department",
    "measures",
    "office",
    "parameter",
    "products",
    "search_places",
    "unit",
    "unit_by_id",
    "units",
    "whole_parameter",
    "zone_borders",
    "zone_of_department",
    "zones",
]

# Outlines are simplified to some 200 m: a quay or a beach may lie just outside all of them.
OUTLINE_TOLERANCE_M = 250


@dataclass(frozen=True, slots=True)
class Place:
    """One line of a form's list: a commune, or an arrondissement that stands for its commune."""

    code: str
    name: str
    commune_code: str
    department_code: str
    postal_codes: tuple[str, ...]

    @property
    def label(self) -> str:
        """What the list shows: the name, then the department's code."""
        return f"{self.name} ({self.department_code})"


def commune(code: str, on: date | None = None) -> Commune:
    """The commune of an official code; former codes and arrondissements resolve to the commune of today.

    With `on`, it must also hold on that day. Raises Absent with a sentence.
    """
    try:
        found = commune_of(code)
    except Commune.DoesNotExist as error:
        raise _no_commune(code) from error
    if on is not None and not rules.holds(found, on):
        raise _no_commune(code)
    return found


def communes_of(department_code: str) -> list[Commune]:
    """The communes of today of a department, by code."""
    return list(Commune.objects.filter(department_id=department_code, valid_to__isnull=True).order_by("code"))


def _no_commune(code: str) -> Absent:
    return Absent(gettext_noop("Aucune commune ne porte le code %(code)s."), code=code)


def communes_named(text: str, limit: int = 10) -> list[Commune]:
    """Communes whose name, or a word of it, starts with the text, accents and case apart."""
    key = rules.spelled_out(name_key(text))
    if not key:
        return []
    rank = Case(
        When(name_key=key, then=Value(0)),
        When(name_key__startswith=key, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rows = Commune.objects.filter(Q(name_key__startswith=key) | Q(name_key__contains=f" {key}"))
    return list(rows.select_related("department").order_by(rank, "-population", "code")[:limit])


def communes_at_postal_code(code: str) -> list[Commune]:
    """The communes that a postal code serves, the most populated first."""
    rows = Commune.objects.filter(postal_codes__contains=[code.strip()])
    return list(rows.select_related("department").order_by("-population", "code"))


def search_places(text: str, limit: int = 10) -> list[Place]:
    """Places for a form's list: by name, by postal code, or by official code, former codes included."""
    typed = text.strip()
    found: list[Place] = []
    if rules.is_postal_code(typed):
        found += [_district(a) for a in Arrondissement.objects.filter(postal_codes__contains=[typed])]
        found += [_place(c) for c in communes_at_postal_code(typed)]
    if rules.is_commune_code(typed):
        found += _places_of_code(typed.upper())
    if not found:
        found += [_place(c) for c in communes_named(typed, limit)] + _districts_named(typed, limit)
    return list({p.code: p for p in found}.values())[:limit]


def _places_of_code(code: str) -> list[Place]:
    district = Arrondissement.objects.filter(code=code).first()
    if district is not None:
        return [_district(district)]
    try:
        return [_place(commune(code))]
    except Absent:
        return []


def _districts_named(text: str, limit: int) -> list[Place]:
    key = name_key(text)
    # A bare city name is answered by the city; its districts come once a number is typed.
    if not any(c.isdigit() for c in key):
        return []
    rows = Arrondissement.objects.filter(name_key__startswith=key).order_by("code")[:limit]
    return [_district(row) for row in rows]


def district_named(typed: str, commune_code: str) -> str:
    """The arrondissement of this commune that the words name, by its name, its code or its postal code; else empty."""
    name = rules.without_department(typed)
    code = typed.strip()[-5:].upper()
    meant = Q(name_key__startswith=name_key(name)) if any(c.isdigit() for c in name) else Q(pk__in=[])
    meant |= Q(code=code) | Q(postal_codes__contains=[code])
    rows = Arrondissement.objects.filter(meant, commune_id=commune_code).values_list("name", flat=True)[:2]
    return rows[0] if len(rows) == 1 else ""


def _place(row: Commune) -> Place:
    return Place(row.code, row.name, row.code, row.department_id, tuple(row.postal_codes))


def _district(row: Arrondissement) -> Place:
    return Place(row.code, row.name, row.commune_id, row.commune_id[:2], tuple(row.postal_codes))


def commune_at(lon: float, lat: float) -> Commune | None:
    """The commune at a point, or the nearest within the tolerance; None at sea, abroad, or unmapped."""
    minx, miny, maxx, maxy = geometry.box_around(lon, lat, OUTLINE_TOLERANCE_M)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT commune_id, wkb FROM reference_communeoutline"
            " WHERE box(point(maxx, maxy), point(minx, miny))"
            " && box(point(%s::float8, %s::float8), point(%s::float8, %s::float8))",
            [maxx, maxy, minx, miny],
        )
        outlines = {code: shapely.from_wkb(bytes(wkb)) for code, wkb in cursor.fetchall()}
    near = geometry.within(outlines, lon, lat, OUTLINE_TOLERANCE_M)
    return commune(near[0][1]) if near else None


def departments_at(lon: float, lat: float, margin_m: float = 300) -> frozenset[str]:
    """The departments that hold the point or lie within the margin; empty at sea, abroad, unmapped."""
    box = geometry.box_around(lon, lat, margin_m)
    shapes = department_shapes()
    return frozenset(
        code
        for code, bounds in department_bounds().items()
        if geometry.overlap(bounds, box) and geometry.is_near(shapes[code], lon, lat, margin_m)
    )


def department(code: str) -> Department:
    """The department or collectivity of that code; raises Absent with a sentence."""
    found = snapshot().departments.get(code)
    if found is None:
        raise Absent(gettext_noop("Aucun département ne porte le code %(code)s."), code=code)
    return found


def departments() -> list[Department]:
    """All departments and collectivities, by code."""
    return list(snapshot().departments.values())


def zones() -> list[DefenceZone]:
    """The twelve defence zones, the metropolitan ones first."""
    return list(DefenceZone.objects.order_by("-metropolitan", "code"))


def zone_of_department(code: str) -> DefenceZone | None:
    """The defence zone of a department; Saint-Pierre-et-Miquelon has none."""
    return DefenceZone.objects.filter(departments__contains=[code]).first()


def department_outlines(codes: Iterable[str] | None = None) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of the outlines of those departments (all by default)."""
    rows = DepartmentOutline.objects.order_by("department_id")
    if codes is not None:
        rows = rows.filter(department_id__in=list(codes))
    return geometry.feature_collection(rows.values_list("department_id", "department__name", "wkb"))


def zone_borders() -> dict[str, Any]:
    """A GeoJSON Feature: the lines between defence zones, by the outlines of their departments."""
    shapes = department_shapes()
    groups = ([shapes[code] for code in zone.departments if code in shapes] for zone in zones())
    lines = shapely.geometry.mapping(geometry.between(groups))
    return {"type": "Feature", "properties": {"zones": True}, "geometry": lines}


def commune_outlines(department_code: str) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of the outlines of a department's communes."""
    rows = CommuneOutline.objects.filter(commune__department_id=department_code).order_by("commune_id")
    return geometry.feature_collection(rows.values_list("commune_id", "commune__name", "wkb"))


def parameter(rule_code: str, on: date) -> int | Decimal:
    """The value of a dated parameter on that day, an int when whole; raises NotLoadedError without one."""
    for row in snapshot().parameters.get(rule_code, ()):
        if rules.holds(row, on):
            return int(row.value) if row.value == row.value.to_integral_value() else row.value
    raise NotLoadedError(f"no parameter {rule_code} on {on}")


def whole_parameter(rule_code: str, on: date) -> int:
    """The value of a dated parameter that counts whole things (days, hours, records)."""
    return int(parameter(rule_code, on))


def act_effect(file_a: str, file_b: str, purpose: str, on: date) -> ActEffect | None:
    """What the acts in force allow between two files, in either order; None: compare nothing (S-5)."""
    return rules.effect_of(snapshot().acts, frozenset((file_a, file_b)), purpose, on)


def products() -> list[Product]:
    """All products, by family."""
    return list(snapshot().products)


def offences() -> dict[int, Offence]:
    """The offences whose words are known here, by NATINF number: an open list, another number is no mistake."""
    return dict(snapshot().offences)


def inhabitants_by_department() -> dict[str, int]:
    """Inhabitants of each department by its code: the sum of its communes' (INSEE)."""
    rows = Commune.objects.filter(valid_to__isnull=True).order_by().values_list("department_id")
    return dict(rows.annotate(inhabitants=Sum("population")))


def measures() -> list[Measure]:
    """The 55 measures, by number."""
    return list(Measure.objects.order_by("number"))
