"""Forms of procedures: opening one takes two steps, for its court decides which magistrates may be named."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.cases import queries
from recoupe.cases.actions import MOTIVE_MAX, CaseEntry
from recoupe.cases.enums import LegalFramework
from recoupe.cases.models import Case
from recoupe.cases.rules import NUMBER_MAX, directing_role
from recoupe.reference.enums import UnitKind
from recoupe.reference.organisation import units
from recoupe.web.fields import DayField, LineField

CHOOSE = ("", _("Choisir…"))


def courts(today: date) -> list[tuple[str, str]]:
    """The courts at work, by name."""
    found = [*units(today, kind=UnitKind.COURT), *units(today, kind=UnitKind.SPECIALISED_COURT)]
    return [(str(unit.id), unit.name) for unit in sorted(found, key=lambda unit: unit.name)]


class CourtForm(forms.Form):
    """The first step: which court."""

    court = forms.ChoiceField(label=_("Juridiction"))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["court"].choices = [CHOOSE, *courts(today)]  # type: ignore[attr-defined]


class CaseForm(CourtForm):
    """The second step: everything else."""

    number = LineField(
        2 * NUMBER_MAX,
        label=_("Numéro de procédure"),
        help_text=_("Tel que votre service l'écrit : 2026/001234, 12345/00678/2026, DED13/2026/42."),
    )
    legal_framework = forms.ChoiceField(label=_("Cadre d'enquête"), choices=[CHOOSE, *LegalFramework.choices])
    magistrate = forms.ChoiceField(
        label=_("Magistrat en charge"),
        help_text=_("Un juge d'instruction sur commission rogatoire, le parquet dans les autres cadres."),
    )
    opened_on = DayField(label=_("Ouverte le"))
    parquet_number = LineField(NUMBER_MAX, label=_("Numéro de parquet"), required=False)
    offences = LineField(
        160,
        label=_("Codes NATINF"),
        required=False,
        help_text=_("Des nombres séparés par des virgules, vingt au plus."),
    )

    def __init__(self, *args: Any, agent: Agent, court: UUID | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["court"].widget = forms.HiddenInput()
        named = queries.magistrates(agent, court) if court else []
        judge, prosecutor = _("juge d'instruction"), _("parquet")
        self.fields["magistrate"].choices = [  # type: ignore[attr-defined]
            CHOOSE,
            *((f"{m.id}", f"{m.name} ({judge if m.is_judge else prosecutor})") for m in named),
        ]
        self.has_magistrates = bool(named)

    def clean_offences(self) -> tuple[int, ...]:
        """Whole numbers; their bounds are the room's."""
        parts = [part for part in self.cleaned_data["offences"].replace(";", ",").replace(" ", ",").split(",") if part]
        if any(not (part.isascii() and part.isdigit() and len(part) < 7) for part in parts):
            raise forms.ValidationError(_("Un code NATINF est un nombre : 7990, par exemple."))
        return tuple(int(part) for part in parts)

    def entry(self) -> CaseEntry:
        """What the room takes."""
        data = self.cleaned_data
        return CaseEntry(
            number=data["number"],
            court_id=UUID(data["court"]),
            magistrate_id=UUID(data["magistrate"]),
            legal_framework=data["legal_framework"],
            opened_on=data["opened_on"],
            parquet_number=data["parquet_number"],
            offences=data["offences"],
        )


class MagistrateForm(CourtForm):
    """Who directs the procedure from now on, among the magistrates of a court who may, and why."""

    magistrate = forms.ChoiceField(label=_("Nouveau magistrat"))
    reason = LineField(MOTIVE_MAX, label=_("Motif"), help_text=_("Il reste écrit dans la procédure."))

    def __init__(self, *args: Any, agent: Agent, case: Case, court: UUID, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["court"].widget = forms.HiddenInput()
        judge = directing_role(LegalFramework(case.legal_framework)) is Role.EXAMINING_JUDGE
        named = [m for m in queries.magistrates(agent, court) if m.is_judge is judge and m.id != case.magistrate_id]
        self.fields["magistrate"].choices = [CHOOSE, *((f"{m.id}", m.name) for m in named)]  # type: ignore[attr-defined]
        self.has_magistrates = bool(named)


class CloseForm(forms.Form):
    """The day on which a procedure ended."""

    closed_on = DayField(label=_("Close le"))
