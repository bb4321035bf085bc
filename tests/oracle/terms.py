"""The rows of a world, by the attributes that the policy names (section 2 and P-5 to P-80)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from .actors import Agent as Agent
from .actors import Association as Association
from .actors import Habilitation as Habilitation
from .actors import Key as Key
from .actors import Keys as Keys
from .actors import Mandate as Mandate
from .actors import Purpose as Purpose
from .actors import Session as Session
from .actors import Unit as Unit

PARIS = ZoneInfo("Europe/Paris")
Answer = Literal["yes", "signin", "purpose", "forbidden", "absent", "conflict", "invalid", "method"]
Shown = Literal["yes", "no", "masked", "short", "word", "form"]


@dataclass(frozen=True)
class Report:
    """A report; `stamped`: its keys as last written, where they are known; `written`: the day of that writing."""

    id: str
    author: str
    owner: str
    state: str = "SUBMITTED"
    departments: frozenset[str] = frozenset()
    cells: frozenset[str] | None = None  # None: the cells of `departments` on the day `written`
    handling: frozenset[str] = frozenset({"H0"})
    h3_line: str = ""
    silent_until: date | None = None
    recipients: frozenset[str] = frozenset()  # added to those of the register of disclosures
    frame: str = "administrative"
    case: str | None = None
    review_needed: bool = False
    reviewed_by: str | None = None
    source_kind: str = ""
    import_file: str | None = None
    assessment_author: str | None = None
    ref: str = ""
    submitted: datetime | None = None
    written: date | None = None
    stamped: Keys | None = None


@dataclass(frozen=True)
class Person:
    """A person mentioned in a report."""

    id: str
    report: str
    category: str = "suspect"
    minor_at_event: bool = False


@dataclass(frozen=True)
class Selector:
    """A phone, a plate, an IBAN… mentioned in a report."""

    id: str
    report: str
    kind: str = "phone"
    person: str | None = None  # under whose name it is written


@dataclass(frozen=True)
class Child:
    """A row that hangs on a parent: attachment, history, version, refusal, change, step, decision, answer, finding."""

    id: str
    table: str
    parent: str
    author: str | None = None  # the agent named by author_id or actor_id
    number: int = 0  # a step: its rank, 1 for the first
    former: str | None = None  # a change of magistrate: who was in charge before
    magistrate: str | None = None  # a change of magistrate: who is from then on
    court: str | None = None  # a decision
    validates: bool = False  # a decision
    owner: str | None = None  # a measure: the service that answers for it


@dataclass(frozen=True)
class ImportFile:
    """A file of reports."""

    id: str
    uploaded_by: str
    owner: str
    state: str = "UPLOADED"
    stamped: Keys | None = None


@dataclass(frozen=True)
class Case:
    """A procedure of a unit."""

    id: str
    owner: str
    court: str | None = None
    magistrate: str | None = None
    state: str = "OPEN"
    stamped: Keys | None = None


@dataclass(frozen=True)
class Target:
    """A person registered, or asked to be, under a procedure of `owner` (P-120)."""

    id: str
    owner: str
    case: str
    requested_by: str
    state: str = "REQUESTED"
    birth: date | None = None
    stamped: Keys | None = None


@dataclass(frozen=True)
class Event:
    """A planned event of one unit (P-110)."""

    id: str
    owner: str
    author: str
    state: str = "PLANNED"
    kind: str = ""
    stamped: Keys | None = None


@dataclass(frozen=True)
class Presence:
    """A step of a line of the ledger of one unit (P-150); `state`: that of the line."""

    id: str
    owner: str
    author: str
    state: str = "STANDS"


@dataclass(frozen=True)
class HitSide:
    """What one side (`asker`, `holder`) may know of a hit; `hit` is the pair, `state` that of the pair."""

    id: str
    hit: str
    side: str
    owner: str
    record: str | None
    relay: str | None = None
    state: str = "BLIND_NOTIFIED"
    strength: str = "strong"
    told: bool = True
    thread: str | None = None
    written: date | None = None
    stamped: Keys | None = None


@dataclass(frozen=True)
class Judgement:
    """A weak pair put to the one unit that reads both records (P-26)."""

    id: str
    unit: str
    first: str
    second: str
    state: str = "ASKED"
    stamped: Keys | None = None


@dataclass(frozen=True)
class Contact:
    """The exchange of two services on a pair; `carried_*`: the units to which it was ever carried."""

    id: str
    hit: str
    state: str = "AVAILABLE"
    requested_side: str | None = None
    proposed_side: str | None = None
    proposed_by: str | None = None
    content_allowed: bool = True
    carried_cell: str | None = None
    carried_office: str | None = None
    carried_prosecutor: str | None = None
    stamped: Keys | None = None


@dataclass(frozen=True)
class Message:
    """A message of a contact."""

    id: str
    contact: str
    author: str


@dataclass(frozen=True)
class Release:
    """One communication of a record, in a contact."""

    id: str
    contact: str
    giving_side: str
    record: str
    recipient: str | None = None
    state: str = "REQUESTED"


@dataclass(frozen=True)
class Agreement:
    """The question to the magistrate in charge; `agreed` once he said yes."""

    id: str
    release: str
    record: str
    case: str
    magistrate: str
    giving_unit: str
    asked_by: str
    state: str = "ASKED"
    agreed: bool = False
    stamped: Keys | None = None


@dataclass(frozen=True)
class Disclosure:
    """A line of the register of disclosures."""

    id: str
    record: str
    from_unit: str
    to_unit: str
    record_kind: str = "report"


@dataclass(frozen=True)
class DealPoint:
    """A deal point; `held`: the capacity of the proposer when he proposed (None: worked out from his roles)."""

    id: str
    owner: str
    proposed_by: str
    cells: frozenset[str] = frozenset()
    courts: frozenset[str] = frozenset()
    state: str = "REPORTED"
    held: str | None = None
    merged_into: str | None = None
    written: date | None = None
    stamped: Keys | None = None


@dataclass(frozen=True)
class Evidence:
    """One record that founds or supports a point."""

    id: str
    point: str
    record: str
    attached_by: str
    attached_unit: str
    held: str | None = None
    written: date | None = None
    stamped: Keys | None = None


@dataclass(frozen=True)
class Objective:
    """A dismantling objective; `sent` once it went to the prosecutor's office."""

    id: str
    owner: str
    proposed_by: str
    cells: frozenset[str] = frozenset()
    court: str | None = None
    state: str = "PROPOSED"
    sent: bool = False
    lead: str | None = None
    joint: str | None = None
    co_services: frozenset[str] = frozenset()
    origin_kind: str = "dealpoint"
    origin: str | None = None
    written: date | None = None
    stamped: Keys | None = None


