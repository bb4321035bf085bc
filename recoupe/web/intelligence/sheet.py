"""The whole form of a report as one thing: what was typed becomes an entry, and each fault goes back to its field."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.audit.actions import Ref
from recoupe.intelligence import reading, vocabulary
from recoupe.intelligence.actions.common import known_for
from recoupe.intelligence.actions.correcting import MOTIVE_MAX
from recoupe.intelligence.entry import PersonEntry, ReportEntry, SelectorEntry
from recoupe.intelligence.enums import PlaceKind
from recoupe.intelligence.reading import EntryRefused
from recoupe.kernel.refusal import Absent, Refusal
from recoupe.reference import queries as reference
from recoupe.reference.models import Commune
from recoupe.web.fields import LineField, said
from recoupe.web.intelligence import proposals
from recoupe.web.intelligence.proposals import Proposal
from recoupe.web.intelligence.report_forms import PersonRows, ReportForm, Rows, SelectorRows
from recoupe.web.reference.fields import label

PERSONS, SELECTORS = "persons", "selectors"
# The room's names of faults that belong to several fields, and the field where the author corrects them.
FIELD_OF = {"point": "lon", "grade": "source_grade", "place_kind": "commune", "means": "means_weapon"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the summary: where, in which words, and the element to go to."""

    target: str
    label: str
    text: str


