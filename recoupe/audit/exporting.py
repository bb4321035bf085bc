"""An export that anybody can verify without us: each entry with its salt, its place and the way to a signed root.

The format is that of docs/JOURNAL.md; docs/journal/verify.py reads it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from recoupe.audit.inspection import KEPT_YEARS, years_before
from recoupe.audit.kept import announced
from recoupe.audit.merkle import consistency_path, inclusion_path
from recoupe.audit.notes import Checkpoint, read
from recoupe.audit.tree import stored
from recoupe.config.paths import notary_folder

FORMAT = "recoupe-journal/1"
AT_ONCE = 1_000
# What an inspector may hold of a witness: the newest stored checkpoints, each with its way to the head.
EARLIER = 1_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries; empty means all."""

    since: datetime | None = None
    until: datetime | None = None
    actor: UUID | None = None
    ref: str = ""
    operation: str = ""


class NothingSignedError(Exception):
    """No checkpoint was signed yet: there is nothing that an export could be held against."""


def latest() -> Checkpoint:
    """The last signed checkpoint, with the signatures that it has."""
    found = _signed(1)
    if not found:
        raise NothingSignedError
    return found[0]


def _signed(count: int, before: datetime | None = None) -> list[Checkpoint]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit.signed(%s::integer, %s::timestamptz)", [count, before])
        return [read(note) for (note,) in cursor.fetchall()]


def export(wanted: Selection, earlier: Sequence[Checkpoint] = ()) -> Iterator[dict[str, Any]]:
    """The lines of an export: its head, the entries, then how each earlier checkpoint leads to the one of the head.

    Those given, the newest stored ones, and the one that proves the age of what was erased at its term.
    """
    head = latest()
    subtree = stored()
    yield {"format": FORMAT, "checkpoint": head.note}
    count = 0
    for index, salt, said, leaf in _entries(wanted, head.size):
        path = [step.hex() for step in inclusion_path(index, head.size, subtree)]
        kept = {"leaf": bytes(leaf).hex()} if said is None else {"salt": salt.bytes.hex(), "said": said}
        yield {"index": index, **kept, "path": path}
        count += 1
    for point in _earlier(head, earlier):
        if point.size <= head.size:
            steps = consistency_path(point.size, head.size, subtree) if point.size else []
            yield {"earlier": point.note, "path": [step.hex() for step in steps]}
    yield {"end": count}


def _earlier(head: Checkpoint, given: Sequence[Checkpoint]) -> list[Checkpoint]:
    """Each size once, what a witness keeps before what is stored here; and every announcement of a key."""
    bound = years_before(datetime.fromtimestamp(head.at, UTC), KEPT_YEARS)
    sizes: dict[int, Checkpoint] = {}
    for point in (*given, *_signed(EARLIER), *_signed(1, bound)):
        if not point.keys:
            sizes.setdefault(point.size, point)
    turns = {point.body: point for point in (*given, *announced(notary_folder())) if point.keys and point.at <= head.at}
    return sorted((*sizes.values(), *turns.values()), key=lambda point: (point.size, point.at))


def _entries(wanted: Selection, size: int) -> Iterator[tuple[int, UUID, str | None, bytes]]:
    """Index, salt, text and leaf of each entry under the checkpoint; erased ones when all is asked for."""
    query = """
        SELECT * FROM audit.exported(%s::bigint, %s::bigint, %s::timestamptz, %s::timestamptz, %s::uuid, %s::text,
            %s::text, %s::integer)
    """
    asked = [wanted.since, wanted.until, wanted.actor, wanted.operation, wanted.ref, AT_ONCE]
    start = -1
    while True:
        with connection.cursor() as cursor:
            cursor.execute(query, [start, size, *asked])
            found = cursor.fetchall()
        yield from found
        if len(found) < AT_ONCE:
            return
        start = found[-1][0]


def written(lines: Iterator[dict[str, Any]]) -> Iterator[str]:
    """One JSON object a line."""
    for line in lines:
        yield json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
