"""Folding: postings entered since go from their table into the packed pages, a part at a time, whole or not at all.

A kill between two parts loses nothing: what is not folded is still in its table, and the next matcher goes on.
"""

import numpy as np
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from recoupe.crosscheck import nearby
from recoupe.crosscheck.engine import Engine
from recoupe.crosscheck.models import IndexPart, IndexState
from recoupe.crosscheck.pages import BUCKETS, CLOSED, LOW, Part
from recoupe.crosscheck.rules import BLOCK_HOLDERS

PARTS = 64
_WIDTH = BUCKETS // PARTS
# Postings that wait: at least so many, and a sixteenth of those in pages, so that pages are not rewritten for few.
LEAST_FRESH = 200_000
SHARE_FRESH = 16
# People gone since the pages were last read: their postings are taken out once so many lead nowhere.
MOST_DROPPED = 5_000
_FRESH = """
    DELETE FROM crosscheck_indexblock WHERE key >= %s AND key < %s
    RETURNING key, CASE WHEN open THEN subject ELSE %s + subject END
"""
_PAGES = "SELECT bucket, postings FROM crosscheck_indexpage WHERE bucket >= %s AND bucket < %s ORDER BY bucket"
_WRITE = """
    INSERT INTO crosscheck_indexpage (bucket, postings) SELECT * FROM unnest(%s::integer[], %s::bytea[])
    ON CONFLICT (bucket) DO UPDATE SET postings = excluded.postings
"""
_LIVING = "SELECT id FROM crosscheck_indexsubject WHERE id = ANY (%s::integer[]) ORDER BY id"
_EMPTY = "DELETE FROM crosscheck_indexpage WHERE bucket = ANY (%s::integer[])"


def fold(engine: Engine) -> bool:
    """Fold the next part where a fold is due or under way, in a transaction of its own; whether it did."""
    state = IndexState.objects.filter(id=1).first()
    if state is None or (state.part is None and not _due(state)):
        return False
    with transaction.atomic():
        nearby.alone()
        state = IndexState.objects.get(id=1)
        number = state.part or 0
        if number == 0:
            state.purging = state.dropped
        part, folded = _folded(number, purging=state.purging > 0)
        state.fresh -= folded
        state.part = number + 1 if number + 1 < PARTS else None
        if state.part is None:
            # Whoever left while the parts were folded waits for the next time.
            state.dropped, state.purging = state.dropped - state.purging, 0
        state.save(update_fields=["fresh", "dropped", "purging", "part"])
        names = {rank: name for name, rank in engine.functions.items()}
        full = {names.get(rank, str(rank)): count for rank, count in part.full_by_function().items()}
        found = {"postings": len(part.keys), "full": full, "folded_at": timezone.now()}
        IndexPart.objects.update_or_create(part=number, defaults=found)
    return True


def full_blocks() -> dict[str, int]:
    """How many blocks too many share, by the function that makes them; never their key, which is somebody's name."""
    found: dict[str, int] = {}
    for part in IndexPart.objects.all():
        for name, count in part.full.items():
            found[name] = found.get(name, 0) + count
    return found


def _due(state: IndexState) -> bool:
    folded = IndexPart.objects.aggregate(all=Sum("postings"))["all"] or 0
    return state.fresh >= max(LEAST_FRESH, folded // SHARE_FRESH) or state.dropped >= MOST_DROPPED


def _folded(number: int, *, purging: bool) -> tuple[Part, int]:
    """One part as its pages now hold it, and how many postings came out of the table of fresh ones."""
    first, past = number * _WIDTH, (number + 1) * _WIDTH
    with connection.cursor() as cursor:
        cursor.execute(_PAGES, [first, past])
        held = [(bucket, bytes(page)) for bucket, page in cursor.fetchall()]
        cursor.execute(_FRESH, [first << LOW, past << LOW, CLOSED])
        fresh = cursor.fetchall()
        part = Part.of(held, fresh)
        if purging:
            cursor.execute(_LIVING, [part.people()])
            part = part.without_the_gone(np.array([number for (number,) in cursor.fetchall()], np.int64))
        part = part.bounded(BLOCK_HOLDERS)
        made = part.pages()
        cursor.execute(_WRITE, [[bucket for bucket, _ in made], [page for _, page in made]])
        cursor.execute(_EMPTY, [sorted({bucket for bucket, _ in held} - {bucket for bucket, _ in made})])
    return part, len(fresh)
