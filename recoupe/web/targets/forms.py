"""Forms of the registry: the filter of the list, the person as article 2 knows him, one small form a decision."""

from dataclasses import fields
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from recoupe.targets.enums import Article, Sex, TargetState
from recoupe.targets.models import LINE, RegisteredTarget
from recoupe.targets.rules import SENTENCE_VEHICLE, Entry
from recoupe.web.deciding import MotiveForm
from recoupe.web.fields import BlockField, DayField, LineField
from recoupe.web.paging import PageForm

ENTERED = frozenset(field.name for field in fields(Entry))
ONE_EACH = _("Un par ligne, vingt au plus.")


class ListForm(PageForm):
    """What the list is narrowed to."""

    state = forms.ChoiceField(label=_("État"), required=False, choices=[("", _("Tous")), *TargetState.choices])

    @property
    def filled(self) -> list[str]:
        """The names of the fields in use, for the journal: never what they hold."""
        return sorted(name for name, value in self.cleaned_data.items() if value and name != "before")


class PersonForm(forms.Form):
    """The attributes of article 2 of the order of 11 July 2012, and nothing else."""

    surname = LineField(LINE, label=_("Nom"))
    first_names = LineField(LINE, label=_("Prénoms"), required=False)
    nickname = LineField(LINE, label=_("Surnom"), required=False)
    alias = LineField(LINE, label=_("Alias"), required=False)
    sex = forms.ChoiceField(label=_("Sexe"), choices=Sex.choices, initial=Sex.UNKNOWN)
    birth_date = DayField(
        label=_("Date de naissance"),
        required=False,
        help_text=_("Complète, ou rien : une date approchée ferait comparer une autre personne."),
    )
    birth_place = LineField(LINE, label=_("Lieu de naissance"), required=False)
    articles = forms.MultipleChoiceField(
        label=_("Articles visés"), choices=Article.choices, widget=forms.CheckboxSelectMultiple
    )
    phones = BlockField(1000, rows=3, label=_("Numéros de téléphone"), required=False, help_text=ONE_EACH)
    imeis = BlockField(1000, rows=2, label=_("IMEI"), required=False, help_text=ONE_EACH)
    vehicles = BlockField(
        2000,
        rows=2,
        label=_("Véhicules"),
        required=False,
        help_text=_("Un par ligne : marque, virgule, immatriculation. Peugeot, AB-123-CD."),
    )
    emails = BlockField(2500, rows=2, label=_("Adresses électroniques"), required=False, help_text=ONE_EACH)
    addresses = BlockField(4000, rows=2, label=_("Adresses postales"), required=False, help_text=ONE_EACH)
    investigator_name = LineField(LINE, label=_("Enquêteur"), required=False)
    investigator_contact = LineField(LINE, label=_("Coordonnées professionnelles de l'enquêteur"), required=False)
    magistrate_name = LineField(LINE, label=_("Magistrat"), required=False)
    magistrate_contact = LineField(LINE, label=_("Coordonnées professionnelles du magistrat"), required=False)

    def clean_vehicles(self) -> tuple[tuple[str, str], ...]:
        """Make and plate of each line."""
        pairs = [line.partition(",") for line in _lines(self.cleaned_data["vehicles"])]
        if any(not (comma and plate.strip()) for _make, comma, plate in pairs):
            raise forms.ValidationError(_(SENTENCE_VEHICLE))
        return tuple((make.strip(), plate.strip()) for make, _comma, plate in pairs)

    def clean_articles(self) -> tuple[str, ...]:
        """The chosen ones."""
        return tuple(self.cleaned_data["articles"])

    def entry(self) -> Entry:
        """What the room takes."""
        data = self.cleaned_data
        many = {name: tuple(_lines(data[name])) for name in ("phones", "imeis", "emails", "addresses")}
        return Entry(**{name: value for name, value in (data | many).items() if name in ENTERED})


class RequestForm(PersonForm):
    """A request, drawn with its key: sent twice, it asks once."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


class AgainForm(RequestForm):
    """Another registration of somebody who is, or was, registered: it says why."""

    reason = BlockField(500, rows=3, label=_("Motif de la nouvelle inscription"))


class CheckForm(MotiveForm):
    """What the manager has looked at: all three, or it is not checked."""

    procedure = forms.BooleanField(label=_("La procédure existe et porte ce numéro"), required=False)
    article = forms.BooleanField(label=_("L'article visé est de la liste"), required=False)
    designation = forms.BooleanField(label=_("Le demandeur est individuellement désigné"), required=False)
    field_order = ("procedure", "article", "designation", "reason")


def initial_of(target: RegisteredTarget) -> dict[str, Any]:
    """A registration as its form shows it."""
    names = ("surname", "first_names", "nickname", "alias", "sex", "birth_date", "birth_place", "articles",
             "investigator_name", "investigator_contact", "magistrate_name", "magistrate_contact")  # fmt: skip
    many = ("phones", "imeis", "emails", "addresses")
    return {
        **{name: getattr(target, name) for name in names},
        **{name: "\n".join(getattr(target, name)) for name in many},
        "vehicles": "\n".join(f"{make}, {plate}" for make, plate in target.vehicles),
    }


def renewed(raw: str) -> UUID | None:
    """The registration that an address says the new one follows; None for anything else."""
    try:
        return UUID(raw) if raw else None
    except ValueError:
        return None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
