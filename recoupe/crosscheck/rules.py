"""Rules of the cross-check: who is told, who judges, which step follows which. Pure: no table, no clock."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recoupe.access.enums import Capacity
from recoupe.access.keys import own
from recoupe.crosscheck.enums import Answer, ContactState, HitState, ReleaseState, Side
from recoupe.kernel.handling import HandlingCode
from recoupe.kernel.refusal import Conflict, gettext_noop
from recoupe.kernel.selectors import Strength
from recoupe.reference.enums import ActEffect

# ---------------------------------------------------------------------------------------------------------------
# Workflow W2, as tables
# ---------------------------------------------------------------------------------------------------------------
# Whatever its state, a hit is closed for good when one of its records is erased.
_END = frozenset({HitState.CLOSED})
HIT_STEPS: Mapping[HitState, frozenset[HitState]] = {
    HitState.MATCHED: frozenset({HitState.ANALYST_REVIEW, HitState.BLIND_NOTIFIED}),
    # An undecided analyst, or an exact selector found meanwhile, leaves it to the two sides.
    HitState.ANALYST_REVIEW: frozenset({HitState.POSITIVE, HitState.FALSE_POSITIVE, HitState.BLIND_NOTIFIED}) | _END,
    # What an analyst takes back goes before an analyst again, or is as it would be without him (after_retraction).
    HitState.BLIND_NOTIFIED: frozenset({HitState.POSITIVE, HitState.FALSE_POSITIVE, HitState.ANALYST_REVIEW}) | _END,
    HitState.POSITIVE: frozenset({HitState.ANALYST_REVIEW, HitState.BLIND_NOTIFIED}) | _END,
    # A pair that was set aside comes back when an exact selector joins it.
    HitState.FALSE_POSITIVE: frozenset({HitState.BLIND_NOTIFIED, HitState.ANALYST_REVIEW}) | _END,
    HitState.CLOSED: frozenset(),
}
# A pair of which somebody has said something, or that its sides were left with.
JUDGED_HIT = frozenset({HitState.BLIND_NOTIFIED, HitState.POSITIVE, HitState.FALSE_POSITIVE})
# Of these nobody says any more that two services met; a side that goes before an analyst again is withdrawn.
DEAD_HIT = frozenset({HitState.FALSE_POSITIVE, HitState.CLOSED, HitState.ANALYST_REVIEW})

_ESCALATIONS = frozenset({ContactState.ESCALATED_CELL})
CONTACT_STEPS: Mapping[ContactState, frozenset[ContactState]] = {
    ContactState.AVAILABLE: frozenset({ContactState.REQUESTED, ContactState.CLOSED}),
    ContactState.REQUESTED: frozenset({ContactState.MADE, ContactState.CLOSED}) | _ESCALATIONS,
    ContactState.MADE: frozenset({ContactState.RESOLVED, ContactState.CLOSED}) | _ESCALATIONS,
    ContactState.ESCALATED_CELL: frozenset({ContactState.RESOLVED, ContactState.ESCALATED_OFFICE, ContactState.CLOSED}),
    ContactState.ESCALATED_OFFICE: frozenset(
        {ContactState.RESOLVED, ContactState.ESCALATED_PROSECUTOR, ContactState.CLOSED}
    ),
    ContactState.ESCALATED_PROSECUTOR: frozenset({ContactState.RESOLVED, ContactState.CLOSED}),
    # What was settled of a registration that is of another person since is open again (deconfliction).
    ContactState.RESOLVED: frozenset({ContactState.MADE}),
    ContactState.CLOSED: frozenset({ContactState.AVAILABLE}),
}

RELEASE_STEPS: Mapping[ReleaseState, frozenset[ReleaseState]] = {
    ReleaseState.REQUESTED: frozenset(
        {
            ReleaseState.AWAITING_MAGISTRATE,
            ReleaseState.GRANTED,
            ReleaseState.REFUSED,
            ReleaseState.WITHDRAWN,
        }
    ),
    ReleaseState.AWAITING_MAGISTRATE: frozenset({ReleaseState.GRANTED, ReleaseState.REFUSED, ReleaseState.WITHDRAWN}),
    ReleaseState.GRANTED: frozenset(),
    ReleaseState.REFUSED: frozenset(),
    ReleaseState.WITHDRAWN: frozenset(),
}

REPORT = "report"
# The kind of record whose whole unit learns what it meets.
EVENT = "event"

# A contact that was settled stays settled; any other ends with its hit.
CLOSABLE_CONTACT = frozenset(state for state, steps in CONTACT_STEPS.items() if ContactState.CLOSED in steps)

# A record that fails alone is tried three times in all, each later than the one before, then parked.
MOST_TRIES = 3
FIRST_RETRY_S = 2
# A whole block of which nothing passes is not the fault of its records: the house is unwell, and nobody is parked.
HOUSE_FAULT_AFTER = 20


# Whom a contact is carried to next: the head of a cell, then the office, then a prosecutor's office.
ESCALATION_ORDER = (
    ContactState.ESCALATED_CELL,
    ContactState.ESCALATED_OFFICE,
    ContactState.ESCALATED_PROSECUTOR,
)
ESCALATED_TO: Mapping[ContactState, Capacity] = {
    ContactState.ESCALATED_CELL: Capacity.CELL_HEAD,
    ContactState.ESCALATED_OFFICE: Capacity.OFFICE,
    ContactState.ESCALATED_PROSECUTOR: Capacity.PROSECUTOR,
}
OPEN_CONTACT = frozenset({ContactState.REQUESTED, ContactState.MADE, *ESCALATION_ORDER})
LIVE_RELEASE = frozenset({ReleaseState.REQUESTED, ReleaseState.AWAITING_MAGISTRATE})


def check_hit_step(current: HitState, wanted: HitState) -> None:
    """Refuse a step that the table of hits does not know."""
    if wanted not in HIT_STEPS[HitState(current)]:
        raise Conflict(
            gettext_noop("Ce recoupement est « %(state)s » : cette étape n'est plus possible."),
            state=HitState(current).label,
        )


def check_contact_step(current: ContactState, wanted: ContactState) -> None:
    """Refuse a step that the table of contacts does not know."""
    if wanted not in CONTACT_STEPS[ContactState(current)]:
        raise Conflict(
            gettext_noop("Ce contact est « %(state)s » : cette étape n'est pas possible maintenant."),
            state=ContactState(current).label,
        )


def check_release_step(current: ReleaseState, wanted: ReleaseState) -> None:
    """Refuse a step that the table of releases does not know."""
    if wanted not in RELEASE_STEPS[ReleaseState(current)]:
        raise Conflict(
            gettext_noop("Cette communication est « %(state)s » : cette étape n'est plus possible."),
            state=ReleaseState(current).label,
        )


def next_escalation(current: ContactState) -> ContactState:
    """The next authority; refused once the prosecutor's office has it, or when no contact is open."""
    state = ContactState(current)
    if state in ESCALATION_ORDER[:-1]:
        return ESCALATION_ORDER[ESCALATION_ORDER.index(state) + 1]
    wanted = ContactState.ESCALATED_CELL
    check_contact_step(state, wanted)
    return wanted


