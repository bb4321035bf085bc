"""The pull: what waits is compared, and both sides of each hit are told, in one transaction."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from recoupe.access import context
from recoupe.access.enums import Capacity
from recoupe.access.keys import reader_key
from recoupe.audit.actions import REFS_PER_ENTRY, Ref, record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import index, meeting, nearby, plans, rules
from recoupe.crosscheck.actions.telling import Pairing, announce, pairing, reread, tell
from recoupe.crosscheck.bulk import among, array, held, insert, together
from recoupe.crosscheck.engine import serving
from recoupe.crosscheck.enums import ContactState, HitState, JudgementState, NoticeKind
from recoupe.crosscheck.house import House
from recoupe.crosscheck.keys import index_key
from recoupe.crosscheck.models import ContactThread, Hit, HitSide, IndexRecord, Judgement
from recoupe.crosscheck.nearby import Alike
from recoupe.intelligence.actions import settle
from recoupe.intelligence.matching import selectors_of, selectors_since
from recoupe.kernel.matchable import MatchRecord
from recoupe.kernel.selectors import Strength
from recoupe.notices.actions import Addressed, notify_many
from recoupe.operations import matching as operations
from recoupe.reference.enums import ActEffect
from recoupe.targets import matching as registry

RECORDS_PER_PULL = 500
REASON = "recoupement des enregistrements déposés"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one pull did: records compared, hits made or strengthened, sides told."""

    records: int = 0
    hits: int = 0
    told: int = 0


@dataclass(slots=True)
class _Changes:
    """The hits that one pull makes, those that an exact selector has reopened, those that are only stronger."""

    made: list[Pairing]
    reopened: list[Pairing]
    stronger: list[Pairing]
    retold: list[Pairing]

    def all(self) -> list[Pairing]:
        return [*self.made, *self.reopened, *self.stronger, *self.retold]


def pull(lane: str, limit: int = RECORDS_PER_PULL) -> Pulled:
    """Take what waits in one lane, enter it in the index, make its hits and tell both sides; all of it or nothing."""
    with context.service("matcher", REASON):
        index.share()
        records = selectors_since(lane, limit)
        return compare(records, lane) if records else Pulled()


def pull_lines(lines: Sequence[UUID], lane: str) -> Pulled:
    """The same for these lines of the queue, those that failed before included."""
    with context.service("matcher", REASON):
        index.share()
        records = selectors_of(lines)
        return compare(records, lane) if records else Pulled()


def pull_targets(limit: int = RECORDS_PER_PULL) -> Pulled:
    """The same for what waits of the registry of targets."""
    with context.service("matcher", REASON):
        index.share()
        records = registry.selectors_since(limit)
        return compare(records, registry.LANE) if records else Pulled()


def pull_target(line: UUID) -> Pulled:
    """The same for one line of its queue."""
    with context.service("matcher", REASON):
        index.share()
        records = registry.selectors_of([line])
        return compare(records, registry.LANE) if records else Pulled()


def compare(records: Sequence[MatchRecord], lane: str) -> Pulled:
    """Compare these records with the index, inside the transaction that took them from their queue."""
    with plans.kept(len(records)):
        return _compare(records, lane)


def _compare(records: Sequence[MatchRecord], lane: str) -> Pulled:
    entries = index.entries_of(index_key(), records)
    engine = serving()
    index.lock(entries)
    # Files that do not serve are replaced before anybody is said to be entered in them.
    begun = nearby.begin(engine, records) if engine else None
    written = index.write(records, entries, engine.mark if engine else "")
    near = nearby.meet(engine, records, begun) if engine else {}
    house, found = sharing(entries, written, near)
    near = {pair: alike for pair, alike in near.items() if engine and house.entered(pair, engine.mark)}
    changes = _sort_out(house, _permitted(house, found), near)
    _make(records, changes, lane)
    _write(changes)
    reread(house, {r.record_id for r in records})
    judged = _ask_judges(house, changes.made, near)
    sides = tell(house, [p for p in changes.all() if p.hit.id not in judged], new={p.hit.id for p in changes.made})
    _settle(records, sides)
    return Pulled(len(records), len(changes.made) + len(changes.reopened) + len(changes.stronger), len(sides))


