"""The rows of the journal, written by a function: by a template they would cost most of the page's time."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from recoupe.audit.models import Entry
from recoupe.web.markup import moment, text


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the page shows it."""

    entry: Entry
    operation: str
    counted: str
    actor: str
    unit: str
    purpose: str
    recipient: str
    refs: list[tuple[str, str]]
    details: list[tuple[str, str]]


def rows(lines: Iterable[Line]) -> SafeString:
    """The body of the table; everything that comes from an entry is escaped."""
    labels = [text(label) for label in (gettext("Opération"), gettext("Agent"), gettext("Finalité"), gettext("Objets"))]
    return SafeString("\n".join(_row(line, labels) for line in lines))


def _row(line: Line, labels: list[str]) -> str:
    entry = line.entry
    head = f'<th scope="row">{moment(entry.at, True)}{_sub(f"n° {entry.id}")}</th>'
    cells = (
        text(line.operation) + (_sub(line.counted) if line.counted else ""),
        text(line.actor or "—") + (_sub(line.unit) if line.unit else ""),
        text(line.purpose or "—") + _sub(f"{entry.case_ref} {entry.motive}"),
        _objects(line),
    )
    return f"<tr>{head}{''.join(map(_cell, labels, cells))}</tr>"


def _cell(label: str, content: str) -> str:
    return f'<td data-label="{label}"><span>{content}</span></td>'


def _sub(words: str) -> str:
    return f'<span class="table__sub">{text(words)}</span>'


def _objects(line: Line) -> str:
    parts = [f'<a class="nowrap" href="?ref={text(ref)}">{text(named)}</a> ' for ref, named in line.refs]
    if len(line.entry.refs) > len(line.refs):
        parts.append(_sub(gettext("%(n)s références en tout") % {"n": len(line.entry.refs)}))
    if line.recipient:
        parts.append(_sub(f"{gettext('destinataire :')} {line.recipient}"))
    said = gettext("%(what)s : %(n)s")
    details = (text(said % {"what": label, "n": value}) for label, value in line.details)
    parts += [f'<span class="table__sub">{one}</span>' for one in details]
    return "".join(parts)
