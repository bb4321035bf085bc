"""Forms of hits and contacts: texts cleaned by the kernel, voices and resolutions from closed lists."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from recoupe.crosscheck.actions.contact import LONGEST_MESSAGE
from recoupe.crosscheck.actions.judging import LONGEST_REASON
from recoupe.crosscheck.enums import Answer, Resolution, Voice
from recoupe.kernel.selectors import STRENGTH_LABELS, Strength
from recoupe.reference.models import Unit
from recoupe.web.fields import BlockField, DayField
from recoupe.web.paging import PageForm

Choices = Sequence[tuple[str, str]]


class ListForm(PageForm):
    """Which hits, in which order."""

    order = forms.ChoiceField(
        required=False,
        label=_("Ordre"),
        choices=[
            ("", _("du plus récent au plus ancien")),
            ("queue", _("à prendre : les plus forts, puis les plus anciens")),
        ],
    )
    strength = forms.ChoiceField(
        required=False,
        label=_("Force"),
        choices=[("", _("toutes")), *((one.value, _(STRENGTH_LABELS[one])) for one in Strength)],
    )


class OpenForm(forms.Form):
    """Ask for the contact, with a first message or without."""

    text = BlockField(
        LONGEST_MESSAGE, rows=3, required=False, label=_("Premier message"),
        help_text=_("L'autre service le lira ; il ne voit rien de votre fiche."),
    )  # fmt: skip


class AnswerForm(forms.Form):
    """What one side says of a weak match."""

    answer = forms.ChoiceField(label=_("Est-ce la même personne ?"), choices=Answer.choices, widget=forms.RadioSelect)


class JudgeForm(AnswerForm):
    """What whoever reads both records says, and why."""

    reason = BlockField(
        LONGEST_REASON, rows=2, label=_("Motif"), help_text=_("Il reste avec ce jugement, lu par votre cellule.")
    )


class RetractForm(forms.Form):
    """Why a judgement is taken back."""

    why = BlockField(
        LONGEST_REASON,
        rows=2,
        label=_("Motif de la reprise"),
        help_text=_("Il reste avec ce jugement, lu par votre cellule."),
    )


class GroupForm(forms.Form):
    """At which day the group is shown, and by what was known when."""

    day = DayField(required=False, label=_("Au soir du"))
    known = forms.ChoiceField(
        required=False,
        label=_("D'après"),
        choices=[("", _("ce qui était dit ce jour-là")), ("now", _("ce qui tient encore"))],
    )


class VoiceForm(forms.Form):
    """One step in a contact, in the voice of a side; asked for only when the agent has several."""

    first_fields: tuple[str, ...] = ("voice",)

    def __init__(self, *args: Any, voices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sole = voices[0][0] if len(voices) == 1 else ""
        if not self.sole:
            self.fields["voice"] = forms.ChoiceField(
                label=_("Vous parlez pour"), choices=voices, widget=forms.RadioSelect
            )
            self.order_fields(self.first_fields)

    @property
    def voice(self) -> Voice:
        """The side for which the agent speaks."""
        return Voice(self.cleaned_data.get("voice") or self.sole)


class MessageForm(VoiceForm):
    """What is written to the other side."""

    text = BlockField(LONGEST_MESSAGE, rows=3, label=_("Votre message"))
    key = forms.UUIDField(initial=uuid4, required=False, widget=forms.HiddenInput)


class ReasonForm(VoiceForm):
    """A step that says why to the other side."""

    reason = BlockField(LONGEST_MESSAGE, rows=2, label=_("Motif"), help_text=_("L'autre service le lira."))


class ResolutionForm(VoiceForm):
    """How the two services settle it."""

    resolution = forms.ChoiceField(label=_("Règlement"), choices=Resolution.choices, widget=forms.RadioSelect)


class SettleForm(ResolutionForm):
    """How the authority settles it, and why."""

    reason = BlockField(LONGEST_MESSAGE, rows=2, label=_("Motif"), help_text=_("Les deux services le liront."))


class EscalateForm(ReasonForm):
    """Why the contact is carried higher, and to which court when it is to a prosecutor's office."""

    def __init__(self, *args: Any, courts: Iterable[Unit] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(str(court.id), court.name) for court in courts]
        if offered:
            self.fields["court"] = forms.TypedChoiceField(
                label=_("Parquet saisi"), choices=[("", _("Choisissez une juridiction")), *offered], coerce=UUID
            )
            self.order_fields((*self.first_fields, "court"))


class ReleaseForm(VoiceForm):
    """Name the one recipient, and say why the record goes."""

    recipient = forms.TypedChoiceField(
        label=_("Service destinataire"), coerce=UUID, help_text=_("Lui seul lira votre fiche.")
    )
    reason = BlockField(
        LONGEST_REASON, rows=2, label=_("Motif"), help_text=_("Pour une fiche judiciaire, le magistrat le lira.")
    )

    def __init__(self, *args: Any, recipients: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["recipient"].choices = [("", _("Nommez le destinataire")), *recipients]  # type: ignore[attr-defined]


class AgreementForm(forms.Form):
    """The magistrate's answer; a refusal says why."""

    decision = forms.ChoiceField(
        label=_("Acceptez-vous que cette fiche parte ?"),
        choices=[("agree", _("Je donne mon accord")), ("refuse", _("Je refuse"))],
        widget=forms.RadioSelect,
    )
    reason = BlockField(
        LONGEST_REASON, rows=2, required=False, label=_("Motif"), help_text=_("Obligatoire pour un refus.")
    )