# ---------------------------------------------------------------------------------------------------------------
# One pair of records
# ---------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Facts:
    """What the matcher knows of one record of a pair, its unit's own silence included."""

    record_kind: str
    record_id: UUID
    unit_id: UUID
    file: str
    purpose: str
    tells_self: bool
    tells_other: bool
    unit_silent: bool
    departments: frozenset[str]
    office_reads: bool
    batch: bool
    author_id: UUID | None
    at: datetime

    @property
    def announces(self) -> bool:
        """Whether the other side may learn that this record exists (S-3, S-4)."""
        return self.tells_other and not self.unit_silent

    @property
    def cells_reading(self) -> frozenset[str]:
        """Departments whose cell reads it; a silent unit's record is read by its unit alone."""
        return frozenset() if self.unit_silent else self.departments

    @property
    def read_by_office(self) -> bool:
        """Whether the office's analysts read it."""
        return self.office_reads and not self.unit_silent


def told(first: Facts, second: Facts) -> tuple[bool, bool]:
    """Which of the two sides learns of the hit: each needs its own leave and the other's."""
    return first.tells_self and second.announces, second.tells_self and first.announces


def in_order(first: Facts, second: Facts) -> tuple[Facts, Facts]:
    """(asker, holder): the record deposited last asks; identifiers decide between equal times."""
    if (first.at, first.record_id.int) > (second.at, second.record_id.int):
        return first, second
    return second, first


