"""How a point is shown: tones, words, and what surrounds it on its page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from stdnum.fr import siren

from recoupe.access.agent import Agent
from recoupe.dealpoints import queries, rules
from recoupe.dealpoints.enums import CULTIVATION_APART, DealPointKind, DealPointState, SeenRole
from recoupe.dealpoints.models import DealPoint, Evidence
from recoupe.intelligence.brief import briefs
from recoupe.kernel.quantity import UNIT_LABELS, Unit
from recoupe.kernel.source import SourceKind
from recoupe.reference import queries as reference
from recoupe.web.shell import page_of

S = DealPointState
TONES: Mapping[DealPointState, str] = {
    S.REPORTED: "info",
    S.TO_VERIFY: "warn",
    S.ACTIVE: "bad",
    S.TARGETED: "law",
    S.DISRUPTED: "warn",
    S.DISMANTLED: "good",
    S.WATCH: "info",
    S.CLOSED: "",
    S.REOCCUPIED: "bad",
    S.DUPLICATE: "",
    S.MERGED: "",
    S.DISPLACED: "",
    S.REJECTED: "",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One point in a list."""

    point: DealPoint
    state: DealPointState
    tone: str
    kind: str
    commune: str
    products: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a point's life; the unit is left out where it would say who brought the evidence."""

    label: str
    at: datetime
    # From when it held out there, when that was another day.
    since: date | None
    unit: str
    motive: str
    now: bool
    undone: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece of evidence: where it may be opened, or only that it is there."""

    source: str
    at: datetime
    ref: str
    url: str


@dataclass(frozen=True, slots=True)
class Paid:
    """One price that was seen or told."""

    product: str
    price: str
    on: date
    source: str


def address(name: str, identity: UUID) -> str:
    """The page of a record, or nothing while this process does not serve it."""
    return page_of(name, identity)


def kind_of(point: DealPoint) -> str:
    """The form in words; before cultivation had a form of its own, a stash may have been one."""
    if point.kind == DealPointKind.STASH and timezone.localdate(point.created_at) < CULTIVATION_APART:
        return gettext("Cache ou culture")
    return str(DealPointKind(point.kind).label)


def product_names(codes: Iterable[str]) -> tuple[str, ...]:
    """Products in the reader's language; a code that left the list stays a code."""
    names = {product.code: str(product) for product in reference.products()}
    return tuple(names.get(code, code) for code in codes)


def lines(points: Iterable[DealPoint]) -> list[Line]:
    """The rows of a list."""
    names = {product.code: str(product) for product in reference.products()}
    return [
        Line(
            point=point,
            state=S(point.state),
            tone=TONES[S(point.state)],
            kind=kind_of(point),
            commune=str(reference.commune(point.commune_code).name),
            products=tuple(names.get(code, code) for code in point.products),
        )
        for point in points
    ]


def steps(agent: Agent, point: DealPoint, *, named: bool) -> list[Step]:
    """The life of a point, the latest step first."""
    changes = queries.history(agent, point)
    undone = rules.undone(changes)
    return [
        Step(
            label=str(S(change.to_state).label),
            at=change.at,
            since=day if (day := timezone.localdate(change.since)) != timezone.localdate(change.at) else None,
            unit=change.unit_code if named or change.from_state else "",
            motive=change.motive,
            now=change.step == point.steps,
            undone=change.step in undone,
        )
        for change in reversed(changes)
    ]


def proofs(agent: Agent, evidence: Iterable[Evidence]) -> list[Proof]:
    """The evidence that the agent sees; a link only to what he may read."""
    rows = list(evidence)
    readable = briefs(agent, [row.record_id for row in rows if row.record_kind == "report"])
    shown = []
    for row in rows:
        report = readable.get(row.record_id)
        url = address("report-page", row.record_id) if report else ""
        shown.append(Proof(row.source_label, row.at, (report.ref or "") if report else "", url))
    return shown


def unit_word(unit: Unit) -> str:
    """One of a unit, in words."""
    return gettext(UNIT_LABELS[unit]).replace("(s)", "")


def prices(agent: Agent, point: DealPoint) -> list[Paid]:
    """What was paid there, the latest day first."""
    names = {product.code: str(product) for product in reference.products()}
    return [
        Paid(
            names.get(row.product, row.product),
            gettext("%(euros)s € par %(unit)s")
            % {"euros": number_format(row.euros, 2), "unit": unit_word(Unit(row.unit))},
            row.day,
            row.source_label,
        )
        for row in queries.prices(agent, point)
    ]


def landlord_doubt(point: DealPoint) -> str:
    """What its check digit says against the SIREN of a landlord: told, never refused."""
    if not point.landlord_siren or siren.is_valid(point.landlord_siren):
        return ""
    return gettext("La clé de contrôle de ce SIREN est fausse : un chiffre est sans doute erroné.")


def roles_seen(point: DealPoint) -> list[str]:
    """The parts played there, in words."""
    return [str(SeenRole(code).label) for code in point.roles_seen]


def confirmations(evidence: Iterable[Evidence]) -> rules.Confirmations:
    """How many independent voices speak for the point, among the evidence that the reader sees."""
    return rules.confirmations(rules.EvidenceFact(SourceKind(row.source_kind), row.owner_unit_id) for row in evidence)


def today() -> date:
    """The day in Paris."""
    return timezone.localdate()
