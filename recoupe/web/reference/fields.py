"""A commune in a form: typed freely, helped by a list while typing, understood by the server alone."""

import re
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.text import clean_line, name_key
from recoupe.reference import queries as reference
from recoupe.reference.models import Commune
from recoupe.reference.queries import Place
from recoupe.web.fields import said

LONGEST = 80
READ = 60
_LABEL = re.compile(r"(.+) \((\w{2,3})\)")
NONE = gettext_noop("Aucune commune ne répond à « %(typed)s » : choisissez dans la liste proposée.")
SEVERAL = gettext_noop(
    "Plusieurs communes répondent à « %(typed)s » : ajoutez le département, comme « Saint-Denis (93) »."
)


def read_commune(typed: str) -> Commune:
    """The one commune meant by a name, a name with its department, a postal code or an official code."""
    text = clean_line(typed, LONGEST, "commune", required=True)
    label = _LABEL.fullmatch(text)
    name = label[1] if label else text
    found = reference.search_places(name, READ)
    if label:
        found = [place for place in found if place.department_code == label[2].upper()]
    codes = {place.commune_code for place in _exact(found, name) or found}
    if not codes:
        raise Invalid(NONE, field="commune", typed=text)
    if len(codes) > 1:
        raise Invalid(SEVERAL, field="commune", typed=text)
    return reference.commune(codes.pop())


def _exact(found: list[Place], name: str) -> list[Place]:
    return [place for place in found if name_key(place.name) == name_key(name)]


def label(commune: Commune) -> str:
    """How a commune is written in its field."""
    return f"{commune.name} ({commune.department_id})"


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
