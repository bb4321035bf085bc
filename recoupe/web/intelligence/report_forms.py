"""The fields of a report as its author fills them in; what they mean is read by the room, in one place."""

from typing import Any, cast
from uuid import uuid4

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.cases import queries as cases
from recoupe.intelligence import vocabulary
from recoupe.intelligence.enums import Frame, PersonCategory
from recoupe.intelligence.reading import PERSONS_MAX, SELECTORS_MAX
from recoupe.kernel.grading import Scheme
from recoupe.kernel.handling import H3_LINE_LABELS, HANDLING_LABELS
from recoupe.kernel.selectors import KIND_LABELS, SelectorKind
from recoupe.kernel.source import OFFERED, SOURCE_LABELS, VAULT_ONLY
from recoupe.reference import queries as reference
from recoupe.web.reference.fields import CommuneField

CHOOSE = ("", _("Choisir…"))
MEANS_FAMILIES = {
    "weapon": _("Armes et protection"),
    "watch": _("Guet, vidéo et suivi"),
    "place": _("Lieux tenus"),
    "transport": _("Transport et livraison"),
    "sale": _("Vente et recrutement"),
    "technical": _("Moyens techniques"),
    "money": _("Argent"),
    "violence": _("Violences"),
}
SOURCE_CHOICES = [
    CHOOSE,
    *((kind.value, _(SOURCE_LABELS[kind])) for kind in OFFERED),
    # Shown so that nobody disguises them under another kind; choosing one is answered by its sentence (S-7).
    (_("Ne se saisit pas ici"), [(kind.value, _(SOURCE_LABELS[kind])) for kind in sorted(VAULT_ONLY)]),
]
LETTERS = [("", "–"), *((letter, letter) for letter in "ABCDEFX")]
DIGITS = [("", "–"), *((digit, digit) for digit in "123456")]
SCHEMES = [(Scheme.FOUR.value, _("4x4 : A, B, C, X et 1 à 4")), (Scheme.SIX.value, _("A à F et 1 à 6"))]


class TypedField(forms.CharField):
    """Text as it was typed: the room cleans, bounds and understands it, for files and forms alike."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "strip": False, **options})


class Demanded(TypedField):
    """Text that a deposit demands and a draft does without: shown as such, said by the room."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": True, **options})

    def validate(self, value: Any) -> None:
        """The room says what is missing, in its own words."""


class DemandedChoice(forms.ChoiceField):
    """A choice that a deposit demands and a draft does without."""

    def validate(self, value: Any) -> None:
        """Nothing, or one of the choices."""
        if value:
            super().validate(value)


class DemandedChoices(forms.MultipleChoiceField):
    """Choices of which a deposit demands one and a draft none."""

    def validate(self, value: Any) -> None:
        """Nothing, or some of the choices."""
        if value:
            super().validate(value)


class DemandedCommune(CommuneField):
    """A commune, unless the place is said in another way below."""

    def validate(self, value: Any) -> None:
        """The room says that the place is missing."""


def _area(rows: int, **attributes: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attributes})


def _pills(choices: Any = (), label: Any = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, required=False, choices=choices, widget=forms.CheckboxSelectMultiple)