class ReportSheet:
    """A report form with its rows and its ticked proposals."""

    def __init__(
        self, form: ReportForm, persons: Rows, selectors: Rows, ticked: Iterable[str] = (), offered: Iterable[str] = ()
    ) -> None:
        self.form, self.persons, self.selectors = form, persons, selectors
        self.ticked = list(dict.fromkeys(ticked))
        self.offered = frozenset(offered)
        self.mentions: list[Proposal] = []

    @classmethod
    def blank(cls, agent: Agent, **initial: Any) -> Self:
        """A new form with one empty row of each kind."""
        form = ReportForm(agent=agent, initial=initial)
        return cls(form, PersonRows(prefix=PERSONS, initial=[{}]), SelectorRows(prefix=SELECTORS, initial=[{}]))

    @classmethod
    def of_entry(cls, agent: Agent, entry: ReportEntry, **initial: Any) -> Self:
        """A form filled with what is stored."""
        case_id = str(entry.case_id or "")
        form = ReportForm(agent=agent, case_id=case_id, initial={**_initial(entry), "case_id": case_id, **initial})
        persons = [_person_initial(person) for person in entry.persons]
        selectors = [
            {"kind": s.kind, "raw": s.raw, "person": "" if s.person is None else s.person + 1} for s in entry.selectors
        ]
        return cls(
            form,
            PersonRows(prefix=PERSONS, initial=persons or [{}]),
            SelectorRows(prefix=SELECTORS, initial=selectors or [{}]),
        )

    @classmethod
    def posted(cls, agent: Agent, data: QueryDict, files: MultiValueDict[str, Any], case_id: str = "") -> Self:
        """A form as it was sent."""
        return cls(
            ReportForm(data, files, agent=agent, case_id=case_id),
            PersonRows(data, prefix=PERSONS),
            SelectorRows(data, prefix=SELECTORS),
            ticked=data.getlist("selector"),
            offered=data.getlist("offered"),
        )

    @property
    def offered_cases(self) -> list[Ref]:
        """The procedures that the form shows."""
        return [("case", UUID(str(value))) for value, _label in self.form.fields["case_id"].choices if value]  # type: ignore[attr-defined]

    def correcting(self) -> Self:
        """The same form for a deposited report: it asks why, and takes no file."""
        self.form.fields["reason"] = LineField(
            MOTIVE_MAX,
            label=_("Pourquoi cette correction"),
            help_text=_("Ce motif reste dans l'historique de la fiche."),
        )
        self.form.fields.pop("attachment", None)
        return self

    def with_one_more(self, kind: str) -> None:
        """Add an empty row, for browsers without script: the form comes back as it was."""
        rows = self.persons if kind == PERSONS else self.selectors
        data = QueryDict(mutable=True)
        data.update({name: str(value) for name, value in rows.data.items()})
        data[f"{rows.prefix}-TOTAL_FORMS"] = str(min(rows.total_form_count() + 1, rows.max_num))
        grown = type(rows)(data, prefix=rows.prefix)
        setattr(self, kind, grown)

    def is_valid(self) -> bool:
        """Whether every field can be handed to the room."""
        return all([self.form.is_valid(), self.persons.is_valid(), self.selectors.is_valid()])

    def entry(self) -> ReportEntry:
        """What was typed, as the room reads it; a field that its form refuses counts as empty."""
        data, form = self.form.cleaned_data, self.form
        commune = data.get("commune")
        placed = bool(commune or data["lon"].strip() or data["lat"].strip() or data["place_text"].strip())
        return ReportEntry(
            **{name: data.get(name, "") for name in _AS_TYPED} | {"place_text": self._place(commune)},
            place_kind=PlaceKind.NONE.value if data["no_place"] and not placed else "",
            commune=commune.code if commune else "",
            case_id=UUID(data["case_id"]) if data.get("case_id") else None,
            handling="+".join(data.get("handling", ())),
            products=tuple(data.get("products", ())),
            means=form.means,
            persons=tuple(_person(self.persons.forms[rank].cleaned_data) for rank in self.persons.filled),
            selectors=(*self._typed_selectors(), *self._ticked_selectors()),
        )

    def _place(self, commune: Commune | None) -> str:
        """The place in words, with the arrondissement that was chosen in the commune's field."""
        typed: str = self.form.cleaned_data.get("place_text", "")
        chosen = self.form.data.get(self.form.add_prefix("commune"), "")
        district = reference.district_named(chosen, commune.code) if commune else ""
        # Corrected, the report comes back with what was added.
        if not district or district in typed:
            return typed
        return f"{district}, {typed}" if typed.strip() else district

    def _typed_selectors(self) -> list[SelectorEntry]:
        ranks = {row + 1: rank for rank, row in enumerate(self.persons.filled)}
        found = []
        for row in self.selectors.filled:
            data = self.selectors.forms[row].cleaned_data
            owner = data.get("person", "").strip()
            number = int(owner) if owner.isascii() and owner.isdigit() and len(owner) < 4 else 0
            # A number that is no row's is out of range on purpose: the room says so.
            found.append(
                SelectorEntry(data.get("kind", ""), data.get("raw", ""), ranks.get(number, -1) if owner else None)
            )
        return found

    def _ticked_selectors(self) -> list[SelectorEntry]:
        """What was ticked, as the text writes it; a box carries the normalised value alone."""
        written = {found.key: found.raw for found in proposals.found_in(self._text())}
        parts = ((key, key.partition(":")) for key in self.ticked)
        return [SelectorEntry(kind, written.get(key, value)) for key, (kind, _colon, value) in parts]

    # --- Proposals ------------------------------------------------------------------------------------------------

    def propose(self, agent: Agent) -> None:
        """Fill in what the texts mention, with what the author knows of it."""
        self.mentions = proposals.with_known(agent, proposals.found_in(self._text()))

    def _text(self) -> str:
        """What was typed in full sentences."""
        typed = (self.form["fact_text"].value(), self.form["assessment_text"].value())
        return "\n".join(str(part) for part in typed if part)[: proposals.LONGEST]

    def unanswered(self, entry: ReportEntry) -> bool:
        """Whether the text mentions something that the author has neither confirmed, typed nor been shown."""
        held = {proposals.key_of(selector) for selector in entry.selectors}
        return any(p.key not in held and p.key not in self.offered for p in self.mentions)

    @property
    def notice(self) -> str:
        """The sensitive words of the texts."""
        parts = (self.form["fact_text"].value(), self.form["assessment_text"].value())
        return proposals.sensitive_notice("\n".join(str(part) for part in parts if part)[: proposals.LONGEST])

    # --- Faults ---------------------------------------------------------------------------------------------------

    def refuse(self, refusal: Refusal) -> None:
        """Put each fault where the author corrects it."""
        errors = refusal.errors if isinstance(refusal, EntryRefused) else [refusal]
        for error in errors:
            form, name = self._place_of(getattr(error, "field", ""))
            form.add_error(name, said(error))

    def refuse_the_rest(self, agent: Agent, *, complete: bool) -> None:
        """Add what the room would refuse to what the form already refuses, so that everything is said at once."""
        fields = set(self.form.errors)
        rows = [id(form) for form in (*self.persons.forms, *self.selectors.forms) if form.errors]
        for error in reading.faults(self.entry(), known_for(agent, localdate()), complete=complete):
            form, name = self._place_of(error.field)
            # A row that its form refuses is read again by the room once it is right.
            if id(form) not in rows and not (form is self.form and name in fields):
                form.add_error(name, said(error))

    def _place_of(self, field: str) -> tuple[forms.BaseForm, str]:
        group, _dash, rest = field.partition("-")
        rank, _dash, name = rest.partition("-")
        rows = {PERSONS: self.persons, SELECTORS: self.selectors}.get(group)
        if rows is not None and rank.isdigit() and int(rank) < len(rows.filled):
            form = rows.forms[rows.filled[int(rank)]]
            return form, name if name in form.fields else ("family" if group == PERSONS else "raw")
        name = FIELD_OF.get(field, field)
        shown = name in self.form.fields and not self.form[name].is_hidden
        return self.form, name if shown else NON_FIELD_ERRORS

    @property
    def faults(self) -> list[Fault]:
        """Every fault, in the order of the page."""
        found = [Fault("", "", str(text)) for text in self.form.non_field_errors()]
        for rows in (self.persons, self.selectors):
            found += [Fault("", "", str(text)) for text in rows.non_form_errors()] if rows.is_bound else []
        for rank, form in [(0, self.form), *enumerate(self.persons.forms, 1), *enumerate(self.selectors.forms, 1)]:
            number = f" ({rank})" if form is not self.form else ""
            found += [
                Fault(field.id_for_label or field.auto_id, f"{field.label}{number}", str(text))
                for field in form
                for text in field.errors
            ]
        return found

    @property
    def persons_open(self) -> bool:
        """Whether the rows of persons are unfolded."""
        return _filled(self.persons)

    @property
    def selectors_open(self) -> bool:
        """Whether the rows of identifiers are unfolded."""
        return _filled(self.selectors)

    @property
    def place_open(self) -> bool:
        """Whether the period and the place in numbers are unfolded."""
        return self._any("event_to", "place_text", "lon", "lat", "uncertainty_m", "no_place")

    @property
    def grade_open(self) -> bool:
        """Whether the grade is unfolded."""
        return self._any("source_grade", "info_grade")

    @property
    def h3_open(self) -> bool:
        """Whether the line of H3 is unfolded."""
        return self._any("h3_line", "handling_conditions") or "H3" in (self.form["handling"].value() or [])

    @property
    def means_open(self) -> bool:
        """Whether products and means are unfolded."""
        return self._any("products", "violence", *(field.name for field in self.form.means_fields))

    def _any(self, *names: str) -> bool:
        return any(self.form[name].value() or self.form[name].errors for name in names)


