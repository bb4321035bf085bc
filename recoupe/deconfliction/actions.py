"""The comparison of events: one off the queue, those that it meets, both sides told in the same transaction."""

import logging
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Q
from django.utils import timezone

from recoupe.access import context
from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import rules as crosscheck
from recoupe.crosscheck.actions.telling import announce, pairing, tell
from recoupe.crosscheck.bulk import insert
from recoupe.crosscheck.enums import HitState, NoticeKind
from recoupe.crosscheck.house import House
from recoupe.crosscheck.models import ContactThread, Hit, HitSide
from recoupe.deconfliction import index
from recoupe.deconfliction.index import Taken
from recoupe.deconfliction.models import Conflict, Window
from recoupe.deconfliction.rules import Limits
from recoupe.kernel.selectors import Strength
from recoupe.reference import queries as reference

# The reminder before two events that meet begin; deconfliction.tell_soon in SQL.
EVENT_SOON = "event_soon"
REASON = "comparaison des événements prévus"
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Changes:
    """The pairs of one event: met for the first time, met again after they had parted, still met, met no longer."""

    made: list[Hit] = field(default_factory=list)
    reopened: list[Hit] = field(default_factory=list)
    still: list[Hit] = field(default_factory=list)
    parted: list[Hit] = field(default_factory=list)

    def live(self) -> list[Hit]:
        return [*self.made, *self.reopened, *self.still]


def limits() -> Limits:
    """The dated parameters of S-11, as they are today."""
    today = timezone.localdate()
    names = ("town_m", "country_m", "window_minutes", "corridor_m", "corridor_minutes")
    return Limits(*(float(reference.parameter(f"deconfliction.{name}", today)) for name in names))


def drain() -> int:
    """Compare one event of the queue; 0 when it is empty. One that fails lets the others pass before it."""
    try:
        with context.service("matcher", REASON):
            taken = index.take(timezone.now())
            if taken is not None:
                _compare(taken)
            return int(taken is not None)
    except (DatabaseError, InterfaceError):
        raise
    except Exception as error:
        # Where it failed and of what class; its text may quote what an event holds.
        where = traceback.extract_tb(error.__traceback__)[-1]
        log.error("matcher event: postponed, %s at %s:%s", type(error).__name__, where.filename, where.lineno)
        with context.service("matcher", REASON), connection.cursor() as cursor:
            cursor.execute("SELECT operations.postpone_event(%s::timestamptz)", [timezone.now()])
        return 1


def _compare(taken: Taken) -> None:
    today = limits()
    own = taken.window()
    index.forget(taken.id)
    met = index.met(own, today) if taken.live else []
    if taken.live:
        index.enter(own, today)
    known = {_other(hit, taken.id): hit for hit in _hits_of(taken.id)}
    others = index.windows(known) | {near.event_id: near for near in met}
    house = House(index.record(window) for window in (own, *others.values()))
    changes = _sort_out(house, taken.id, met, known)
    _journal(taken.id, changes)
    _write(house, changes, {taken.id: own, **others})


def _hits_of(event_id: UUID) -> list[Hit]:
    return list(Hit.objects.select_for_update().filter(Q(low=event_id) | Q(high=event_id)))


def _other(hit: Hit, event_id: UUID) -> UUID:
    return hit.high if hit.low == event_id else hit.low


def _sort_out(house: House, event_id: UUID, met: Sequence[Window], known: dict[UUID, Hit]) -> _Changes:
    """What each pair asks for; without an act, or where nobody may be told, two events do not meet (S-3, S-5)."""
    changes, near = _Changes(), set()
    for window in met:
        asker, holder = crosscheck.in_order(house.facts(event_id), house.facts(window.event_id))
        if not crosscheck.comparable(house.effect(asker, holder)) or not any(crosscheck.told(asker, holder)):
            continue
        near.add(window.event_id)
        hit = known.get(window.event_id)
        if hit is None:
            changes.made.append(_new(house, asker.record_id, event_id, window.event_id))
        elif hit.state == HitState.FALSE_POSITIVE:
            changes.reopened.append(hit)
        else:
            changes.still.append(hit)
    changes.parted = [hit for i, hit in known.items() if i not in near and hit.state != HitState.FALSE_POSITIVE]
    return changes


def _new(house: House, asker: UUID, one: UUID, other: UUID) -> Hit:
    crosscheck.check_hit_step(HitState.MATCHED, HitState.BLIND_NOTIFIED)
    return Hit(
        id=uuid4(),
        low=min(one, other),
        high=max(one, other),
        asker=asker,
        strength=Strength.STRONG,
        state=HitState.BLIND_NOTIFIED,
        content_allowed=False,
        at=house.now,
    )


def _journal(event_id: UUID, changes: _Changes) -> None:
    """The comparison, then the pairs that it joined or parted: references only."""
    record(Operation.COMBINE, refs=[("event", event_id)], details={"lane": "event"}, result_count=len(changes.live()))
    pairs = [*changes.live(), *changes.parted]
    refs: list[Ref] = [ref for hit in pairs for ref in (("pair", hit.id), ("event", _other(hit, event_id)))]
    if refs:
        record(Operation.COMBINE, refs=refs, details={"told": "pairs"})


def _write(house: House, changes: _Changes, windows: dict[UUID, Window]) -> None:
    """The hits, both sides of each, the channel between them: all of it or nothing."""
    insert(changes.made)
    _set_state(changes.reopened, HitState.BLIND_NOTIFIED)
    _set_state(changes.parted, HitState.FALSE_POSITIVE)
    _keep(house, changes, windows)
    tell(house, [pairing(house, hit) for hit in changes.live()])
    announce(changes.still, NoticeKind.HIT)
    announce(changes.parted, NoticeKind.HIT_JUDGED)
    parted = [hit.id for hit in changes.parted]
    HitSide.objects.filter(hit_id__in=parted).update(state=HitState.FALSE_POSITIVE)
    ContactThread.objects.filter(hit_id__in=parted, state__in=crosscheck.CLOSABLE_CONTACT).update(state="CLOSED")


def _set_state(hits: Iterable[Hit], state: HitState) -> None:
    for hit in hits:
        crosscheck.check_hit_step(HitState(hit.state), state)
        hit.state = state
    Hit.objects.bulk_update(list(hits), ["state"])


def _keep(house: House, changes: _Changes, windows: dict[UUID, Window]) -> None:
    """When each pair begins, so that both are reminded before; one that changed is reminded anew."""
    Conflict.objects.filter(id__in=[hit.id for hit in changes.parted]).update(live=False)
    live = changes.live()
    Conflict.objects.filter(id__in=[hit.id for hit in live]).delete()
    insert(
        [
            Conflict(
                id=hit.id,
                low=hit.low,
                high=hit.high,
                starts_at=min(windows[hit.low].starts_at, windows[hit.high].starts_at),
                told_at=house.now,
                live=True,
            )
            for hit in live
        ]
    )


def tell_soon(now: datetime) -> int:
    """Remind both sides of what meets soon, once; returns how many pairs. For the worker, in its own name."""
    minutes = reference.whole_parameter("deconfliction.alert_minutes", timezone.localdate(now))
    with connection.cursor() as cursor:
        cursor.execute("SELECT deconfliction.tell_soon(%s::timestamptz, make_interval(mins => %s))", [now, minutes])
        return int(cursor.fetchone()[0])
