"""What the actions of the room share: locking, readers, moves, notices, the queue. No permission is checked here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.db import connection
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity
from recoupe.access.keys import own_capacity, own_key, reader_key, reader_keys
from recoupe.access.models import Disclosure
from recoupe.intelligence import rules
from recoupe.intelligence.entry import PersonEntry, ReportEntry, SelectorEntry
from recoupe.intelligence.enums import Lane, NoticeKind, ReportState
from recoupe.intelligence.models import Person, Report, ReportHistory, ReportVersion, Selector
from recoupe.intelligence.permissions import handling_of
from recoupe.intelligence.places import LivePlaces, Places
from recoupe.intelligence.reading import Known, Reading
from recoupe.kernel.dates import PartialDate
from recoupe.kernel.grading import Grading, InfoGrade, SourceGrade
from recoupe.kernel.refusal import Absent, Conflict, Refused, gettext_noop
from recoupe.kernel.text import name_key
from recoupe.notices.actions import Addressed, notify_many
from recoupe.reference import queries as reference

KIND = "report"
# Beyond two departments a report without place belongs to the office: a whole region has no need to know.
HOME_DEPARTMENTS = 2

SENTENCE_ABSENT = gettext_noop("Cette fiche n'existe pas, ou vous n'avez pas à en connaître.")
SENTENCE_READ_ONLY = gettext_noop(
    "Cette fiche vous est communiquée pour lecture : le service qui la détient et sa CROSS y travaillent."
)
SENTENCE_CHANGED = gettext_noop("Quelqu'un a modifié cette fiche entre-temps : relisez-la avant de recommencer.")


@dataclass(frozen=True, slots=True)
class Moment:
    """The time of one action, and its day in France."""

    now: datetime
    today: date


def moment() -> Moment:
    """Now."""
    now = timezone.now()
    return Moment(now, timezone.localdate(now))


class Placed(Protocol):
    """Who brings reports: of which unit, in which departments."""

    @property
    def unit_id(self) -> UUID:
        """The unit."""

    @property
    def departments(self) -> frozenset[str]:
        """Those of the unit."""


def known_for(by: Placed, today: date, places: Places | None = None) -> Known:
    """What the reading of this agent's entries relies on."""
    products = {key: p.code for p in reference.products() for key in (p.code, name_key(p.label), name_key(p.label_en))}
    return Known(
        today,
        places or LivePlaces(today),
        products,
        home_of(by, today),
        first_birth_year=reference.whole_parameter("birth.first_year", today),
        first_january_is_year=bool(reference.whole_parameter("match.first_january_is_year", today)),
    )


def home_of(by: Placed, today: date) -> tuple[str, ...]:
    """The departments whose cells work on what this agent reports without a place; none: the office does."""
    unit = reference.unit_by_id(by.unit_id)
    if unit.cell_id is not None:
        return tuple(sorted(reference.unit_by_id(unit.cell_id).departments))
    if len(by.departments) <= HOME_DEPARTMENTS:
        return tuple(sorted(d for d in by.departments if reference.cell_of_department(d, today) is not None))
    return ()


def locked(report: Report, version: int | None = None) -> Report:
    """The row as it stands now, held until the end of the transaction; `version` is what the screen had shown."""
    try:
        found: Report = Report.objects.select_for_update().get(id=report.id)
    except Report.DoesNotExist as error:
        # Held by those who work on it: to one who reads it all the same, its existence is no secret.
        if Report.objects.filter(id=report.id).exists():
            raise Refused(SENTENCE_READ_ONLY) from error
        raise Absent(SENTENCE_ABSENT) from error
    if version is not None and version != found.version:
        raise Conflict(SENTENCE_CHANGED)
    return found


def audience_of(report: Report, today: date) -> set[tuple[UUID, Capacity]]:
    """Who may read a report today, as (unit or agent, capacity): the rule S-3 on the organisation of that day."""
    owner = reference.unit_by_id(report.owner_unit_id)
    cells = (reference.cell_of_department(code, today) for code in report.departments)
    return rules.audience(
        rules.Readership(
            state=ReportState(report.state),
            author_id=report.author_id,
            owner_unit_id=owner.id,
            owner_kind=owner.kind,
            handling=handling_of(report),
            silent=report.silent_until is not None or owner.silent,
            cells=frozenset(cell.id for cell in cells if cell is not None),
            office=reference.office(today).id,
        )
    )


