"""Reading an entry: every field is cleaned, bounded and understood, or refused with its sentence. No clock."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from recoupe.intelligence import vocabulary
from recoupe.intelligence.entry import PersonEntry, ReportEntry, SelectorEntry
from recoupe.intelligence.enums import EventPrecision, Frame, PlaceKind
from recoupe.intelligence.places import Places
from recoupe.kernel import source as sources
from recoupe.kernel.category import Minority, category, check_minor
from recoupe.kernel.dates import FIRST_YEAR, DateInterval, PartialDate
from recoupe.kernel.grading import Grading, Scheme, cap, grade_scheme
from recoupe.kernel.handling import Handling
from recoupe.kernel.person import person_key
from recoupe.kernel.place import Point, uncertainty_m
from recoupe.kernel.quantity import decimal
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors import SelectorKind, normalise
from recoupe.kernel.text import clean_line, clean_text, name_key

FACT_MAX = 10_000
ASSESSMENT_MAX = 5_000
PLACE_MAX = 200
CONDITIONS_MAX = 500
NAME_MAX = 120
ALIAS_MAX = 80
ALIASES_MAX = 20
PERSONS_MAX = 40
SELECTORS_MAX = 100
LIST_MAX = 40
KEY_MAX = 400
VALUE_MAX = 500
EXTERNAL_MAX = 64
TYPED_MAX = 60
DEFAULT_UNCERTAINTY_M = 100

SENTENCE_FACT = gettext_noop("Écrivez le fait : ce qui a été vu, entendu ou constaté.")
SENTENCE_ONLY_ASSESSMENT = gettext_noop(
    "Une appréciation seule ne fait pas une fiche : écrivez d'abord le fait, à part."
)
SENTENCE_EVENT = gettext_noop("Indiquez quand le fait a eu lieu, au jour, au mois ou à l'année près.")
SENTENCE_SOURCE = gettext_noop("Indiquez d'où vient l'information.")
SENTENCE_PLACE = gettext_noop("Indiquez le lieu, ou dites qu'il n'y en a pas.")
SENTENCE_PLACE_KIND = gettext_noop("Cette manière de situer le lieu n'existe pas : choisissez dans la liste.")
SENTENCE_POINT = gettext_noop("Un point demande une longitude et une latitude.")
SENTENCE_COMMUNE = gettext_noop("Aucune commune ne répond à « %(typed)s » : donnez son code officiel ou son nom exact.")
SENTENCE_FRAME = gettext_noop("Le cadre est administratif ou judiciaire.")
SENTENCE_CASE = gettext_noop("Une fiche judiciaire nomme sa procédure : son numéro, sa juridiction et son magistrat.")
SENTENCE_BACKWARDS = gettext_noop("La fin de la période précède son début.")
SENTENCE_PRODUCT = gettext_noop("Produit inconnu : « %(typed)s ».")
SENTENCE_MEANS = gettext_noop("Moyen inconnu du vocabulaire : « %(typed)s ».")
SENTENCE_MANY = gettext_noop("Trop d'éléments dans ce champ : %(max)s au plus.")
SENTENCE_NAMELESS = gettext_noop("Une personne porte au moins un nom, un prénom ou un surnom.")
SENTENCE_PERSON = gettext_noop("Une personne s'enregistre avec sa qualité, non comme un identifiant.")
SENTENCE_OWNER = gettext_noop("Cet identifiant renvoie à une personne qui n'est pas dans la fiche.")
SENTENCE_LATER = gettext_noop("La date de recueil est dans le futur.")


class EntryRefused(Invalid):
    """Everything that was wrong with one entry; as an Invalid it is its first fault."""

    def __init__(self, errors: list[Invalid]) -> None:
        super().__init__(errors[0].sentence, field=errors[0].field, **errors[0].params)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Known:
    """What reading may rely on: the day, the places, the products by name, and where a report without place belongs."""

    today: date
    places: Places
    products: Mapping[str, str]
    home: tuple[str, ...]
    # Dated parameters: the oldest birth that is believed, and whether 1 January stands for a year (S-2).
    first_birth_year: int = FIRST_YEAR
    first_january_is_year: bool = True


@dataclass(slots=True)
class SelectorFacts:
    """An identifier as read; `person` is the rank of its person."""

    kind: str
    raw: str
    value: str
    valid: bool | None
    warning: str
    person: int | None


@dataclass(slots=True)
class Reading:
    """A report as read: the columns of its row and of its persons' rows, and its selectors."""

    columns: dict[str, Any] = field(default_factory=dict)
    persons: list[dict[str, Any]] = field(default_factory=list)
    selectors: list[SelectorFacts] = field(default_factory=list)
    collected_on: date | None = None

    @property
    def warnings(self) -> list[str]:
        """What the author should check; none of it prevents a deposit."""
        return [s.warning for s in self.selectors if s.warning]