def sharing(
    entries: Sequence[index.Entry], written: Sequence[IndexRecord], near: Collection[tuple[UUID, UUID]] = ()
) -> tuple[House, list[index.Pair]]:
    """The pairs that these entries, just written, make with what the index holds.

    `near`: pairs made by likeness, of which those alone count that the base holds under the engine of today.
    """
    common = index.common(entries)
    pairs = index.pairs([entry for entry in entries if entry.key not in common])
    crowd = [entry for entry in entries if entry.key in common]
    standing = index.standing(common, {entry.record_id for entry in crowd})
    pairs += index.met(crowd)
    concerned = [i for p in pairs for i in (p.low, p.high)] + [record_id for _, record_id, _ in standing]
    house = House.of([*concerned, *(i for pair in near for i in pair)], written)
    mark = written[0].likeness
    weak = rules.STRENGTH_RANK[Strength.WEAK]
    pairs += [index.Pair(*pair, weak) for pair in near if house.entered(pair, mark)]
    return house, _once_each([*pairs, *_through_common(house, crowd, standing)])


def _through_common(
    house: House, crowd: Iterable[index.Entry], standing: Iterable[tuple[bytes, UUID, int]]
) -> list[index.Pair]:
    """The pairs that selectors held by very many still make, by the rule that keeps them few (rules.meetings)."""
    holders: dict[bytes, list[rules.Held]] = defaultdict(list)
    arrivals: dict[bytes, list[rules.Held]] = defaultdict(list)
    for key, record_id, rank in standing:
        holders[key].append(rules.Held(house.facts(record_id), rank))
    for entry in crowd:
        arrivals[entry.key].append(rules.Held(house.facts(entry.record_id), entry.rank))
    return [
        index.Pair(
            min(arrival.facts.record_id, held.facts.record_id),
            max(arrival.facts.record_id, held.facts.record_id),
            min(arrival.rank, held.rank),
        )
        for key, new in arrivals.items()
        for arrival, held in rules.meetings(holders[key], new, house.sides_told)
    ]


def _once_each(pairs: Iterable[index.Pair]) -> list[index.Pair]:
    """Each pair once, with its best selector."""
    best: dict[tuple[UUID, UUID], index.Pair] = {}
    for pair in pairs:
        known = best.get((pair.low, pair.high))
        if known is None or known.rank < pair.rank:
            best[pair.low, pair.high] = pair
    return list(best.values())


@dataclass(frozen=True, slots=True)
class _Candidate:
    pair: index.Pair
    asker: rules.Facts
    holder: rules.Facts
    content_allowed: bool


def _permitted(house: House, pairs: Iterable[index.Pair]) -> list[_Candidate]:
    """The pairs that an act allows to compare."""
    kept = []
    for pair in pairs:
        asker, holder = rules.in_order(house.facts(pair.low), house.facts(pair.high))
        effect = house.effect(asker, holder)
        if rules.comparable(effect):
            kept.append(_Candidate(pair, asker, holder, effect == ActEffect.CONTENT_ON_RELEASE))
    return kept


def _sort_out(house: House, candidates: Sequence[_Candidate], near: Mapping[tuple[UUID, UUID], Alike]) -> _Changes:
    """What each pair asks for: a hit, a better strength for a known one, or a side that may learn of it only now."""
    known = _known_hits([c.pair for c in candidates])
    changes = _Changes([], [], [], [])
    for candidate in candidates:
        strength = rules.STRENGTH_OF_RANK[candidate.pair.rank]
        hit = known.get((candidate.pair.low, candidate.pair.high))
        if hit is None and any(rules.told(candidate.asker, candidate.holder)):
            weighed = near.get((candidate.pair.low, candidate.pair.high))
            changes.made.append(pairing(house, _new_hit(house, candidate, strength, weighed)))
        elif hit is not None:
            _known_hit(house, hit, strength, changes)
    return changes