def recipients_of(report: Report) -> list[UUID]:
    """The units to which its own unit has released a report (S-9), as far as the acting context may know them."""
    rows = Disclosure.objects.filter(record_kind=KIND, record_id=report.id, from_unit_id=report.owner_unit_id)
    return list(rows.values_list("to_unit_id", flat=True).distinct())


def readers_of(report: Report, today: date, recipients: Iterable[UUID] = ()) -> list[int]:
    """The reader keys of a report: the rule S-3, and those who hold it by a release while it may still be released."""
    audience = audience_of(report, today)
    owner = reference.unit_by_id(report.owner_unit_id)
    if rules.recipients_read(handling_of(report), report.silent_until is not None or owner.silent):
        units = [reference.unit_by_id(unit) for unit in recipients]
        audience |= {(unit.id, own_capacity(unit.kind)) for unit in units}
    return reader_keys(audience)


def moved(report: Report, to: ReportState, by: Agent, at: datetime, motive: str = "") -> ReportHistory:
    """Set the state and make its line of history; the caller saves both."""
    line = ReportHistory(
        report=report, at=at, actor_id=by.id, from_state=report.state, to_state=to, motive=motive.strip()[:300]
    )
    report.state = to
    return line


def queue(report_ids: Iterable[UUID], lane: Lane) -> None:
    """Put reports in the queue of the cross-check; one that comes again replaces what the matcher knew of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT intelligence.queue(%s::uuid[], %s::text)", [list(report_ids), lane.value])


def notice_keys(report: Report, kind: NoticeKind, today: date) -> list[int]:
    """The reader keys that a notice about this report goes to; never somebody who may not read it."""
    if rules.NOTIFIED[kind] == "author":
        return [own_key(report.author_id, report.owner_unit_id)]
    if rules.NOTIFIED[kind] == "owner_head":
        return [reader_key(report.owner_unit_id, Capacity.HEAD)]
    if rules.NOTIFIED[kind] == "author_and_handlers":
        return [own_key(report.author_id, report.owner_unit_id), *_handling_keys(report, today, Capacity.CELL)]
    at_work = Capacity.CELL_HEAD if rules.NOTIFIED[kind] == "validators" else Capacity.CELL
    return _handling_keys(report, today, at_work)


def _handling_keys(report: Report, today: date, at_work: Capacity) -> list[int]:
    """Who works on it: the cells that read it, else the office, else the head of its unit."""
    readers = audience_of(report, today)
    cells = {unit for unit, capacity in readers if capacity == Capacity.CELL}
    offices = {unit for unit, capacity in readers if capacity == Capacity.OFFICE}
    if cells:
        return reader_keys({(unit, at_work) for unit in cells})
    return [reader_key(unit, Capacity.OFFICE) for unit in sorted(offices)] or [
        reader_key(report.owner_unit_id, Capacity.HEAD)
    ]


def tell(report: Report, kind: NoticeKind | None, at: Moment) -> None:
    """Leave the notice of a move."""
    if kind is None:
        return
    due = None
    if kind is NoticeKind.TO_TRIAGE:
        hours = 0 if report.urgency else reference.whole_parameter(rules.TRIAGE_RULE, at.today)
        due = at.now + timedelta(hours=hours)
    notify_many([Addressed(notice_keys(report, kind, at.today), kind.value, (KIND, report.id), due)])


def grading_of(report: Report) -> Grading:
    """The present grade of a report."""
    return Grading(
        SourceGrade(report.source_grade), InfoGrade(report.info_grade), report.grade_original, report.grade_doubt
    )


def mention_rows(
    report: Report, reading: Reading, confirmed: frozenset[tuple[str, str]] = frozenset()
) -> tuple[list[Person], list[Selector]]:
    """The rows of what a report mentions; a selector that an analyst had confirmed stays so."""
    persons = [Person(report=report, **columns) for columns in reading.persons]
    selectors = [
        Selector(
            report=report,
            person=persons[s.person] if s.person is not None else None,
            kind=s.kind,
            raw=s.raw,
            value=s.value,
            valid=s.valid,
            confirmed=(s.kind, s.value) in confirmed,
        )
        for s in reading.selectors
    ]
    return persons, selectors


def former_version(report: Report, by: Agent, at: datetime, why: str) -> ReportVersion:
    """What a report says now, to be kept before it says something else; the caller saves it after its journal entry."""
    return ReportVersion(
        report=report, version=report.version, at=at, author_id=by.id, motive=why, content=entry_of(report).as_json()
    )


def write_mentions(report: Report, reading: Reading) -> int:
    """Replace what a report mentions; how many questions that is of other services beyond those asked before."""
    former = set(report.selectors.values_list("kind", "value", "confirmed"))
    aside = set(report.selectors.filter(set_aside=True).values_list("kind", "value"))
    named, called = _asked_about(report.persons.all())
    report.selectors.all().delete()
    report.persons.all().delete()
    confirmed = frozenset((kind, value) for kind, value, was_confirmed in former if was_confirmed)
    persons, selectors = mention_rows(report, reading, confirmed)
    for selector in selectors:
        selector.set_aside = (selector.kind, selector.value) in aside
    Person.objects.bulk_create(persons)
    Selector.objects.bulk_create(selectors)
    before = {(kind, value) for kind, value, _ in former}
    now, now_called = _asked_about(persons)
    new = len(now - named), len({(s.kind, s.value) for s in selectors} - before) + len(now_called - called)
    return rules.questions(*new) if any(new) else 0


def _asked_about(persons: Iterable[Person]) -> tuple[set[tuple[Any, ...]], set[str]]:
    """Whom these rows name, and by which aliases: a year of birth alone is compared as well (S-2)."""
    rows = list(persons)
    who: set[tuple[Any, ...]] = {(p.name_key, p.birth_year, p.birth_month, p.birth_day, p.birth_commune) for p in rows}
    return who, {name_key(alias) for p in rows for alias in p.aliases}


def _typed_grade(report: Report) -> tuple[str, str]:
    """The letter and the digit as typed, of which one may stand alone; those of the report when nothing was."""
    if original := report.grade_original:
        return "".join(filter(str.isalpha, original)), "".join(filter(str.isdigit, original))
    return ("", "") if report.grading == "X4" else (report.source_grade, report.info_grade)


def entry_of(report: Report) -> ReportEntry:
    """A stored report as an entry again: for the form that edits it, for its deposit, for its former versions."""
    persons = list(report.persons.order_by("rank"))
    rank = {person.id: i for i, person in enumerate(persons)}
    interval = report.event_precision == "interval"
    letter, digit = _typed_grade(report)
    return ReportEntry(
        fact_text=report.fact_text,
        assessment_text=report.assessment_text,
        event_from=_written(report),
        event_to=report.event_to.isoformat() if interval and report.event_to else "",
        place_kind=report.place_kind,
        lon="" if report.lon is None else repr(report.lon),
        lat="" if report.lat is None else repr(report.lat),
        uncertainty_m=str(report.uncertainty_m or ""),
        commune=report.commune_code,
        place_text=report.place_text,
        source_kind=report.source_kind,
        frame=report.frame,
        case_id=report.case_id,
        handling="+".join(report.handling),
        h3_line=report.h3_line,
        handling_conditions=report.handling_conditions,
        source_grade=letter,
        info_grade=digit,
        grade_scheme=report.grade_scheme,
        seen_by_reporter=report.seen_by_reporter,
        products=tuple(report.products),
        means=tuple(report.means),
        violence=report.violence,
        urgency=report.urgency,
        persons=tuple(_person_entry(person) for person in persons),
        selectors=tuple(
            SelectorEntry(s.kind, s.raw, rank.get(s.person_id) if s.person_id else None)
            for s in report.selectors.order_by("kind", "value")
        ),
        external_ref=report.external_ref,
    )


def _written(report: Report) -> str:
    """The event's first date, no more precise than what is known."""
    if report.event_from is None:
        return ""
    length = {"year": 4, "month": 7}.get(report.event_precision, 10)
    return report.event_from.isoformat()[:length]


def _person_entry(person: Person) -> PersonEntry:
    birth = (
        PartialDate(person.birth_year, person.birth_month, person.birth_day).isoformat() if person.birth_year else ""
    )
    return PersonEntry(
        family=person.family,
        given=person.given,
        aliases=tuple(person.aliases),
        birth=birth,
        birth_commune=person.birth_commune,
        category=person.category,
    )
