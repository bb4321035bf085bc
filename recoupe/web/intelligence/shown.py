"""How a report is shown: words, tones, masks; nothing here decides who reads what."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from recoupe.access.agent import Agent
from recoupe.access.queries import names_of
from recoupe.cases import queries as cases
from recoupe.cases.models import Case
from recoupe.intelligence import fields, queries, vocabulary
from recoupe.intelligence.enums import EventPrecision, PersonCategory, PlaceKind, ReportState, SourceKind
from recoupe.intelligence.fields import PersonShown
from recoupe.intelligence.models import GradingHistory, Report, ReportHistory, ReportVersion, Selector
from recoupe.kernel.grading import INFO_GRADE_LABELS, SOURCE_GRADE_LABELS, InfoGrade, SourceGrade
from recoupe.kernel.handling import H3_LINE_LABELS, HANDLING_LABELS, H3Line, HandlingCode
from recoupe.kernel.refusal import Absent, Invalid
from recoupe.kernel.selectors import KIND_LABELS, SelectorKind, normalise
from recoupe.reference import queries as reference
from recoupe.reference.organisation import unit_by_id
from recoupe.web.shell import page_of, url_or_empty

S = ReportState
TONES: Mapping[ReportState, str] = {
    S.DRAFT: "",
    S.SUBMITTED: "info",
    S.TRIAGED: "info",
    S.GRADED: "info",
    S.INDEXED: "info",
    S.CROSS_CHECKED: "info",
    S.NO_HIT: "",
    S.HIT: "good",
    S.DISSEMINATED: "accent",
    S.LINKED: "law",
    S.FILED: "",
    S.REJECTED: "bad",
    S.REVIEW_DUE: "warn",
    S.ERASED: "",
}
EXTRACT = 180
DAY, MOMENT = "d/m/Y", "d/m/Y H:i"


@dataclass(frozen=True, slots=True)
class Line:
    """One report in a list."""

    report: Report
    state: ReportState
    tone: str
    unit: str
    place: str
    event: str

    @property
    def extract(self) -> str:
        """The start of the fact."""
        return cut(self.report.fact_text, EXTRACT)


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person as this agent may see him."""

    name: str
    masked: bool
    aliases: str
    category: str
    birth: str
    minor: bool


@dataclass(frozen=True, slots=True)
class SelectorLine:
    """One identifier; an IBAN is masked, a failed check digit says so."""

    id: UUID
    kind: str
    text: str
    warning: str
    confirmed: bool
    set_aside: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a history."""

    what: str
    at: datetime
    who: str
    why: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """What a report said before a correction."""

    number: int
    at: datetime
    who: str
    why: str
    fact: str
    assessment: str


@dataclass(frozen=True, slots=True)
class Past:
    """What was done with a report, oldest first, and the names of those who did it that the agent may know."""

    moves: Sequence[ReportHistory]
    grades: Sequence[GradingHistory]
    versions: Sequence[ReportVersion]
    names: Mapping[UUID, str]


@dataclass(frozen=True, slots=True)
class Word:
    """A code and what it means."""

    code: str
    label: str


def cut(text: str, length: int) -> str:
    """The start of a text; one that goes on says so."""
    return text if len(text) <= length else text[: length - 1] + "…"


def address(name: str, identity: UUID | None = None) -> str:
    """A page by its name, of a record or not; nothing while this process does not serve it."""
    return page_of(name, identity) if identity else url_or_empty(name)


def lines(reports: Iterable[Report]) -> list[Line]:
    """The rows of a list."""
    return [
        Line(
            report,
            S(report.state),
            TONES[S(report.state)],
            unit_name(report.owner_unit_id),
            place(report),
            event(report),
        )
        for report in reports
    ]


def unit_name(unit_id: UUID) -> str:
    """The name of a unit, public."""
    try:
        return unit_by_id(unit_id).name
    except Absent:
        return ""


def event(report: Report) -> str:
    """When it happened, no more precise than what is known."""
    first, last = report.event_from, report.event_to
    if first is None:
        return ""
    if report.event_precision == EventPrecision.YEAR:
        return str(first.year)
    if report.event_precision == EventPrecision.MONTH:
        return date_format(first, "F Y")
    if last is not None and last != first:
        return gettext("du %(first)s au %(last)s") % {"first": date_format(first, DAY), "last": date_format(last, DAY)}
    return date_format(first, DAY)


def place(report: Report) -> str:
    """Where, as precisely as it may be said in a line."""
    commune = commune_name(report.commune_code)
    parts = [commune, beside(report.place_text, commune)]
    words = ", ".join(part for part in parts if part)
    if report.place_kind == PlaceKind.POINT and report.uncertainty_m:
        words = gettext("%(place)s, à %(metres)s m près") % {"place": words, "metres": report.uncertainty_m}
    return words.lstrip(", ")


def beside(typed: str, commune: str) -> str:
    """What a typed place says beyond its commune, so that a line names it once: « 12 rue Haute, 13000 Marseille »."""
    name = re.escape(commune.rpartition(" (")[0])
    if not name:
        return typed
    named = rf"(?:\d{{5}}\s+)?{name}(?:\s*\(\w{{2,3}}\)|\s+\d{{5}})?"
    without = re.sub(rf"^\s*(?:à\s+)?{named}\s*(?:[,;:]\s*|\s[–-]\s+|$)", "", typed, flags=re.IGNORECASE)
    return re.sub(rf"(?:\s*[,;]\s*(?:à\s+)?|\s+[–-]\s+|\s+à\s+){named}[\s.]*$", "", without, flags=re.IGNORECASE)


def commune_name(code: str) -> str:
    """Name and department of a commune."""
    if not code:
        return ""
    try:
        found = reference.commune(code)
    except Absent:
        return code
    return f"{found.name} ({found.department_id})"


def grade_words(report: Report) -> str:
    """What the two characters mean."""
    source = gettext(SOURCE_GRADE_LABELS[SourceGrade(report.source_grade)])
    return f"{source} ; {gettext(INFO_GRADE_LABELS[InfoGrade(report.info_grade)])}"


def handling(report: Report) -> list[Word]:
    """The codes of a report with their meaning; one that nobody knows counts as the strictest (P-15), and says so."""
    strictest = HANDLING_LABELS[HandlingCode.H3]
    labels = {code.value: label for code, label in HANDLING_LABELS.items()}
    return [Word(code, gettext(labels.get(code, strictest))) for code in report.handling]


def h3_line(report: Report) -> str:
    """Whom an H3 lets be told."""
    return gettext(H3_LINE_LABELS[H3Line(report.h3_line)]) if report.h3_line else ""


def source(report: Report) -> str:
    """Where it comes from."""
    return str(SourceKind(report.source_kind).label) if report.source_kind else ""


def case_of(agent: Agent, report: Report) -> Case | None:
    """The procedure of a judicial report, when the agent may read it."""
    if report.case_id is None:
        return None
    try:
        return cases.case(agent, report.case_id)
    except Absent:
        return None


def products(report: Report) -> list[str]:
    """Products in the reader's language; a code that left the list stays a code."""
    names = {product.code: str(product) for product in reference.products()}
    return [names.get(code, code) for code in report.products]


