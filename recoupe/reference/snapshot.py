"""The small reference tables, read once a process: they change only when a new version is loaded."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry

from recoupe.reference.geometry import Box
from recoupe.reference.models import (
    Arrondissement,
    Commune,
    Department,
    DepartmentOutline,
    FormerCommune,
    InterconnectionAct,
    LegalParameter,
    Offence,
    Product,
    Unit,
)


class NotLoadedError(LookupError):
    """The reference data is absent: the set-up has not run to its end."""


@dataclass(frozen=True)
class Snapshot:
    """What every request asks for again: units, departments, parameters, acts, products and offences."""

    units: dict[str, Unit]
    unit_by_id: dict[UUID, Unit]
    departments: dict[str, Department]
    parameters: dict[str, tuple[LegalParameter, ...]]
    acts: tuple[InterconnectionAct, ...]
    products: tuple[Product, ...]
    offences: dict[int, Offence]


@lru_cache(maxsize=1)
def snapshot() -> Snapshot:
    """The loaded reference; an empty one is refused, so that emptiness is never remembered."""
    units = {u.code: u for u in Unit.objects.order_by("code")}
    if not units:
        raise NotLoadedError("reference data is not loaded: run the set-up (make demo)")
    parameters: dict[str, tuple[LegalParameter, ...]] = {}
    for row in LegalParameter.objects.order_by("rule_code", "valid_from"):
        parameters[row.rule_code] = (*parameters.get(row.rule_code, ()), row)
    return Snapshot(
        units=units,
        unit_by_id={u.id: u for u in units.values()},
        departments={d.code: d for d in Department.objects.order_by("code")},
        parameters=parameters,
        acts=tuple(InterconnectionAct.objects.order_by("id")),
        products=tuple(Product.objects.order_by("family", "code")),
        offences={o.code: o for o in Offence.objects.order_by("code")},
    )


@lru_cache(maxsize=1)
def department_shapes() -> dict[str, BaseGeometry]:
    """The outlines of the departments that have one, ready for the distance to a point."""
    rows = DepartmentOutline.objects.order_by("department_id").values_list("department_id", "wkb")
    shapes = {code: shapely.from_wkb(bytes(wkb)) for code, wkb in rows}
    if not shapes:
        raise NotLoadedError("department outlines are not loaded: run the set-up (make demo)")
    return shapes


@lru_cache(maxsize=1)
def department_bounds() -> dict[str, Box]:
    """The box of each outline: what rules most departments out at once."""
    return {code: shape.bounds for code, shape in department_shapes().items()}


@lru_cache(maxsize=8192)
def commune_of(code: str) -> Commune:
    """The commune of a code, of a former code or of an arrondissement; raises Commune.DoesNotExist."""
    rows = Commune.objects.select_related("department")
    try:
        return rows.get(code=code)
    except Commune.DoesNotExist:
        former = FormerCommune.objects.filter(code=code).values("commune_id")
        above = Arrondissement.objects.filter(code=code).values("commune_id")
        return rows.get(code__in=former.union(above))


def forget() -> None:
    """Read everything again at the next question; the loader calls it."""
    snapshot.cache_clear()
    department_shapes.cache_clear()
    department_bounds.cache_clear()
    commune_of.cache_clear()
