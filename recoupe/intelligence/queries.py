"""Reads of reports for screens: row security decides what exists for the agent; none of them writes to the journal.

The page that shows what a query returns records it (CONSULT or SEARCH) with the references shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from recoupe.access import feed
from recoupe.access.agent import Agent
from recoupe.access.beat import PAGE_MS, at_beat
from recoupe.access.feed import Cursor
from recoupe.access.written import Written
from recoupe.audit import reading
from recoupe.audit.reading import Opening, Wanted
from recoupe.intelligence import fields, rules
from recoupe.intelligence.actions.common import KIND, SENTENCE_ABSENT
from recoupe.intelligence.enums import PersonCategory, ReportState
from recoupe.intelligence.matching import selectors_since as selectors_since
from recoupe.intelligence.models import (
    Person,
    Report,
    Selector,
)
from recoupe.intelligence.parts import attachment as attachment
from recoupe.intelligence.parts import attachment_type as attachment_type
from recoupe.intelligence.parts import gradings as gradings
from recoupe.intelligence.parts import has_attachment as has_attachment
from recoupe.intelligence.parts import history as history
from recoupe.intelligence.parts import persons as persons
from recoupe.intelligence.parts import persons_of as persons_of
from recoupe.intelligence.parts import selectors as selectors
from recoupe.intelligence.parts import selectors_of as selectors_of
from recoupe.intelligence.parts import versions as versions
from recoupe.kernel.person import PersonName
from recoupe.kernel.reference import read_ref
from recoupe.kernel.refusal import Absent, Invalid, gettext_noop
from recoupe.kernel.selectors import SelectorKind, normalise
from recoupe.kernel.text import clean_line, name_key

PAGE = 25
MOST = 100
# Of one's own reports, those that the home page shows; and what a line says of a report.
OWN = 8
LISTED = (
    "id", "ref", "state", "owner_unit_id", "fact_text", "event_from", "event_to", "event_precision", "commune_code",
    "place_kind", "place_text", "uncertainty_m",
)  # fmt: skip
# With a filter the list is read this many lines further at most before it says "nothing so near"; those who read much
# find enough among the first hundred, the others should not ask ten times.
SCANNED, FURTHER = 1_000, 300

SENTENCE_NAME = gettext_noop("Écrivez au moins un nom.")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list may be narrowed to; empty means all."""

    states: frozenset[ReportState] = frozenset()
    mine: bool = False
    own_unit: bool = False
    urgent: bool = False
    undetermined: bool = False
    department: str = ""

    def passing(self, agent: Agent, found: QuerySet[Report]) -> QuerySet[Report]:
        """Those of the reports that pass."""
        if self.states:
            found = found.filter(state__in=self.states)
        if self.mine:
            found = found.filter(author_id=agent.id)
        if self.own_unit:
            found = found.filter(owner_unit_id=agent.unit_id)
        if self.urgent:
            found = found.filter(urgency=True)
        if self.undetermined:
            lacking = Person.objects.filter(report=OuterRef("id"), category=PersonCategory.UNKNOWN)
            found = found.filter(Exists(lacking), state__in=rules.OPEN)
        if self.department:
            found = found.filter(departments__contains=[self.department])
        return found


@dataclass(frozen=True, slots=True)
class Page:
    """Reports of a list, newest first, and where the next page starts (None: this was the last)."""

    reports: list[Report]
    next: Cursor | None


# --- One report ---------------------------------------------------------------------------------------------------
_ONE = UUID(int=1)
_REPORT = Written(lambda i: Report.objects.filter(id=i), _ONE)
_IN_LINES = Written(lambda ids: Report.objects.among(ids).only(*LISTED), [_ONE])


def report(agent: Agent, report_id: UUID) -> Report:
    """A report that the agent may read; Absent alike when hidden and when it does not exist."""
    found: Report | None = _REPORT.first(report_id)
    if found is None:
        raise Absent(SENTENCE_ABSENT)
    return found


def reports(agent: Agent, report_ids: Iterable[UUID]) -> dict[UUID, Report]:
    """Those of these reports that the agent may read."""
    return Report.objects.by_id(list(report_ids))


def in_lines(agent: Agent, report_ids: Iterable[UUID]) -> dict[UUID, Report]:
    """The same, as far as a line of another page says something of them."""
    ids = list(report_ids)
    return {row.id: row for row in _IN_LINES.rows(ids)} if ids else {}


def own(agent: Agent) -> list[Report]:
    """The newest of the agent's own reports and drafts, as far as a line says something of them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT intelligence.newest_of(%s::uuid, %s::integer)", [agent.id, OWN])
        ids = [row[0] for row in cursor.fetchall()]
    found = {row.id: row for row in _IN_LINES.rows(ids)} if ids else {}
    return [found[i] for i in ids if i in found]


def undetermined(agent: Agent, report_ids: Iterable[UUID]) -> dict[UUID, Report]:
    """Those of these reports that the agent may read and of which a person has no category yet (R-CAT-1)."""
    open_ones = Person.objects.filter(report_id__in=list(report_ids), category=PersonCategory.UNKNOWN)
    return reports(agent, open_ones.values_list("report_id", flat=True).distinct())


def own_by_ref(agent: Agent, ref: str) -> Report | None:
    """The report of the agent's own unit that carries this reference."""
    return Report.objects.filter(ref=ref, owner_unit_id=agent.unit_id).first()


