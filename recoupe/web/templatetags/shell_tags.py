"""Tags of the shell: icons, the theme's sheets, the demonstration band, one field of a form."""

from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from recoupe.web import themes

register = template.Library()

# Sizes are classes (`icon--lg`), never attributes: the content policy refuses every inline style.


@register.simple_tag
def icon(name: str, modifier: str = "") -> SafeString:
    """A decorative icon of our sprite; the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f" icon--{modifier}" if modifier else "",
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def theme_name() -> str:
    """The theme in force; an unknown name means the neutral one."""
    return themes.theme()


@register.simple_tag
def theme_sheets() -> tuple[themes.Sheet, ...]:
    """The style sheets of the theme in force."""
    return themes.sheets()


@register.simple_tag
def is_demo() -> bool:
    """Whether this installation shows the made world, which every page must say."""
    return bool(settings.DEMO)


WIDE_WIDGETS = frozenset({"textarea", "selectmultiple", "checkboxselectmultiple", "radioselect"})
CHOICE_WIDGETS = frozenset({"checkboxselectmultiple", "radioselect"})


@register.inclusion_tag("partials/field.html")
def field(bound: BoundField, wide: bool | None = None, hint: str = "") -> dict[str, Any]:
    """One field with its label, help and error tied to it; `wide` spans the form's columns."""
    kind = bound.widget_type
    described = " ".join(_described(bound, hint))
    attributes: dict[str, Any] = {}
    if kind not in CHOICE_WIDGETS:
        attributes["class"] = f"input input--{kind} {bound.field.widget.attrs.get('class', '')}".strip()
        if described:
            attributes["aria-describedby"] = described
    else:
        attributes["class"] = "choices"
    return {
        "field": bound,
        "widget": bound.as_widget(attrs=attributes),
        "kind": kind,
        "described": described,
        "is_choice": kind in CHOICE_WIDGETS,
        "is_wide": wide if wide is not None else kind in WIDE_WIDGETS,
        "help": hint or bound.help_text,
    }


def _described(bound: BoundField, hint: str) -> list[str]:
    """The elements that describe this field, in reading order, named as Django names them."""
    parts = (["error"] if bound.errors else []) + (["helptext"] if hint or bound.help_text else [])
    return [f"{bound.auto_id}_{part}" for part in parts]


@register.inclusion_tag("partials/badge.html")
def badge(text: Any, tone: str = "", icon_name: str = "") -> dict[str, Any]:
    """A word in a coloured pill; the tone only underlines what the word says."""
    return {"text": text, "tone": tone, "icon_name": icon_name}
