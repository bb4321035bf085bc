"""The form of an event: a place or a zone with one window, or a route with a window at each leg."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from recoupe.cases.models import Case
from recoupe.kernel.dates import FIRST_DAY, LAST_DAY, SENTENCE_ABSURD
from recoupe.kernel.place import Point
from recoupe.kernel.quantity import decimal
from recoupe.kernel.refusal import Invalid, Refusal
from recoupe.operations.actions import MOTIVE_MAX, EventEntry
from recoupe.operations.enums import PLANNED_KINDS, VAULT_KINDS, EventShape, Existence
from recoupe.operations.models import Event
from recoupe.operations.outline import TEXT_MAX
from recoupe.operations.outline import written as outline_of
from recoupe.operations.placing import Stop, stops_of
from recoupe.operations.queries import Wanted
from recoupe.operations.rules import LABEL_MAX, RADIUS_MAX_M, Leg, zone_of
from recoupe.reference.models import Commune
from recoupe.web.fields import BlockField, DayField, LineField, refuse, said
from recoupe.web.operations.naming import NamesForm, names_of
from recoupe.web.paging import PageForm
from recoupe.web.reference.fields import CommuneField, label

LEGS = 6
PARTS = ("to", "since", "until")
PAST = "past"
WRITTEN = "%d/%m/%Y %H:%M"
CHOOSE = ("", _("Choisir…"))


class MomentField(forms.CharField):
    """A day and an hour as the clock of the place shows them: Django's own field would read them by that of Paris."""

    def __init__(self, **options: Any) -> None:
        attributes = {"placeholder": _("jj/mm/aaaa hh:mm"), "autocomplete": "off", "maxlength": "16"}
        super().__init__(widget=forms.TextInput(attrs=attributes), max_length=16, **options)

    def validate(self, value: object) -> None:
        """A place has one window, a route as many as legs: the form says what is missing."""

    def prepare_value(self, value: Any) -> Any:
        """As it is typed."""
        return value.strftime(WRITTEN) if isinstance(value, datetime) else value

    def clean(self, value: Any) -> datetime | None:
        """The moment without a zone, None for blanks."""
        typed = super().clean(value)
        if not typed:
            return None
        for written in (WRITTEN, "%d/%m/%Y %Hh%M", "%d/%m/%Y %Hh"):
            try:
                found = datetime.strptime(typed, written)
            except ValueError:
                continue
            if not FIRST_DAY <= found.date() <= LAST_DAY:
                raise forms.ValidationError(_(SENTENCE_ABSURD))
            return found
        raise forms.ValidationError(_("Moment illisible : écrivez le jour et l'heure, comme 05/03/2026 21:30."))


class DegreesField(forms.CharField):
    """Degrees with a comma or a point; a float, None for blanks."""

    def __init__(self, **options: Any) -> None:
        attributes = {"inputmode": "decimal", "autocomplete": "off"}
        super().__init__(required=False, max_length=24, widget=forms.TextInput(attrs=attributes), **options)

    def clean(self, value: Any) -> float | None:
        """The number."""
        typed = super().clean(value)
        try:
            return float(decimal(typed, "")) if typed else None
        except Invalid as refusal:
            raise forms.ValidationError(said(refusal)) from refusal


class PlaceField(CommuneField):
    """A commune that a point, or an empty leg, may stand for: the form says what is missing."""

    def validate(self, value: object) -> None:
        """The form says what is missing."""


