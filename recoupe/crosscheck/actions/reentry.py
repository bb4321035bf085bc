"""The index is made whole again: what it lacks, or holds under another model, is entered anew through the queue.

Where it stands is read from the index itself, so that a kill costs one page and two matchers do no harm. Meanwhile
identifiers are compared as ever, and people among those already entered: what is missed now is found at the end.
"""

import logging
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from recoupe.access import context
from recoupe.crosscheck import index, nearby, rules
from recoupe.crosscheck.engine import Engine
from recoupe.crosscheck.models import IndexEntry, IndexKey, IndexRecord, IndexState
from recoupe.intelligence.matching import deposited, queue_again
from recoupe.operations import matching as operations
from recoupe.targets import matching as registry

REASON = "contrôle de l'index du recoupement"
PAGE = 2_000
START = UUID(int=0)
_END = UUID(int=2**128 - 1)
_HUNDREDTH = 2**128 // 100
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """Up to which identifier the index was looked at, and how many records it lacked or held for nothing."""

    upto: UUID
    queued: int

    @property
    def whole(self) -> bool:
        """Nothing is left to look at."""
        return self.upto == _END


def begin(engine: Engine | None) -> None:
    """Before a sweep: files of another model, of another state of the base or damaged are replaced by empty ones."""
    with context.service("matcher", REASON):
        if engine is not None:
            _, state = nearby.ready(engine)
            nearby.tidy(state)
        IndexState.objects.get_or_create(id=1)
        IndexState.objects.filter(id=1).update(swept=0)


def sweep(engine: Engine | None, after: UUID) -> Swept:
    """Look at one page of what is deposited; queue what the index lacks, and take out what is deposited no more."""
    with context.service("matcher", REASON):
        wanted = deposited(after, PAGE)
        upto = wanted[-1] if len(wanted) == PAGE else _END
        between = IndexRecord.objects.filter(record_id__gt=after, record_id__lte=upto, record_kind=rules.REPORT)
        held = dict(between.values_list("record_id", "likeness"))
        mark = engine.mark if engine else None
        lacking = [one for one in wanted if one not in held or (mark is not None and held[one] != mark)]
        stale = sorted(held.keys() - set(wanted))
        queued = queue_again([*lacking, *stale]) if lacking or stale else 0
        swept = min(100, upto.int // _HUNDREDTH)
        state = IndexState.objects.filter(id=1)
        state.update(swept=swept)
        if upto == _END:
            state.update(whole_at=timezone.now())
        elif queued:
            state.update(whole_at=None)
    if queued:
        log.warning("matcher: %s records entered again, %s %% of the index looked at", queued, swept)
    return Swept(upto, queued)


def sweep_targets(engine: Engine | None) -> int:
    """The same for the registry, whole at once by pages; how many it lacked or held for nothing."""
    after, queued = START, 0
    with context.service("matcher", REASON):
        mark = engine.mark if engine else None
        while after != _END:
            wanted = registry.held(after, PAGE)
            upto = wanted[-1] if len(wanted) == PAGE else _END
            between = IndexRecord.objects.filter(record_id__gt=after, record_id__lte=upto, record_kind=registry.KIND)
            held = dict(between.values_list("record_id", "likeness"))
            lacking = [one for one in wanted if one not in held or (mark is not None and held[one] != mark)]
            stale = sorted(held.keys() - set(wanted))
            queued += registry.queue_again([*lacking, *stale]) if lacking or stale else 0
            after = upto
    return queued


def start_over() -> None:
    """Forget the whole index, its key's mark included: the next matcher enters everything under the key it finds."""
    with context.service("matcher", REASON):
        index.alone()
        nearby.alone()
        state, _ = IndexState.objects.get_or_create(id=1)
        nearby.empty(state)
        state.save()
        _clear(IndexEntry, IndexRecord, IndexKey)
        operations.queue_live()


def _clear(*tables: type[Model]) -> None:
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM {table._meta.db_table}")  # noqa: S608
