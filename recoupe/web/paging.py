"""Keyset pages in an address: where the last page ended, as text that a person may have damaged."""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.utils.translation import gettext

from recoupe.access.feed import Cursor
from recoupe.kernel.refusal import gettext_noop

UNKNOWN_LIST = gettext_noop("La suite de cette liste est introuvable : repartez du début.")

OLDEST_YEAR = 2000
LONGEST = 90


def written(cursor: Cursor) -> str:
    """The cursor as it stands in an address."""
    return f"{cursor.at.astimezone(UTC).isoformat()}~{cursor.id}"


def read(text: str) -> Cursor | None:
    """The cursor of an address, or None when it is not one."""
    at, _separator, identity = text.partition("~")
    try:
        cursor = Cursor(datetime.fromisoformat(at), UUID(identity))
    except (ValueError, OverflowError):
        return None
    sound = cursor.at.tzinfo is not None and OLDEST_YEAR <= cursor.at.year < datetime.max.year
    return cursor if sound else None


class CursorField(forms.CharField):
    """The hidden field of a list's filter that says where the page starts."""

    def __init__(self) -> None:
        super().__init__(max_length=LONGEST, required=False, widget=forms.HiddenInput)

    def clean(self, value: object) -> Cursor | None:
        """A cursor, None at the start of the list; anything else is refused."""
        text = super().clean(value)
        if not text:
            return None
        cursor = read(text)
        if cursor is None:
            raise forms.ValidationError(gettext(UNKNOWN_LIST))
        return cursor


class PageForm(forms.Form):
    """Where the page of a list starts."""

    before = CursorField()


def older(query: Mapping[str, str], cursor: Cursor | None) -> str:
    """The address of the next page with the same filters, or nothing after the last one."""
    return "?" + urlencode({**query, "before": written(cursor)}) if cursor else ""


def newest(query: Mapping[str, str]) -> str:
    """The address of the first page with the same filters, or nothing when it is shown."""
    if not query.get("before"):
        return ""
    return "?" + urlencode({name: value for name, value in query.items() if name != "before"})