class ReportForm(forms.Form):
    """One report, its persons and its identifiers apart; facts first, the assessment in a field of its own."""

    use_required_attribute = False

    fact_text = Demanded(
        label=_("Le fait"),
        widget=_area(7, autofocus="autofocus"),
        # P-85: no machine finds every name in a free text.
        help_text=_(
            "Ce qui a été vu, entendu ou constaté : qui, quoi, où, quand. Le nom d'un mineur, d'une victime ou d'un "
            "témoin n'est masqué que dans « Personnes » : ne l'écrivez pas ici. Votre avis a son champ plus bas."
        ),
    )
    event_from = Demanded(
        label=_("Quand"),
        help_text=_("12/11/2026, 11/2026, 2026, ou « du 3 au 5 novembre 2026 »."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    event_to = TypedField(label=_("Jusqu'au"), widget=forms.TextInput(attrs={"autocomplete": "off"}))
    commune = DemandedCommune(help_text=_("Nom ou code postal ; sans commune, précisez le lieu plus bas."))
    place_text = TypedField(label=_("Lieu en toutes lettres"), help_text=_("Quartier, hall, sortie de route…"))
    lon = TypedField(label=_("Longitude"))
    lat = TypedField(label=_("Latitude"))
    uncertainty_m = TypedField(label=_("Incertitude, en mètres"), help_text=_("100 m si vous ne dites rien."))
    no_place = forms.BooleanField(label=_("Le fait n'a pas de lieu connu"), required=False)
    source_kind = DemandedChoice(label=_("D'où vient l'information"), choices=SOURCE_CHOICES)
    seen_by_reporter = forms.BooleanField(label=_("Je l'ai constaté moi-même"), required=False)
    source_grade = forms.ChoiceField(label=_("Source"), required=False, choices=LETTERS)
    info_grade = forms.ChoiceField(label=_("Information"), required=False, choices=DIGITS)
    grade_scheme = forms.ChoiceField(label=_("Écriture"), required=False, choices=SCHEMES)
    handling = DemandedChoices(
        label=_("Diffusion"),
        choices=[(code.value, _(label)) for code, label in HANDLING_LABELS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    h3_line = forms.ChoiceField(
        label=_("Avec H3, qui est averti d'un recoupement"),
        required=False,
        choices=[CHOOSE, *((line.value, _(label)) for line, label in H3_LINE_LABELS.items())],
    )
    handling_conditions = TypedField(label=_("Avec H3, la restriction en toutes lettres"))
    frame = forms.ChoiceField(
        label=_("Cadre"), choices=Frame.choices, widget=forms.RadioSelect, initial=Frame.ADMINISTRATIVE
    )
    case_id = forms.ChoiceField(label=_("Procédure"), required=False)
    urgency = forms.BooleanField(label=_("Urgent : un danger pour quelqu'un, ou un fait imminent"), required=False)
    violence = forms.BooleanField(label=_("Violences constatées ou annoncées"), required=False)
    products = _pills(label=_("Produits"))
    assessment_text = TypedField(
        label=_("Votre appréciation"),
        widget=_area(3),
        help_text=_("Ce que vous en pensez, signé de vous. Elle ne se mélange jamais au fait."),
    )
    attachment = forms.FileField(
        label=_("Photo ou PDF"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf"}),
        help_text=_("10 Mo au plus. Le fichier est refait : ni nom, ni position, ni auteur n'y restent."),
    )
    # Two clicks on one form make one report: its identity is drawn with the form.
    key = forms.UUIDField(initial=uuid4, required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, min_value=1, max_value=32_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, agent: Agent, case_id: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = self.fields
        choices["products"].choices = [(p.code, str(p)) for p in reference.products()]  # type: ignore[attr-defined]
        choices["case_id"].choices = case_choices(agent, case_id)  # type: ignore[attr-defined]
        for family, label in MEANS_FAMILIES.items():
            words = [(m.code, _(m.label)) for m in vocabulary.means().values() if m.family == family]
            choices[f"means_{family}"] = _pills(words, label)
        for name in ("lon", "lat", "uncertainty_m"):
            choices[name].widget.attrs.update(inputmode="decimal", autocomplete="off")

    @property
    def means_fields(self) -> list[forms.BoundField]:
        """One group of chips a family of means."""
        return [self[f"means_{family}"] for family in MEANS_FAMILIES]

    @property
    def means(self) -> tuple[str, ...]:
        """All means ticked."""
        return tuple(code for family in MEANS_FAMILIES for code in self.cleaned_data.get(f"means_{family}", ()))


def case_choices(agent: Agent, kept: str) -> list[tuple[str, Any]]:
    """The open procedures of the unit, and the one that the report already names."""
    rows = cases.open_cases(agent)
    found: list[tuple[str, Any]] = [(str(case.id), case.number) for case in rows]
    if kept and kept not in dict(found):
        found.append((kept, _("procédure déjà nommée")))
    return [CHOOSE, *found]


class PersonForm(forms.Form):
    """One person; a row left blank is no person."""

    use_required_attribute = False

    family = TypedField(label=_("Nom"))
    given = TypedField(label=_("Prénom"))
    aliases = TypedField(label=_("Surnoms"), help_text=_("Séparés par des virgules."))
    birth = TypedField(label=_("Naissance"), help_text=_("12/03/1990, 03/1990 ou 1990."))
    birth_commune = TypedField(label=_("Commune de naissance"))
    category = DemandedChoice(label=_("Qualité"), choices=[CHOOSE, *PersonCategory.choices])


class SelectorForm(forms.Form):
    """One identifier typed by hand; a row left blank is none."""

    use_required_attribute = False

    kind = DemandedChoice(
        label=_("Nature"),
        choices=[CHOOSE, *((k.value, _(label)) for k, label in KIND_LABELS.items() if k is not SelectorKind.PERSON)],
    )
    raw = Demanded(label=_("Identifiant"), widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}))
    person = TypedField(label=_("De la personne n°"), widget=forms.TextInput(attrs={"inputmode": "numeric"}))


class Rows(forms.BaseFormSet):  # type: ignore[type-arg]  # generic for the type checker alone
    """Rows of one kind; an answer without their count has none, so that a program may leave them out."""

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        if data is not None:
            prefix = kwargs["prefix"]
            data = data.copy()
            data.setdefault(f"{prefix}-TOTAL_FORMS", "0")
            data.setdefault(f"{prefix}-INITIAL_FORMS", "0")
        super().__init__(data, **kwargs)

    @cached_property
    def filled(self) -> list[int]:
        """The ranks of the rows in which something stands; read once, before faults take values away."""
        return [
            rank
            for rank, form in enumerate(self.forms)
            if form.is_bound and any(str(value).strip() for value in form.cleaned_data.values())
        ]


def _rows_of(form: type[forms.Form], most: int) -> type[Rows]:
    made = forms.formset_factory(form, formset=Rows, extra=0, max_num=most, absolute_max=most, validate_max=True)
    return cast(type[Rows], made)


PersonRows = _rows_of(PersonForm, PERSONS_MAX)
SelectorRows = _rows_of(SelectorForm, SELECTORS_MAX)