def comparable(effect: ActEffect | None) -> bool:
    """S-5: no act, no comparison; an act that forbids says the same aloud."""
    return effect in (ActEffect.EXISTENCE, ActEffect.CONTENT_ON_RELEASE)


@dataclass(frozen=True, slots=True)
class Judge:
    """Who reads both records of a weak pair: the first cell that exists of these departments, or the office."""

    departments: tuple[str, ...]
    office: bool


def judge_of(first: Facts, second: Facts) -> Judge | None:
    """S-2: the cell of the territory that reads both, else the office; None when nobody may."""
    common = tuple(sorted(first.cells_reading & second.cells_reading))
    office = first.read_by_office and second.read_by_office
    return Judge(common, office) if common or office else None


def strongest(strengths: Iterable[Strength]) -> Strength:
    """The strength of a pair is that of its best selector."""
    return max(strengths, key=STRENGTH_RANK.__getitem__)


STRENGTH_RANK: Mapping[Strength, int] = {Strength.WEAK: 0, Strength.STRONG: 1, Strength.CERTAIN: 2}
STRENGTH_OF_RANK: Mapping[int, Strength] = {rank: strength for strength, rank in STRENGTH_RANK.items()}


def speakers(facts: Facts, relay: UUID | None) -> set[tuple[UUID, Capacity]]:
    """Who speaks for one side: the author of a typed record, the duty desk, and the desk that answers for the unit.

    The sender of a file is never told (S-1). `relay` is None while the other side is not told: nobody will call.
    """
    chosen = {(facts.unit_id, Capacity.DUTY)}
    if facts.author_id is not None and not facts.batch:
        chosen.add(own(facts.author_id, facts.unit_id))
    if relay is not None:
        chosen.add((relay, Capacity.DUTY))
    return chosen


def audience(facts: Facts, cells: Iterable[UUID], office: UUID, relay: UUID | None) -> set[tuple[UUID, Capacity]]:
    """Who learns of the hit on one side: whoever speaks for it, the cells and the office that read the record."""
    readers = speakers(facts, relay) | {(cell, Capacity.CELL) for cell in cells}
    if facts.record_kind == EVENT:
        # Whoever of the team opens the event must see whom to call before he goes there.
        readers.add((facts.unit_id, Capacity.UNIT))
    if facts.read_by_office:
        readers.add((office, Capacity.OFFICE))
    return readers


# ---------------------------------------------------------------------------------------------------------------
# A selector that very many records hold
# ---------------------------------------------------------------------------------------------------------------
# A hotline or a rental firm's number: 2,000 reports of ten services would make two million pairs, and nobody reads the
# hundredth. Up to this many holders every pair of two services is a hit. Beyond, each service still learns of each
# other one once, and each new record of its newest forerunner elsewhere: hits grow as records do, none is left untold.
# Only holders that let others be told are counted: a silent one must not change what everybody else learns.
COMMON_HOLDERS = 20
# People who share a key of likeness, « MARTIN, né en 1990 »: beyond, the key says too little to search by.
BLOCK_HOLDERS = 200
# Of whoever shares a block with somebody, those who share most and rarest: so many rows are read and weighed.
CANDIDATES_WEIGHED = 30
# What a question of likeness may cost: the day's number of an agent, whatever the case, and the beat of its answers.
LIKENESS_BUDGET_RULE = "likeness.daily_budget"
LIKENESS_MS = 20


