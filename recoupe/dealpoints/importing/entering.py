"""A file of points entered: every line checked before one is written, each written one a proposal of its own."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import actions, permissions, placing, rules
from recoupe.dealpoints.enums import Extent
from recoupe.dealpoints.importing import columns
from recoupe.dealpoints.importing.layers import Feature, Layer
from recoupe.dealpoints.importing.shapes import Placed, placer, system_of
from recoupe.dealpoints.models import DealPoint
from recoupe.intelligence.models import Report
from recoupe.kernel.place import Point
from recoupe.kernel.quantity import decimal
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.reference import communes
from recoupe.reference import queries as reference
from recoupe.reference.models import Commune

SENTENCE_TURNED = gettext_noop(
    "Longitude et latitude semblent échangées : dans l'autre ordre, ce point est à %(there)s."
)
SENTENCE_COMMUNE = gettext_noop("Aucune commune ne répond à « %(typed)s ».")
SENTENCE_NOWHERE = gettext_noop("Cette ligne n'a ni coordonnées, ni commune dont le centre soit connu.")
SENTENCE_METRES = gettext_noop("Le rayon d'incertitude s'écrit en mètres, sans décimale.")
Place = Callable[[Any], Placed]


@dataclass(frozen=True, slots=True)
class LineRefusal:
    """Why one line is refused: its number in the file, the field, the sentence and its parameters."""

    line: int
    field: str
    sentence: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: the points that it made, those that it had made before, and each refused line."""

    made: list[DealPoint]
    known: int
    refused: list[LineRefusal]
    unread: list[str]


@transaction.atomic
def enter_file(*, by: Agent, report: Report, layer: Layer, chosen: int | None, accept_valid: bool) -> Outcome:
    """Enter the lines of a file as proposals that this report supports; with a refused line, none unless accepted.

    The same line handed in again by the same agent with the same report is the point that it made.
    """
    permissions.check_propose(by, report)
    drafts, refused = _checked(by, report, layer, placer(system_of(layer, chosen)))
    unread = columns.unread(layer.names)
    held = DealPoint.objects.filter(pk__in=[d.key for d in drafts], proposed_by_id=by.id).values_list("pk", flat=True)
    known = frozenset(held)
    if refused and not accept_valid:
        record(Operation.CONSULT, refs=[("report", report.id)], details={"what": "point_file"}, result_count=0)
        return Outcome([], len(known), refused, unread)
    new = [draft for draft in drafts if draft.key not in known]
    made = [actions.propose_from_report(by=by, report=report, draft=draft) for draft in new]
    return Outcome(made, len(known), refused, unread)


def _checked(by: Agent, report: Report, layer: Layer, place: Place) -> tuple[list[actions.Draft], list[LineRefusal]]:
    drafts: dict[UUID | None, actions.Draft] = {}
    refused = []
    today = timezone.localdate()
    for feature in layer.features:
        try:
            draft = _draft(by, report, feature, place)
            placing.spot_of(report, draft.lon, draft.lat, draft.uncertainty_m, today, named=draft.commune_code)
            placing.described(draft, report.products)
            drafts.setdefault(draft.key, draft)
        except Invalid as fault:
            params = {name: v if isinstance(v, int) else str(v)[:80] for name, v in fault.params.items()}
            refused.append(LineRefusal(feature.line, fault.field, fault.sentence, params))
    return list(drafts.values()), refused


def _draft(by: Agent, report: Report, feature: Feature, place: Place) -> actions.Draft:
    if feature.fault is not None:
        raise feature.fault
    said = columns.sorted_out(feature.columns)
    commune, extent = _commune(said.get("commune", "")), columns.extent_of(said.get("extent", ""))
    if extent is not Extent.SPOT:
        where, uncertainty = _area(commune, extent)
    else:
        where, uncertainty = _where(feature, said, commune, place)
    return actions.Draft(
        name=said.get("name", ""),
        kind=columns.kind_of(said.get("kind", "")),
        lon=where.lon,
        lat=where.lat,
        uncertainty_m=uncertainty,
        products=columns.products_of(said["products"]) if said.get("products") else None,
        hours=said.get("hours", ""),
        violence=columns.flag(said["violence"], "violence") if said.get("violence") else None,
        minors_present=columns.flag(said.get("minors_present", ""), "minors_present"),
        roles_seen=columns.roles_of(said.get("roles_seen", "")),
        key=_key(by, report, said, where),
        extent=extent,
        landlord=said.get("landlord", ""),
        landlord_siren=said.get("landlord_siren", ""),
        commune_code=commune.code if commune else "",
    )


def _key(by: Agent, report: Report, said: dict[str, str], where: Point) -> UUID:
    """The identity of a line: of this agent, this report and what it says, whatever file it stands in."""
    text = "\x1f".join(f"{field}={said[field]}" for field in sorted(said)) + f"\x1f{where.lon:.6f},{where.lat:.6f}"
    digest = hashlib.sha256(by.id.bytes + report.id.bytes + text.encode("utf-8", "surrogatepass")).digest()
    return UUID(bytes=digest[:16], version=4)


def _commune(typed: str) -> Commune | None:
    if not typed:
        return None
    seat = communes.meant(typed, communes.LiveGazetteer(), codes_are_official=True)
    if seat is None:
        raise Invalid(SENTENCE_COMMUNE, field="commune", typed=typed[:40])
    return reference.commune(seat.code)


def _where(feature: Feature, said: dict[str, str], commune: Commune | None, place: Place) -> tuple[Point, int | None]:
    """Where a line lies and how surely: what it draws, else the centre of the commune that it names."""
    typed = _metres(said.get("uncertainty_m", ""))
    if feature.shape is None:
        if commune is None or commune.lon is None or commune.lat is None:
            raise Invalid(SENTENCE_NOWHERE, field="geometry")
        return Point(commune.lon, commune.lat), typed or placing.WHOLE_COMMUNE_M
    placed = place(feature.shape)
    if placed.turned and reference.commune_at(placed.where.lon, placed.where.lat) is None:
        there = reference.commune_at(placed.turned.lon, placed.turned.lat)
        if there is not None:
            raise Invalid(SENTENCE_TURNED, field="geometry", there=there.name)
    if commune is not None:
        placing.check_within(placed.where, commune)
    if placed.reach_m is None:
        return placed.where, typed
    return placed.where, max(placed.reach_m, typed or 0, rules.MIN_UNCERTAINTY_M)


def _area(commune: Commune | None, extent: Extent) -> tuple[Point, int | None]:
    if commune is None:
        raise Invalid(SENTENCE_NOWHERE, field="commune")
    return placing.area(commune, extent)


def _metres(text: str) -> int | None:
    if not text:
        return None
    number = decimal(text, "uncertainty_m")
    if number != number.to_integral_value():
        raise Invalid(SENTENCE_METRES, field="uncertainty_m")
    return int(number)
