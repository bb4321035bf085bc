"""Who is like somebody among what one session reads: hidden records neither take a place nor count (R-26)."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db import connection
from django.utils import timezone

from recoupe.crosscheck import waterfall
from recoupe.crosscheck.bulk import array
from recoupe.crosscheck.engine import Engine
from recoupe.crosscheck.likeness.packing import Packing
from recoupe.crosscheck.likeness.parts import View
from recoupe.crosscheck.likeness.ranking import ranked_among
from recoupe.crosscheck.nearby import seen
from recoupe.crosscheck.question import Chance, Found
from recoupe.crosscheck.rules import BLOCK_HOLDERS, CANDIDATES_WEIGHED
from recoupe.kernel.matchable import Subject
from recoupe.matching.chance import magnitude, strangers
from recoupe.matching.conditions import Row
from recoupe.matching.kinds.names import COMPARISON as NAME
from recoupe.matching.score import Asking, Score

# As many as one looks at: whoever is further away is not the one who is meant.
TOP = 5
# Of those that the base holds under this engine, as everywhere: nobody is shown another.
_READABLE = """
    SELECT r FROM crosscheck.readable(ARRAY(
        SELECT i.record_id FROM crosscheck_indexrecord i WHERE i.record_id = ANY (%s::uuid[]) AND i.likeness = %s)) AS r
"""


def find(
    engine: Engine, people: Sequence[Subject], *, loosely: bool, most: int = TOP
) -> tuple[tuple[tuple[Found, ...], ...], tuple[Chance, ...]] | None:
    """For each of these people, under the context of `crosscheck.ask`: whom it reads, and what chance gives.

    None where the files of the index do not serve.
    """
    index = seen(engine)
    if index is None:
        return None
    view, held = index
    today, among = timezone.localdate(), magnitude(held)
    packing = Packing(view.kind.columns, view.kind.common)
    found, chances = [], []
    for row in (engine.row(one, today) for one in people):
        asking = engine.asking(row)
        weighed = _weighed(asking, _read(view, packing, _shared(engine, view, row)), loosely)
        found.append(tuple(Found(record, tuple(waterfall.written(score))) for record, score in weighed[:most]))
        names = tuple(trained.comparison.name for trained in asking.model.comparisons)
        chances.append(Chance(names, strangers(asking.model, among) if names else 0.0, among))
    return tuple(found), tuple(chances)


def _shared(engine: Engine, view: View, row: Row) -> list[tuple[int, UUID]]:
    """Those of the context's own reading who share most, and what fewest of them share."""
    held, named = view.look(engine.blocks(row))
    mine = _readable(engine, {number: UUID(bytes=record) for number, record in named.items()})
    return [(number, mine[number]) for number in ranked_among(held, mine, BLOCK_HOLDERS, CANDIDATES_WEIGHED)]


def _readable(engine: Engine, records: Mapping[int, UUID]) -> Mapping[int, UUID]:
    """Of these numbers those that stand for somebody whom the context reads and may be told the name of."""
    with connection.cursor() as cursor:
        cursor.execute(_READABLE, [array(list(set(records.values()))), engine.mark])
        read = {record for (record,) in cursor.fetchall()}
    return {number: record for number, record in records.items() if record in read}


def _read(view: View, packing: Packing, wanted: Iterable[tuple[int, UUID]]) -> list[tuple[UUID, Row]]:
    found = ((record, view.packed_of(number, record.bytes)) for number, record in wanted)
    return [(record, packing.unpack(packed)) for record, packed in found if packed is not None]


def _weighed(asking: Asking, others: Iterable[tuple[UUID, Row]], loosely: bool) -> list[tuple[UUID, Score]]:
    """The records that name somebody alike, each by who is likest in it, the likest first."""
    best: dict[UUID, Score] = {}
    for record, theirs in others:
        score = asking.proposed(theirs)
        if score is None and loosely:
            score = _named_alike(asking.score(theirs))
        if score and (record not in best or best[record].weight < score.weight):
            best[record] = score
    return sorted(best.items(), key=lambda one: (-one[1].weight, one[0]))


def _named_alike(score: Score) -> Score | None:
    """Whoever looks for a name means it: one that is alike is shown. An identifier that is nearly the same never is."""
    agrees = any(part.agrees and part.comparison is NAME for part in score.parts)
    return score if agrees else None
