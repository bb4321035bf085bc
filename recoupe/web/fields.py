"""Form fields that clean what was typed by the rules of the kernel, and the way from a refusal to its field."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recoupe.kernel.dates import FIRST_DAY, LAST_DAY, SENTENCE_ABSURD
from recoupe.kernel.refusal import Invalid, Refusal
from recoupe.kernel.text import clean_line, clean_text

DAYS_AS_WRITTEN = ("%d/%m/%Y", "%Y/%m/%d")
_BETWEEN = re.compile(r"[\s.\-/]+")


def said(refusal: Refusal) -> str:
    """The sentence of a refusal in the reader's language."""
    sentence = gettext(refusal.sentence)
    return sentence % refusal.params if refusal.params else sentence


def refuse(form: forms.BaseForm, refusal: Refusal) -> None:
    """Put the sentence at its field when the form shows that field, else above the form."""
    field = getattr(refusal, "field", "")
    shown = field in form.fields and not form[field].is_hidden
    form.add_error(field if shown else NON_FIELD_ERRORS, said(refusal))


class CleanField(forms.CharField):
    """Text cleaned by a function of the kernel; its refusal becomes the field's error."""

    def __init__(self, cleaner: Callable[..., str], length: int, **options: Any) -> None:
        # The kernel measures after cleaning, so that no invisible mark counts against the author.
        super().__init__(strip=False, **options)
        self.cleaner, self.length = cleaner, length
        self.widget.attrs.setdefault("maxlength", str(length))

    def to_python(self, value: object) -> str:
        """The cleaned text, "" for blanks."""
        text = super().to_python(value)
        try:
            return self.cleaner(text, self.length, "") if text else ""
        except Invalid as refusal:
            raise forms.ValidationError(said(refusal)) from refusal


class LineField(CleanField):
    """One line."""

    def __init__(self, length: int, **options: Any) -> None:
        super().__init__(clean_line, length, **options)


class BlockField(CleanField):
    """Several lines."""

    def __init__(self, length: int, *, rows: int = 4, **options: Any) -> None:
        super().__init__(clean_text, length, widget=forms.Textarea(attrs={"rows": rows}), **options)


class DayField(forms.DateField):
    """A day, typed as the page says; the browser's own field would say it in the browser's language and order."""

    def __init__(self, **options: Any) -> None:
        absurd = _(SENTENCE_ABSURD)
        written = {"placeholder": _("jj/mm/aaaa"), "inputmode": "numeric", "autocomplete": "off", "maxlength": "10"}
        super().__init__(
            widget=forms.DateInput(attrs=written, format="%d/%m/%Y"),
            input_formats=DAYS_AS_WRITTEN,
            error_messages={"invalid": _("Date illisible : écrivez le jour, le mois et l'année, comme 05/03/2026.")},
            validators=[MinValueValidator(FIRST_DAY, absurd), MaxValueValidator(LAST_DAY, absurd)],
            **options,
        )

    def to_python(self, value: Any) -> date | None:
        """The day; points, spaces and hyphens between its parts are as good as slashes."""
        typed = _BETWEEN.sub("/", value.strip()) if isinstance(value, str) else value
        return super().to_python(typed)