class EventForm(NamesForm):
    """Where, when, what, and who may learn of it; drawn with its key: sent twice, it enters once."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)
    # Of a change: when what it shows was last changed.
    read_at = forms.DateTimeField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(
        label=_("Nature"),
        choices=[CHOOSE, *PLANNED_KINDS, *VAULT_KINDS],
        help_text=_("Aucun autre service ne l'apprend jamais."),
    )
    label = LineField(LABEL_MAX, label=_("Nom pour votre service"), required=False)
    armed = forms.BooleanField(label=_("L'équipe est armée"), required=False)
    shape = forms.ChoiceField(
        label=_("Où"), choices=EventShape.choices, widget=forms.RadioSelect, initial=EventShape.POINT
    )
    commune = PlaceField(
        label=_("Commune (du départ, pour un trajet)"),
        help_text=_("Elle donne l'heure. Sans point posé, c'est son centre ; « dans une commune » la prend entière."),
    )
    lon = DegreesField(label=_("Longitude"))
    lat = DegreesField(label=_("Latitude"))
    radius_m = forms.IntegerField(
        label=_("Rayon, en mètres"), required=False, min_value=0, max_value=RADIUS_MAX_M, initial=100
    )
    outline = BlockField(
        TEXT_MAX,
        label=_("Contour de la zone"),
        required=False,
        rows=5,
        help_text=_("Un point par ligne, latitude puis longitude, en faisant le tour ; ou un polygone GeoJSON collé."),
    )
    since = MomentField(
        label=_("Début"),
        help_text=_("À l'heure du lieu. Laissez vide pour un trajet : chaque étape a ses heures."),
    )
    until = MomentField(label=_("Fin"))
    existence = forms.ChoiceField(
        label=_("Si un autre événement l'approche"), choices=Existence.choices, initial=Existence.BOTH
    )

    use_required_attribute = False
    # The legs that are filled in, in order.
    used: Sequence[int] = ()

    def __init__(self, *args: Any, legs: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.numbers = range(1, max(LEGS, legs) + 1)
        for n in self.numbers:
            here = {"n": n}
            self.fields[f"to_{n}"] = PlaceField(label=_("Étape %(n)s, vers") % here)
            self.fields[f"since_{n}"] = MomentField(label=_("Étape %(n)s, pas avant") % here)
            self.fields[f"until_{n}"] = MomentField(label=_("Étape %(n)s, pas après") % here)

    def legs(self) -> Iterator[tuple[int, tuple[forms.BoundField, ...]]]:
        """Each leg for the page: its number and its fields."""
        for n in self.numbers:
            yield n, tuple(self[f"{name}_{n}"] for name in PARTS)

    def refuse(self, refusal: Refusal) -> None:
        """Put the sentence at its field; a leg is numbered among those that are filled in."""
        if isinstance(refusal, Invalid):
            name, _underscore, number = refusal.field.rpartition("_")
            if name in PARTS and number.isdecimal() and int(number) <= len(self.used):
                n = self.used[int(number) - 1]
                refusal = Invalid(refusal.sentence, field=f"{name}_{n}", **refusal.params | {"leg": n})
            elif refusal.field == "route":
                refusal = Invalid(refusal.sentence, field="to_1", **refusal.params)
        refuse(self, refusal)

    def clean(self) -> dict[str, Any]:
        """Both windows of what is used; a leg is whole or empty."""
        data = super().clean() or self.cleaned_data
        wanted = ["since", "until"]
        if data.get("shape") == EventShape.CORRIDOR:
            self.used = [n for n in self.numbers if any(self.data.get(f"{part}_{n}", "").strip() for part in PARTS)]
            wanted = [f"{part}_{n}" for n in self.used or [1] for part in PARTS]
        for name in wanted:
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("Ce champ est obligatoire."))
        if "lon" in self.errors or "lat" in self.errors:
            return data
        if (data.get("lon") is None) != (data.get("lat") is None):
            self.add_error(
                "lat" if data.get("lat") is None else "lon",
                _("Donnez la longitude et la latitude, ou aucune des deux."),
            )
        elif data.get("lon") is not None:
            self._on_earth(data)
        return data

    def _on_earth(self, data: dict[str, Any]) -> None:
        try:
            Point(data["lon"], data["lat"])
        except Invalid as refusal:
            self.add_error("lon", said(refusal))

    def entry(self) -> EventEntry:
        """What the room takes."""
        data = self.cleaned_data
        code = data["commune"].code if data["commune"] else ""
        first = Stop(code, data["lon"], data["lat"])
        stops, windows = [first], [(data["since"], data["until"])]
        if data["shape"] == EventShape.CORRIDOR:
            stops += [Stop(data[f"to_{n}"].code) for n in self.used]
            windows = [(data[f"since_{n}"], data[f"until_{n}"]) for n in self.used]
        elif data["shape"] in (EventShape.COMMUNE, EventShape.ZONE):
            stops = [Stop(code)]
        return EventEntry(
            kind=data["kind"],
            shape=data["shape"],
            stops=tuple(stops),
            windows=tuple(windows),
            armed=data["armed"],
            radius_m=data["radius_m"] or 0,
            label=data["label"],
            existence=data["existence"],
            outline=data["outline"],
            **self.named(),
        )


class ListForm(PageForm):
    """What the list is narrowed to; days are those of the place."""

    when = forms.ChoiceField(required=False, choices=[("", ""), (PAST, "")], widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("Nature"), required=False, choices=[("", _("Toutes")), *PLANNED_KINDS])
    since = DayField(label=_("Du"), required=False)
    until = DayField(label=_("Au"), required=False)
    case = forms.ChoiceField(label=_("Procédure"), required=False)

    def __init__(self, *args: Any, cases: Sequence[Case], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [("", _("Toutes")), *((f"case:{case.id}", case.number) for case in cases)]
        self.fields["case"].choices = known  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Days in order."""
        data = super().clean() or self.cleaned_data
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            self.add_error("until", _("La fin doit être après le début."))
        return data

    def wanted(self) -> Wanted:
        """The filter."""
        data = self.cleaned_data
        return Wanted(data["kind"], data["since"], data["until"], data["case"])

    @property
    def filled(self) -> list[str]:
        """The names of the fields in use, for the journal: never what they hold."""
        return sorted(name for name in ("kind", "since", "until", "case") if self.cleaned_data[name])


