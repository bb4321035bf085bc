"""What the made world is made of: plain values under stable keys, before any room has given them an identifier."""

from dataclasses import dataclass, field
from datetime import date, datetime

from recoupe.demo.names import Person

SEED = 2019  # the year of the plan


@dataclass(frozen=True)
class Plan:
    """What the world depends on, and nothing else: the same plan gives the same bytes."""

    today: date
    seed: int = SEED
    scale: float = 1.0

    def count(self, base: int) -> int:
        """A size of the world at this scale."""
        return max(1, round(base * self.scale))


@dataclass(frozen=True)
class AgentDraft:
    """An agent of the demonstration; `named` accounts are printed by `make demo`."""

    login: str
    name: str
    unit: str
    roles: tuple[str, ...]
    service: str
    named: str = ""


@dataclass(frozen=True)
class CaseDraft:
    """A procedure of a unit, under a magistrate of a court."""

    key: str
    number: str
    unit: str
    court: str
    magistrate: str
    framework: str
    offences: tuple[int, ...]
    opened_on: date
    opened_by: str


@dataclass(frozen=True)
class RegistrationDraft:
    """A person whom a unit asks to register under one of its procedures, and the decisions on it in their order."""

    key: str
    case: str
    surname: str
    first_names: str
    nickname: str
    sex: str
    birth_date: date
    birth_place: str
    phone: str
    plate: str
    imei: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class SelectorDraft:
    """A selector as the note writes it; `good` is what its maker knows of its check digit or shape."""

    kind: str
    raw: str
    value: str
    good: bool


@dataclass(frozen=True)
class PlaceDraft:
    """Where: a rounded point, a commune, free words, or nothing."""

    kind: str
    commune: str = ""
    lon: float | None = None
    lat: float | None = None
    uncertainty_m: int | None = None
    text: str = ""


@dataclass(frozen=True)
class EventDraft:
    """When: the days that the event can mean, how precisely, and the date as somebody would type it."""

    first: date
    last: date
    precision: str
    typed: str


@dataclass(frozen=True)
class ReportDraft:
    """A note before it is handed in; `key` is the sender's own reference (external_ref).

    Most come from a file of their unit; those `by_hand` are typed by their author, judicial ones always.
    """

    key: str
    form: str
    author: str
    unit: str
    collected_at: datetime
    event: EventDraft
    source_kind: str
    fact_text: str
    assessment_text: str
    place: PlaceDraft
    grade: str
    seen_by_reporter: bool
    handling: tuple[str, ...]
    h3_line: str = ""
    handling_conditions: str = ""
    silent: bool = False
    by_hand: bool = False
    case: str = ""
    state: str = "SUBMITTED"
    products: tuple[str, ...] = ()
    means: tuple[str, ...] = ()
    violence: bool = False
    urgency: bool = False
    selectors: tuple[SelectorDraft, ...] = ()
    persons: tuple[Person, ...] = ()
    point: str = ""


@dataclass(frozen=True)
class DealPointDraft:
    """A point of sale: drawn inside its commune, rounded, under an invented street; `path` leads to its state.

    `days` are those on which it was entered, then took each step of its path.
    """

    key: str
    name: str
    kind: str
    commune: str
    department: str
    lon: float
    lat: float
    uncertainty_m: int
    street: str
    products: tuple[str, ...]
    hours: str
    roles_seen: tuple[str, ...]
    violence: bool
    minors_present: bool
    state: str
    path: tuple[str, ...]
    evidence: tuple[str, ...]
    days: tuple[date, ...]
    onto: str = ""


@dataclass(frozen=True)
class PairDraft:
    """Two reports of two units that share a selector, and how far their contact goes in the demonstration."""

    key: str
    kind: str
    value: str
    first: str
    second: str
    contact: str


@dataclass(frozen=True)
class ObjectiveDraft:
    """A dismantling objective and the states that it goes through, each on its day; `origin` is a deal point."""

    key: str
    title: str
    origin_kind: str
    origin: str
    department: str
    court: str
    proposer: str
    prosecutor: str
    lead_unit: str
    deadline_days: int
    state: str
    path: tuple[str, ...]
    motive: str
    days: tuple[date, ...]


@dataclass(frozen=True)
class Truth:
    """Something planted on purpose, that tests look for: the reports, points and values that make it."""

    name: str
    meaning: str
    reports: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """The whole made world."""

    plan: Plan
    agents: tuple[AgentDraft, ...]
    cases: tuple[CaseDraft, ...]
    registrations: tuple[RegistrationDraft, ...]
    reports: tuple[ReportDraft, ...]
    points: tuple[DealPointDraft, ...]
    pairs: tuple[PairDraft, ...]
    objectives: tuple[ObjectiveDraft, ...]
    truths: tuple[Truth, ...]