def _known_hits(pairs: Sequence[index.Pair]) -> dict[tuple[UUID, UUID], Hit]:
    """Held until the end of the transaction; beside these pairs, others of the same records."""
    if not pairs:
        return {}
    lows, highs = array(list({pair.low for pair in pairs})), array(list({pair.high for pair in pairs}))
    found = held(Hit, "low = ANY (%s::uuid[]) AND high = ANY (%s::uuid[]) FOR UPDATE", lows, highs)
    return {(hit.low, hit.high): hit for hit in found}


def _new_hit(house: House, candidate: _Candidate, strength: Strength, weighed: Alike | None) -> Hit:
    state = HitState.BLIND_NOTIFIED
    if strength == Strength.WEAK:
        judge = rules.judge_of(candidate.asker, candidate.holder)
        state = HitState.ANALYST_REVIEW if judge and house.judge(judge) else state
    rules.check_hit_step(HitState.MATCHED, state)
    return Hit(
        low=candidate.pair.low,
        high=candidate.pair.high,
        asker=candidate.asker.record_id,
        strength=strength,
        state=state,
        content_allowed=candidate.content_allowed,
        weight=weighed.weight if weighed else None,
        model=weighed.model if weighed else "",
        at=house.now,
    )


def _known_hit(house: House, hit: Hit, strength: Strength, changes: _Changes) -> None:
    before = Strength(hit.strength)
    hit.strength = rules.strongest([before, strength])
    if strength != Strength.WEAK and hit.state in (HitState.ANALYST_REVIEW, HitState.FALSE_POSITIVE):
        rules.check_hit_step(HitState(hit.state), HitState.BLIND_NOTIFIED)
        hit.state = HitState.BLIND_NOTIFIED
        changes.reopened.append(pairing(house, hit))
    elif hit.state == HitState.ANALYST_REVIEW and not _has_judge(house, hit):
        # Silent, or closed to others, since it was put to him: the sides are left to speak, as far as they are told.
        rules.check_hit_step(HitState(hit.state), HitState.BLIND_NOTIFIED)
        hit.state = HitState.BLIND_NOTIFIED
        changes.reopened.append(pairing(house, hit))
    elif hit.strength != before:
        changes.stronger.append(pairing(house, hit))
    elif hit.state in (HitState.BLIND_NOTIFIED, HitState.POSITIVE):
        changes.retold.append(pairing(house, hit))


def _has_judge(house: House, hit: Hit) -> bool:
    """Whether somebody reads both records of a pair that waits for its judge, and has done so since he was asked."""
    judge = rules.judge_of(house.facts(hit.low), house.facts(hit.high))
    if judge is None or house.judge(judge) is None:
        return False
    # The database took the question from whoever lost one record for a while; nobody would answer it.
    return not Judgement.objects.filter(hit=hit, readers=[]).exists()


def _make(records: Sequence[MatchRecord], changes: _Changes, lane: str) -> None:
    """The journal, then the hits that are new."""
    with together():
        _journal(records, changes, lane)
        insert([p.hit for p in changes.made])


def _journal(records: Sequence[MatchRecord], changes: _Changes, lane: str) -> None:
    """The comparison, by hundred records, then the pairs that it joined: references only."""
    pairs = changes.all()
    for start in range(0, len(records), REFS_PER_ENTRY):
        part = records[start : start + REFS_PER_ENTRY]
        ids = {r.record_id for r in part}
        found = sum(1 for p in pairs if p.hit.low in ids or p.hit.high in ids)
        refs: list[Ref] = [(r.record_kind, r.record_id) for r in part]
        record(Operation.COMBINE, refs=refs, details={"lane": lane}, result_count=found)
    whole = REFS_PER_ENTRY // 3
    for start in range(0, len(pairs), whole):
        refs = [
            ref
            for p in pairs[start : start + whole]
            for ref in (
                ("pair", p.hit.id),
                (p.asker.record_kind, p.asker.record_id),
                (p.holder.record_kind, p.holder.record_id),
            )
        ]
        record(Operation.COMBINE, refs=refs, details={"told": "pairs"})


