"""Telling the two sides of a hit: what each may know, the channel between them, and what waits for whom."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection

from recoupe.access import feed
from recoupe.access.enums import Capacity
from recoupe.access.keys import reader_keys
from recoupe.crosscheck import rules
from recoupe.crosscheck.bulk import array, held, insert, together
from recoupe.crosscheck.enums import ContactState, HitState, NoticeKind, Side
from recoupe.crosscheck.house import House
from recoupe.crosscheck.models import ContactThread, Hit, HitSide, Party
from recoupe.crosscheck.rules import Facts
from recoupe.kernel.selectors import Strength
from recoupe.notices.actions import Addressed, notify_many

# All that a side knows of the other one; what it knows of its own record is its own.
LEARNT = (
    "other_code", "other_name", "other_contact", "other_phone", "other_email", "asker_code", "asker_name",
    "motive_category", "strength",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pairing:
    """One hit with its two records and which sides learn of it."""

    hit: Hit
    asker: Facts
    holder: Facts
    asker_told: bool
    holder_told: bool

    @property
    def both_told(self) -> bool:
        """Whether the two services may speak."""
        return self.asker_told and self.holder_told

    def told(self) -> list[Side]:
        """The sides that learn of the hit."""
        return [side for side, leave in ((Side.ASKER, self.asker_told), (Side.HOLDER, self.holder_told)) if leave]

    def own(self, side: Side) -> Facts:
        """The record of that side."""
        return self.asker if side == Side.ASKER else self.holder


@dataclass(slots=True)
class _Writing:
    """Everything that one telling writes, collected first so that each table takes one statement."""

    sides: list[HitSide] = field(default_factory=list)
    threads: list[ContactThread] = field(default_factory=list)
    parties: list[Party] = field(default_factory=list)
    listed: list[tuple[UUID, datetime, Sequence[int]]] = field(default_factory=list)
    notices: list[Addressed] = field(default_factory=list)


def pairing(house: House, hit: Hit) -> Pairing:
    """A hit with its two records, as the index knows them now."""
    low, high = house.facts(hit.low), house.facts(hit.high)
    asker, holder = (low, high) if hit.asker == hit.low else (high, low)
    return Pairing(hit, asker, holder, *rules.told(asker, holder))


def tell(house: House, pairings: Iterable[Pairing], new: Collection[UUID] = ()) -> list[HitSide]:
    """Tell each side that may learn of it and was not told yet; returns the sides that have just been told.

    `new` are hits that this transaction has made: of them nobody was told.
    """
    wanted = list(pairings)
    known = _sides_of([p.hit.id for p in wanted if p.hit.id not in new])
    out = _Writing()
    for one in wanted:
        _collect(house, one, known.get(one.hit.id, {}), out)
    if out.sides or out.threads:
        with together():
            for rows in (out.threads, out.parties, out.sides):
                insert(rows)
            feed.publish_many("hit", out.listed)
            notify_many(out.notices)
    return out.sides


def _sides_of(hits: Sequence[UUID]) -> dict[UUID, dict[str, HitSide]]:
    found: dict[UUID, dict[str, HitSide]] = {}
    for row in held(HitSide, "hit_id = ANY (%s::uuid[])", array(hits)) if hits else ():
        found.setdefault(row.hit_id, {})[row.side] = row
    return found


def reread(house: House, record_ids: Iterable[UUID]) -> None:
    """Sides told before are read by who reads their record today, whether their pair would still be made or not.

    The database has already taken away who reads it no more; the desk that was named to the other service stays.
    """
    for row in held(HitSide, "record_id = ANY (%s::uuid[])", array(list(record_ids))):
        own = house.facts(row.record_id)
        keys = reader_keys(rules.audience(own, house.cells(own), house.office_id, row.relay_id))
        if set(keys) <= set(row.readers):
            continue
        HitSide.objects.filter(id=row.id).update(readers=keys)
        feed.republish("hit", row.id, row.at, keys)
        if row.thread_id:
            with connection.cursor() as cursor:
                cursor.execute("SELECT crosscheck.reread(%s::uuid)", [row.thread_id])


def announce(
    hits: Iterable[Hit], kind: NoticeKind, but: Collection[UUID] = (), only: Collection[tuple[UUID, str]] | None = None
) -> None:
    """Tell those who already speak for a side that their hit has changed.

    `but` are records whose side is left out; `only` the (hit, side) that may learn of it, all of them by default.
    """
    of_thread = dict(ContactThread.objects.filter(hit__in=[hit.id for hit in hits]).values_list("id", "hit_id"))
    rows = HitSide.objects.filter(hit__in=of_thread.values()).exclude(record_id__in=but)
    sides = rows.values_list("hit_id", "side", "id")
    side_id = {
        (hit_id, side): identifier for hit_id, side, identifier in sides if only is None or (hit_id, side) in only
    }
    notify_many(
        Addressed(party.keys, kind, ("hit", side_id[of_thread[party.thread_id], party.role]))
        for party in Party.objects.filter(thread__in=of_thread, role__in=Side.values)
        if (of_thread[party.thread_id], party.role) in side_id
    )


def _collect(house: House, one: Pairing, known: dict[str, HitSide], out: _Writing) -> None:
    thread_id = next((row.thread_id for row in known.values() if row.thread_id), None)
    if one.both_told and thread_id is None:
        thread_id = _open_channel(house, one, out)
        for row in known.values():
            _connect(house, one, row, thread_id)
    for side in one.told():
        if side in known:
            _catch_up(house, one, known[side])
        else:
            row = _side(house, one, side, thread_id)
            out.sides.append(row)
            out.listed.append((row.id, row.at, row.readers))
            out.notices.append(_notice(house, one, row))


def _connect(house: House, one: Pairing, row: HitSide, thread_id: UUID) -> None:
    """A side told alone until now, because its own record was silent, has somebody to speak to from today."""
    own = one.own(Side(row.side))
    keys = _audience(house, own, True)
    HitSide.objects.filter(id=row.id).update(thread_id=thread_id, relay_id=_relay(house, own, True), readers=keys)
    feed.republish("hit", row.id, row.at, keys)


def _catch_up(house: House, one: Pairing, row: HitSide) -> None:
    """What its pair became while this side was not to be told of it, or was withdrawn from it."""
    strength = rules.shown_strength(Strength(one.hit.strength), HitState(one.hit.state))
    if not row.other_code:
        _tell_again(house, one, row)
    elif (row.strength, row.state) != (strength, one.hit.state):
        HitSide.objects.filter(id=row.id).update(strength=strength, state=one.hit.state)
        announce([one.hit], NoticeKind.HIT, only={(one.hit.id, row.side)})


def _tell_again(house: House, one: Pairing, row: HitSide) -> None:
    """A side that was withdrawn with its judgement learns anew; its channel opens again, unless it was settled."""
    fresh = _side(house, one, Side(row.side), row.thread_id)
    learnt = {name: getattr(fresh, name) for name in (*LEARNT, "state")}
    HitSide.objects.filter(id=row.id).update(**learnt)
    if one.both_told:
        asker, contact = house.unit(one.asker.unit_id), house.contact(one.holder.unit_id)
        ContactThread.objects.filter(hit=one.hit, state=ContactState.CLOSED).update(
            state=ContactState.AVAILABLE, asker_name=asker.name, holder_name=contact.unit_name
        )
    announce([one.hit], NoticeKind.HIT, only={(one.hit.id, row.side)})


def _relay(house: House, own: Facts, both_told: bool) -> UUID | None:
    """The desk that answers for a unit, where it is another unit and somebody may call it."""
    desk = house.desk(own.unit_id)
    return desk if both_told and desk != own.unit_id else None


def _audience(house: House, own: Facts, both_told: bool) -> list[int]:
    relay = _relay(house, own, both_told)
    return reader_keys(rules.audience(own, house.cells(own), house.office_id, relay))


def _side(house: House, one: Pairing, side: Side, thread_id: UUID | None) -> HitSide:
    """What this side may know, and nothing of the other's record (R-ACC-3)."""
    own, other = one.own(side), one.own(side.other)
    contact = house.contact(other.unit_id)
    asker = house.unit(other.unit_id) if side == Side.HOLDER else None
    return HitSide(
        id=uuid4(),
        owner_unit_id=own.unit_id,
        readers=_audience(house, own, one.both_told),
        hit=one.hit,
        side=side,
        record_kind=own.record_kind,
        record_id=own.record_id,
        author_id=None if own.batch else own.author_id,
        relay_id=_relay(house, own, one.both_told),
        other_code=contact.unit_code,
        other_name=contact.unit_name,
        other_contact=contact.name,
        other_phone=contact.phone,
        other_email=contact.email,
        asker_code=asker.code if asker else "",
        asker_name=asker.name if asker else "",
        motive_category=other.purpose if asker else "",
        strength=rules.shown_strength(Strength(one.hit.strength), HitState(one.hit.state)),
        state=one.hit.state,
        thread_id=thread_id,
        at=house.now,
    )


