"""Rows by the hand: written in one journey, all or none; read whole by a condition of ours."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from recoupe.access import context
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.crosscheck.bulk import array, held, insert, together
from recoupe.crosscheck.enums import HitState
from recoupe.crosscheck.models import Hit
from recoupe.kernel.selectors import Strength
from tests.world import World


def hit() -> Hit:
    low, high = sorted((uuid4(), uuid4()))
    return Hit(
        low=low, high=high, asker=low, strength=Strength.STRONG, state=HitState.BLIND_NOTIFIED, content_allowed=False,
        at=timezone.now(),
    )  # fmt: skip


def written(*blocks: list[Hit]) -> None:
    with context.service("matcher", "essai"), together():
        record(Operation.COMBINE, refs=[("pair", one.id) for block in blocks for one in block])
        for block in blocks:
            insert(block)


def test_what_is_written_together_is_read_whole(world: World) -> None:
    one, two = hit(), hit()
    with world.process("matcher"):
        written([one], [two])
        found = held(Hit, "id = ANY (%s::uuid[]) ORDER BY low", array([one.id, two.id]))
    assert [(row.id, row.at, row.state) for row in found] == [
        (row.id, row.at, row.state) for row in sorted((one, two), key=lambda row: row.low)
    ]
    assert not found[0]._state.adding


def test_one_that_fails_takes_the_others_with_it_and_is_told_in_the_words_of_django(world: World) -> None:
    one = hit()
    again = Hit(**{name: getattr(one, name) for name in ("low", "high", "asker", "strength", "state", "at")},
                content_allowed=True)  # fmt: skip
    with world.process("matcher"):
        with pytest.raises(IntegrityError, match="crosscheck_hit_once"):
            written([one], [again])
        with transaction.atomic():
            assert held(Hit, "id = %s", one.id) == []
