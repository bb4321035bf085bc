"""What the holder's side reads of its own record before it releases it: one function a kind of record."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.cases.models import Case
from recoupe.intelligence.enums import Frame
from recoupe.intelligence.models import GradingHistory, Person, Report, Selector
from recoupe.kernel import selectors
from recoupe.kernel.refusal import Absent, Conflict, gettext_noop
from recoupe.kernel.selectors import SelectorKind, Strength


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


@dataclass(frozen=True, slots=True)
class Reason:
    """One selector that two readable records share, as each of them wrote it."""

    kind: SelectorKind
    first: str
    second: str
    strength: Strength


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
    return InCharge(case.id, case.number, case.magistrate_id)


def reasons(agent: Agent, first: UUID, second: UUID) -> list[Reason]:
    """Why two reports match, for somebody who reads both of them; nothing as soon as one is hidden."""
    if Report.objects.filter(id__in=[first, second]).count() != 2:
        return []
    mine, theirs = _mentions(first), _mentions(second)
    found = [
        Reason(kind, mine[kind, value][0], theirs[kind, value][0], max_of(mine[kind, value][1], theirs[kind, value][1]))
        for kind, value in mine.keys() & theirs.keys()
    ]
    return sorted(found, key=lambda reason: (list(Strength).index(reason.strength), reason.kind, reason.first))


def max_of(first: Strength, second: Strength) -> Strength:
    """The weaker of two verdicts on one value: a doubt on either side is a doubt."""
    order = list(Strength)
    return max(first, second, key=order.index)


def _mentions(report_id: UUID) -> dict[tuple[SelectorKind, str], tuple[str, Strength]]:
    found: dict[tuple[SelectorKind, str], tuple[str, Strength]] = {}
    for row in Selector.objects.filter(report_id=report_id):
        kind = SelectorKind(row.kind)
        verdict = selectors.strength(selectors.Selector(kind, row.raw, row.value, row.valid))
        found[kind, row.value] = (row.raw, verdict)
    for person in Person.objects.filter(report_id=report_id).exclude(key=""):
        name = f"{person.given} {person.family}, {person.birth_day:02d}/{person.birth_month:02d}/{person.birth_year}"
        found[SelectorKind.PERSON, person.key] = (name, Strength.WEAK)
    return found


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
        silent=report.silent_on(timezone.localdate()),
        case_id=report.case_id if report.frame == Frame.JUDICIAL else None,
        grading=report.grading,
        last_verified=timezone.localdate(verified) if verified else None,
    )


_HELD: dict[str, Callable[[Agent, UUID], Held]] = {"report": _report}
