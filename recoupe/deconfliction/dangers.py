"""Dangers among the events that meet: two armed teams. Made, voided and closed in the transaction of the comparison."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db.models import Q

from recoupe.access.keys import reader_keys
from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import rules as crosscheck
from recoupe.crosscheck.bulk import insert
from recoupe.crosscheck.house import House
from recoupe.crosscheck.rules import Facts
from recoupe.deconfliction import index, life, rules
from recoupe.deconfliction.enums import DangerKind, DangerState
from recoupe.deconfliction.models import Danger, DangerSide, Window
from recoupe.deconfliction.rules import Limits
from recoupe.notices.actions import Addressed, notify_many
from recoupe.reference import queries as reference

# The notice to a duty desk, repeated until it acknowledges; deconfliction.repeat_dangers in SQL.
NOTICE = "danger"
REF, SIDE_REF = "danger", "danger_side"


@dataclass(frozen=True, slots=True)
class Moment:
    """When a danger begins and ends, and in which department."""

    starts_at: datetime
    ends_at: datetime
    department: str


def weigh(house: House, own: Window, met: Sequence[Window], limits: Limits, *, moved: bool) -> None:
    """What the events that one meets in space and time make of its dangers; both sides must be told to open one.

    Whatever became of their hit: two services that settled one contact may meet in arms another day. A danger that was
    told stays, even where one side would not be told of it today: what is known is not unsaid.
    """
    armed = {near.event_id: near for near in met if rules.is_danger(own.armed, near.armed)}
    known = {d.beside(own.event_id): d for d in _of(own.event_id, DangerKind.BLUE_ON_BLUE)}
    close(house, [d for other, d in known.items() if other not in armed and d.state != DangerState.CLOSED])
    mine = house.facts(own.event_id)
    for other, near in armed.items():
        theirs, found = house.facts(other), known.get(other)
        told = [
            pair
            for pair, leave in zip(((mine, theirs), (theirs, mine)), _told(house, mine, theirs), strict=True)
            if leave
        ]
        closed = found is None or found.state == DangerState.CLOSED
        if len(told) == 2 if closed else moved:
            open_anew(house, DangerKind.BLUE_ON_BLUE, (own, near), told, limits=limits, found=found)


def _told(house: House, mine: Facts, theirs: Facts) -> tuple[bool, bool]:
    """Which of the two sides may learn of the other; neither where no act lets their files be compared (S-3, S-5)."""
    effect = house.effect(*crosscheck.in_order(mine, theirs))
    return crosscheck.told(mine, theirs) if crosscheck.comparable(effect) else (False, False)


def _of(event_id: UUID, kind: DangerKind) -> list[Danger]:
    found = Danger.objects.select_for_update().filter(Q(low=event_id) | Q(high=event_id), kind=kind)
    return list(found.order_by("id"))


def open_anew(
    house: House,
    kind: DangerKind,
    pair: tuple[Window, Window],
    told: Sequence[tuple[Facts, Facts]],
    *,
    limits: Limits,
    found: Danger | None = None,
) -> Danger:
    """Open a danger of two events, or open it again; it lasts from the earlier start to the later end."""
    low, high = sorted(pair, key=lambda window: window.event_id)
    span = min(low.starts_at, high.starts_at), max(low.ends_at, high.ends_at)
    moment = Moment(*span, _department(low, high, limits))
    return open_between(house, kind, (low.event_id, high.event_id), told, moment=moment, found=found)


def open_between(
    house: House,
    kind: DangerKind,
    pair: tuple[UUID, UUID],
    told: Sequence[tuple[Facts, Facts]],
    *,
    moment: Moment,
    found: Danger | None = None,
) -> Danger:
    """Open a danger, or open it again: what was acknowledged is void, each side that is told is told now.

    `pair` is in order; `told` are (the side's own record, the record whose desk it calls).
    """
    danger = found or Danger(id=uuid4(), kind=kind, low=pair[0], high=pair[1])
    if found is not None:
        life.check_danger_step(DangerState(found.state), DangerState.OPEN)
        danger.times += 1
    danger.owner_unit_id, danger.readers = house.office_id, reader_keys(life.audience(house.office_id))
    danger.state, danger.opened_at, danger.closed_at = DangerState.OPEN, house.now, None
    danger.starts_at, danger.ends_at, danger.department = moment.starts_at, moment.ends_at, moment.department
    record(Operation.COMBINE, refs=[(REF, danger.id)], details={"told": NOTICE, "state": danger.state})
    insert([danger], replacing=True)
    known = {side.event_id: side for side in DangerSide.objects.defer(None).filter(danger=danger)}
    sides = [_side(house, danger, own, other, known.get(own.record_id)) for own, other in told]
    insert(sides, replacing=True)
    notify_many(_notice(house, side) for side in sides)
    return danger


def close(house: House, dangers: Iterable[Danger]) -> None:
    """These dangers are over: their events parted, were cancelled or have ended."""
    ended = list(dangers)
    if not ended:
        return
    refs: list[Ref] = [(REF, danger.id) for danger in ended]
    record(Operation.COMBINE, refs=refs, details={"told": NOTICE, "state": DangerState.CLOSED})
    for danger in ended:
        life.check_danger_step(DangerState(danger.state), DangerState.CLOSED)
        danger.state, danger.closed_at = DangerState.CLOSED, house.now
    Danger.objects.bulk_update(ended, ["state", "closed_at"])
    DangerSide.objects.filter(danger__in=[danger.id for danger in ended]).update(live=False)


def _side(house: House, danger: Danger, own: Facts, other: Facts, found: DangerSide | None) -> DangerSide:
    """One side as it is told now: nothing of the other but whom to call, and when it begins (R-37)."""
    contact = house.contact(other.unit_id)
    told = life.side_audience(own.unit_id, house.desk(own.unit_id))
    return DangerSide(
        id=found.id if found else uuid4(),
        owner_unit_id=own.unit_id,
        readers=reader_keys(told | life.audience(house.office_id)),
        danger=danger,
        event_id=own.record_id,
        other_code=contact.unit_code,
        other_name=contact.unit_name,
        other_contact=contact.name,
        other_phone=contact.phone,
        other_email=contact.email,
        starts_at=danger.starts_at,
        told_at=house.now,
        hierarchy=danger.kind == DangerKind.SILENT_IMMINENT,
    )


def _notice(house: House, side: DangerSide) -> Addressed:
    """To the duty desk of the unit, and to the desk that answers for it; the watch desk sees it on its screen."""
    told = life.side_audience(side.owner_unit_id, house.desk(side.owner_unit_id))
    return Addressed(reader_keys(told), NOTICE, (SIDE_REF, side.id), side.starts_at)


def _department(low: Window, high: Window, limits: Limits) -> str:
    """Of the place where they meet: no finer, for the watch desk calls and does not go there (R-37)."""
    place = rules.meeting_place(index.footprint(low, limits), index.footprint(high, limits))
    found = reference.commune_at(place.lon, place.lat)
    return found.department_id if found else ""
