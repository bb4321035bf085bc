"""What was said of a pair, line by line, and what each record of a group says, as a page shows them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext

from recoupe.crosscheck.enums import Answer
from recoupe.crosscheck.models import Finding
from recoupe.crosscheck.records import Value
from recoupe.intelligence.models import Report
from recoupe.kernel.selectors import KIND_LABELS
from recoupe.web.intelligence import shown as reports


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of the history: what was said, by whom when the reader may know his name, why, on which weight."""

    at: datetime
    said: str
    reason: str
    author: str
    weight: float | None
    model: str
    taken_back: bool


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One record of a group: where it comes from, and all that it says."""

    id: UUID
    ref: str
    url: str
    unit: str
    values: Sequence[tuple[str, str]]


def line_rows(lines: Sequence[Finding], names: Mapping[UUID, str]) -> list[LineRow]:
    """The history of a pair, oldest first."""
    back = {line.retracts_id for line in lines}
    return [
        LineRow(
            at=line.at,
            said=str(Answer(line.answer).label) if line.answer else gettext("jugement repris"),
            reason=line.reason,
            author=names.get(line.author_id, ""),
            weight=line.weight,
            model=line.model,
            taken_back=line.id in back,
        )
        for line in lines
    ]


def member_rows(
    read: Mapping[UUID, Report], values: Mapping[UUID, Iterable[Value]], members: Iterable[UUID]
) -> list[MemberRow]:
    """The records of a group that the reader reads, in their order."""
    return [
        MemberRow(
            id=member,
            ref=read[member].ref or "",
            url=reverse("report-page", args=[member]),
            unit=reports.unit_name(read[member].owner_unit_id),
            values=[(gettext(KIND_LABELS[value.kind]), value.text) for value in values.get(member, ())],
        )
        for member in members
        if member in read
    ]
