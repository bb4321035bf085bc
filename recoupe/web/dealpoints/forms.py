"""Forms of deal points: the filter of lists and maps, the proposal, and one small form for each decision."""

from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recoupe.dealpoints import facts, placing
from recoupe.dealpoints.drawing import day_of
from recoupe.dealpoints.enums import DealPointKind, DealPointState, Extent, SeenRole
from recoupe.dealpoints.filters import Filters
from recoupe.kernel.place import Point
from recoupe.kernel.quantity import Unit, decimal
from recoupe.kernel.refusal import Invalid
from recoupe.kernel.source import OFFERED, SOURCE_LABELS, SourceKind
from recoupe.reference import queries as reference
from recoupe.web.dealpoints.shown import unit_word
from recoupe.web.deciding import MotiveForm
from recoupe.web.fields import DayField, LineField, said
from recoupe.web.paging import CursorField
from recoupe.web.reference.fields import CommuneField

LONGEST_NUMBER = 24


class FilterForm(forms.Form):
    """What a list or a map is narrowed to; every field may stay empty."""

    state = forms.ChoiceField(label=_("État"), required=False, choices=[("", _("Tous")), *DealPointState.choices])
    product = forms.ChoiceField(label=_("Produit"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(product.code, str(product)) for product in reference.products()]
        self.fields["product"].choices = [("", _("Tous")), *named]  # type: ignore[attr-defined]

    def wanted(self, **more: Any) -> Filters:
        """The filter that the cleaned form asks for."""
        state = self.cleaned_data["state"]
        states = frozenset({DealPointState(state)}) if state else frozenset[DealPointState]()
        return Filters(states=states, product=self.cleaned_data["product"], **more)

    @property
    def filled(self) -> list[str]:
        """The names of the fields in use, for the journal: never what they hold."""
        return sorted(name for name, value in self.cleaned_data.items() if value and name != "before")


class ListForm(FilterForm):
    """The filter of the list, with its place and its page."""

    department = forms.ChoiceField(label=_("Département"), required=False)
    commune = CommuneField(required=False)
    before = CursorField()
    field_order = ("state", "department", "commune", "product", "before")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(d.code, f"{d.code} · {d.name}") for d in reference.departments()]
        self.fields["department"].choices = [("", _("Tous")), *named]  # type: ignore[attr-defined]

    def wanted(self, **more: Any) -> Filters:
        """The filter, with its place."""
        commune = self.cleaned_data["commune"]
        place = {"department": self.cleaned_data["department"], "commune": commune.code if commune else ""}
        return super().wanted(**place, **more)


class MapForm(FilterForm):
    """The filter of the map, with the form of the sale, a past day, and what is laid over it."""

    kind = forms.ChoiceField(label=_("Forme"), required=False, choices=[("", _("Toutes")), *DealPointKind.choices])
    on = DayField(label=_("Au soir du"), required=False)
    layer = forms.ChoiceField(
        label=_("Montrer"),
        required=False,
        choices=[("", _("Les points")), ("heat", _("La chaleur")), ("density", _("La densité par département"))],
    )
    field_order = ("state", "kind", "product", "on", "layer")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_on(self) -> date | None:
        """A day of the register; today is no past day."""
        try:
            return day_of(self.cleaned_data["on"], self.today)
        except Invalid as refusal:
            raise forms.ValidationError(said(refusal)) from refusal

    def wanted(self, **more: Any) -> Filters:
        """The filter, with the form of the sale."""
        kind = self.cleaned_data["kind"]
        kinds = frozenset({DealPointKind(kind)}) if kind else frozenset[DealPointKind]()
        return super().wanted(kinds=kinds, **more)

    @property
    def chosen(self) -> dict[str, str]:
        """What stands in the address of a map so narrowed."""
        written = {"on": self.cleaned_data["on"].isoformat()} if self.cleaned_data["on"] else {}
        return {name: self.cleaned_data[name] for name in self.filled if name not in ("on", "layer")} | written


