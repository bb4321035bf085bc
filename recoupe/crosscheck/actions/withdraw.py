"""Erasure reaches the cross-check: the record leaves the index; the other side of its hits reads « closed »."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Q

from recoupe.access import context, feed
from recoupe.audit.actions import REFS_PER_ENTRY, Ref, record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import index, meeting, rules
from recoupe.crosscheck.actions.telling import LEARNT, announce
from recoupe.crosscheck.enums import ContactState, HitState, JudgementState, NoticeKind
from recoupe.crosscheck.models import ContactThread, Hit, HitSide, Judgement
from recoupe.intelligence.matching import withdrawn_of, withdrawn_since
from recoupe.targets import matching as registry

REASON = "retrait du recoupement des enregistrements effacés"
WITHDRAWN_AT_ONCE = 100


def withdraw(limit: int = WITHDRAWN_AT_ONCE) -> int:
    """Take out of the index what was erased since, and close its hits; returns how many records left."""
    with context.service("matcher", REASON):
        return _forget(withdrawn_since(limit))


def withdraw_lines(lines: Sequence[UUID]) -> int:
    """The same for these lines of the queue, those that failed before included."""
    with context.service("matcher", REASON):
        return _forget(withdrawn_of(lines))


def withdraw_targets(limit: int = WITHDRAWN_AT_ONCE) -> int:
    """The same for registrations that ended since; whom they met is no longer in conflict with them."""
    with context.service("matcher", REASON):
        return _forget(registry.withdrawn_since(limit), registry.KIND)


def settle_targets() -> None:
    """Registrations whose services have settled their conflict since, or whose other side has left."""
    with context.service("matcher", REASON):
        waiting = registry.in_conflict()
        over = sorted(set(waiting) - meeting.in_conflict(waiting))
        # Asked each second: a conflict that stands is neither written nor said again.
        if over:
            record(Operation.COMBINE, refs=[(registry.KIND, i) for i in over], details={"lane": registry.LANE})
            registry.settle(over, conflict=False)


def _forget(erased: Sequence[UUID], kind: str = "report") -> int:
    if not erased:
        return 0
    # A pull that read one of these records before its erasure must have written it before we take it out.
    index.alone()
    index.forget(erased)
    concerned = Hit.objects.filter(Q(low__in=erased) | Q(high__in=erased)).exclude(state=HitState.CLOSED)
    hits = list(concerned.select_for_update().order_by("id"))
    _journal(erased, hits, kind)
    ids = [hit.id for hit in hits]
    _close(ids, erased)
    announce(hits, NoticeKind.HIT_CLOSED, but=erased)
    return len(erased)


def _journal(erased: Sequence[UUID], hits: Sequence[Hit], kind: str) -> None:
    gone: list[Ref] = [(kind, identifier) for identifier in erased]
    record(Operation.ERASE, refs=gone, details={"what": "index"}, result_count=len(hits))
    for start in range(0, len(hits), REFS_PER_ENTRY):
        pairs: list[Ref] = [("pair", hit.id) for hit in hits[start : start + REFS_PER_ENTRY]]
        record(Operation.ERASE, refs=pairs, details={"state": HitState.CLOSED.value})
    for hit in hits:
        rules.check_hit_step(HitState(hit.state), HitState.CLOSED)


def _close(hit_ids: Sequence[UUID], erased: Sequence[UUID]) -> None:
    """The hit, its question, its contact and what was asked in it; then what each side knew of the other."""
    Hit.objects.filter(id__in=hit_ids).update(state=HitState.CLOSED)
    Judgement.objects.filter(hit__in=hit_ids, state=JudgementState.ASKED).update(state=JudgementState.MOOT)
    close_contacts(hit_ids)
    sides = HitSide.objects.filter(hit__in=hit_ids)
    sides.update(state=HitState.CLOSED, **dict.fromkeys(LEARNT, ""))
    # The side of the erased record goes with it: nobody reads it, nobody finds it in his list.
    gone = list(sides.filter(record_id__in=erased).values_list("id", "at"))
    sides.filter(record_id__in=erased).update(readers=[])
    for side_id, at in gone:
        feed.republish("hit", side_id, at, [])


def close_contacts(hit_ids: Sequence[UUID]) -> None:
    """What two services wrote to each other stays with them; a channel that nobody used forgets whom it joined."""
    threads = ContactThread.objects.filter(hit__in=hit_ids)
    threads.filter(state=ContactState.AVAILABLE).update(asker_name="", holder_name="")
    closing = list(threads.filter(state__in=rules.CLOSABLE_CONTACT).values_list("id", flat=True))
    threads.filter(id__in=closing).update(state=ContactState.CLOSED)
    with connection.cursor() as cursor:
        cursor.execute("SELECT crosscheck.take_back(%s::uuid[])", [closing])
