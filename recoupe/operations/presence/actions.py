"""Writing the ledger: a line, a lot of lines from a file, a correction. No step is ever changed."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

from django.db import transaction

from recoupe.access import once
from recoupe.access.agent import Agent
from recoupe.access.keys import own_capacity, reader_keys
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import queries as dealpoints
from recoupe.intelligence.actions.common import moment
from recoupe.intelligence.actions.correcting import motive
from recoupe.kernel.refusal import Absent, Conflict, Invalid, gettext_noop
from recoupe.kernel.text import clean_line
from recoupe.operations import permissions
from recoupe.operations.presence import queries, rules
from recoupe.operations.presence.enums import LineState
from recoupe.operations.presence.models import PATROL_MAX, Presence
from recoupe.operations.rules import zone_of
from recoupe.reference import queries as reference

KIND = "presence"
# Of a line, whatever the first of its steps said.
SAID = (
    "patrol", "commune_code", "point_ref", "starts_at", "ends_at", "staff", "controls", "fines", "found", "allocation",
)  # fmt: skip

SENTENCE_ELSEWHERE = gettext_noop("Ce point de deal est à %(there)s, pas à %(commune)s.")
SENTENCE_PLACE = gettext_noop("Donnez une commune ou la référence d'un point de deal.")
SENTENCE_SINCE = gettext_noop(
    "Cette ligne a été corrigée pendant que vous la lisiez : rouvrez-la avant de recommencer."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line as typed: hours by the clock of the place, an end before the beginning being of the next day.

    The commune by its code, or the reference of a deal point that the agent reads, or both.
    """

    patrol: str
    commune: str
    day: date
    since: time
    until: time
    staff: int
    allocation: str
    controls: int = 0
    fines: int = 0
    found: int = 0
    point: str = ""


@transaction.atomic
def enter(*, by: Agent, entry: Entry, key: UUID | None = None) -> Presence:
    """Write one line of one's own unit; `key` is drawn with the form: sent twice as it is, it makes one line."""
    permissions.check_patrol(by)
    made = once.own_id(by, key, str(entry)) if key else uuid4()
    if key:
        once.first_of(made)
        if known := Presence.objects.filter(id=made).first():
            found: Presence = known
            return found
    columns = _read(by, entry, moment().now)
    record(Operation.COLLECT, refs=[(KIND, made)], fields=SAID)
    return _insert(by, made, 1, columns)


@transaction.atomic
def correct(*, by: Agent, line: UUID, entry: Entry, reason: str, step: int) -> Presence:
    """Say it better, and why: the former step stays, the new one counts. `step`: the last one that the author read."""
    last = _held(by, line, step)
    why = motive(reason)
    columns = _read(by, entry, moment().now, last.line)
    if not entry.point and last.commune_code == columns["commune_code"]:
        columns |= {"point_ref": last.point_ref, "cell_number": last.cell_number}
    changed = [name for name in SAID if getattr(last, name) != columns[name]]
    if not changed:
        return last
    record(Operation.MODIFY, refs=[(KIND, last.line)], fields=changed)
    return _insert(by, last.line, last.step + 1, columns, reason=why)


@transaction.atomic
def withdraw(*, by: Agent, line: UUID, reason: str, step: int) -> Presence:
    """It was never so: the line stays to be read, and counts no more."""
    last = _held(by, line, step)
    why = motive(reason)
    record(Operation.MODIFY, refs=[(KIND, last.line)], details={"state": LineState.WITHDRAWN})
    said = {name: getattr(last, name) for name in (*SAID, "department", "cell_number", "day", "zone")}
    return _insert(by, last.line, last.step + 1, said, reason=why, state=LineState.WITHDRAWN)


def _held(by: Agent, line: UUID, step: int) -> Presence:
    """The last step of a line, while nobody else writes the next one."""
    once.first_of(queries.line(by, line)[0].line)
    last = queries.line(by, line)[-1]
    permissions.check_correct(by, last)
    if last.step != step:
        raise Conflict(SENTENCE_SINCE)
    return last


def _read(by: Agent, entry: Entry, now: datetime, line: UUID | None = None) -> dict[str, Any]:
    """The columns of an entry of the agent's unit; Invalid with its sentence and field."""
    patrol = clean_line(entry.patrol, PATROL_MAX, "patrol", required=True)
    place = _place(by, entry)
    begins, ends = rules.window(entry.day, entry.since, entry.until, place["zone"], now)
    _check_free(by, patrol, (begins, ends), place["zone"], line)
    return {
        **place,
        "patrol": patrol,
        "day": entry.day,
        "starts_at": begins,
        "ends_at": ends,
        "staff": rules.count(entry.staff, "staff", 1, rules.STAFF_MAX),
        "controls": rules.count(entry.controls, "controls"),
        "fines": rules.count(entry.fines, "fines"),
        "found": rules.count(entry.found, "found"),
        "allocation": rules.allocation(entry.allocation),
    }


def _place(by: Agent, entry: Entry) -> dict[str, Any]:
    """The commune, its clock, and the cell of the deal point that is named."""
    point = None
    if entry.point:
        try:
            point = dealpoints.by_ref(by, clean_line(entry.point, 24, "point").upper())
        except Absent as refusal:
            raise Invalid(refusal.sentence, field="point") from refusal
    code = entry.commune or (point.commune_code if point else "")
    if not code:
        raise Invalid(SENTENCE_PLACE, field="commune")
    try:
        commune = reference.commune(code)
    except Absent as refusal:
        raise Invalid(refusal.sentence, field="commune", **refusal.params) from refusal
    if point and point.commune_code != commune.code:
        there = reference.commune(point.commune_code).name
        raise Invalid(SENTENCE_ELSEWHERE, field="point", there=there, commune=commune.name)
    rules.check_territory(commune.name, commune.department_id, by.departments)
    return {
        "commune_code": commune.code,
        "department": commune.department_id,
        "zone": zone_of(commune.department_id),
        "point_ref": point.ref if point else "",
        "cell_number": point.cell_number if point else None,
    }


def _check_free(by: Agent, patrol: str, window: tuple[datetime, datetime], zone: str, line: UUID | None) -> None:
    """A patrol is at one place at a time; two who write of the same one wait for one another."""
    once.first_of(uuid5(by.unit_id, f"patrol {patrol.casefold()}"))
    met = queries.standing(by).filter(patrol__iexact=patrol, starts_at__lt=window[1], ends_at__gt=window[0])
    other = met.exclude(line=line).order_by("starts_at").first() if line else met.order_by("starts_at").first()
    if other is not None:
        first, last = (at.astimezone(ZoneInfo(zone)) for at in (other.starts_at, other.ends_at))
        said = {"since": f"{first:%d/%m/%Y %H:%M}", "until": f"{last:%d/%m/%Y %H:%M}"}
        raise Invalid(rules.SENTENCE_OVERLAP, field="since", patrol=other.patrol, **said)


def _insert(by: Agent, line: UUID, step: int, columns: dict[str, Any], **more: Any) -> Presence:
    """One step; the base gives it the readers of its unit."""
    made = Presence(
        id=line if step == 1 else uuid4(),
        line=line,
        step=step,
        owner_unit_id=by.unit_id,
        readers=reader_keys({(by.unit_id, own_capacity(by.unit_kind))}),
        author_id=by.id,
        **columns,
        **more,
    )
    made.save(force_insert=True)
    return made