class KnownForm(forms.Form):
    """What is known of a point beside its place: said when it is proposed, said anew when it is corrected."""

    name = LineField(
        80, label=_("Nom donné au point"), help_text=_("Inventez un nom : ni personne, ni numéro, ni adresse exacte.")
    )
    kind = forms.ChoiceField(label=_("Forme de la vente"), choices=DealPointKind.choices)
    extent = forms.ChoiceField(
        label=_("Étendue"),
        required=False,
        choices=Extent.choices,
        help_text=_("Une livraison ou une vente en ligne peut n'avoir que sa commune ou son département."),
    )
    products = forms.MultipleChoiceField(
        label=_("Produits vendus"), required=False, widget=forms.CheckboxSelectMultiple
    )
    hours = LineField(200, label=_("Jours et heures de vente"), required=False)
    roles_seen = forms.MultipleChoiceField(
        label=_("Rôles observés"), required=False, choices=SeenRole.choices, widget=forms.CheckboxSelectMultiple
    )
    landlord = LineField(
        120,
        label=_("Bailleur"),
        required=False,
        help_text=_("L'organisme à qui sont les murs, jamais une personne."),
    )
    landlord_siren = LineField(20, label=_("SIREN du bailleur"), required=False, help_text=_("Neuf chiffres."))
    violence = forms.BooleanField(label=_("Violences constatées"), required=False)
    minors_present = forms.BooleanField(label=_("Mineurs présents"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(product.code, str(product)) for product in reference.products()]
        self.fields["products"].choices = named  # type: ignore[attr-defined]

    def known(self) -> dict[str, Any]:
        """What the cleaned form says, as a draft takes it."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "kind": DealPointKind(data["kind"]),
            "extent": Extent(data.get("extent") or Extent.SPOT),
            "products": tuple(data["products"]),
            "hours": data["hours"],
            "roles_seen": tuple(data["roles_seen"]),
            "landlord": data["landlord"],
            "landlord_siren": data["landlord_siren"],
            "violence": data["violence"],
            "minors_present": data["minors_present"],
        }


class CorrectForm(KnownForm):
    """The same, of a point that has its place."""

    extent = None  # type: ignore[assignment]


class PriceForm(forms.Form):
    """What one unit of a product costs there, on a day."""

    product = forms.ChoiceField(label=_("Produit"))
    euros = LineField(20, label=_("Prix en euros"))
    unit = forms.ChoiceField(label=_("Pour une unité de"))
    day = DayField(label=_("Constaté le"))
    source = forms.ChoiceField(label=_("D'où vient ce prix"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = {
            "product": [(product.code, str(product)) for product in reference.products()],
            "unit": [(unit.value, unit_word(unit)) for unit in Unit],
            "source": [(kind.value, gettext(SOURCE_LABELS[kind])) for kind in OFFERED],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        self.fields["euros"].widget.attrs.update(inputmode="decimal", autocomplete="off")

    def clean_euros(self) -> Decimal:
        """The number, with a comma or a point."""
        try:
            return decimal(self.cleaned_data["euros"], "euros")
        except Invalid as refusal:
            raise forms.ValidationError(said(refusal)) from refusal

    def seen(self) -> facts.Seen:
        """The observation that the cleaned form tells."""
        data = self.cleaned_data
        return facts.Seen(data["product"], data["euros"], Unit(data["unit"]), data["day"], SourceKind(data["source"]))


class ProposalForm(KnownForm):
    """A point of sale as its proposer describes it; the place is picked on the map, typed, or a whole commune."""

    report = LineField(40, label=_("Fiche qui l'appuie"), help_text=_("Sa référence, par exemple PJ13-26-7K2M9Q."))
    commune = CommuneField(
        required=False,
        help_text=_("Sans point précis, le point est posé au centre de la commune, à 2 000 m près, s'il est connu."),
    )
    lon = forms.CharField(label=_("Longitude"), required=False, max_length=LONGEST_NUMBER)
    lat = forms.CharField(label=_("Latitude"), required=False, max_length=LONGEST_NUMBER)
    uncertainty_m = forms.IntegerField(
        label=_("Rayon d'incertitude, en mètres"),
        required=False,
        min_value=0,
        max_value=20_000,
        help_text=_("50 m au moins : un point ne désigne jamais une maison."),
    )
    distinct = forms.BooleanField(
        label=_("C'est un autre point que ceux affichés ci-dessus"), required=False, widget=forms.HiddenInput
    )
    # Two clicks on one form make one point: its identity is drawn with the form.
    key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)

    def __init__(self, *args: Any, report_known: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if report_known:
            del self.fields["report"]
        for name in ("lon", "lat"):
            self.fields[name].widget.attrs.update(inputmode="decimal", autocomplete="off")

    def ask_distinct(self) -> None:
        """Show the box that says that none of the known points nearby is meant."""
        self.fields["distinct"].widget = forms.CheckboxInput()

    def clean(self) -> dict[str, Any]:
        """Both numbers of the point or neither, on Earth, and in the commune when one is named."""
        data = super().clean() or self.cleaned_data
        if data.get("extent") not in ("", Extent.SPOT):
            if "commune" in data and data["commune"] is None:
                self.add_error("commune", _("Nommez la commune : son centre tient lieu de point."))
            return data
        if "lon" not in data or "lat" not in data:
            return data
        typed = [name for name in ("lon", "lat") if data[name].strip()]
        if len(typed) == 1:
            missing = "lat" if typed == ["lon"] else "lon"
            self.add_error(missing, _("Donnez la longitude et la latitude, ou aucune des deux."))
        elif typed:
            self._read_point(data)
        return data

    def _read_point(self, data: dict[str, Any]) -> None:
        try:
            east, north = float(decimal(data["lon"], "lon")), float(decimal(data["lat"], "lat"))
            data["point"] = Point(east, north)
        except (Invalid, OverflowError) as refusal:
            self.add_error("lon", said(refusal) if isinstance(refusal, Invalid) else _("Ce nombre est trop grand."))
            return
        if commune := data.get("commune"):
            try:
                placing.check_within(data["point"], commune)
            except Invalid as refusal:
                self.add_error("commune", said(refusal))


class SeenForm(MotiveForm):
    """The day from which it was so out there, when it is not today."""

    since = DayField(label=_("Constaté depuis le"), required=False, help_text=_("Laissez vide si c'est aujourd'hui."))
    field_order: tuple[str, ...] = ("since", "reason")


class DismantleForm(MotiveForm):
    """The operation that ended the sales."""

    operation = LineField(40, label=_("Référence de l'opération"))
    on = DayField(label=_("Jour de l'opération"))
    field_order = ("operation", "on", "reason")


class OtherPointForm(MotiveForm):
    """The point that stays."""

    other = LineField(40, label=_("Référence de l'autre point"), help_text=_("Par exemple PD13-26-7K2M9Q."))
    field_order: tuple[str, ...] = ("other", "reason")


class MovedForm(SeenForm, OtherPointForm):
    """Where the sales went, and since when."""

    field_order = ("other", "since", "reason")


class EvidenceForm(forms.Form):
    """One more report that speaks for the point."""

    report = LineField(40, label=_("Référence de la fiche"), help_text=_("Par exemple PJ13-26-7K2M9Q."))


def point_key(agent_id: UUID, key: UUID) -> UUID:
    """The identity of a point made from a form: of this agent and this form, so that nobody can aim at another's."""
    return UUID(bytes=sha256(agent_id.bytes + key.bytes).digest()[:16], version=4)