_AS_TYPED = (
    "fact_text", "assessment_text", "event_from", "event_to", "lon", "lat", "uncertainty_m", "place_text",
    "source_kind", "seen_by_reporter", "source_grade", "info_grade", "grade_scheme", "h3_line", "handling_conditions",
    "frame", "violence", "urgency",
)  # fmt: skip


def _filled(rows: Rows) -> bool:
    if rows.is_bound:
        return len(rows.forms) > 1 or bool(rows.total_error_count()) or any(_typed(form) for form in rows.forms)
    return any(form.initial for form in rows.forms)


def _typed(form: forms.Form) -> bool:
    return any(str(form[name].value() or "").strip() for name in form.fields)


def _person(data: dict[str, Any]) -> PersonEntry:
    aliases = tuple(part.strip() for part in data["aliases"].replace(";", ",").split(",") if part.strip())
    return PersonEntry(
        family=data["family"],
        given=data["given"],
        aliases=aliases,
        birth=data["birth"],
        birth_commune=data["birth_commune"],
        category=data.get("category", ""),
    )


def _person_initial(person: PersonEntry) -> dict[str, Any]:
    return {
        "family": person.family,
        "given": person.given,
        "aliases": ", ".join(person.aliases),
        "birth": _french(person.birth),
        "birth_commune": person.birth_commune,
        "category": person.category,
    }


def _french(day: str) -> str:
    """2026-11-12 as people write it."""
    return "/".join(reversed(day.split("-"))) if day[:4].isdigit() else day


def _initial(entry: ReportEntry) -> dict[str, Any]:
    means = {code: vocabulary.means()[code].family for code in entry.means if code in vocabulary.means()}
    first: dict[str, Any] = {name: getattr(entry, name) for name in _AS_TYPED}
    for code, family in means.items():
        first.setdefault(f"means_{family}", []).append(code)
    return first | {
        "event_from": _french(entry.event_from),
        "event_to": _french(entry.event_to),
        "commune": _commune(entry.commune),
        "no_place": entry.place_kind == PlaceKind.NONE and bool(entry.event_from),
        "handling": [code for code in entry.handling.split("+") if code],
        "products": list(entry.products),
    }


def _commune(code: str) -> str:
    try:
        return label(reference.commune(code)) if code else ""
    except Absent:
        return code
