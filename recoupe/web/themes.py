"""The style sheets of each theme, in the order in which a page links them."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Sheet:
    """One style sheet and, when it is not for every screen, its media query."""

    path: str
    media: str = ""


OURS = tuple(Sheet(f"css/{name}.css") for name in ("tokens", "base", "layout", "forms", "components"))
PRINT = Sheet("css/print.css")
THEMES: dict[str, tuple[Sheet, ...]] = {
    "neutral": (*OURS, PRINT),
    # The State's design system, for the administration's own sites only (vendor/dsfr/CGU.md).
    "dsfr": (
        Sheet("vendor/dsfr/dsfr-core.min.css"),
        Sheet("vendor/dsfr/dsfr-dark.min.css", "(prefers-color-scheme: dark)"),
        *OURS,
        Sheet("css/theme-dsfr.css"),
        PRINT,
    ),
}


def theme() -> str:
    """The theme in force; an unknown name means the neutral one."""
    return settings.THEME if settings.THEME in THEMES else "neutral"


def sheets() -> tuple[Sheet, ...]:
    """The style sheets of the theme in force."""
    return THEMES[theme()]
