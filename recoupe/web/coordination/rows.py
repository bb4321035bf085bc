"""The rows of a list of objectives, written by a function: by a template they would cost most of the page's time."""

from collections.abc import Iterable
from datetime import date

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from recoupe.web.coordination.shown import Line
from recoupe.web.markup import badge, door, list_line, text
from recoupe.web.shell import page_of

DAY = "%d/%m/%Y"


def rows(lines: Iterable[Line]) -> SafeString:
    """The lines of the list; everything that comes from an objective is escaped."""
    return SafeString("\n".join(map(_row, lines)))


def _row(line: Line) -> str:
    objective = line.objective
    more = " is-overdue" if line.late else " is-new" if line.waits else ""
    where = "".join(f" · {text(part)}" for part in (line.commune, line.lead) if part)
    words = f'<span class="ref">{text(objective.ref)}</span>{where}'
    said = badge(gettext("Échéance passée"), "bad", "clock") if line.late else ""
    said += badge(gettext("Toujours sans service"), "warn", "clock") if line.passed_over else ""
    said += badge(line.state.label, line.tone)
    link = door(page_of("objective-page", objective.id), objective.title)
    return list_line(link, words, f"{said}<span>{text(_when(line))}</span>", more)


def _when(line: Line) -> str:
    due: date | None = line.objective.deadline
    if due:
        return gettext("échéance le %(day)s") % {"day": due.strftime(DAY)}
    return gettext("depuis le %(day)s") % {"day": timezone.localtime(line.objective.state_since).strftime(DAY)}
