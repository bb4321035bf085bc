"""Life of an event, what its place and its hours may be, local time read as UTC. Pure; now is an argument."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from recoupe.kernel.place import Point
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.operations.enums import PLANNED_KINDS, VAULT_KINDS, EventKind, EventState

S = EventState

TRANSITIONS: Mapping[EventState, frozenset[EventState]] = {
    S.PLANNED: frozenset({S.CHANGED, S.UNDER_WAY, S.OVER, S.CANCELLED}),
    S.CHANGED: frozenset({S.CHANGED, S.UNDER_WAY, S.OVER, S.CANCELLED}),
    S.UNDER_WAY: frozenset({S.CHANGED, S.OVER, S.CANCELLED}),
    S.OVER: frozenset(),
    S.CANCELLED: frozenset(),
}

# Whether the step must say why.
NEEDS_MOTIVE: Mapping[EventState, bool] = {
    S.PLANNED: False,
    S.CHANGED: False,
    S.UNDER_WAY: False,
    S.OVER: False,
    S.CANCELLED: True,
}

LONGEST = timedelta(days=31)
FURTHEST = timedelta(days=366)
LATEST_ENTRY = timedelta(hours=24)
LONGEST_LEG_M = 400_000
LEGS_MAX = 12
RADIUS_MAX_M = 20_000
LABEL_MAX = 80
CONCERNS_MAX = 10

# Who lives by another clock than Paris; the islands of the same clock are told apart by nobody here.
OVERSEAS_ZONES: Mapping[str, str] = {
    "971": "America/Guadeloupe", "972": "America/Martinique", "973": "America/Cayenne", "974": "Indian/Reunion",
    "975": "America/Miquelon", "976": "Indian/Mayotte", "977": "America/St_Barthelemy", "978": "America/Marigot",
    "984": "Indian/Kerguelen", "986": "Pacific/Wallis", "987": "Pacific/Tahiti", "988": "Pacific/Noumea",
}  # fmt: skip
PARIS = "Europe/Paris"

SENTENCE_STATE = gettext_noop("Cet événement est « %(state)s » : cette étape n'est plus possible.")
SENTENCE_VAULT = gettext_noop(
    "Une livraison surveillée, une rencontre de source ou une identité d'emprunt ne s'enregistre pas ici :"
    " adressez-vous au bureau central."
)
SENTENCE_KIND = gettext_noop("Choisissez la nature de l'événement dans la liste.")
SENTENCE_ORDER = gettext_noop("La fin doit être après le début.")
SENTENCE_LONG = gettext_noop("Un événement dure au plus 31 jours : enregistrez-en plusieurs.")
SENTENCE_FAR = gettext_noop("Un événement se prévoit au plus un an à l'avance.")
SENTENCE_PAST = gettext_noop("Cet événement serait déjà terminé depuis plus d'un jour : vérifiez les dates.")
SENTENCE_NO_HOUR = gettext_noop("Cette heure n'existe pas ce jour-là : l'heure d'été commence dans la nuit.")
SENTENCE_NO_PLACE = gettext_noop(
    "Donnez un lieu : un point, une commune, une zone ou un trajet d'au moins deux étapes."
)
SENTENCE_LEGS = gettext_noop("Un trajet compte de deux à %(max)s étapes.")
SENTENCE_BACKWARDS = gettext_noop("Le trajet remonte le temps à l'étape %(leg)s : elle finit avant la précédente.")
SENTENCE_BEFORE = gettext_noop("Le trajet remonte le temps à l'étape %(leg)s : elle commence avant la précédente.")
SENTENCE_LEG_LONG = gettext_noop("L'étape %(leg)s dépasse %(max)s km : ajoutez une étape intermédiaire.")
SENTENCE_RADIUS = gettext_noop("Le rayon va de 0 à %(max)s mètres.")


@dataclass(frozen=True, slots=True)
class Leg:
    """Somewhere between two points at some moment of a window (UTC); a place is a leg whose two points are one.

    The sides of a zone are legs that share their window.
    """

    start: Point
    end: Point
    since: datetime
    until: datetime

    def row(self) -> list[float]:
        """As it is stored: four degrees, then two moments in seconds of the epoch."""
        where = [self.start.lon, self.start.lat, self.end.lon, self.end.lat]
        return [*where, self.since.timestamp(), self.until.timestamp()]

    @classmethod
    def of_row(cls, row: Sequence[float]) -> "Leg":
        """The leg that `row()` stored."""
        a, b, c, d, since, until = row
        moments = (datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC))
        return cls(Point(a, b), Point(c, d), *moments)


def check_step(current: EventState, wanted: EventState) -> None:
    """Refuse a step that the table does not know."""
    if wanted not in TRANSITIONS[EventState(current)]:
        raise Conflict(SENTENCE_STATE, state=EventState(current).label)


def kind(raw: str) -> EventKind:
    """One of the kinds; what belongs to the vault is refused with a sentence of its own (S-7)."""
    if raw in dict(VAULT_KINDS):
        raise Invalid(SENTENCE_VAULT, field="kind")
    if raw not in dict(PLANNED_KINDS):
        raise Invalid(SENTENCE_KIND, field="kind")
    return EventKind(raw)


def zone_of(department: str) -> str:
    """The zone whose clock hangs on the wall there."""
    return OVERSEAS_ZONES.get(department, PARIS)


def part(name: str, leg: int) -> str:
    """How a refusal names a part of a route: `since` of the second leg is since_2; of a place (leg 0), since."""
    return f"{name}_{leg}" if leg else name


def after_change(current: EventState, since: datetime, now: datetime) -> EventState:
    """What has begun goes on when it is changed, unless it now begins later."""
    return EventState.UNDER_WAY if current == EventState.UNDER_WAY and since <= now else EventState.CHANGED


def moment(local: datetime, zone: str, field: str, *, last: bool = False) -> datetime:
    """A local hour as UTC: the hour that summer time skips is refused, of one that comes twice the wider is meant."""
    where = ZoneInfo(zone)
    found = local.replace(tzinfo=where, fold=1 if last else 0).astimezone(UTC)
    if found.astimezone(where).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Invalid(SENTENCE_NO_HOUR, field=field)
    return found


def check_window(since: datetime, until: datetime, now: datetime, legs: int = 0) -> None:
    """In order, not over for a day, not beyond a year, of a month at most; of so many legs for a route."""
    if until <= since:
        raise Invalid(SENTENCE_ORDER, field=part("until", legs))
    if until - since > LONGEST:
        raise Invalid(SENTENCE_LONG, field=part("until", legs))
    if since > now + FURTHEST:
        raise Invalid(SENTENCE_FAR, field=part("since", min(legs, 1)))
    if until < now - LATEST_ENTRY:
        raise Invalid(SENTENCE_PAST, field=part("until", legs))


def check_legs(legs: Sequence[Leg]) -> None:
    """A route goes forward in time, leg after leg, none so long that its window says nothing of where."""
    if not 1 <= len(legs) <= LEGS_MAX:
        raise Invalid(SENTENCE_LEGS, field="route", max=LEGS_MAX + 1)
    for number, leg in enumerate(legs, 1):
        if leg.until <= leg.since:
            raise Invalid(SENTENCE_BACKWARDS, field=part("until", number), leg=number)
        if leg.start.distance_m(leg.end) > LONGEST_LEG_M:
            raise Invalid(SENTENCE_LEG_LONG, field=part("to", number), leg=number, max=LONGEST_LEG_M // 1000)
    for number, (before, after) in enumerate(pairwise(legs), 2):
        if after.since < before.since:
            raise Invalid(SENTENCE_BEFORE, field=part("since", number), leg=number)
        if after.until < before.until:
            raise Invalid(SENTENCE_BACKWARDS, field=part("until", number), leg=number)


def radius(metres: int) -> int:
    """A radius that still names a place."""
    if not 0 <= metres <= RADIUS_MAX_M:
        raise Invalid(SENTENCE_RADIUS, field="radius_m", max=RADIUS_MAX_M)
    return metres


def window(legs: Iterable[Leg]) -> tuple[datetime, datetime]:
    """From the first moment to the last one."""
    every = list(legs)
    return min(leg.since for leg in every), max(leg.until for leg in every)
