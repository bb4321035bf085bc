"""Handing in a file of reports: the file, and which column is which."""

from functools import cache
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from recoupe.intelligence import vocabulary
from recoupe.intelligence.actions.correcting import MOTIVE_MAX
from recoupe.intelligence.importing.mapping import MAX_MAPPING, SENTENCE_UNREADABLE, plain_mapping
from recoupe.kernel.refusal import Invalid
from recoupe.web.fields import BlockField, said

FOLDER = vocabulary.DATA / "mappings"
OWN = "own"
LABELS = {
    "tableau-unite": _("Tableau d'unité (26 colonnes)"),
    "liste-simple": _("Liste simple (fait, date, commune, téléphone, plaque)"),
}


@cache
def standard_mappings() -> dict[str, str]:
    """The mappings that we bring, by name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.toml"))}


class UploadForm(forms.Form):
    """A file and its mapping: one of ours, or the unit's own."""

    file = forms.FileField(
        label=_("Fichier"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
        help_text=_("CSV (UTF-8 ou Windows-1252) ou XLSX, 20 Mo au plus. La première ligne nomme les colonnes."),
    )
    key = forms.UUIDField(initial=uuid4, required=False, widget=forms.HiddenInput)
    mapping = forms.ChoiceField(label=_("Correspondance des colonnes"), widget=forms.RadioSelect)
    mapping_file = forms.FileField(
        label=_("Votre fichier de correspondance"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".toml,.json"}),
        help_text=_("TOML ou JSON ; partez de l'un des nôtres, plus bas."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ours = [(name, LABELS.get(name, name)) for name in standard_mappings()]
        chosen = self.fields["mapping"]
        chosen.choices = [*ours, (OWN, _("La nôtre, jointe ci-dessous"))]  # type: ignore[attr-defined]
        chosen.initial = next(iter(standard_mappings()), OWN)

    def clean(self) -> dict[str, Any]:
        """The mapping as it is stored with the file."""
        data = super().clean() or self.cleaned_data
        if data.get("mapping") != OWN:
            text = standard_mappings().get(data.get("mapping", ""), "")
        elif handed := data.get("mapping_file"):
            text = self._decoded(handed.read(MAX_MAPPING * 4))
        else:
            self.add_error(
                "mapping_file", _("Joignez votre fichier de correspondance, ou choisissez l'une des nôtres.")
            )
            return data
        if text:
            try:
                data["plain"] = plain_mapping(text)
            except Invalid as refusal:
                self.add_error("mapping_file", said(refusal))
        return data

    def _decoded(self, content: bytes) -> str:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = ""
        if not text.strip():
            self.add_error("mapping_file", _(SENTENCE_UNREADABLE))
        return text


class OpenForm(forms.Form):
    """The head of the unit opens this one file, and says why."""

    reason = BlockField(MOTIVE_MAX, label=_("Pourquoi ce fichier"), rows=2)
    accept_valid = forms.BooleanField(
        label=_("Écrire les lignes valables bien que d'autres soient refusées"), required=False
    )


class RefuseForm(forms.Form):
    """The head of the unit refuses a file, and says why."""

    reason = BlockField(MOTIVE_MAX, label=_("Motif du refus"), rows=2)
