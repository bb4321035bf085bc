"""The lines of the home page, written by a function: by a template they would cost most of the page's time."""

from collections.abc import Iterable

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from recoupe.web.markup import badge, moment, strength, text
from recoupe.web.notices.folding import Many
from recoupe.web.notices.lines import Line


def rows(lines: Iterable[Line | Many]) -> SafeString:
    """What waits, a line each; everything that comes from a record is escaped."""
    return SafeString("\n".join(map(_row, lines)))


def _row(line: Line | Many) -> str:
    state = "is-overdue" if line.overdue else "is-new"
    door = f'<a class="line__title" href="{text(line.about.url)}">{text(line.label)}</a>'
    main = f'<div class="line__main">{door}<span class="line__text">{text(line.about.text)}</span></div>'
    return f'<li class="line {state}">{main}\n<div class="line__meta">{_meta(line)}{moment(line.at)}</div></li>'


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
