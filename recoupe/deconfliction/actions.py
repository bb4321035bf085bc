"""The comparison of events: one off the queue, those that it meets, both sides told in the same transaction."""

import logging
import traceback
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Q
from django.utils import timezone

from recoupe.access import context
from recoupe.audit.actions import REFS_PER_ENTRY, Ref, record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import index as crosscheck_index
from recoupe.crosscheck import plans
from recoupe.crosscheck import rules as crosscheck
from recoupe.crosscheck.actions.telling import announce, pairing, tell
from recoupe.crosscheck.bulk import insert
from recoupe.crosscheck.enums import HitState, NoticeKind
from recoupe.crosscheck.house import House
from recoupe.crosscheck.models import ContactThread, Hit, HitSide
from recoupe.deconfliction import dangers, imminent, index, named
from recoupe.deconfliction.index import Taken
from recoupe.deconfliction.models import Conflict, Window
from recoupe.deconfliction.rules import Limits
from recoupe.kernel.selectors import Strength
from recoupe.operations.rules import LATEST_ENTRY
from recoupe.reference import queries as reference

# The reminder before two events that meet begin; deconfliction.tell_soon in SQL.
EVENT_SOON = "event_soon"
REASON = "comparaison des événements prévus"
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Changes:
    """The pairs of one event: met for the first time, met again after they had parted, still met, met no longer.

    `unchanged` are those still met of an event that is compared again as it was: nothing is said of them twice.
    """

    made: list[Hit] = field(default_factory=list)
    reopened: list[Hit] = field(default_factory=list)
    still: list[Hit] = field(default_factory=list)
    parted: list[Hit] = field(default_factory=list)
    # Of those still met, those that an identifier has made stronger.
    stronger: list[Hit] = field(default_factory=list)
    unchanged: list[Hit] = field(default_factory=list)

    def live(self) -> list[Hit]:
        return [*self.made, *self.reopened, *self.still, *self.unchanged]


def limits() -> Limits:
    """The dated parameters of S-11, as they are today."""
    today = timezone.localdate()
    names = ("town_m", "country_m", "window_minutes", "corridor_m", "corridor_minutes")
    return Limits(*(float(reference.parameter(f"deconfliction.{name}", today)) for name in names))


def _named_hours() -> float:
    return float(reference.parameter(named.HOURS_RULE, timezone.localdate()))


def drain(at: datetime | None = None) -> int:
    """Compare one event of the queue, now or `at`; 0 when it is empty. One that fails lets the others pass first."""
    try:
        with context.service("matcher", REASON):
            now = at or timezone.now()
            crosscheck_index.share()
            taken = index.take(now)
            if taken is None:
                return named.look_after(now, _named_hours()) + imminent.alert(now)
            with plans.kept(1):
                _compare(taken, now - max(LATEST_ENTRY, timedelta(hours=_named_hours())))
            imminent.alert(now)
            return 1
    except (DatabaseError, InterfaceError):
        raise
    except Exception as error:
        # Where it failed and of what class; its text may quote what an event holds.
        where = traceback.extract_tb(error.__traceback__)[-1]
        log.error("matcher event: postponed, %s at %s:%s", type(error).__name__, where.filename, where.lineno)
        with context.service("matcher", REASON), connection.cursor() as cursor:
            cursor.execute("SELECT operations.postpone_event(%s::timestamptz)", [timezone.now()])
        return 1


def _compare(taken: Taken, over: datetime) -> None:
    """What ended before `over` is met no longer, and its pairs stay as they are."""
    today = limits()
    own = taken.window()
    index.let_go(over)
    before = index.windows([taken.id], over).get(taken.id)
    index.forget(taken.id)
    current = own.ends_at >= over
    own.named = own.named and current
    met = index.met(own, today, over) if taken.live and current else []
    if taken.live and current:
        index.enter(own, today)
    sharing = named.met(taken, own, _named_hours(), over)
    hits = {_other(hit, taken.id): hit for hit in _hits_of(taken.id)} if current else {}
    others = index.windows({*hits, *sharing}, over) | {near.event_id: near for near in met}
    windows = {taken.id: own, **others}
    house = House.of({*hits, *sharing}, [index.record(window) for window in windows.values()])
    known = {i: hit for i, hit in hits.items() if i in others or not _is_event(house, i)}
    strengths = {near.event_id: Strength.STRONG for near in met}
    for other, strength in sharing.items():
        strengths[other] = crosscheck.strongest([strength, strengths.get(other, strength)])
    changes = _sort_out(house, taken.id, strengths, known)
    if before is not None and index.same(before, own):
        _set_unchanged(changes)
    _journal(house, taken.id, changes)
    _write(house, changes, windows)
    moved = before is None or index.moved(before, own)
    dangers.weigh(house, own, met, today, moved=moved)
    imminent.part(house, taken.id, (_other(hit, taken.id) for hit in changes.live()), moved=moved)


def _set_unchanged(changes: _Changes) -> None:
    """The event is as it was: what was said of its pairs stands, but of those that it has met by another lane since."""
    kept = Conflict.objects.filter(id__in=[hit.id for hit in changes.still], live=True).values_list("id", flat=True)
    standing = set(kept) - {hit.id for hit in changes.stronger}
    changes.unchanged = [hit for hit in changes.still if hit.id in standing]
    changes.still = [hit for hit in changes.still if hit.id not in standing]


