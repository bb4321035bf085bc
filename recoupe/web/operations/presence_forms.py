"""The forms of the ledger: made for somebody who comes back from patrol at three in the morning."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.kernel.refusal import Invalid
from recoupe.operations.presence import queries, rules
from recoupe.operations.presence.actions import Entry
from recoupe.operations.presence.enums import Allocation
from recoupe.operations.presence.models import PATROL_MAX, REASON_MAX, Presence
from recoupe.operations.rules import zone_of
from recoupe.reference import queries as reference
from recoupe.web.fields import DayField, LineField, said
from recoupe.web.reference.fields import CommuneField, label

# A patrol that is written down by then began on the day before.
NIGHT = timedelta(hours=6)
NUMBERS = ("controls", "fines", "found")
# What the next line of the same author most likely says again.
KEPT = frozenset({"patrol", "staff", "commune"})


class HourField(forms.CharField):
    """An hour as the clock of the place shows it."""

    def __init__(self, *, last: bool = False, **options: Any) -> None:
        written = {"placeholder": _("hh:mm"), "inputmode": "numeric", "autocomplete": "off", "maxlength": "5"}
        super().__init__(max_length=5, widget=forms.TextInput(attrs=written), **options)
        self.last = last

    def prepare_value(self, value: Any) -> Any:
        """As it is typed."""
        return value.strftime("%H:%M") if isinstance(value, time) else value

    def clean(self, value: Any) -> time:
        """The hour."""
        try:
            return rules.hour(super().clean(value), "", last=self.last)
        except Invalid as refusal:
            raise forms.ValidationError(said(refusal)) from refusal


def _number(text: Any, least: int = 0, most: int = rules.COUNT_MAX) -> forms.IntegerField:
    return forms.IntegerField(
        label=text, min_value=least, max_value=most, initial=least,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip


class PresenceForm(forms.Form):
    """One line: who (a patrol, never a person), where, from when to when, what it did and what sent it there."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)
    patrol = LineField(
        PATROL_MAX, label=_("Patrouille"), help_text=_("Son indicatif, comme BAC 3. Jamais le nom d'un agent.")
    )
    staff = _number(_("Effectif"), 1, rules.STAFF_MAX)
    commune = CommuneField(label=_("Commune"), required=False)
    point = LineField(
        24, label=_("Point de deal"), required=False, help_text=_("Sa référence, si la présence visait un point.")
    )
    day = DayField(label=_("Jour du début"))
    since = HourField(label=_("De"))
    until = HourField(label=_("À"), last=True, help_text=_("Après minuit, c'est le lendemain."))
    allocation = forms.ChoiceField(
        label=_("Pourquoi là"), choices=Allocation.choices, widget=forms.RadioSelect, initial=Allocation.DISCOVERY
    )
    controls = _number(_("Contrôles"))
    fines = _number(_("Amendes forfaitaires (AFD)"))
    found = _number(_("Autres faits de stupéfiants constatés"))

    use_required_attribute = False

    def entry(self) -> Entry:
        """What was typed, once it is valid."""
        typed = self.cleaned_data
        return Entry(
            patrol=typed["patrol"],
            commune=typed["commune"].code if typed["commune"] else "",
            point=typed["point"],
            day=typed["day"],
            since=typed["since"],
            until=typed["until"],
            staff=typed["staff"],
            allocation=typed["allocation"],
            **{name: typed[name] for name in NUMBERS},
        )


class CorrectForm(PresenceForm):
    """The same line, better said, and why."""

    step = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=32_000)
    reason = LineField(REASON_MAX, label=_("Pourquoi cette correction"))


class WithdrawForm(forms.Form):
    """It was never so."""

    step = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=32_000)
    reason = LineField(REASON_MAX, label=_("Pourquoi elle est retirée"))

    use_required_attribute = False


class LotForm(forms.Form):
    """A file of lines."""

    file = forms.FileField(
        label=_("Fichier"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
        help_text=_("CSV (UTF-8 ou Windows-1252) ou XLSX. La première ligne nomme les colonnes."),
    )


def initial(line: Presence) -> dict[str, Any]:
    """A line as its form shows it, by the clock of its place."""
    here = ZoneInfo(line.zone)
    return {
        "patrol": line.patrol,
        "staff": line.staff,
        "commune": label(reference.commune(line.commune_code)),
        "point": line.point_ref,
        "day": line.day,
        "since": line.starts_at.astimezone(here).time(),
        "until": line.ends_at.astimezone(here).time(),
        "allocation": line.allocation,
        **{name: getattr(line, name) for name in NUMBERS},
        "step": line.step,
    }


def fresh(agent: Agent, now: datetime) -> tuple[dict[str, Any], Presence | None]:
    """What a new line most likely says: the agent's last patrol and place, the day on which it began."""
    last = queries.last_of(agent)
    zone = last.zone if last else zone_of(min(agent.departments, default=""))
    day: date = (now - NIGHT).astimezone(ZoneInfo(zone)).date()
    known = {name: value for name, value in initial(last).items() if name in KEPT} if last else {}
    return {**known, "day": day}, last
