"""Tags of every page: its small pieces (see markup.py), the theme's sheets, the demonstration band."""

from django import template
from django.conf import settings

from recoupe.web import markup, themes

register = template.Library()

register.simple_tag(markup.icon)
register.simple_tag(markup.field)
register.simple_tag(markup.badge)
register.simple_tag(markup.grade)
register.simple_tag(markup.handling)
register.simple_tag(markup.strength)
register.simple_tag(markup.moment)


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
