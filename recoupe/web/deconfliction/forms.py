"""Forms of a conflict: who leads, why; a magistrate's decision."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from recoupe.crosscheck.enums import Side
from recoupe.deconfliction.settling.models import LONGEST_REASON
from recoupe.web.fields import BlockField

Choices = Sequence[tuple[str, str]]
LEADS = (
    ("own", _("Notre service mène")),
    ("other", _("L'autre service mène")),
    ("joint", _("Les deux services travaillent ensemble")),
)


class StepForm(forms.Form):
    """One step, with its reason; the side is asked for only when the agent speaks for both."""

    reason = BlockField(LONGEST_REASON, rows=3, label=_("Motif"), help_text=_("L'autre service le lira."))

    # As the conflict stood when the form was written: nobody accepts a proposal that he has not read.
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, sides: Choices = (), needs_reason: bool = True, seen: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = seen
        self.fields["reason"].required = needs_reason
        self.sole = sides[0][0] if len(sides) == 1 else ""
        if len(sides) > 1:
            self.fields["side"] = forms.ChoiceField(
                label=_("Vous parlez pour"), choices=sides, widget=forms.RadioSelect
            )
        self.order_fields(("seen", "side", "lead", "reason"))

    @property
    def side(self) -> Side | None:
        """The side for which the agent acts; None for the manager."""
        named = self.cleaned_data.get("side") or self.sole
        return Side(named) if named else None


class LeadForm(StepForm):
    """Who leads, as the proposer says it."""

    lead = forms.ChoiceField(label=_("Qui mène ?"), choices=LEADS, widget=forms.RadioSelect)


class CarryForm(StepForm):
    """Why the two do not agree: the manager reads it too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _("L'autre service et le gestionnaire du fichier le liront.")


class SubmitForm(StepForm):
    """What the manager proposes; both services are named, for he reads both registrations."""

    lead = forms.ChoiceField(label=_("Qui mènerait ?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, leads: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lead"].choices = leads  # type: ignore[attr-defined]
        self.fields["reason"].help_text = _(
            "Les deux magistrats et les deux services le liront : ne nommez ni service, ni procédure, ni personne."
        )


class DecisionForm(forms.Form):
    """The magistrate's answer; a refusal says why."""

    decision = forms.ChoiceField(
        label=_("Acceptez-vous cette solution ?"),
        choices=[("accept", _("J'accepte")), ("refuse", _("Je refuse"))],
        widget=forms.RadioSelect,
    )
    reason = BlockField(
        LONGEST_REASON, rows=3, required=False, label=_("Motif"),
        help_text=_("Obligatoire pour un refus ; seul le gestionnaire du fichier le lira."),
    )  # fmt: skip
