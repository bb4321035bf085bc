"""The small pieces that a page repeats, written by functions: a template apiece would cost most of a list's time.

Everything that comes from data goes through `text`, which escapes as a template does.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import Any

from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext

WIDE_WIDGETS = frozenset({"textarea", "selectmultiple", "checkboxselectmultiple", "radioselect"})
CHOICE_WIDGETS = frozenset({"checkboxselectmultiple", "radioselect"})


def text(value: Any) -> str:
    """A value as an autoescaping template writes it: escaped, unless it is marked as safe."""
    if type(value) is not str:
        if isinstance(value, Promise):
            value = str(value)
        if hasattr(value, "__html__"):
            return str(value.__html__())
        value = str(value)
    return escape(value)


def attributes(given: Mapping[str, Any]) -> str:
    """Attributes of an element, each after a space; True has no value, False is left out."""
    return "".join(
        f" {text(name)}" if value is True else f' {text(name)}="{text(value)}"'
        for name, value in given.items()
        if value is not False
    )


# Sizes are classes (`icon--lg`), never attributes: the content policy refuses every inline style.
@lru_cache(maxsize=256)
def icon(name: str, modifier: str = "") -> SafeString:
    """A decorative icon of our sprite; the words beside it carry the meaning."""
    size = f" icon--{text(modifier)}" if modifier else ""
    place = f"{text(static('img/icons.svg'))}#{text(name)}"
    return SafeString(f'<svg class="icon{size}" aria-hidden="true" focusable="false"><use href="{place}"></use></svg>')


def badge(label: Any, tone: str = "", icon_name: str = "") -> SafeString:
    """A word in a coloured pill; the tone only underlines what the word says."""
    pill = f"badge badge--{text(tone)}" if tone else "badge"
    return SafeString(f'<span class="{pill}">{icon(icon_name, "sm") if icon_name else ""}{text(label)}</span>')


def grade(value: Any, words: Any = "") -> SafeString:
    """The two characters of a grading; their meaning is in the title."""
    return SafeString(
        f'<span class="badge badge--grade" title="{text(words or "")}">'
        f'<span class="visually-hidden">{text(gettext("Cotation"))} </span>{text(value)}</span>'
    )


def handling(code: Any) -> SafeString:
    """One handling code."""
    said = f'<span class="visually-hidden">{text(gettext("Diffusion"))} </span>'
    return SafeString(f'<span class="badge badge--handling">{said}{text(code)}</span>')


def strength(code: Any, label: Any) -> SafeString:
    """How much a common selector proves, in a word; nothing where nothing is common any more."""
    return SafeString(f'<span class="badge badge--strength badge--{text(code)}">{text(label)}</span>' if code else "")


def moment(at: datetime | None, seconds: bool = False) -> SafeString:
    """A date and an hour of the reader's zone, with what a machine reads; nothing for a time that never was."""
    if at is None:
        return SafeString("")
    local = timezone.localtime(at)
    shown = local.strftime("%d/%m/%Y %H:%M:%S" if seconds else "%d/%m/%Y %H:%M")
    return SafeString(f'<time datetime="{local.isoformat()}">{shown}</time>')


def list_line(door: str, said: str, meta: str, state: str = "") -> SafeString:
    """One line of a list: its link, the words under it, what is told beside; all three are written and escaped."""
    words = f'<span class="line__text">{said}</span>' if said else ""
    main = f'<div class="line__main">{door}{words}</div>'
    return SafeString(f'<li class="line{state}">{main}<div class="line__meta">{meta}</div></li>')


def door(url: str, title: Any, more: str = "") -> str:
    """The link of a line; `more`, the classes beside its own. Without an address, the title alone."""
    if not url:
        return f'<span class="line__title{more}">{text(title)}</span>'
    return f'<a class="line__title{more}" href="{text(url)}">{text(title)}</a>'


def field(bound: BoundField, wide: bool | None = None, hint: Any = "") -> SafeString:
    """One field with its label, help and error tied to it; `wide` spans the form's columns."""
    kind, errors = bound.widget_type, bound.errors
    told = hint or bound.help_text
    parts = (["error"] if errors else []) + (["helptext"] if told else [])
    # The elements that describe this field, in reading order, named as Django names them.
    described = " ".join(f"{bound.auto_id}_{part}" for part in parts)
    widget = _widget(bound, kind, described)
    if bound.is_hidden:
        return widget
    spans = wide if wide is not None else kind in WIDE_WIDGETS
    more = (" field--error" if errors else "") + (" field--wide" if spans else "")
    notes = _notes(bound, errors, told)
    if kind == "checkbox":
        label = f'<label class="field__label" for="{text(bound.id_for_label)}">{text(bound.label)}</label>'
        return SafeString(f'<div class="field field--checkbox{more}">\n  {widget}\n  {label}\n  {notes}\n</div>')
    label = text(bound.label)
    if not bound.field.required:
        label += f' <span class="field__optional">({text(gettext("facultatif"))})</span>'
    if kind in CHOICE_WIDGETS:
        tied = f' aria-describedby="{text(described)}"' if described else ""
        legend = f"<legend>{label}</legend>"
        whole = f'<fieldset class="field field--choice{more}"{tied}>\n  {legend}\n  {notes}\n  {widget}\n</fieldset>'
        return SafeString(whole)
    label = f'<label class="field__label" for="{text(bound.id_for_label)}">{label}</label>'
    return SafeString(f'<div class="field{more}">\n  {label}\n  {widget}\n  {notes}\n</div>')


def _widget(bound: BoundField, kind: str, described: str) -> SafeString:
    if kind in CHOICE_WIDGETS:
        return bound.as_widget(attrs={"class": "choices"})
    own = f"input input--{kind} {bound.field.widget.attrs.get('class', '')}".strip()
    return bound.as_widget(attrs={"class": own, **({"aria-describedby": described} if described else {})})


def _notes(bound: BoundField, errors: Iterable[Any], told: Any) -> str:
    found = ""
    if errors:
        words = "".join(f"{text(error)} " for error in errors)
        shown = f"{icon('error', 'sm')}<span>{words}</span>"
        found = f'<p class="field__error" id="{text(bound.auto_id)}_error">{shown}</p>'
    return found + (f'\n<p class="field__help" id="{text(bound.auto_id)}_helptext">{text(told)}</p>' if told else "")
