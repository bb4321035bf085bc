"""Whole holdings compared at once (`recoupe link`): what it finds goes through the same door as what was just entered.

Records that tell nobody are left out: they are compared as they are entered, and no batch says that they are there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from recoupe.access import context
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import index, nearby, rules, waterfall
from recoupe.crosscheck.actions.pull import Pulled, _ask_judges, _journal, _permitted, _sort_out, _write
from recoupe.crosscheck.actions.telling import tell
from recoupe.crosscheck.engine import Engine
from recoupe.crosscheck.house import House
from recoupe.crosscheck.models import Hit
from recoupe.crosscheck.nearby import Alike
from recoupe.intelligence.actions import settle
from recoupe.kernel.selectors import Strength
from recoupe.matching.conditions import Row

REASON = "recoupement de tout ce qui est déposé"
AT_ONCE = 5_000
PAIRS_AT_ONCE = 200

_PEOPLE = """
    SELECT s.id, s.record_id, r.unit_id, s.sealed
      FROM crosscheck_indexsubject s
      JOIN crosscheck_indexrecord r ON r.record_id = s.record_id AND r.likeness = %s
      JOIN reference_unit u ON u.id = r.unit_id
     WHERE s.id > %s AND r.tells_other AND NOT u.silent
     ORDER BY s.id LIMIT %s
"""
_AGAIN = """
    SELECT s.id, s.record_id, r.unit_id, s.sealed
      FROM crosscheck_indexsubject s
      JOIN crosscheck_indexrecord r ON r.record_id = s.record_id AND r.likeness = %s
      JOIN reference_unit u ON u.id = r.unit_id
     WHERE s.id = ANY (%s::integer[]) AND r.tells_other AND NOT u.silent
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a record of the index names, unsealed."""

    number: int
    record_id: UUID
    unit_id: UUID
    row: Row


def people(engine: Engine) -> Iterator[list[Person]]:
    """Everybody who was entered under this engine and of whom others may be told, in blocks."""
    last = -1
    while True:
        with context.service("matcher", REASON):
            block = _read(engine, _PEOPLE, [engine.mark, last, AT_ONCE])
            if not block:
                return
            record(Operation.COMBINE, details={"lane": "link"}, result_count=len(block))
        last = block[-1].number
        yield block


def propose(engine: Engine, pairs: Sequence[tuple[int, int]]) -> Pulled:
    """Make what these pairs of people call for: a hit that somebody judges; never more than that, and each pair once.

    They are weighed again: whoever was erased, corrected or made silent since is proposed to nobody.
    """
    with context.service("matcher", REASON):
        index.share()
        # No pull makes the same hit meanwhile.
        nearby.alone()
        numbers = sorted({number for pair in pairs for number in pair})
        found = {one.number: one for one in _read(engine, _AGAIN, [engine.mark, numbers])}
        near = _weighed(engine, found, pairs)
        known = _known(near)
        near = {pair: alike for pair, alike in near.items() if pair not in known}
        weak = rules.STRENGTH_RANK[Strength.WEAK]
        house = House.of(i for pair in near for i in pair)
        changes = _sort_out(house, _permitted(house, [index.Pair(low, high, weak) for low, high in near]), near)
        _journal((), changes, "link")
        _write(changes)
        judged = _ask_judges(house, changes.made, near)
        sides = tell(house, [one for one in changes.all() if one.hit.id not in judged])
        if sides:
            settle(report_ids=sorted({side.record_id for side in sides}), hit=True)
        return Pulled(len(numbers), len(changes.made), len(sides))


def _known(near: Iterable[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Pairs that are hits already: what was said of them stands."""
    wanted = list(near)
    rows = Hit.objects.filter(low__in={low for low, _ in wanted}, high__in={high for _, high in wanted})
    return set(rows.values_list("low", "high")) & set(wanted)


def _weighed(
    engine: Engine, found: Mapping[int, Person], pairs: Iterable[tuple[int, int]]
) -> dict[tuple[UUID, UUID], Alike]:
    """The best pair of people of each two records of two units, where something is proposed (S-1, S-2)."""
    best: dict[tuple[UUID, UUID], Alike] = {}
    for first, second in pairs:
        one, two = found.get(first), found.get(second)
        if one is None or two is None or one.unit_id == two.unit_id:
            continue
        weighed = engine.proposed(one.row, two.row)
        pair = min(one.record_id, two.record_id), max(one.record_id, two.record_id)
        if weighed and (pair not in best or best[pair].weight < weighed.weight):
            best[pair] = Alike(*pair, weighed.weight, waterfall.written(weighed), engine.name)
    return best


def _read(engine: Engine, query: str, params: list[Any]) -> list[Person]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return [
            Person(number, record_id, unit, engine.unseal(bytes(sealed), record_id))
            for number, record_id, unit, sealed in cursor.fetchall()
        ]
