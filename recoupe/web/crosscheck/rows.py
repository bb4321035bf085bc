"""The rows of a list of hits, written by a function: by a template they would cost most of the page's time."""

from collections.abc import Iterable

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from recoupe.web.crosscheck.shown import HitGlance, HitRow
from recoupe.web.markup import badge, door, list_line, moment, strength, text


def rows(lines: Iterable[HitRow], unit: str) -> SafeString:
    """The lines of the list for a reader of this unit; everything that comes from a record or a service is escaped."""
    return SafeString("\n".join(_row(line, unit) for line in lines))


def glance_rows(lines: Iterable[HitGlance]) -> SafeString:
    """Hits in few words."""
    return SafeString("\n".join(map(_glance, lines)))


def _glance(line: HitGlance) -> str:
    return list_line(
        door(line.url, line.title), "", strength(line.strength, line.strength_label) + moment(line.side.at)
    )


def _row(line: HitRow, unit: str) -> str:
    said = strength(line.strength, line.strength_label) + badge(line.state.label, line.state.tone)
    if line.contact:
        said += badge(line.contact.label, line.contact.tone, "contact")
    return list_line(door(line.url, line.title), _own(line, unit), said + moment(line.side.at))


def _own(line: HitRow, unit: str) -> str:
    """The reader's own record of the hit, or the unit that holds it."""
    if not line.own.ref:
        return text(gettext("Une fiche de %(unit)s") % {"unit": line.own.unit})
    held = f" · {text(line.own.unit)}" if line.own.unit != unit else ""
    return f'{text(gettext("Fiche"))} <span class="ref">{text(line.own.ref)}</span>{held}'