def _is_event(house: House, record_id: UUID) -> bool:
    """Of an event that is in no window any more the index knows its kind, or nothing at all."""
    row = house.rows.get(record_id)
    return row is None or row.record_kind == crosscheck.EVENT


def _hits_of(event_id: UUID) -> list[Hit]:
    return list(Hit.objects.select_for_update().filter(Q(low=event_id) | Q(high=event_id)))


def _other(hit: Hit, event_id: UUID) -> UUID:
    return hit.high if hit.low == event_id else hit.low


def _sort_out(house: House, event_id: UUID, met: Mapping[UUID, Strength], known: dict[UUID, Hit]) -> _Changes:
    """What each pair asks for; without an act, or where nobody may be told, two records do not meet (S-3, S-5)."""
    changes, near = _Changes(), set()
    parted_before = _parted(known.values())
    for other, strength in met.items():
        asker, holder = crosscheck.in_order(house.facts(event_id), house.facts(other))
        if not crosscheck.comparable(house.effect(asker, holder)) or not any(crosscheck.told(asker, holder)):
            continue
        near.add(other)
        hit = known.get(other)
        if hit is None:
            changes.made.append(_new(house, asker.record_id, event_id, other, strength))
        else:
            _known(hit, strength, parted_before, changes)
    changes.parted = [hit for i, hit in known.items() if i not in near and _may_part(hit)]
    return changes


def _known(hit: Hit, strength: Strength, parted_before: Collection[UUID], changes: _Changes) -> None:
    """A pair that two services have settled, or that an erasure has closed, stays as they left it."""
    best = crosscheck.strongest([Strength(hit.strength), strength])
    if best != hit.strength:
        hit.strength = best
        changes.stronger.append(hit)
    if hit.state == HitState.FALSE_POSITIVE:
        if hit.id in parted_before or strength != Strength.WEAK:
            changes.reopened.append(hit)
    elif hit.state != HitState.CLOSED:
        changes.still.append(hit)


def _parted(hits: Iterable[Hit]) -> set[UUID]:
    """Of these pairs those that had met no longer; the others that are set aside were so by their services."""
    return set(Conflict.objects.filter(id__in=[hit.id for hit in hits], live=False).values_list("id", flat=True))


def _may_part(hit: Hit) -> bool:
    return hit.state != HitState.FALSE_POSITIVE and HitState.FALSE_POSITIVE in crosscheck.HIT_STEPS[HitState(hit.state)]


def _new(house: House, asker: UUID, one: UUID, other: UUID, strength: Strength) -> Hit:
    crosscheck.check_hit_step(HitState.MATCHED, HitState.BLIND_NOTIFIED)
    return Hit(
        id=uuid4(),
        low=min(one, other),
        high=max(one, other),
        asker=asker,
        strength=strength,
        state=HitState.BLIND_NOTIFIED,
        content_allowed=False,
        at=house.now,
    )


def _journal(house: House, event_id: UUID, changes: _Changes) -> None:
    """The comparison, then the pairs that it joined or parted: references only."""
    record(Operation.COMBINE, refs=[("event", event_id)], details={"lane": "event"}, result_count=len(changes.live()))
    pairs = [*changes.live(), *changes.parted]
    for start in range(0, len(pairs), REFS_PER_ENTRY // 2):
        refs: list[Ref] = []
        for hit in pairs[start : start + REFS_PER_ENTRY // 2]:
            other = house.rows.get(_other(hit, event_id))
            refs += [("pair", hit.id), *([(other.record_kind, other.record_id)] if other else [])]
        record(Operation.COMBINE, refs=refs, details={"told": "pairs"})


def _write(house: House, changes: _Changes, windows: dict[UUID, Window]) -> None:
    """The hits, both sides of each, the channel between them: all of it or nothing."""
    insert(changes.made)
    Hit.objects.bulk_update(changes.stronger, ["strength"])
    _set_state(changes.reopened, HitState.BLIND_NOTIFIED)
    _set_state(changes.parted, HitState.FALSE_POSITIVE)
    _keep(house, changes, windows)
    pairings = [pairing(house, hit) for hit in changes.live()]
    tell(house, pairings, new={hit.id for hit in changes.made})
    # Of what has become silent the other service learns no change.
    told = {(one.hit.id, side.value) for one in pairings for side in one.told()}
    announce(changes.still, NoticeKind.HIT, only=told)
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
    live = [*changes.made, *changes.reopened, *changes.still]
    Conflict.objects.filter(id__in=[hit.id for hit in live]).delete()
    insert(
        [
            Conflict(
                id=hit.id,
                low=hit.low,
                high=hit.high,
                starts_at=min(windows[i].starts_at for i in (hit.low, hit.high) if i in windows),
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


def repeat_dangers(now: datetime) -> int:
    """Tell again who has not acknowledged a danger; returns how many sides. For the worker, in its own name."""
    minutes = reference.whole_parameter("deconfliction.danger_repeat_minutes", timezone.localdate(now))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT deconfliction.repeat_dangers(%s::timestamptz, make_interval(mins => %s))", [now, minutes]
        )
        return int(cursor.fetchone()[0])


def end_dangers(now: datetime) -> int:
    """Close the dangers whose hour has passed; returns how many. For the worker, in its own name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deconfliction.end_dangers(%s::timestamptz)", [now])
        return int(cursor.fetchone()[0])