@dataclass(frozen=True)
class Notice:
    """A notice for the holder of one key."""

    id: str
    key: Key
    record_kind: str = ""
    record: str | None = None


@dataclass(frozen=True)
class Entry:
    """A line of the journal."""

    id: str


@dataclass(frozen=True)
class Settlement:
    """What two services settle of two registrations that met in a contact (P-140)."""

    id: str
    contact: str
    carried: bool = False
    state: str = "OPEN"
    proposed_side: str | None = None


@dataclass(frozen=True)
class Opinion:
    """What a magistrate of a court is asked of it (P-141)."""

    id: str
    magistrate: str
    court: str
    state: str = "ASKED"


@dataclass(frozen=True)
class Danger:
    """Two events that must not meet unwarned, a line of the watch on one, or a shift of the watch (P-131)."""

    id: str
    table: str = "deconfliction_danger"
    state: str = ""


@dataclass(frozen=True)
class DangerSide:
    """A danger as the duty desk of one unit, and the desk that answers for it, learn of it (P-130)."""

    id: str
    owner: str
    relay: str | None = None
    stands: bool = True
    acknowledged: bool = False


@dataclass(frozen=True)
class Page:
    """A page without an object, or a row of the public reference."""

    id: str = ""


@dataclass(frozen=True)
class Figure(Page):
    """A figure of the plan board, or a row of what is told of a measure; `answers`: the unit that answers for it."""

    answers: str = ""
    table: str = ""
    measure: int = 0
    by: str = ""  # who signed it
    above: str = ""  # the evidence of a value, the meeting of a decision or of a frozen board
    file: bool = False


Work = (
    Report
    | Person
    | Selector
    | Child
    | ImportFile
    | Case
    | Target
    | Event
    | Presence
    | DealPoint
    | Evidence
    | Objective
)
Exchange = HitSide | Judgement | Contact | Message | Release | Agreement | Disclosure | Settlement | Opinion
Alarm = Danger | DangerSide
Object = Work | Exchange | Alarm | Agent | Habilitation | Association | Notice | Mandate | Entry | Figure | Page


@dataclass(frozen=True, eq=False)
class World:
    """What the policy looks at, at one moment, by id; once made, a world and its mappings are never changed."""

    now: datetime
    units: Mapping[str, Unit] = field(default_factory=dict)
    agents: Mapping[str, Agent] = field(default_factory=dict)
    habilitations: Mapping[str, Habilitation] = field(default_factory=dict)
    sessions: Mapping[str, Session] = field(default_factory=dict)
    associations: Mapping[str, Association] = field(default_factory=dict)
    reports: Mapping[str, Report] = field(default_factory=dict)
    persons: Mapping[str, Person] = field(default_factory=dict)
    selectors: Mapping[str, Selector] = field(default_factory=dict)
    children: Mapping[str, Child] = field(default_factory=dict)
    imports: Mapping[str, ImportFile] = field(default_factory=dict)
    cases: Mapping[str, Case] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)
    events: Mapping[str, Event] = field(default_factory=dict)
    presences: Mapping[str, Presence] = field(default_factory=dict)
    sides: Mapping[str, HitSide] = field(default_factory=dict)
    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    messages: Mapping[str, Message] = field(default_factory=dict)
    releases: Mapping[str, Release] = field(default_factory=dict)
    agreements: Mapping[str, Agreement] = field(default_factory=dict)
    disclosures: Mapping[str, Disclosure] = field(default_factory=dict)
    settlements: Mapping[str, Settlement] = field(default_factory=dict)
    opinions: Mapping[str, Opinion] = field(default_factory=dict)
    dangers: Mapping[str, Danger] = field(default_factory=dict)
    danger_sides: Mapping[str, DangerSide] = field(default_factory=dict)
    points: Mapping[str, DealPoint] = field(default_factory=dict)
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    objectives: Mapping[str, Objective] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)
    notices: Mapping[str, Notice] = field(default_factory=dict)
    deposits: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (agent, case id or ""): counted today
    daily_budget: int = 50

    @property
    def today(self) -> date:
        """Give the date of `now` in Europe/Paris."""
        return self.now.astimezone(PARIS).date()