def means(report: Report) -> list[str]:
    """Means in words."""
    known = vocabulary.means()
    return [gettext(known[code].label) if code in known else code for code in report.means]


def person(of: PersonShown) -> PersonLine:
    """A person with his category; a masked one has no date either."""
    row = of.person
    return PersonLine(
        name=gettext(of.name) if of.masked else of.name or gettext("sans nom"),
        masked=of.masked,
        aliases=", ".join(of.aliases),
        category=str(PersonCategory(row.category).label),
        birth=of.birth.french() if of.birth else "",
        minor=row.minor_at_event,
    )


def selector(row: Selector, masked: Collection[UUID] = ()) -> SelectorLine:
    """An identifier as it was typed, with the verdict on its check digit."""
    warning = ""
    if row.valid is False:
        try:
            warning = gettext(normalise(row.kind, row.raw).warning)
        except Invalid:
            warning = ""
        warning = warning or gettext("clé de contrôle douteuse")
    kind = gettext(KIND_LABELS[SelectorKind(row.kind)])
    if row.person_id in masked:
        return SelectorLine(row.id, kind, gettext(fields.MASKED_IDENTIFIER), "", row.confirmed, row.set_aside)
    return SelectorLine(
        row.id, kind, fields.identifier(row.kind, row.raw, row.value), warning, row.confirmed, row.set_aside
    )


def past(agent: Agent, report: Report) -> Past:
    """Its moves, its grades and its former texts; names only of those whom the agent may know, asked once."""
    moves, grades = queries.history(agent, report), queries.gradings(agent, report)
    versions = queries.versions(agent, report)
    who = [report.author_id, report.assessment_author_id, *(row.actor_id for row in moves)]
    who += [*(row.author_id for row in grades), *(row.author_id for row in versions)]
    return Past(moves, grades, versions, names_of({one for one in who if one}))


def steps(of: Past) -> list[Step]:
    """Moves and grades together, the latest first."""
    elsewhere = gettext("un agent d'un autre service")
    machine = gettext("traitement automatique")
    found = [
        Step(
            what=_move(row.from_state, S(row.to_state)),
            at=row.at,
            who=of.names.get(row.actor_id, elsewhere) if row.actor_id else machine,
            why=row.motive,
            tone={"HIT": "good", "REJECTED": "bad"}.get(row.to_state, ""),
        )
        for row in of.moves
        # The grade of the same moment says it better.
        if not (row.to_state == S.GRADED and any(grade.at == row.at for grade in of.grades))
    ]
    found += [
        Step(
            what=gettext("cotée %(grade)s") % {"grade": f"{row.source}{row.info}"} + _original(row.original, row),
            at=row.at,
            who=of.names.get(row.author_id, elsewhere),
            why=row.motive,
        )
        for row in of.grades
    ]
    return sorted(found, key=lambda step: step.at, reverse=True)


def _move(before: str, after: ReportState) -> str:
    if before == after:
        return gettext("inchangée : %(state)s") % {"state": after.label}
    return str(after.label)


def _original(original: str, row: object) -> str:
    written = f"{getattr(row, 'source', '')}{getattr(row, 'info', '')}"
    if not original or original == written:
        return ""
    return gettext(" (écrit %(original)s)") % {"original": original}


def versions(of: Past) -> list[Version]:
    """Former texts, the latest first."""
    return [
        Version(
            number=row.version,
            at=row.at,
            who=of.names.get(row.author_id, gettext("un agent d'un autre service")),
            why=row.motive,
            fact=str(row.content.get("fact_text", "")),
            assessment=str(row.content.get("assessment_text", "")),
        )
        for row in reversed(of.versions)
    ]


def minutes_ago(moment: datetime | None) -> int:
    """Whole minutes since; a large number when it never was."""
    return int((timezone.now() - moment).total_seconds() // 60) if moment else 10**6