@dataclass(frozen=True, slots=True)
class Held:
    """One record that holds a common selector, and how strong it is there."""

    facts: Facts
    rank: int

    @property
    def kind(self) -> tuple[object, ...]:
        """Records of one unit that are alike in this may stand for each other: who is told, and under which acts."""
        facts = self.facts
        return facts.unit_id, facts.file, facts.purpose, facts.tells_self, facts.tells_other

    @property
    def order(self) -> tuple[datetime, int]:
        """The order of deposit."""
        return self.facts.at, self.facts.record_id.int


def meetings(
    standing: Iterable[Held], arrivals: Iterable[Held], worth: Callable[[Facts, Facts], int]
) -> list[tuple[Held, Held]]:
    """Whom each arrival meets through one common selector, as if they had been deposited one after the other.

    `standing` is the newest record of each kind; `worth` how many sides of a pair would be told. The first of its kind
    in its unit meets one record of each other unit, so that each two services are told once; the next ones meet one.
    """
    newest = {held.kind: held for held in sorted(standing, key=lambda held: held.order)}
    met = []
    for arrival in sorted(arrivals, key=lambda held: held.order):
        first = arrival.kind not in newest
        best: dict[UUID, tuple[int, Held]] = {}
        for held in reversed(newest.values()):
            other = held.facts.unit_id
            sides = worth(arrival.facts, held.facts) if other != arrival.facts.unit_id else 0
            if sides > (best[other][0] if other in best else 0):
                best[other] = (sides, held)
            if sides == len(Side) and not first:
                break
        ranked = sorted(best.values(), key=lambda found: found[0], reverse=True)
        met += [(arrival, held) for _, held in (ranked if first else ranked[:1])]
        # Taken out first, so that it stands last: the order of this table is that of the deposits.
        newest.pop(arrival.kind, None)
        newest[arrival.kind] = arrival
    return met


# ---------------------------------------------------------------------------------------------------------------
# Judging a weak pair
# ---------------------------------------------------------------------------------------------------------------
def combine(first: Answer | None, second: Answer | None) -> HitState:
    """S-2: two « same » confirm, any « different » closes, anything else leaves the two sides in contact."""
    if Answer.DIFFERENT in (first, second):
        return HitState.FALSE_POSITIVE
    if first == second == Answer.SAME:
        return HitState.POSITIVE
    return HitState.BLIND_NOTIFIED


AFTER_JUDGEMENT: Mapping[Answer, HitState] = {
    Answer.SAME: HitState.POSITIVE,
    Answer.DIFFERENT: HitState.FALSE_POSITIVE,
    Answer.UNKNOWN: HitState.BLIND_NOTIFIED,
}


def after_retraction(strength: Strength, first: Answer | None, second: Answer | None) -> HitState:
    """Where a pair stands without its judgement: what an exact selector or the two sides say holds, the rest is judged.

    An undecided analyst left it to the sides: what they have decided meanwhile is theirs.
    """
    decided = combine(first, second)
    if decided != HitState.BLIND_NOTIFIED:
        return decided
    return HitState.ANALYST_REVIEW if strength == Strength.WEAK else HitState.BLIND_NOTIFIED


def shown_strength(found: Strength, state: HitState) -> Strength:
    """A weak pair judged positive is « strong » (S-1)."""
    return Strength.STRONG if found == Strength.WEAK and state == HitState.POSITIVE else found


# ---------------------------------------------------------------------------------------------------------------
# Releasing a record
# ---------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Terms:
    """Under what a record may leave: marked « not in proceedings », and to this one recipient only."""

    not_in_proceedings: bool
    one_recipient: bool


def release_terms(codes: Iterable[str], silent: bool) -> Terms:
    """S-3: H0 on release, H1 marked, H2 to the one recipient named; H3, an unknown code and silence do not leave."""
    known = set(codes)
    if silent:
        raise Conflict(gettext_noop("Cette fiche est silencieuse : le chef de l'unité doit d'abord lever ce silence."))
    if not known or HandlingCode.H3 in known or not known <= set(HandlingCode):
        raise Conflict(
            gettext_noop("Le code de traitement de cette fiche interdit sa communication (H3) : changez-le d'abord.")
        )
    return Terms(not_in_proceedings=HandlingCode.H1 in known, one_recipient=HandlingCode.H2 in known)