# --- Lists --------------------------------------------------------------------------------------------------------


def recent(agent: Agent, before: Cursor | None = None, limit: int = PAGE, filters: Filters | None = None) -> Page:
    """The newest reports that the agent may read; without totals, as they would tell of hidden ones."""
    if filters is None:
        lines = feed.page(KIND, limit, before)
        last = Cursor(lines[-1].at, lines[-1].id) if len(lines) == limit else None
        return Page(_in_order(agent, [line.id for line in lines]), last)
    return _own(agent, before, limit, filters) if filters.mine else _narrowed(agent, before, limit, filters)


def _narrowed(agent: Agent, before: Cursor | None, limit: int, wanted: Filters) -> Page:
    """The list read further and further until enough reports pass; only what is kept is read whole."""
    kept: list[UUID] = []
    scanned, step = 0, MOST
    while scanned < SCANNED:
        lines = feed.page(KIND, step, before)
        scanned += len(lines)
        among = Report.objects.among([line.id for line in lines])
        passing = set(wanted.passing(agent, among).values_list("id", flat=True))
        for line in lines:
            before = Cursor(line.at, line.id)
            if line.id in passing:
                kept.append(line.id)
            if len(kept) == limit:
                return Page(_in_order(agent, kept), before)
        if len(lines) < step:
            return Page(_in_order(agent, kept), None)
        step = FURTHER
    return Page(_in_order(agent, kept), before)


def _in_order(agent: Agent, report_ids: Sequence[UUID]) -> list[Report]:
    found = reports(agent, report_ids)
    return [found[i] for i in report_ids if i in found]


def _own(agent: Agent, before: Cursor | None, limit: int, wanted: Filters) -> Page:
    """What the agent wrote, by its own index: among all that he reads, his draft of last week would be too far."""
    rows = _older(wanted.passing(agent, Report.objects.all()), before)
    kept = list(rows.order_by("-collected_at", "-id")[:limit])
    return Page(kept, Cursor(kept[-1].collected_at, kept[-1].id) if len(kept) == limit else None)


def _older(rows: QuerySet[Report], before: Cursor | None) -> QuerySet[Report]:
    """Those after a page's last one in the order of lists; a file gives one moment to hundreds of reports."""
    if before is None:
        return rows
    return rows.filter(Q(collected_at__lt=before.at) | Q(collected_at=before.at, id__lt=before.id))


def drafts(agent: Agent, limit: int = PAGE) -> list[Report]:
    """The agent's own drafts, newest first."""
    return recent(agent, limit=limit, filters=Filters(frozenset({ReportState.DRAFT}), mine=True)).reports


def of_case(agent: Agent, case_id: UUID, limit: int = MOST) -> list[Report]:
    """The reports of a procedure that the agent may read, newest first; its magistrate may read none of many."""
    with at_beat(PAGE_MS):
        return list(Report.objects.filter(case_id=case_id).order_by("-collected_at")[:limit])


# --- Search -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; all that is given must hold. `kind` may stay empty: every kind is tried."""

    ref: str = ""
    kind: str = ""
    selector: str = ""
    communes: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    text: str = ""
    before: Cursor | None = None

    @property
    def what(self) -> str:
        """The kind of search, for the journal: never the words."""
        named = self.selector and self.kind == SelectorKind.PERSON
        parts = {"ref": self.ref, "name" if named else "selector": self.selector}
        parts |= {"commune": "yes" if self.communes else "", "text": self.text}
        parts["period"] = "yes" if self.since or self.until else ""
        return "+".join(name for name, given in parts.items() if given) or "none"


def search(agent: Agent, wanted: Search, limit: int = PAGE) -> list[Report]:
    """Reports among those that the agent may read, newest first; no total, no facet. Each way leaves at its beat."""
    if wanted.ref or wanted.selector:
        with at_beat():
            return _pointed_at(agent, wanted, limit)
    if not (wanted.text or wanted.communes or wanted.since or wanted.until):
        return []
    return _in_order(agent, _search_ids(wanted, min(limit, MOST)))


def _pointed_at(agent: Agent, wanted: Search, limit: int) -> list[Report]:
    """By a reference, a name, an identifier: whoever reads little still makes the base look at what others hold."""
    rows = Report.objects.filter(ref=read_ref(wanted.ref)) if wanted.ref else Report.objects.all()
    if wanted.selector:
        rows = rows.filter(id__in=_holding(agent, wanted))
    rows = _bounded(rows, wanted).order_by("-collected_at", "-id")
    if not wanted.text:
        return list(rows[:limit])
    pointed = list(rows.values_list("id", flat=True))
    return _in_order(agent, _search_ids(wanted, min(limit, MOST), pointed)) if pointed else []


