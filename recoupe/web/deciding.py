"""What the pages of several rooms share where a person decides: why, and a decision that is offered with its form."""

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django import forms
from django.utils.translation import gettext_lazy as _

from recoupe.web.fields import LineField

V = TypeVar("V")
F = TypeVar("F", bound=forms.Form)


class MotiveForm(forms.Form):
    """Why, in words that the next reader will need; required where the rule says so."""

    reason = LineField(500, label=_("Motif"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, needs_motive: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = needs_motive


@dataclass(frozen=True, slots=True)
class Offer(Generic[V, F]):
    """A decision that the agent may take now, with its form."""

    verb: V
    form: F = field(repr=False)

    @property
    def is_open(self) -> bool:
        """Whether the form shows its errors, hence is unfolded."""
        return bool(self.form.errors)
