"""How the pages show events: each hour by the clock of its place, whose zone is said beyond that of Paris."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from recoupe.kernel.refusal import Absent
from recoupe.operations.enums import LIVE, EventShape, EventState
from recoupe.operations.models import Event
from recoupe.operations.placing import stops_of
from recoupe.operations.rules import PARIS, Leg, zone_of
from recoupe.reference import queries as reference
from recoupe.reference.models import Commune

TONES: Mapping[str, str] = {
    EventState.PLANNED: "info",
    EventState.CHANGED: "info",
    EventState.UNDER_WAY: "accent",
    EventState.OVER: "",
    EventState.CANCELLED: "warn",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One event as lists and pages name it; `clock` says whose clock, nothing for that of Paris."""

    event: Event
    title: str
    place: str
    since: datetime
    until: datetime
    hours: str
    clock: str
    state: str
    tone: str
    live: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One leg as the page tells it."""

    number: int
    start: str
    end: str
    hours: str
    clock: str


def lines(events: Iterable[Event]) -> list[Line]:
    """Events of a list: those of one commune name it once."""
    found = list(events)
    communes = {code: _commune(code) for code in {event.commune_code for event in found}}
    return [_line(event, communes[event.commune_code]) for event in found]


def line(event: Event) -> Line:
    """One event."""
    return lines([event])[0]


def steps(event: Event) -> list[Step]:
    """The legs of a route; nothing for a place."""
    if event.shape != EventShape.CORRIDOR:
        return []
    stops, legs = stops_of(event), [Leg.of_row(row) for row in event.legs]
    return [
        Step(n, start.name, end.name, hours(leg.since, leg.until, zone_of(start.department_id)), _clock(start))
        for n, (leg, (start, end)) in enumerate(zip(legs, pairwise(stops), strict=True), 1)
    ]


def hours(since: datetime, until: datetime, zone: str) -> str:
    """A window by the clock of a place; its day is said once when it ends on it."""
    first, last = (moment.astimezone(ZoneInfo(zone)) for moment in (since, until))
    ends = hour(last) if first.date() == last.date() else f"{last:%d/%m/%Y} {hour(last)}"
    return f"{first:%d/%m/%Y} {hour(first)} – {ends}"


def hour(local: datetime) -> str:
    """An hour of the wall; of the one that comes twice in the autumn, which."""
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    if not twice:
        return f"{local:%H:%M}"
    return f"{local:%H:%M} {gettext('(heure d’hiver)') if local.fold else gettext('(heure d’été)')}"


def _line(event: Event, commune: Commune | None) -> Line:
    zone, state = ZoneInfo(event.zone), EventState(event.state)
    return Line(
        event,
        event.label or str(event.get_kind_display()),
        f"{commune.name} ({commune.department_id})" if commune else event.commune_code,
        event.starts_at.astimezone(zone),
        event.ends_at.astimezone(zone),
        hours(event.starts_at, event.ends_at, event.zone),
        _clock(commune),
        str(state.label),
        TONES[state],
        state in LIVE,
    )


def _clock(commune: Commune | None) -> str:
    if commune is None or zone_of(commune.department_id) == PARIS:
        return ""
    return gettext("heure de %(land)s") % {"land": commune.department.name}


def _commune(code: str) -> Commune | None:
    try:
        return reference.commune(code)
    except Absent:
        return None
