"""The rows of lists of reports, written by functions: by a template they would cost most of the page's time."""

from collections.abc import Iterable

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from recoupe.intelligence.enums import ReportState
from recoupe.web.intelligence.hits import RowHit
from recoupe.web.intelligence.shown import Line, address, cut
from recoupe.web.markup import badge, door, grade, handling, list_line, moment, strength, text

# Letters of a fact in a line of another page, and of a draft that has no reference yet.
GLANCE, FEW = 110, 60


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


def brief_rows(lines: Iterable[Line], stated: bool = False) -> SafeString:
    """Reports among others on a page: reference, the start of the fact, when; `stated`, where each stands too."""
    return SafeString("\n".join(_brief(line, stated) for line in lines))


def _brief(line: Line, stated: bool) -> str:
    state = badge(line.state.label, line.tone) if stated else ""
    link = door(address("report-page", line.report.id), line.report.ref, " ref")
    return list_line(link, text(cut(line.report.fact_text, GLANCE)), f"<span>{text(line.event)}</span>{state}")


def own_rows(lines: Iterable[Line]) -> SafeString:
    """One's own reports and drafts; a draft leads to where it is written."""
    unnamed = gettext("Brouillon sans texte")
    return SafeString("\n".join(_own(line, unnamed) for line in lines))


def _own(line: Line, unnamed: str) -> str:
    report = line.report
    page = "report-edit" if line.state is ReportState.DRAFT else "report-page"
    named = (
        f'<span class="ref">{text(report.ref)}</span>' if report.ref else text(cut(report.fact_text, FEW) or unnamed)
    )
    where = text(" · ".join(part for part in (line.place, line.event) if part))
    return list_line(door(address(page, report.id), SafeString(named)), where, badge(line.state.label, line.tone))


def met_rows(rows: Iterable[RowHit]) -> SafeString:
    """The hits of a file: which of its reports, whom it met, whom to call."""
    return SafeString("\n".join(map(_met, rows)))


def _met(row: RowHit) -> str:
    hit = row.hit
    whom = f'<a href="{text(hit.url)}">{text(hit.unit)}</a>' if hit.url else text(hit.unit)
    said = f"{whom} · {text(hit.state)}{_call(hit.phone)}"
    beside = strength(hit.strength, hit.strength_label) + moment(hit.at)
    return list_line(door(address("report-page", row.report.id), row.report.ref, " ref"), said, beside)


def _call(phone: str) -> str:
    return f' · <a href="tel:{text(phone.replace(" ", ""))}">{text(phone)}</a>' if phone else ""