def read(entry: ReportEntry, known: Known, *, complete: bool) -> Reading:
    """Read an entry; `complete` demands what a deposit needs. Raises EntryRefused with every fault, not the first."""
    reader = _Reader(entry, known, complete)
    for section in (reader.texts, reader.event, reader.place, reader.source, reader.handling, reader.frame):
        reader.attempt(section)
    reader.attempt(reader.lists)
    reader.mentions()
    if reader.errors:
        raise EntryRefused(reader.errors)
    return reader.result


def faults(entry: ReportEntry, known: Known, *, complete: bool) -> list[Invalid]:
    """Every fault of an entry; none when it can be read."""
    try:
        read(entry, known, complete=complete)
    except EntryRefused as refused:
        return refused.errors
    return []


class _Reader:
    """One pass over one entry; each section writes its columns or leaves its fault."""

    def __init__(self, entry: ReportEntry, known: Known, complete: bool) -> None:
        self.entry = entry
        self.known = known
        self.complete = complete
        self.errors: list[Invalid] = []
        self.result = Reading()
        self.columns = self.result.columns

    def attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Invalid as error:
            self.errors.append(error)

    def demand(self, given: object, sentence: str, name: str) -> None:
        if self.complete and not given:
            raise Invalid(sentence, field=name)

    def texts(self) -> None:
        entry, columns = self.entry, self.columns
        fact = clean_text(entry.fact_text, FACT_MAX, "fact_text")
        assessment = clean_text(entry.assessment_text, ASSESSMENT_MAX, "assessment_text")
        columns["external_ref"] = clean_line(entry.external_ref, EXTERNAL_MAX, "external_ref")
        self.demand(fact, SENTENCE_ONLY_ASSESSMENT if assessment else SENTENCE_FACT, "fact_text")
        columns["fact_text"], columns["assessment_text"] = fact, assessment
        columns["review_needed"] = vocabulary.is_sensitive(f"{fact}\n{assessment}")

    def event(self) -> None:
        columns, today = self.columns, self.known.today
        start = clean_line(self.entry.event_from, TYPED_MAX, "event_from")
        end = clean_line(self.entry.event_to, TYPED_MAX, "event_to")
        self.demand(start, SENTENCE_EVENT, "event_from")
        self._collected(today)
        columns["event_from"] = columns["event_to"] = None
        columns["event_precision"] = EventPrecision.DAY.value
        if start and end:
            first = PartialDate.parse(start, today=today, field="event_from").first
            last = min(PartialDate.parse(end, today=today, field="event_to").last, today)
            if last < first:
                raise Invalid(SENTENCE_BACKWARDS, field="event_to")
            columns["event_from"], columns["event_to"] = first, last
            columns["event_precision"] = (EventPrecision.DAY if first == last else EventPrecision.INTERVAL).value
        elif start:
            self._one_event(start, today)

    def _one_event(self, typed: str, today: date) -> None:
        """One partial date, or "du 3 au 5 mars 2024"."""
        columns = self.columns
        try:
            found = PartialDate.parse(typed, today=today, field="event_from")
        except Invalid as error:
            if not typed[:1].isalpha():
                raise
            try:
                span = DateInterval.parse(typed, today=today, field="event_from")
            except Invalid:
                raise error from None
            columns["event_from"], columns["event_to"] = span.start, span.end
            columns["event_precision"] = EventPrecision.INTERVAL.value
            return
        columns["event_from"], columns["event_to"] = found.first, min(found.last, today)
        columns["event_precision"] = found.precision

    def _collected(self, today: date) -> None:
        if typed := self.entry.collected_at.strip():
            found = PartialDate.parse(typed, today=today, field="collected_at")
            if found.first > today:
                raise Invalid(SENTENCE_LATER, field="collected_at")
            self.result.collected_on = found.first

    def place(self) -> None:
        entry, columns = self.entry, self.columns
        columns["place_text"] = clean_line(entry.place_text, PLACE_MAX, "place_text")
        typed = clean_line(entry.commune, TYPED_MAX, "commune")
        columns.update(lon=None, lat=None, uncertainty_m=None, commune_code="")
        kind = self._place_kind(typed)
        columns["place_kind"] = kind.value
        found = self._commune(typed, "commune")
        columns["commune_code"] = found[0] if found else ""
        departments = frozenset({found[1]}) if found else frozenset()
        if kind is PlaceKind.POINT:
            departments |= self._point()
        elif kind is PlaceKind.COMMUNE:
            self.demand(found, SENTENCE_COMMUNE, "commune")
        elif kind is PlaceKind.FREE:
            self.demand(columns["place_text"], SENTENCE_PLACE, "place_text")
        places = self.known.places
        columns["departments"] = places.with_cells(departments) if departments else list(self.known.home)

    def _commune(self, typed: str, field: str) -> tuple[str, str] | None:
        """(code, department) of the commune typed; a refusal names the field, and the candidates if several."""
        if not typed:
            return None
        try:
            found = self.known.places.commune(typed)
        except Invalid as error:
            raise Invalid(error.sentence, field=field, **error.params) from error
        if found is None:
            raise Invalid(SENTENCE_COMMUNE, field=field, typed=typed)
        return found

    def _place_kind(self, commune: str) -> PlaceKind:
        """As said, or as follows from what was filled in."""
        entry = self.entry
        if typed := entry.place_kind.strip():
            if typed not in PlaceKind.values:
                raise Invalid(SENTENCE_PLACE_KIND, field="place_kind")
            return PlaceKind(typed)
        if entry.lon.strip() or entry.lat.strip():
            return PlaceKind.POINT
        if commune:
            return PlaceKind.COMMUNE
        self.demand(self.columns["place_text"], SENTENCE_PLACE, "place_kind")
        return PlaceKind.FREE if self.columns["place_text"] else PlaceKind.NONE

    def _point(self) -> frozenset[str]:
        entry, columns = self.entry, self.columns
        if not entry.lon.strip() or not entry.lat.strip():
            self.demand(False, SENTENCE_POINT, "point")
            return frozenset()
        point = Point.parse(entry.lon, entry.lat)
        radius = entry.uncertainty_m.strip()
        metres = float(decimal(radius, "uncertainty_m")) if radius else DEFAULT_UNCERTAINTY_M
        columns["uncertainty_m"] = uncertainty_m(metres if math.isfinite(metres) else -1)
        columns["lon"], columns["lat"] = point.lon, point.lat
        if not columns["commune_code"]:
            columns["commune_code"] = self.known.places.at(point.lon, point.lat)
        return self.known.places.near(point.lon, point.lat)

    def source(self) -> None:
        entry, columns = self.entry, self.columns
        columns["seen_by_reporter"] = bool(entry.seen_by_reporter)
        self.demand(entry.source_kind.strip(), SENTENCE_SOURCE, "source_kind")
        letter, digit = entry.source_grade.strip(), entry.info_grade.strip()
        if len(letter) == 2 and not digit:
            letter, digit = letter[0], letter[1]
        scheme = grade_scheme(entry.grade_scheme)
        six = scheme if scheme is Scheme.SIX else None
        grade = Grading.typed(letter[:4], digit[:4], seen_by_reporter=entry.seen_by_reporter, scheme=six)
        columns["grade_scheme"] = scheme.value if scheme and (letter or digit) else ""
        columns["source_kind"] = ""
        if entry.source_kind.strip():
            kind = sources.source_kind(entry.source_kind)
            sources.refuse_until_vault(kind)
            columns["source_kind"] = kind.value
            grade = cap(grade, kind)
        columns["source_grade"], columns["info_grade"] = grade.source.value, grade.info.value
        columns["grade_original"], columns["grade_doubt"] = grade.original[:4], grade.doubt

    def handling(self) -> None:
        entry, columns = self.entry, self.columns
        conditions = clean_line(entry.handling_conditions, CONDITIONS_MAX, "handling_conditions")
        columns.update(handling=[], h3_line="", handling_conditions=conditions)
        typed = clean_line(entry.handling, TYPED_MAX, "handling")
        if typed or self.complete:
            read_code = Handling.parse(typed, entry.h3_line[:TYPED_MAX], conditions)
            columns["handling"] = read_code.wire
            columns["h3_line"] = read_code.h3_line.value if read_code.h3_line else ""
            columns["handling_conditions"] = read_code.conditions[:CONDITIONS_MAX]

    def frame(self) -> None:
        typed = self.entry.frame.strip() or Frame.ADMINISTRATIVE.value
        if typed not in Frame.values:
            raise Invalid(SENTENCE_FRAME, field="frame")
        self.columns["frame"] = typed
        judicial = typed == Frame.JUDICIAL
        self.columns["case_id"] = self.entry.case_id if judicial else None
        if judicial:
            self.demand(self.entry.case_id, SENTENCE_CASE, "case_id")

    def lists(self) -> None:
        entry, columns = self.entry, self.columns
        columns["violence"], columns["urgency"] = bool(entry.violence), bool(entry.urgency)
        columns["products"] = _coded(entry.products, self.known.products, SENTENCE_PRODUCT, "products")
        labels = vocabulary.means_by_label()
        codes = vocabulary.means()
        columns["means"] = _coded(entry.means, {**labels, **{c: c for c in codes}}, SENTENCE_MEANS, "means")

    def mentions(self) -> None:
        entry = self.entry
        for name, rows, limit in (
            ("persons", entry.persons, PERSONS_MAX),
            ("selectors", entry.selectors, SELECTORS_MAX),
        ):
            if len(rows) > limit:
                self.errors.append(Invalid(SENTENCE_MANY, field=name, max=limit))
                return
        on = self.columns.get("event_from") or self.known.today
        for rank, person in enumerate(entry.persons):
            self.attempt(partial(self._person, rank, person, on))
        for rank, selector in enumerate(entry.selectors):
            self.attempt(partial(self._selector, rank, selector))

    def _person(self, rank: int, typed: PersonEntry, on: date) -> None:
        at = f"persons-{rank}"
        family = clean_line(typed.family, NAME_MAX, f"{at}-family")
        given = clean_line(typed.given, NAME_MAX, f"{at}-given")
        if len(typed.aliases) > ALIASES_MAX:
            raise Invalid(SENTENCE_MANY, field=f"{at}-aliases", max=ALIASES_MAX)
        aliases = [a for raw in typed.aliases if (a := clean_line(raw, ALIAS_MAX, f"{at}-aliases"))]
        if not (family or given or aliases):
            raise Invalid(SENTENCE_NAMELESS, field=f"{at}-family")
        kind = category(typed.category, f"{at}-category")
        birth = None
        if typed_birth := clean_line(typed.birth, TYPED_MAX, f"{at}-birth"):
            known = self.known
            birth = PartialDate.parse(
                typed_birth, today=known.today, field=f"{at}-birth", first_year=known.first_birth_year
            )
        mark = check_minor(kind, birth, on, f"{at}-category")
        born_at = clean_line(typed.birth_commune, TYPED_MAX, f"{at}-birth_commune")
        commune = self._commune(born_at, f"{at}-birth_commune")
        key = person_key(given, family, birth, first_january_is_year=self.known.first_january_is_year) or ""
        self.result.persons.append(
            {
                "family": family,
                "given": given,
                "aliases": aliases,
                "birth_year": birth.year if birth else None,
                "birth_month": birth.month if birth else None,
                "birth_day": birth.day if birth else None,
                "birth_commune": commune[0] if commune else "",
                "category": kind.value,
                "minor_at_event": mark in (Minority.CHILD, Minority.MINOR),
                "rank": rank,
                "name_key": f"{name_key(family)}|{name_key(given)}"[:KEY_MAX],
                # A key too long to compare is no key: the name still stands in the report.
                "key": key if len(key) <= KEY_MAX else "",
            }
        )

    def _selector(self, rank: int, typed: SelectorEntry) -> None:
        at = f"selectors-{rank}"
        if typed.kind == SelectorKind.PERSON:
            raise Invalid(SENTENCE_PERSON, field=at)
        if typed.person is not None and not 0 <= typed.person < len(self.entry.persons):
            raise Invalid(SENTENCE_OWNER, field=at)
        try:
            found = normalise(typed.kind, typed.raw)
        except Invalid as error:
            raise Invalid(error.sentence, field=at, **error.params) from error
        raw = clean_line(typed.raw, VALUE_MAX, at)
        clean_line(found.value, VALUE_MAX, at)
        read_one = SelectorFacts(found.kind.value, raw, found.value, found.valid, found.warning, typed.person)
        if all((s.kind, s.value) != (read_one.kind, read_one.value) for s in self.result.selectors):
            self.result.selectors.append(read_one)


def _coded(typed: tuple[str, ...], codes: Mapping[str, str], sentence: str, name: str) -> list[str]:
    """The codes of words or codes, in their order, each once."""
    if len(typed) > LIST_MAX:
        raise Invalid(SENTENCE_MANY, field=name, max=LIST_MAX)
    found: dict[str, None] = {}
    for raw in typed:
        word = clean_line(raw, 2 * TYPED_MAX, name)
        code = codes.get(word) or codes.get(name_key(word))
        if word and code is None:
            raise Invalid(sentence, field=name, typed=word)
        if code:
            found[code] = None
    return list(found)