def _write(changes: _Changes) -> None:
    """What has become of the hits that were known."""
    changed = [*changes.reopened, *changes.stronger]
    if not changed and not changes.retold:
        return
    Hit.objects.bulk_update([p.hit for p in changed], ["strength", "state"])
    for one in changed:
        shown = rules.shown_strength(Strength(one.hit.strength), HitState(one.hit.state))
        # A side that may not be told of it today reads what it read before.
        HitSide.objects.filter(hit=one.hit, side__in=one.told()).update(strength=shown, state=one.hit.state)
    Judgement.objects.filter(hit_id__in=[p.hit.id for p in changes.reopened], state=JudgementState.ASKED).update(
        state=JudgementState.MOOT
    )
    # The channel opens again once both may speak of it.
    joined = [p.hit.id for p in (*changes.reopened, *changes.retold) if p.both_told]
    ContactThread.objects.filter(hit__in=joined, state=ContactState.CLOSED).update(state=ContactState.AVAILABLE)
    announce(
        [p.hit for p in changed], NoticeKind.HIT, only={(p.hit.id, side.value) for p in changed for side in p.told()}
    )


def _ask_judges(house: House, made: Iterable[Pairing], near: Mapping[tuple[UUID, UUID], Alike]) -> set[UUID]:
    """Put each weak pair to whoever may read both records; returns the hits that wait for him."""
    questions: list[Judgement] = []
    notices: list[Addressed] = []
    for one in made:
        judge = rules.judge_of(one.asker, one.holder) if one.hit.state == HitState.ANALYST_REVIEW else None
        chosen = house.judge(judge) if judge else None
        if chosen is None:
            continue
        unit, is_office = chosen
        weighed = near.get((one.hit.low, one.hit.high))
        key = reader_key(unit, Capacity.OFFICE if is_office else Capacity.CELL)
        question = Judgement(
            owner_unit_id=unit,
            readers=[key],
            hit=one.hit,
            first_kind=one.asker.record_kind,
            first_id=one.asker.record_id,
            second_kind=one.holder.record_kind,
            second_id=one.holder.record_id,
            at=house.now,
            steps=weighed.steps if weighed else [],
        )
        questions.append(question)
        notices.append(Addressed([key], NoticeKind.JUDGEMENT, ("judgement", question.id)))
    insert(questions)
    notify_many(notices)
    return {q.hit_id for q in questions}


def _settle(records: Sequence[MatchRecord], sides: Iterable[HitSide]) -> None:
    """Say which records have a hit that their own side was told of; for everybody else it is a no-hit (S-4)."""
    told = {(side.record_kind, side.record_id) for side in sides}
    pulled = {r.record_id for r in records if r.record_kind == rules.REPORT}
    reports = {i for kind, i in told if kind == rules.REPORT} | _told_before(pulled)
    if reports:
        settle(report_ids=sorted(reports), hit=True)
    if pulled - reports:
        settle(report_ids=sorted(pulled - reports), hit=False)
    # What an event is told of stands on its page; its reminder before it begins is its own comparison's.
    planned = {side.record_id for side in sides if side.record_kind == rules.EVENT}
    if planned:
        operations.queue_again(sorted(planned))
    targets = {i for kind, i in told if kind == registry.KIND}
    meeting.settle(targets | {r.record_id for r in records if r.record_kind == registry.KIND})


def _told_before(reports: Collection[UUID]) -> set[UUID]:
    """Of these those whose own side was told of a hit that lives."""
    if not reports:
        return set()
    sides = HitSide.objects.filter(record_id__in=among(reports)).exclude(state__in=rules.DEAD_HIT)
    return set(sides.values_list("record_id", flat=True))