class CancelForm(forms.Form):
    """Why an event does not take place."""

    reason = LineField(MOTIVE_MAX, label=_("Motif de l'annulation"))


class SilenceForm(forms.Form):
    """Until which day the event is silent, and why; or why it is so no longer."""

    until = DayField(label=_("Silence jusqu'au"))
    reason = LineField(MOTIVE_MAX, label=_("Motif"))

    def __init__(self, *args: Any, ends: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if ends:
            del self.fields["until"]


def initial(event: Event) -> dict[str, Any]:
    """An event as it was typed: the communes of its route, each hour by the clock of its place."""
    legs, stops = [Leg.of_row(row) for row in event.legs], stops_of(event)
    known: dict[str, Any] = {name: getattr(event, name) for name in ("kind", "label", "armed", "shape", "existence")}
    known |= names_of(event)
    known |= {"commune": label(stops[0]), "read_at": event.changed_at.isoformat()}
    if event.shape == EventShape.CORRIDOR:
        for n, (leg, (start, to)) in enumerate(zip(legs, pairwise(stops), strict=True), 1):
            known |= {f"to_{n}": label(to)} | _hours(leg, start, f"_{n}")
    else:
        known |= _hours(legs[0], stops[0], "")
    if event.shape == EventShape.ZONE:
        known |= {"outline": outline_of([leg.start for leg in legs])}
    if event.shape == EventShape.POINT:
        known |= {"radius_m": event.radius_m}
    at = legs[0].start
    if event.shape in (EventShape.POINT, EventShape.CORRIDOR) and (at.lon, at.lat) != (stops[0].lon, stops[0].lat):
        known |= {"lon": at.lon, "lat": at.lat}
    return known


def _hours(leg: Leg, at: Commune, suffix: str) -> dict[str, datetime]:
    zone = ZoneInfo(zone_of(at.department_id))
    return {f"since{suffix}": leg.since.astimezone(zone), f"until{suffix}": leg.until.astimezone(zone)}
