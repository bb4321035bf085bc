"""The lines of the home page, written by a function: by a template they would cost most of the page's time."""

from collections.abc import Iterable

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from recoupe.web.markup import badge, door, list_line, moment, strength, text
from recoupe.web.notices.folding import Many
from recoupe.web.notices.lines import Line


def rows(lines: Iterable[Line | Many]) -> SafeString:
    """What waits, a line each; everything that comes from a record is escaped."""
    return SafeString("\n".join(map(_row, lines)))


def _row(line: Line | Many) -> str:
    state = " is-overdue" if line.overdue else " is-new"
    return list_line(door(line.about.url, line.label), text(line.about.text), _meta(line) + moment(line.at), state)


def _meta(line: Line | Many) -> str:
    said = badge(gettext("Urgent"), "bad", "warning") if line.about.urgent else ""
    if line.about.strength:
        said += strength(line.about.strength, line.about.strength_label)
    if line.overdue:
        said += badge(gettext("En retard"), "bad", "clock")
    elif line.due_at:
        due = timezone.localtime(line.due_at).strftime("%d/%m %H:%M")
        said += f"<span>{text(gettext('avant le %(due)s') % {'due': due})}</span>"
    return said
