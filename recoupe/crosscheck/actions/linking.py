"""Whole holdings compared at once (`recoupe link`): what it finds goes through the same door as what was just entered.

Records that tell nobody are left out: they are compared as they are entered, and no batch says that they are there.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import connection

from recoupe.access import context
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import index, nearby, rules, waterfall
from recoupe.crosscheck.actions.pull import Pulled, _ask_judges, _make, _permitted, _sort_out, _write
from recoupe.crosscheck.actions.telling import tell
from recoupe.crosscheck.engine import Engine
from recoupe.crosscheck.house import House
from recoupe.crosscheck.likeness.packing import Packing
from recoupe.crosscheck.models import Hit
from recoupe.crosscheck.nearby import Alike
from recoupe.intelligence.actions import settle
from recoupe.kernel.selectors import Strength
from recoupe.matching.conditions import Row

REASON = "recoupement de tout ce qui est déposé"
AT_ONCE = 5_000
PAIRS_AT_ONCE = 200

# Of these records those of whom others may be told, entered under this engine.
_TOLD = """
    SELECT r.record_id, r.unit_id FROM crosscheck_indexrecord r JOIN reference_unit u ON u.id = r.unit_id
     WHERE r.record_id = ANY (%s::uuid[]) AND r.likeness = %s AND r.tells_other AND NOT u.silent
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a record of the index names, unsealed; `name`: the record, and which of those whom it names."""

    name: str
    record_id: UUID
    unit_id: UUID
    row: Row


def people(engine: Engine) -> Iterator[list[Person]]:
    """Everybody who was entered under this engine and of whom others may be told, in blocks."""
    with context.service("matcher", REASON):
        store = nearby.held(engine)
        parts = [(part.source, part.living().copy()) for part in store.parts] if store else []
    if store is None:
        return
    packing, nth = Packing(store.kind.columns, store.kind.common), Counter[UUID]()
    for source, alive in parts:
        for first in range(0, alive.size, AT_ONCE):
            past = min(first + AT_ONCE, alive.size)
            living = np.flatnonzero(alive[first:past])
            records = [UUID(bytes=record.tobytes()) for record in source.people.records[first:past][living]]
            with context.service("matcher", REASON):
                units = _told(engine, records)
                record(Operation.COMBINE, details={"lane": "link"}, result_count=len(records))
            packed = source.packed(first, past)
            block = []
            for at, record_id in zip(living.tolist(), records, strict=True):
                if record_id in units:
                    name = f"{record_id}.{nth[record_id]}"
                    block.append(Person(name, record_id, units[record_id], packing.unpack(packed[at])))
                nth[record_id] += 1
            yield block


def _told(engine: Engine, records: Sequence[UUID]) -> dict[UUID, UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, [list(set(records)), engine.mark])
        return dict(cursor.fetchall())


def _read(engine: Engine, records: Sequence[UUID]) -> dict[str, Person]:
    """Whomever these records name today."""
    store = nearby.held(engine)
    if store is None:
        return {}
    units = _told(engine, records)
    packing = Packing(store.kind.columns, store.kind.common)
    found = {}
    for record_id, unit in units.items():
        for nth, number in enumerate(sorted(store.numbers_of([record_id.bytes]))):
            one = Person(f"{record_id}.{nth}", record_id, unit, packing.unpack(store.packed(number)))
            found[one.name] = one
    return found


def propose(engine: Engine, pairs: Sequence[tuple[str, str]]) -> Pulled:
    """Make what these pairs of people call for: a hit that somebody judges; never more than that, and each pair once.

    They are weighed again: whoever was erased, corrected or made silent since is proposed to nobody.
    """
    with context.service("matcher", REASON):
        index.share()
        names = sorted({name for pair in pairs for name in pair})
        # No pull makes the same hit meanwhile: the index is held to the end.
        found = _read(engine, [UUID(name.partition(".")[0]) for name in names])
        near = _weighed(engine, found, pairs)
        known = _known(near)
        near = {pair: alike for pair, alike in near.items() if pair not in known}
        weak = rules.STRENGTH_RANK[Strength.WEAK]
        house = House.of(i for pair in near for i in pair)
        changes = _sort_out(house, _permitted(house, [index.Pair(low, high, weak) for low, high in near]), near)
        _make((), changes, "link")
        _write(changes)
        judged = _ask_judges(house, changes.made, near)
        sides = tell(house, [one for one in changes.all() if one.hit.id not in judged])
        if sides:
            settle(report_ids=sorted({side.record_id for side in sides}), hit=True)
        return Pulled(len(names), len(changes.made), len(sides))


def _known(near: Iterable[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Pairs that are hits already: what was said of them stands."""
    wanted = list(near)
    rows = Hit.objects.filter(low__in={low for low, _ in wanted}, high__in={high for _, high in wanted})
    return set(rows.values_list("low", "high")) & set(wanted)


def _weighed(
    engine: Engine, found: Mapping[str, Person], pairs: Iterable[tuple[str, str]]
) -> dict[tuple[UUID, UUID], Alike]:
    """The best pair of people of each two records of two units, where something is proposed (S-1, S-2)."""
    best: dict[tuple[UUID, UUID], Alike] = {}
    for first, second in pairs:
        one, two = found.get(first), found.get(second)
        if one is None or two is None or one.unit_id == two.unit_id:
            continue
        weighed = engine.asking(one.row).proposed(two.row)
        pair = min(one.record_id, two.record_id), max(one.record_id, two.record_id)
        if weighed and (pair not in best or best[pair].weight < weighed.weight):
            best[pair] = Alike(*pair, weighed.weight, waterfall.written(weighed), engine.name)
    return best
