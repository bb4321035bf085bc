"""The rows of a list of reports, written by a function: by a template they would cost most of the page's time."""

from collections.abc import Iterable

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from recoupe.web.intelligence.shown import Line, address
from recoupe.web.markup import badge, grade, handling, text


def rows(lines: Iterable[Line]) -> SafeString:
    """The body of the table; everything that comes from a report is escaped."""
    labels = [text(label) for label in (gettext("Fait"), gettext("Quand et où"), gettext("Cotation"), gettext("État"))]
    unnamed, nowhere = gettext("Brouillon"), gettext("sans lieu connu")
    return SafeString("\n".join(_row(line, labels, unnamed, nowhere) for line in lines))


def _row(line: Line, labels: list[str], unnamed: str, nowhere: str) -> str:
    report = line.report
    named = f'<a class="ref" href="{text(address("report-page", report.id))}">{text(report.ref or unnamed)}</a>'
    codes = "".join(handling(code) for code in report.handling)
    cells = (
        f'<span class="table__extract">{text(line.extract)}</span>',
        f"<span>{text(line.event or '—')}{_sub(line.place or nowhere)}</span>",
        f'<span class="row">{grade(report.grading)}{codes}</span>',
        f"<span>{_state(line)}</span>",
    )
    return f'<tr><th scope="row">{named}{_sub(line.unit)}</th>{"".join(map(_cell, labels, cells))}</tr>'


def _state(line: Line) -> str:
    said: str = badge(line.state.label, line.tone)
    if line.report.urgency:
        said += f" {badge(gettext('urgente'), 'bad', 'warning')}"
    if line.report.silent_until:
        said += f" {badge(gettext('silencieuse'), 'warn', 'lock')}"
    return said


def _cell(label: str, content: str) -> str:
    return f'<td data-label="{label}">{content}</td>'


def _sub(words: str) -> str:
    return f'<span class="table__sub">{text(words)}</span>'
