"""The form of an event: a place or a zone with one window, or a route of at most six legs with a window each."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from recoupe.kernel.place import Point
from recoupe.kernel.refusal import Invalid
from recoupe.operations.actions import MOTIVE_MAX, EventEntry
from recoupe.operations.enums import PLANNED_KINDS, VAULT_KINDS, EventShape, Existence
from recoupe.operations.models import Event
from recoupe.operations.outline import TEXT_MAX
from recoupe.operations.outline import written as outline_of
from recoupe.operations.placing import Stop
from recoupe.operations.rules import LABEL_MAX, RADIUS_MAX_M, Leg
from recoupe.web.fields import BlockField, DayField, LineField, said
from recoupe.web.operations.naming import NamesForm, names_of
from recoupe.web.reference.fields import CommuneField

LEGS = 6
WRITTEN = "%d/%m/%Y %H:%M"
CHOOSE = ("", _("Choisir…"))


class MomentField(forms.CharField):
    """A day and an hour as the clock of the place shows them: Django's own field would read them by that of Paris."""

    def __init__(self, **options: Any) -> None:
        attributes = {"placeholder": _("jj/mm/aaaa hh:mm"), "autocomplete": "off", "maxlength": "16"}
        super().__init__(widget=forms.TextInput(attrs=attributes), max_length=16, **options)

    def prepare_value(self, value: Any) -> Any:
        """As it is typed."""
        return value.strftime(WRITTEN) if isinstance(value, datetime) else value

    def clean(self, value: Any) -> datetime | None:
        """The moment without a zone, None for blanks."""
        typed = super().clean(value)
        if not typed:
            return None
        for written in (WRITTEN, "%d/%m/%Y %Hh%M"):
            try:
                return datetime.strptime(typed, written)
            except ValueError:
                continue
        raise forms.ValidationError(_("Moment illisible : écrivez le jour et l'heure, comme 05/03/2026 21:30."))


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
    commune = CommuneField(required=False, label=_("Commune (du départ, pour un trajet)"))
    lon = forms.FloatField(label=_("Longitude"), required=False, min_value=-180, max_value=180)
    lat = forms.FloatField(label=_("Latitude"), required=False, min_value=-90, max_value=90)
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
    since = MomentField(label=_("Début"), required=False, help_text=_("À l'heure du lieu."))
    until = MomentField(label=_("Fin"), required=False)
    existence = forms.ChoiceField(
        label=_("Si un autre événement l'approche"), choices=Existence.choices, initial=Existence.BOTH
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n in range(1, LEGS + 1):
            self.fields[f"to_{n}"] = CommuneField(required=False, label=_("Vers"))
            self.fields[f"since_{n}"] = MomentField(label=_("Pas avant"), required=False)
            self.fields[f"until_{n}"] = MomentField(label=_("Pas après"), required=False)

    def legs(self) -> Iterator[tuple[forms.BoundField, ...]]:
        """The fields of each leg, for the page."""
        for n in range(1, LEGS + 1):
            yield self[f"to_{n}"], self[f"since_{n}"], self[f"until_{n}"]

    def clean(self) -> dict[str, Any]:
        """Both windows of what is used; a leg is whole or empty."""
        data = super().clean() or self.cleaned_data
        wanted = ["since", "until"]
        if data.get("shape") == EventShape.CORRIDOR:
            legs = [n for n in range(1, LEGS + 1) if any(data.get(f"{part}_{n}") for part in ("to", "since", "until"))]
            wanted = [f"{part}_{n}" for n in legs or [1] for part in ("to", "since", "until")]
        for name in wanted:
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("Ce champ est obligatoire."))
        if (data.get("lon") is None) != (data.get("lat") is None):
            self.add_error("lat", _("Donnez la longitude et la latitude, ou aucune des deux."))
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
            used = [n for n in range(1, LEGS + 1) if data[f"to_{n}"]]
            stops += [Stop(data[f"to_{n}"].code) for n in used]
            windows = [(data[f"since_{n}"], data[f"until_{n}"]) for n in used]
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


def initial(event: Event, zone: Any, names: dict[str, str]) -> dict[str, Any]:
    """An event as it was typed, by the clock of its place; a route is typed anew, for its stops are points now."""
    leg = Leg.of_row(event.legs[0])
    known: dict[str, Any] = {name: getattr(event, name) for name in ("kind", "label", "armed", "shape", "existence")}
    known |= names_of(event)
    known |= {"commune": names.get(event.commune_code, event.commune_code), "read_at": event.changed_at.isoformat()}
    if event.shape != EventShape.CORRIDOR:
        known |= {"since": leg.since.astimezone(zone), "until": leg.until.astimezone(zone), "radius_m": event.radius_m}
    if event.shape == EventShape.ZONE:
        known |= {"outline": outline_of([Leg.of_row(row).start for row in event.legs])}
    if event.shape == EventShape.POINT:
        known |= {"lon": leg.start.lon, "lat": leg.start.lat}
    return known
