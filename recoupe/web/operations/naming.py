"""The part of the form that says what an event looks for: identifiers, registrations and procedures of one's unit."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.audit.actions import Ref
from recoupe.operations.models import Event
from recoupe.operations.naming import CASE, TARGET, TYPED, offered
from recoupe.web.fields import BlockField

ONE_EACH = _("Un par ligne, vingt au plus.")


class NamesForm(forms.Form):
    """By these an event meets whoever holds the same, wherever they are."""

    plates = BlockField(1000, rows=2, label=_("Véhicules"), required=False, help_text=ONE_EACH)
    phones = BlockField(1000, rows=2, label=_("Numéros de téléphone"), required=False, help_text=ONE_EACH)
    imeis = BlockField(1000, rows=2, label=_("IMEI"), required=False, help_text=ONE_EACH)
    concerns = forms.MultipleChoiceField(
        label=_("Inscriptions et procédures concernées"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Ceux de votre service ; leurs identifiants sont comparés avec les vôtres."),
    )

    def __init__(self, *args: Any, agent: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        targets, cases = offered(agent)
        # What the page shows of others' rows is read: the view says so to the journal.
        self.shown: list[Ref] = [*((TARGET, t.id) for t in targets), *((CASE, c.id) for c in cases)]
        self.fields["concerns"].choices = [  # type: ignore[attr-defined]
            *((f"{CASE}:{case.id}", case.number) for case in cases),
            *((f"{TARGET}:{target.id}", f"{target.ref} · {target.surname}") for target in targets),
        ]

    def named(self) -> dict[str, tuple[str, ...]]:
        """What of an entry these fields give."""
        data = self.cleaned_data
        typed = {name: tuple(line.strip() for line in data[name].splitlines() if line.strip()) for name in TYPED}
        return {**typed, "concerns": tuple(data["concerns"])}


def names_of(event: Event) -> dict[str, Any]:
    """What an event names, as it was typed."""
    return {**{name: "\n".join(getattr(event, name)) for name in TYPED}, "concerns": event.concerns}


def lines_of(event: Event) -> list[tuple[Any, str]]:
    """(word, value) of what an event looks for, for its page."""
    return [(NamesForm.base_fields[name].label, value) for name in TYPED for value in getattr(event, name)]