def _notice(house: House, one: Pairing, row: HitSide) -> Addressed:
    """To all who learn of it but the office, which reads hits in its list: it would drown in a notice for each."""
    own = one.own(Side(row.side))
    readers = rules.audience(own, house.cells(own), house.office_id, _relay(house, own, one.both_told))
    kind = NoticeKind.WEAK_HIT if row.strength == Strength.WEAK else NoticeKind.HIT
    return Addressed(reader_keys(readers - {(house.office_id, Capacity.OFFICE)}), kind, ("hit", row.id))


def _open_channel(house: House, one: Pairing, out: _Writing) -> UUID:
    """The channel between the two sides: it bears the asker's name and the name of the holder's contact."""
    asker, contact = house.unit(one.asker.unit_id), house.contact(one.holder.unit_id)
    readers = {*_audience(house, one.asker, True), *_audience(house, one.holder, True)}
    thread = ContactThread(
        id=uuid4(),
        owner_unit_id=asker.id,
        readers=sorted(readers),
        hit=one.hit,
        asker_unit_id=asker.id,
        asker_name=asker.name,
        holder_contact_id=house.desk(one.holder.unit_id),
        holder_name=contact.unit_name,
        content_allowed=one.hit.content_allowed,
        at=house.now,
    )
    out.threads.append(thread)
    for side, own in ((Side.ASKER, one.asker), (Side.HOLDER, one.holder)):
        keys = reader_keys(rules.speakers(own, _relay(house, own, True)))
        out.parties.append(Party(thread=thread, role=side, unit_id=own.unit_id, keys=keys))
    return thread.id
