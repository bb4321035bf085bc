"""What the holder's side reads of its own record before it releases it: one function a kind of record."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from recoupe.access.agent import Agent
from recoupe.cases.models import Case
from recoupe.intelligence import fields
from recoupe.intelligence import queries as intelligence
from recoupe.intelligence.enums import Frame
from recoupe.intelligence.fields import PersonShown
from recoupe.intelligence.models import GradingHistory, Report
from recoupe.kernel import selectors
from recoupe.kernel.refusal import Absent, Conflict, gettext_noop
from recoupe.kernel.selectors import SelectorKind, Strength
from recoupe.operations import queries as events
from recoupe.reference import queries as reference
from recoupe.targets.models import RegisteredTarget


@dataclass(frozen=True, slots=True)
class Held:
    """A record as its own unit reads it: what decides whether, and under what, it may leave."""

    kind: str
    id: UUID
    unit_id: UUID
    handling: tuple[str, ...]
    silent: bool
    case_id: UUID | None
    grading: str
    last_verified: date | None


@dataclass(frozen=True, slots=True)
class InCharge:
    """The procedure of a judicial record and its magistrate (S-6)."""

    case_id: UUID
    number: str
    magistrate_id: UUID
    court_id: UUID


@dataclass(frozen=True, slots=True)
class Reason:
    """One selector that two readable records share, as each of them wrote it."""

    kind: SelectorKind
    first: str
    second: str
    strength: Strength


@dataclass(frozen=True, slots=True)
class Value:
    """One name or identifier of a report, masked where the reader may not see it."""

    kind: SelectorKind
    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A value of one report as this reader may see it; `masked` holds the words for what is kept from him."""

    text: str
    strength: Strength
    masked: str = ""


Mentions = dict[tuple[SelectorKind, str], Mention]


def held(agent: Agent, kind: str, record_id: UUID) -> Held:
    """The record, or Absent when the agent does not read it."""
    return _HELD[kind](agent, record_id)


def in_charge(agent: Agent, record: Held) -> InCharge | None:
    """The procedure whose magistrate must agree; None for an administrative record."""
    if record.case_id is None:
        return None
    case = Case.objects.filter(id=record.case_id).first()
    if case is None:
        raise Conflict(gettext_noop("Vous ne lisez pas la procédure de cet enregistrement : son unité doit agir."))
    return InCharge(case.id, case.number, case.magistrate_id, case.court_id)


def reasons(agent: Agent, first: UUID, second: UUID) -> list[Reason]:
    """Why two reports match, for somebody who reads both of them; nothing as soon as one is hidden."""
    read = Report.objects.by_id([first, second])
    if len(read) != 2:
        return []
    named = mentions(agent, read.values())
    return shared(named[first], named[second])


def shared(mine: Mentions, theirs: Mentions) -> list[Reason]:
    """What two reports that the agent reads have in common, the surest first."""
    found = [
        _reason(kind, mine[kind, value], theirs[kind, value]) for kind, value in sorted(mine.keys() & theirs.keys())
    ]
    return sorted(found, key=lambda reason: (list(Strength).index(reason.strength), reason.kind, reason.first))


def values(named: Mapping[UUID, Mentions]) -> dict[UUID, list[Value]]:
    """Whom and what each of these reports names, as their reader may see it."""
    return {
        report: [Value(kind, mention.masked or mention.text) for (kind, _), mention in sorted(mentions.items())]
        for report, mentions in named.items()
    }


def _reason(kind: SelectorKind, mine: Mention, theirs: Mention) -> Reason:
    """One common value: what is masked in one of the two reports is told by neither (P-44)."""
    hidden = mine.masked or theirs.masked
    first, second = (hidden, hidden) if hidden else (mine.text, theirs.text)
    return Reason(kind, first, second, max_of(mine.strength, theirs.strength))


def max_of(first: Strength, second: Strength) -> Strength:
    """The weaker of two verdicts on one value: a doubt on either side is a doubt."""
    order = list(Strength)
    return max(first, second, key=order.index)


def mentions(agent: Agent, reports: Collection[Report]) -> dict[UUID, Mentions]:
    """What each of these reports, which the agent reads, names: persons and identifiers of all of them, asked once."""
    found: dict[UUID, Mentions] = {report.id: {} for report in reports}
    people = intelligence.persons_of(agent, reports)
    kept_from_him = fields.masked_among(chain.from_iterable(people.values()))
    for row in intelligence.selectors_of(agent, reports):
        kind = SelectorKind(row.kind)
        verdict = selectors.strength(selectors.Selector(kind, row.raw, row.value, row.valid))
        masked = gettext(fields.MASKED_IDENTIFIER) if row.person_id in kept_from_him else ""
        text = fields.identifier(row.kind, row.raw, row.value)
        found[row.report_id][kind, row.value] = Mention(text, verdict, masked)
    for report, named in people.items():
        found[report] |= {(SelectorKind.PERSON, shown.person.key): _named(shown) for shown in named if shown.person.key}
    return found


def _named(shown: PersonShown) -> Mention:
    person = shown.person
    birth = f", {person.birth_day:02d}/{person.birth_month:02d}/{person.birth_year}" if shown.birth else ""
    return Mention(f"{shown.name}{birth}", Strength.WEAK, gettext(shown.name) if shown.masked else "")


def _report(agent: Agent, report_id: UUID) -> Held:
    report = Report.objects.filter(id=report_id).first()
    if report is None:
        raise Absent(gettext_noop("Cette fiche n'existe pas ou ne vous est pas accessible."))
    graded = GradingHistory.objects.filter(report_id=report_id).order_by("-at").first()
    verified = graded.at if graded else report.submitted_at
    return Held(
        kind="report",
        id=report.id,
        unit_id=report.owner_unit_id,
        handling=tuple(report.handling),
        # A past mark counts until it is taken off: for its readers, for its release, in the database.
        silent=report.silent_until is not None or reference.unit_by_id(report.owner_unit_id).silent,
        case_id=report.case_id if report.frame == Frame.JUDICIAL else None,
        grading=report.grading,
        last_verified=timezone.localdate(verified) if verified else None,
    )


def _event(agent: Agent, event_id: UUID) -> Held:
    """An event never leaves its unit: only that it exists, and whom to call."""
    found = events.event(agent, event_id)
    return Held(
        kind="event",
        id=found.id,
        unit_id=found.owner_unit_id,
        handling=(),
        silent=reference.unit_by_id(found.owner_unit_id).silent,
        case_id=None,
        grading="",
        last_verified=None,
    )


def _target(agent: Agent, target_id: UUID) -> Held:
    """A registration: existence only, so that nothing of it is ever released by a contact."""
    target = RegisteredTarget.objects.filter(id=target_id).first()
    if target is None:
        raise Absent(gettext_noop("Cette inscription n'existe pas, ou vous n'avez pas à en connaître."))
    return Held(
        kind="target",
        id=target.id,
        unit_id=target.owner_unit_id,
        handling=(),
        silent=False,
        case_id=target.case_id,
        grading="",
        last_verified=timezone.localdate(target.state_since),
    )


_HELD: dict[str, Callable[[Agent, UUID], Held]] = {"report": _report, "event": _event, "target": _target}
