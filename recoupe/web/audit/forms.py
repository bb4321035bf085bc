"""The filter of the journal."""

from datetime import datetime, time, timedelta
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recoupe.audit.enums import Operation
from recoupe.audit.queries import FIRST_PAGE, JournalFilter
from recoupe.web.fields import DayField, LineField


class JournalForm(forms.Form):
    """Who, what, when, on which reference; every field may stay empty."""

    login = forms.CharField(label=_("Agent"), max_length=64, required=False, help_text=_("Identifiant du compte."))
    operation = forms.ChoiceField(label=_("Opération"), required=False, choices=[("", _("Toutes")), *Operation.choices])
    since = DayField(label=_("Depuis le"), required=False)
    until = DayField(label=_("Jusqu'au"), required=False)
    ref = LineField(
        300,
        label=_("Objet"),
        required=False,
        help_text=_("Une référence (PJ13-26-7K2M9Q), l'adresse d'une page, ou un objet de la colonne Objets."),
    )
    arrivals = forms.BooleanField(label=_("Montrer aussi les accueils sans résultat"), required=False)
    before = forms.IntegerField(required=False, min_value=1, max_value=FIRST_PAGE, widget=forms.HiddenInput)

    def wanted(self, actor: UUID | None, ref: str) -> JournalFilter:
        """The filter that the cleaned form asks for, its object once found; days are those of Paris."""
        data = self.cleaned_data
        zone = timezone.get_default_timezone()
        since, until = data.get("since"), data.get("until")
        return JournalFilter(
            actor=actor,
            operation=data.get("operation", ""),
            since=datetime.combine(since, time.min, zone) if since else None,
            until=datetime.combine(until + timedelta(days=1), time.min, zone) if until else None,
            ref=ref,
            arrivals=data.get("arrivals", False),
            before=data.get("before") or FIRST_PAGE,
        )
