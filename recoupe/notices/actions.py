"""Telling somebody that something waits for him, and taking it off his list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.notices.models import Notice

Ref = tuple[str, UUID]


@dataclass(frozen=True, slots=True)
class Addressed:
    """One notice before it is written: to each holder of one of `keys`, about `ref`, to be dealt with by `due`."""

    keys: Iterable[int]
    kind: str
    ref: Ref
    due: datetime | None = None


def notify(keys: Iterable[int], kind: str, ref: Ref, due: datetime | None = None) -> None:
    """Leave one notice for each key; the caller has written its journal entry in this transaction."""
    notify_many([Addressed(keys, kind, ref, due)])


def notify_many(notices: Iterable[Addressed]) -> None:
    """Leave several notices in one statement; one that already waits unseen is not doubled."""
    now = timezone.now()
    rows = [
        Notice(key=key, kind=n.kind, record_kind=n.ref[0], record_id=n.ref[1], at=now, due_at=n.due)
        for n in notices
        for key in sorted(set(n.keys))
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def mark_seen(*, by: Agent, refs: Sequence[Ref], kinds: Iterable[str] = ()) -> int:
    """Take what concerns these objects off the list of the agent's keys (of these kinds, or of all)."""
    waiting = Notice.objects.filter(record_id__in=[record_id for _, record_id in refs], seen_at__isnull=True)
    if wanted := list(kinds):
        waiting = waiting.filter(kind__in=wanted)
    if not waiting.exists():
        return 0
    record(Operation.MODIFY, refs=list(refs), details={"notice": "seen"})
    return waiting.update(seen_at=timezone.now())
