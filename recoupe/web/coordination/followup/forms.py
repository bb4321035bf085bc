"""Forms after an operation: an answer to a check, a measure of a plan of return and its steps, the board's filter."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recoupe.coordination.followup import queries
from recoupe.coordination.followup.actions import Draft
from recoupe.coordination.followup.enums import MeasureKind, PartnerKind, Seen
from recoupe.coordination.followup.queries import Place
from recoupe.dealpoints.models import DealPoint
from recoupe.reference import queries as reference
from recoupe.reference.enums import UnitKind
from recoupe.web.fields import DayField, LineField

USUAL_PERIOD = timedelta(days=730)
MOST_AGENT_DAYS = 100_000


def _agent_days(label: Any, *, required: bool = False) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=required, min_value=0, max_value=MOST_AGENT_DAYS)


class LookForm(forms.Form):
    """What was found at one check."""

    check_id = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.ChoiceField(label=_("Ce qui a été constaté"), choices=[("", _("Choisissez")), *Seen.choices])
    seen_on = DayField(label=_("Jour du passage"), required=False, help_text=_("Vide si personne n'est allé voir."))
    reason = LineField(
        500, label=_("Ce qui le montre, ou pourquoi personne n'y est allé"), widget=forms.Textarea(attrs={"rows": 2})
    )


class MeasureForm(forms.Form):
    """One measure: what, who answers for it, and by when."""

    kind = forms.ChoiceField(label=_("Nature"), choices=MeasureKind.choices)
    text = LineField(300, label=_("Ce qui sera fait"), help_text=_("Jamais le nom d'une personne."))
    due_on = DayField(label=_("Échéance"))
    owner = forms.TypedChoiceField(label=_("Service responsable"), coerce=UUID, required=False, empty_value=None)
    partner_kind = forms.ChoiceField(
        label=_("Ou un partenaire"), required=False, choices=[("", "—"), *PartnerKind.choices]
    )
    partner = LineField(
        120,
        label=_("Son bureau"),
        required=False,
        help_text=_("Un service nommé, par exemple « direction de la voirie »."),
    )
    requested = _agent_days(_("Forces mobiles demandées, en jours d'agents"))
    # Two clicks on one form make one measure: its identity is drawn with the form.
    key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)

    def __init__(self, *args: Any, point: DealPoint, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(str(unit.id), unit.name) for unit in queries.owners(point, timezone.localdate())]
        self.fields["owner"].choices = [("", "—"), *named]  # type: ignore[attr-defined]

    def draft(self, key: UUID) -> Draft:
        """What was said, under an identity of this agent and this form."""
        data = self.cleaned_data
        return Draft(
            kind=MeasureKind(data["kind"]),
            text=data["text"],
            due_on=data["due_on"],
            owner_id=data["owner"],
            partner_kind=data["partner_kind"],
            partner=data["partner"],
            requested=data["requested"],
            key=key,
        )


class StepForm(forms.Form):
    """A step of one measure; `read` is the step that its reader saw."""

    measure = forms.UUIDField(widget=forms.HiddenInput)
    read = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=10_000)
    step = forms.CharField(widget=forms.HiddenInput, max_length=20)
    due_on = DayField(label=_("Nouvelle échéance"), required=False)
    granted = _agent_days(_("Jours d'agents accordés"))
    used = _agent_days(_("Jours d'agents employés"))
    reason = LineField(500, label=_("Motif"), required=False, widget=forms.Textarea(attrs={"rows": 2}))


class BoardForm(forms.Form):
    """To what the board is narrowed, and the period of its rate."""

    department = forms.ChoiceField(label=_("Département"), required=False)
    cell = forms.TypedChoiceField(label=_("CROSS"), required=False, coerce=UUID, empty_value=None)
    first = DayField(label=_("Démantelés du"), required=False)
    last = DayField(label=_("au"), required=False)

    def __init__(self, data: Mapping[str, Any], today: date) -> None:
        super().__init__({"first": today - USUAL_PERIOD, "last": today, **data})
        self.today = today
        named = [(d.code, f"{d.code} · {d.name}") for d in reference.departments()]
        cells = [(str(unit.id), unit.name) for unit in reference.units(today, kind=UnitKind.CROSS)]
        self.fields["department"].choices = [("", _("Tous ceux que vous lisez")), *named]  # type: ignore[attr-defined]
        self.fields["cell"].choices = [("", _("Toutes")), *cells]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A period has its days in order."""
        data = super().clean() or self.cleaned_data
        data["first"] = data.get("first") or self.today - USUAL_PERIOD
        data["last"] = data.get("last") or self.today
        if data["first"] > data["last"]:
            self.add_error("last", _("La période finit avant de commencer."))
        return data

    @property
    def place(self) -> Place:
        """Where."""
        return Place(self.cleaned_data["department"], self.cleaned_data["cell"])

    @property
    def filled(self) -> list[str]:
        """The names of the fields in use, for the journal: never what they hold."""
        return sorted(name for name in ("department", "cell") if self.cleaned_data.get(name))
