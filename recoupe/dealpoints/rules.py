"""Life of a deal point, what confirms it, who sees it, and its map cell: pure functions and tables."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from recoupe.access.enums import Capacity
from recoupe.dealpoints.enums import (
    COUNTED,
    WITHOUT_PLACE,
    DealPointKind,
    DealPointState,
    Extent,
)
from recoupe.kernel.refusal import Invalid, Refused, gettext_noop
from recoupe.kernel.selectors import propose
from recoupe.kernel.source import SourceKind
from recoupe.kernel.text import clean_line
from recoupe.reference.enums import UnitKind

S = DealPointState

# W5, with the ways back that its line leaves open: a target dropped, sales resumed, a duplicate that was none.
TRANSITIONS: Mapping[DealPointState, frozenset[DealPointState]] = {
    S.REPORTED: frozenset({S.TO_VERIFY, S.REJECTED, S.DUPLICATE}),
    S.TO_VERIFY: frozenset({S.ACTIVE, S.REJECTED, S.DUPLICATE}),
    S.ACTIVE: frozenset({S.TARGETED, S.DISPLACED, S.DUPLICATE, S.REJECTED}),
    S.TARGETED: frozenset({S.DISRUPTED, S.ACTIVE, S.DISPLACED}),
    S.DISRUPTED: frozenset({S.DISMANTLED, S.ACTIVE, S.DISPLACED}),
    S.DISMANTLED: frozenset({S.WATCH}),
    S.WATCH: frozenset({S.CLOSED, S.REOCCUPIED, S.DISPLACED}),
    S.CLOSED: frozenset({S.REOCCUPIED}),
    S.REOCCUPIED: frozenset({S.ACTIVE}),
    S.DUPLICATE: frozenset({S.MERGED, S.TO_VERIFY}),
    S.MERGED: frozenset(),
    S.DISPLACED: frozenset(),
    S.REJECTED: frozenset(),
}

# No step of a life but the correction of one: what a merger that was none gives back, the state of before.
GIVEN_BACK: Mapping[DealPointState, frozenset[DealPointState]] = {
    S.MERGED: frozenset({S.REPORTED, S.TO_VERIFY, S.ACTIVE}),
}

# Which of these say that there never was a point of its own there: they hold from its first day on.
NEVER_WAS = frozenset({S.REJECTED, S.DUPLICATE, S.MERGED})

# Which capacity of a cell of the point brings it to that state: the analyst looks, the head decides.
DECIDED_BY: Mapping[DealPointState, Capacity] = {
    S.TO_VERIFY: Capacity.CELL,
    S.ACTIVE: Capacity.CELL,
    S.DUPLICATE: Capacity.CELL,
    S.REOCCUPIED: Capacity.CELL,
    S.TARGETED: Capacity.CELL_HEAD,
    S.DISRUPTED: Capacity.CELL_HEAD,
    S.DISMANTLED: Capacity.CELL_HEAD,
    S.WATCH: Capacity.CELL_HEAD,
    S.CLOSED: Capacity.CELL_HEAD,
    S.MERGED: Capacity.CELL_HEAD,
    S.DISPLACED: Capacity.CELL_HEAD,
    S.REJECTED: Capacity.CELL_HEAD,
}

# Whether the state must say why, in words that the next reader will need.
NEEDS_MOTIVE: Mapping[DealPointState, bool] = {
    S.REPORTED: False,
    S.TO_VERIFY: False,
    S.ACTIVE: False,
    S.TARGETED: False,
    S.DISRUPTED: True,
    S.DISMANTLED: True,
    S.WATCH: False,
    S.CLOSED: True,
    S.REOCCUPIED: True,
    S.DUPLICATE: True,
    S.MERGED: True,
    S.DISPLACED: True,
    S.REJECTED: True,
}

# Whether the cells of the point are told: somebody has to act.
TELLS_CELLS: Mapping[DealPointState, bool] = {
    S.REPORTED: True,
    S.TO_VERIFY: False,
    S.ACTIVE: True,
    S.TARGETED: False,
    S.DISRUPTED: False,
    S.DISMANTLED: True,
    S.WATCH: False,
    S.CLOSED: False,
    S.REOCCUPIED: True,
    S.DUPLICATE: True,
    S.MERGED: False,
    S.DISPLACED: True,
    S.REJECTED: False,
}

SHORTEST_MOTIVE = 10
# What the network may build on without asking the holder again (S-3); H2 and H3 stay with whoever holds them.
SHAREABLE = frozenset({"H0", "H1"})
MIN_UNCERTAINTY_M = 50  # nearer than that a point names a house
MAX_UNCERTAINTY_M = 20_000


@dataclass(frozen=True, slots=True)
class EvidenceFact:
    """What the confirmation rule needs of one piece of evidence."""

    source: SourceKind
    unit: UUID


@dataclass(frozen=True, slots=True)
class Confirmations:
    """How many independent sources speak for a point, of how many kinds, and whether an officer saw it."""

    sources: int
    kinds: int
    seen_by_officer: bool

    def sufficient(self, needed: int) -> bool:
        """ACTIVE needs one officer's observation, or that many sources that are not all of one kind."""
        return self.seen_by_officer or (self.sources >= needed and self.kinds >= min(needed, 2))


