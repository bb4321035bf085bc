"""Forms of the plan: evidence and files of values by the owner, meetings and decisions by the secretariat."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from recoupe.plan import catalogue
from recoupe.plan.actions import LABEL, MOTIVE, REFERENCE, Proof
from recoupe.plan.enums import Minister, Verdict
from recoupe.reference.models import Measure
from recoupe.web.fields import DayField, LineField


class ProofForm(forms.Form):
    """A text, a report, a day: what shows that something was done."""

    label = LineField(
        LABEL, label=_("Ce qui prouve"), help_text=_("Un texte publié, un rapport, un relevé : où le retrouver.")
    )
    on = DayField(label=_("Date du fait"))
    milestone = forms.ChoiceField(label=_("Jalon franchi"), required=False)
    key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)

    def __init__(self, number: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = [(one.code, one.title) for one in catalogue.milestones_of(number)]
        self.fields["milestone"].choices = [("", _("Aucun")), *steps]  # type: ignore[attr-defined]

    def proof(self) -> Proof:
        """What the owner says."""
        data = self.cleaned_data
        return Proof(data["label"], data["on"], data.get("milestone", ""), data["key"])


class FileForm(ProofForm):
    """A file of values, which is its own evidence."""

    file = forms.FileField(
        label=_("Fichier de valeurs"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt"}),
        help_text=_(
            "CSV UTF-8, 256 Ko au plus. Colonnes : indicateur, du, au, valeur, source ; "
            "et au besoin borne haute, environ, définitif, périmètre, définition."
        ),
    )
    field_order = ("label", "on", "file", "milestone")


class SessionForm(forms.Form):
    """A meeting of the ministers' committee."""

    held_on = DayField(label=_("Jour de la réunion"))
    reference = LineField(REFERENCE, label=_("Référence du relevé de décisions"))
    members = forms.MultipleChoiceField(
        label=_("Qui siégeait"), choices=Minister.choices, widget=forms.CheckboxSelectMultiple
    )


class DecisionForm(forms.Form):
    """What the committee decided of one measure."""

    measure = forms.TypedChoiceField(label=_("Mesure"), coerce=int)
    verdict = forms.ChoiceField(label=_("Décision"), choices=Verdict.choices, widget=forms.RadioSelect)
    reason = LineField(MOTIVE, label=_("Motif retenu par le comité"))

    def __init__(self, measures: Iterable[Measure], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["measure"].choices = [  # type: ignore[attr-defined]
            (one.number, f"M{one.number} · {one.title}") for one in measures
        ]
