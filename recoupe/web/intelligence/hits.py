"""The hits of one report, as its reader may know them: whom to call, how strong, since when."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext

from recoupe.access.agent import Agent
from recoupe.access.feed import Cursor
from recoupe.audit.actions import Ref
from recoupe.coordination.permissions import can_propose
from recoupe.crosscheck import queries as crosscheck
from recoupe.crosscheck.enums import HitState, Side
from recoupe.crosscheck.models import HitSide
from recoupe.crosscheck.queries import HitLine
from recoupe.intelligence import queries
from recoupe.intelligence.brief import Brief, briefs
from recoupe.intelligence.importing import queries as importing
from recoupe.intelligence.models import Report
from recoupe.kernel.selectors import STRENGTH_LABELS, Strength
from recoupe.web.intelligence.shown import address


@dataclass(frozen=True, slots=True)
class HitShown:
    """One hit of a report; `url` leads to the contact, else to the hit itself."""

    hit_id: UUID
    unit: str
    phone: str
    strength: str
    strength_label: str
    at: datetime
    state: str
    contact: str
    url: str
    objective_url: str


@dataclass(frozen=True, slots=True)
class HitsShown:
    """All of them, and whether the comparison still runs."""

    lines: list[HitShown]
    pending: bool
    parked: bool
    refs: list[Ref]


def hits_of(agent: Agent, report: Report) -> HitsShown:
    """What the cross-check found for this report so far."""
    found = [_line(agent, row, report.id) for row in crosscheck.hits_of_record(agent, "report", report.id)]
    refs: list[Ref] = [("hit", line.hit_id) for line in found]
    return HitsShown(found, *queries.comparison(report.id), refs)


@dataclass(frozen=True, slots=True)
class RowHit:
    """One row of a file whose report has met another service: its report, the hit."""

    report: Brief
    hit: HitShown


@dataclass(frozen=True, slots=True)
class FileHits:
    """What the reports of a file have met so far; `pending`, whether some still wait for their comparison.

    `following`: where the next ones start.
    """

    rows: list[RowHit]
    pending: bool
    following: Cursor | None
    refs: list[Ref]


def hits_of_file(agent: Agent, import_id: UUID, limit: int, before: Cursor | None = None) -> FileHits:
    """As its own side shows each hit: no reason and no weight; who learns of none reads no line (S-1)."""
    pending = importing.still_compared(agent, import_id)
    lines = crosscheck.hits_of_import(agent, import_id, limit + 1, before)
    own = briefs(agent, [line.side.record_id for line in lines])
    rows = [
        RowHit(own[line.side.record_id], _line(agent, line, line.side.record_id))
        for line in lines[:limit]
        if line.side.record_id in own
    ]
    following = lines[limit - 1].cursor if len(lines) > limit else None
    return FileHits(rows, pending, following, [("hit", row.hit.hit_id) for row in rows])


def _line(agent: Agent, row: HitLine, report: UUID) -> HitShown:
    """The side of this very report; who reads both sides still opens the other by its own page."""
    side: HitSide = row.side if row.side.record_id == report or row.twin is None else row.twin
    # The holder learns who asked; the asker learns whom to call.
    unit = side.asker_name if side.side == Side.HOLDER and side.asker_name else side.other_name
    hit_url, proposal = address("hit-page", side.id), address("objective-new")
    return HitShown(
        hit_id=side.hit_id,
        unit=unit or gettext("un autre service"),
        phone=side.other_phone,
        strength=side.strength,
        strength_label=gettext(STRENGTH_LABELS[Strength(side.strength)]) if side.strength else "",
        at=side.at,
        state=str(HitState(side.state).label),
        contact=str(row.contact.label) if row.contact else "",
        url=(address("contact-page", side.thread_id) if side.thread_id else "") or hit_url,
        objective_url=f"{proposal}?hit={side.id}" if proposal and can_propose(agent, side) else "",
    )