# One voice however many reports: nobody can tell whether two of them are two people.
ONE_VOICE = frozenset({SourceKind.ANONYMOUS, SourceKind.OPEN_SOURCE})


def _voice(fact: EvidenceFact) -> tuple[SourceKind, UUID | None]:
    return fact.source, None if fact.source in ONE_VOICE else fact.unit


def confirmations(evidence: Iterable[EvidenceFact]) -> Confirmations:
    """Independent confirmations: all anonymous reports are one source, and so are all reports of one partner."""
    voices = {_voice(fact) for fact in evidence}
    kinds = {source for source, _ in voices}
    return Confirmations(len(voices), len(kinds), SourceKind.OFFICER_OBSERVATION in kinds)


def member_capacity(kind: str) -> Capacity:
    """In which capacity the members of a unit of that kind hold its key."""
    return {UnitKind.CROSS.value: Capacity.CELL, UnitKind.OFFICE.value: Capacity.OFFICE}.get(kind, Capacity.UNIT)


def audience(
    owner: Iterable[tuple[UUID, Capacity]], cells: Iterable[UUID], office: UUID, courts: Iterable[UUID]
) -> frozenset[tuple[UUID, Capacity]]:
    """Who reads a point: its territory, its cells, the office, the prosecutors competent there, its owner's unit."""
    readers: set[tuple[UUID, Capacity]] = {*owner, (office, Capacity.OFFICE)}
    for cell in cells:
        readers |= {(cell, Capacity.CELL), (cell, Capacity.TERRITORY)}
    return frozenset(readers | {(court, Capacity.PROSECUTOR) for court in courts})


def evidence_audience(
    owner: Iterable[tuple[UUID, Capacity]], cells: Iterable[UUID], office: UUID
) -> frozenset[tuple[UUID, Capacity]]:
    """Who reads which unit brought a piece of evidence: not the whole territory, for who shares is a secret."""
    return frozenset({*owner, (office, Capacity.OFFICE), *((cell, Capacity.CELL) for cell in cells)})


def checked_shareable(handling: Iterable[str], own: bool) -> None:
    """Whether its codes let it found a point that a whole territory reads (S-3); no code is the strictest."""
    codes = set(handling)
    if not own and not (codes and codes <= SHAREABLE):
        raise Refused(
            gettext_noop("Le code de traitement de cette fiche réserve sa diffusion au service qui la détient.")
        )


def checked_motive(to: DealPointState, motive: str) -> str:
    """The motive of a step, cleaned; refused when that step must say why and does not."""
    said = clean_line(motive, 500, "motive")
    if NEEDS_MOTIVE[to] and len(said) < SHORTEST_MOTIVE:
        raise Invalid(
            gettext_noop("Dites pourquoi en au moins %(n)s caractères : le prochain lecteur en aura besoin."),
            field="motive",
            n=SHORTEST_MOTIVE,
        )
    return said


def checked_name(raw: str) -> str:
    """The name that a unit makes up for a place: short, and free of anything that identifies a person."""
    name = clean_line(raw, 80, "name", required=True)
    if propose(name):
        raise Invalid(
            gettext_noop("Le nom d'un point ne contient ni numéro ni identifiant : inventez-en un."), field="name"
        )
    return name


def checked_uncertainty(metres: int | None) -> int:
    """The radius within which the point lies: raised to 50 m, so that no point names a house."""
    if metres is None:
        return MIN_UNCERTAINTY_M
    if metres < 0 or metres > MAX_UNCERTAINTY_M:
        raise Invalid(
            gettext_noop("Le rayon d'incertitude doit être compris entre 0 et %(most)s mètres."),
            field="uncertainty_m",
            most=MAX_UNCERTAINTY_M,
        )
    return max(metres, MIN_UNCERTAINTY_M)


def checked_extent(kind: DealPointKind, extent: Extent) -> Extent:
    """What is sold at the door or on a screen may have no place of its own; anything else lies somewhere."""
    if extent is not Extent.SPOT and kind not in WITHOUT_PLACE:
        raise Invalid(
            gettext_noop("Seules une livraison à domicile et une vente en ligne n'ont pas de lieu à elles."),
            field="extent",
        )
    return extent


def closable_on(dismantled_on: date, clean_days: int) -> date:
    """The first day on which a point that stayed clean may be closed."""
    return dismantled_on + timedelta(days=clean_days)


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a point's history: recorded `at`, true `since`; `undoes` the steps from that one on."""

    point: UUID
    step: int
    at: datetime
    to: DealPointState
    since: datetime
    undoes: int | None = None


