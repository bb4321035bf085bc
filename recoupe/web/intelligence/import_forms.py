"""Handing in a file of reports: the file, and which column is which."""

from functools import cache
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from recoupe.intelligence import vocabulary
from recoupe.intelligence.actions.correcting import MOTIVE_MAX
from recoupe.intelligence.importing.mapping import MAX_MAPPING, SENTENCE_UNREADABLE, FileMapping, plain_mapping
from recoupe.intelligence.importing.table import header_of
from recoupe.kernel.refusal import Invalid
from recoupe.web.fields import BlockField, said

FOLDER = vocabulary.DATA / "mappings"
OWN, FITTING = "own", "fitting"
LABELS = {
    "tableau-unite": _("Tableau d'unité (26 colonnes)"),
    "liste-simple": _("Liste simple (fait, date, commune, téléphone, plaque)"),
}


@cache
def standard_mappings() -> dict[str, str]:
    """The mappings that we bring, by name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.toml"))}


NO_FITTING = _(
    "Aucune de nos correspondances ne convient aux colonnes de ce fichier : joignez la vôtre, ou nommez-les comme dans "
    "l'une des nôtres, plus bas."
)
ANOTHER_FITS = _("Cette correspondance n'est pas celle de ce fichier : ses colonnes sont celles de « %(label)s ».")


@cache
def columns_of(name: str) -> frozenset[str]:
    """The columns that one of our mappings waits for."""
    return frozenset(FileMapping.parse(standard_mappings()[name]).columns)


def fitting(held: frozenset[str]) -> str:
    """The one of our mappings that finds all its columns in a file, the widest of several; "" when none does."""
    found = [name for name in standard_mappings() if columns_of(name) <= held]
    return max(found, key=lambda name: len(columns_of(name)), default="")


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
        chosen.choices = [  # type: ignore[attr-defined]
            (FITTING, _("Celle des nôtres qui convient aux colonnes du fichier")), *ours,
            (OWN, _("La vôtre, jointe ci-dessous")),
        ]  # fmt: skip
        chosen.initial = FITTING

    def clean(self) -> dict[str, Any]:
        """The mapping as it is stored with the file."""
        data = super().clean() or self.cleaned_data
        if data.get("mapping") != OWN:
            text = standard_mappings().get(self._ours(data), "")
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

    def _ours(self, data: dict[str, Any]) -> str:
        """The one of our mappings to read with; said when the file's columns are those of another."""
        chosen, handed = str(data.get("mapping", "")), data.get("file")
        if not chosen or not handed:
            return chosen
        try:
            held = frozenset(header_of(handed.read()))
        except Invalid as refusal:
            # With a mapping named, the check keeps the file as refused and says why.
            if chosen == FITTING:
                self.add_error("file", said(refusal))
            return chosen
        finally:
            handed.seek(0)
        fits = fitting(held)
        if chosen == FITTING:
            if not fits:
                self.add_error("mapping", NO_FITTING)
            return fits
        if fits and not columns_of(chosen) <= held:
            self.add_error("mapping", ANOTHER_FITS % {"label": LABELS.get(fits, fits)})
        return chosen

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