def _holding(agent: Agent, wanted: Search) -> QuerySet[Any]:
    """The reports that hold the identifier, or name the person; without a kind, words without a digit may be a name."""
    if wanted.kind == SelectorKind.PERSON:
        return _naming(agent, wanted.selector)
    holding = Selector.objects.filter(_any_of(wanted.kind, wanted.selector)).values("report_id")
    if wanted.kind or not name_key(wanted.selector) or any(letter.isdigit() for letter in wanted.selector):
        return holding
    return holding.union(_naming(agent, wanted.selector))


def _naming(agent: Agent, typed: str) -> QuerySet[Any]:
    """Reports that name a person, whichever name was typed first; one masked for this agent is not found."""
    name = PersonName.parse(clean_line(typed, 240, "selector"))
    family, given = name_key(name.family), name_key(name.given)
    if not (family or given):
        raise Invalid(SENTENCE_NAME, field="selector")
    # Bounds and not LIKE: only equality and order reach an index under row security.
    either = Q(name_key=f"{family}|{given}") | Q(name_key=f"{given}|{family}")
    if not given:
        either = Q(name_key__gte=f"{family}|", name_key__lt=f"{family}}}")
    return Person.objects.filter(either & fields.named_to(agent)).values("report_id")


def _bounded(rows: QuerySet[Report], wanted: Search) -> QuerySet[Report]:
    rows = rows.exclude(state=ReportState.DRAFT)
    if wanted.communes:
        rows = rows.filter(commune_code__in=wanted.communes)
    if wanted.since:
        rows = rows.filter(event_to__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(event_from__lte=wanted.until)
    return _older(rows, wanted.before)


def _any_of(kind: str, typed: str) -> Q:
    """The selector in its comparison form, of the kind said or of every kind that can read it."""
    kinds = [kind] if kind else [k for k in SelectorKind if k is not SelectorKind.PERSON]
    either = Q(pk__in=[])
    for one in kinds:
        try:
            found = normalise(one, typed)
        except Invalid:
            if kind:
                raise
            continue
        either |= Q(kind=found.kind.value, value=found.value)
    return either


def _search_ids(wanted: Search, limit: int, among: list[UUID] | None = None) -> list[UUID]:
    """The reports of these words, place and period, newest first; `among` those that another criterion found."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM intelligence.search_text"
            "(%s::text, %s::integer, %s::timestamptz, %s::uuid, %s::text[], %s::date, %s::date, %s::uuid[])",
            [
                wanted.text[:500].replace("\x00", " "),
                limit,
                wanted.before.at if wanted.before else None,
                wanted.before.id if wanted.before else None,
                list(wanted.communes) or None,
                wanted.since,
                wanted.until,
                among,
            ],
        )
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Holding:
    """A report that the agent may read and that holds a selector: what is shown while he types (S-1)."""

    kind: str
    value: str
    report_id: UUID
    ref: str
    at: datetime


def known(agent: Agent, pairs: Sequence[tuple[str, str]], limit: int = 20) -> list[Holding]:
    """Which readable reports hold these (kind, normalised value) pairs; nothing is told beyond what he may read."""
    with at_beat(PAGE_MS):
        return _known(agent, pairs, limit)


def _known(agent: Agent, pairs: Sequence[tuple[str, str]], limit: int) -> list[Holding]:
    asked = pairs[:MOST]
    selectors = [pair for pair in asked if pair[0] != SelectorKind.PERSON]
    names = [value for kind, value in asked if kind == SelectorKind.PERSON]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, value, report_id, ref, at, mention"
            " FROM intelligence.holders(%s::text[], %s::text[], %s::text[], %s::integer)",
            [[kind for kind, _ in selectors], [value for _, value in selectors], names, 1000],
        )
        held = cursor.fetchall()
    persons = [row[-1] for row in held if row[0] == SelectorKind.PERSON]
    named = set(Person.objects.filter(fields.named_to(agent), id__in=persons).values_list("id", flat=True))
    return [Holding(*row[:-1]) for row in held if row[0] != SelectorKind.PERSON or row[-1] in named][:limit]


# --- For the processes --------------------------------------------------------------------------------------------


def pending(report_id: UUID) -> bool:
    """Whether a report still waits for its cross-check."""
    return comparison(report_id)[0]


def comparison(report_id: UUID) -> tuple[bool, bool]:
    """Whether a report still waits for its cross-check; whether it failed until the administrator has it retried."""
    with connection.cursor() as cursor:
        query = "SELECT intelligence.pending(%s::uuid), intelligence.is_parked(%s::uuid)"
        cursor.execute(query, [report_id, report_id])
        waits, parked = cursor.fetchone()
        return bool(waits), bool(parked)


def openings(agent: Agent, wanted: Wanted) -> list[Opening]:
    """Who of other services opened a report of the agent's unit; the function itself answers heads of unit alone."""
    query = "SELECT * FROM intelligence.reads_of_own(%s::timestamptz, %s::timestamptz, %s::uuid, %s::integer)"
    return reading.openings(query, "report", wanted)
