"""A commune in a form: typed freely, helped by a list while typing, understood by the server alone."""

import re
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from recoupe.kernel.refusal import Absent, Invalid, gettext_noop
from recoupe.kernel.text import clean_line
from recoupe.reference import communes
from recoupe.reference import queries as reference
from recoupe.reference.models import Commune, Unit
from recoupe.web.fields import LineField, said

LONGEST = 80
READ = 60
_LABEL = re.compile(r"(.+) \((\w{2,3})\)")
_CODED = re.compile(r".+\((\w+)\)")
LONGEST_UNIT = 120
NO_UNIT = gettext_noop("Aucun service ne porte le code « %(typed)s » : choisissez dans la liste proposée.")
NONE = gettext_noop("Aucune commune ne répond à « %(typed)s » : choisissez dans la liste proposée.")


def read_commune(typed: str) -> Commune:
    """The one commune meant (reference.communes), or the only one whose name starts so."""
    text = clean_line(typed, LONGEST, "commune", required=True)
    found = communes.meant(text, communes.LiveGazetteer())
    if found is None:
        begun = [communes.seat(reference.commune(code)) for code in _beginning(text)]
        if len(begun) > 1:
            raise communes.several(text, begun)
        found = begun[0] if begun else None
    if found is None:
        raise Invalid(NONE, field="commune", typed=text)
    return reference.commune(found.code)


def _beginning(text: str) -> list[str]:
    """The communes whose name, or a word of it, starts with the text, within the department that it may add."""
    label = _LABEL.fullmatch(text)
    places = reference.search_places(label[1] if label else text, READ)
    if label:
        places = [place for place in places if place.department_code == label[2].upper()]
    return list(dict.fromkeys(place.commune_code for place in places))


def label(commune: Commune) -> str:
    """How a commune is written in its field."""
    return f"{commune.name} ({commune.department_id})"


def named_unit(typed: str, field: str) -> Unit:
    """The service of a code, or of a code that follows a name: « PJ13 », « Police judiciaire (PJ13) »."""
    coded = _CODED.fullmatch(typed)
    try:
        return reference.unit((coded[1] if coded else typed).upper())
    except Absent as refusal:
        raise Invalid(NO_UNIT, field=field, typed=typed) from refusal


class UnitField(LineField):
    """A service: its code, chosen from the page's <datalist> of this name while its name is typed."""

    def __init__(self, *, listed: str = "units", **options: Any) -> None:
        super().__init__(LONGEST_UNIT, help_text=_("Commencez le nom ou le code, puis choisissez."), **options)
        self.widget.attrs.update(list=listed, autocomplete="off", spellcheck="false")


class CommuneField(forms.CharField):
    """Gives a Commune, or None when left empty; the page carries <datalist id="communes">."""

    def __init__(self, **options: Any) -> None:
        attributes = {
            "list": "communes",
            "autocomplete": "off",
            "maxlength": str(LONGEST),
            "hx-get": reverse_lazy("commune-options"),
            "hx-trigger": "input changed delay:200ms",
            "hx-target": "#communes",
            "hx-sync": "this:replace",
        }
        widget = forms.TextInput(attrs=attributes)
        super().__init__(**{"label": _("Commune"), "widget": widget, **options})

    def clean(self, value: object) -> Commune | None:
        """The commune that was meant."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return read_commune(text)
        except Invalid as refusal:
            raise forms.ValidationError(said(refusal)) from refusal
