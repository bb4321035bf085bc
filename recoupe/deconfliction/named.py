"""By what they name: an event meets whoever holds the same plate, number or person, wherever the two are.

Two events do when they take place within the same dated parameter of hours, even where their places are apart; an event
and a registration or a report do as long as both are live. Which files are compared at all, acts say (S-5).
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import index
from recoupe.crosscheck.actions.pull import sharing
from recoupe.crosscheck.keys import index_key
from recoupe.crosscheck.rules import EVENT, STRENGTH_OF_RANK
from recoupe.deconfliction.index import Taken, windows
from recoupe.deconfliction.models import Window
from recoupe.kernel.matchable import MatchRecord
from recoupe.kernel.selectors import Strength
from recoupe.reference.enums import File
from recoupe.targets import matching as registry

HOURS_RULE = "deconfliction.named_hours"
AT_ONCE = 50


def within(one: Window, other: Window, hours: float) -> bool:
    """Whether two windows overlap, or are apart by so many hours at most."""
    wait = timedelta(hours=hours)
    return one.starts_at <= other.ends_at + wait and other.starts_at <= one.ends_at + wait


def met(taken: Taken, own: Window, hours: float, over: datetime) -> dict[UUID, Strength]:
    """Enter what an event names, or take it out; the other records that share some of it, with the best strength.

    Of events none that ended before `over`.
    """
    if not own.named:
        index.forget_named([taken.id])
        return {}
    entered = _matchable(taken, own)
    entries = index.entries_of(index_key(), [entered])
    index.lock(entries)
    house, pairs = sharing(entries, index.write([entered], entries))
    found = {pair.high if pair.low == taken.id else pair.low: STRENGTH_OF_RANK[pair.rank] for pair in pairs}
    events = windows((i for i in found if house.rows[i].record_kind == EVENT), over)
    return {i: how for i, how in found.items() if _at_once(house.rows[i].record_kind, events.get(i), own, hours)}


def _at_once(kind: str, other: Window | None, own: Window, hours: float) -> bool:
    return kind != EVENT or (other is not None and within(own, other, hours))


def _matchable(taken: Taken, own: Window) -> MatchRecord:
    return MatchRecord(
        record_kind=EVENT,
        record_id=taken.id,
        unit_id=taken.unit,
        file=File.EVENTS.value,
        purpose=taken.purpose,
        tells_self=own.tells_self,
        tells_other=own.tells_other,
        readers_cell=frozenset(),
        readers_office=False,
        batch_import=None,
        author_id=taken.author,
        selectors=(
            *registry.compared(taken.names),
            *(key for surname, given, born in taken.people for key in registry.by_name(surname, given, _day(born))),
        ),
        at=taken.at,
    )


def look_after(now: datetime, hours: float) -> int:
    """What has been over for so long leaves; returns how many did."""
    past = now - timedelta(hours=hours)
    over = list(Window.objects.filter(named=True, ends_at__lt=past).values_list("event_id", flat=True)[:AT_ONCE])
    if over:
        record(Operation.COMBINE, refs=[(EVENT, i) for i in over], details={"lane": EVENT}, result_count=0)
        index.forget_named(over)
        Window.objects.filter(event_id__in=over).update(named=False)
    return len(over)


def _day(born: str | None) -> date | None:
    return date.fromisoformat(born) if born else None
