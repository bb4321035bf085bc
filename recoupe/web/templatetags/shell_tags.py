"""Tags of every page: its small pieces (see markup.py), the theme's sheets, the demonstration band."""

from functools import lru_cache

from django import template
from django.conf import settings
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from recoupe.web import markup, themes

register = template.Library()

register.simple_tag(markup.icon)
register.simple_tag(markup.field)
register.simple_tag(markup.badge)
register.simple_tag(markup.grade)
register.simple_tag(markup.handling)
register.simple_tag(markup.strength)
register.simple_tag(markup.moment)


@register.simple_tag(takes_context=True)
def twice(context: Context, name: str) -> SafeString:
    """A partial that a page shows beside its content and in the small screen's menu: written the first time alone."""
    written: dict[str, SafeString] = context["shell"].written
    if name not in written and context.template is not None:
        written[name] = context.template.engine.get_template(name).render(context)
    return written[name]


@register.simple_tag
def still(name: str) -> SafeString:
    """A partial that says nothing of the reader nor in a language: written once for each theme."""
    return _still(name, themes.theme(), "")


@register.simple_tag
def spoken(name: str) -> SafeString:
    """A partial that says nothing of the reader: written once for each theme and language."""
    return _still(name, themes.theme(), get_language() or "")


@lru_cache(maxsize=32)
def _still(name: str, _theme: str, _language: str) -> SafeString:
    return render_to_string(name)


@register.simple_tag
def colon() -> str:
    """A colon as the reader's language sets it: French puts a space before it."""
    return gettext("%(what)s :") % {"what": ""}


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