def states_at(changes: Iterable[Change], at: datetime, known: datetime | None = None) -> dict[UUID, DealPointState]:
    """The state of each point just before a moment, by what was recorded before `known` (None: before that moment)."""
    lives: dict[UUID, list[Change]] = {}
    for change in changes:
        if change.at < (known or at):
            lives.setdefault(change.point, []).append(change)
    found = {}
    for point, life in lives.items():
        gone = undone(life)
        if held := [change for change in life if change.since < at and change.step not in gone]:
            found[point] = max(held, key=lambda one: one.step).to
    return found


class Numbered(Protocol):
    """A step, and from which one on it undoes those before it."""

    @property
    def step(self) -> int:
        """Its number."""

    @property
    def undoes(self) -> int | None:
        """The first one that it undoes."""


def undone(life: Iterable[Numbered]) -> frozenset[int]:
    """The numbers of the steps of one point that a later one annuls."""
    return frozenset(step for change in life if change.undoes for step in range(change.undoes, change.step))


def counted_on(
    day: date, definitions: Sequence[tuple[date, frozenset[DealPointState]]] = COUNTED
) -> frozenset[DealPointState]:
    """The states that counted as deal points by the definition of that day; the first one before any."""
    return next((states for since, states in reversed(definitions) if since <= day), definitions[0][1])


# -- two points that may be one ------------------------------------------------------------------------------------
# Within the wider of their radii, of 50 m at least: nearer than that no point is placed. Beyond 150 m the next hall is
# as likely as the same one; and a point that is known to more than 500 m says nothing of its neighbour.
NEAR_MOST_M = 150
VAGUE_M = 500
# One sale is entered as a street by one crew and as a hall by another; what is stashed is not where it is sold.
ON_THE_GROUND = frozenset({DealPointKind.STREET, DealPointKind.LOBBY, DealPointKind.SQUAT, DealPointKind.SHOP})
HIDDEN = frozenset({DealPointKind.STASH, DealPointKind.CULTIVATION})


@dataclass(frozen=True, slots=True)
class Known:
    """What the rule of doubles needs of a point: its form, and how surely its place is known, in metres."""

    kind: DealPointKind
    uncertainty_m: int


def may_be_one(one: Known, other: Known, metres: float) -> bool:
    """Whether two points that far apart are proposed as one: of one sort, each surely placed, within the wider one."""
    if max(one.uncertainty_m, other.uncertainty_m) > VAGUE_M:
        return False
    if not any({one.kind, other.kind} <= sort for sort in (ON_THE_GROUND, HIDDEN)):
        return False
    return metres <= min(max(one.uncertainty_m, other.uncertainty_m), NEAR_MOST_M)


# -- the map's cells ------------------------------------------------------------------------------------------------
CELLS_A_DEGREE = 10  # some 11 km: a screen of a department touches about a hundred cells
_ROW = 360 * CELLS_A_DEGREE
MOST_ROWS = 40


@dataclass(frozen=True, slots=True)
class Bounds:
    """A window of the map, in degrees."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def parse(cls, text: str) -> "Bounds":
        """Read "west,south,east,north"; anything else, or a window off the Earth, is refused."""
        try:
            west, south, east, north = (float(part) for part in text.split(","))
        except ValueError:
            raise Invalid(gettext_noop("Le cadre de la carte est illisible."), field="bbox") from None
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise Invalid(gettext_noop("Le cadre de la carte sort de la Terre."), field="bbox")
        return cls(west, south, east, north)


def _row(lat: float) -> int:
    return min(math.floor((lat + 90) * CELLS_A_DEGREE), 180 * CELLS_A_DEGREE - 1)


def _column(lon: float) -> int:
    return min(math.floor((lon + 180) * CELLS_A_DEGREE), _ROW - 1)


def cell_number(lon: float, lat: float) -> int:
    """The number of the map cell that holds a point: a plain integer, which an index can use under row security."""
    return _row(lat) * _ROW + _column(lon)


def cell_ranges(bounds: Bounds) -> list[tuple[int, int]]:
    """First and last cell of each row that a window touches; one covering range when the rows are many."""
    bottom, top = _row(bounds.south), _row(bounds.north)
    left, right = _column(bounds.west), _column(bounds.east)
    if top - bottom >= MOST_ROWS:
        return [(bottom * _ROW + left, top * _ROW + right)]
    return [(row * _ROW + left, row * _ROW + right) for row in range(bottom, top + 1)]


def grid_step(bounds: Bounds) -> float:
    """Side in degrees of the squares in which many points are counted together: a window has about twelve."""
    return max(bounds.east - bounds.west, bounds.north - bounds.south) / 12
