"""Statements on a few records are planned once for a connection; on many, for what each is given."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from recoupe.crosscheck import plans
from recoupe.crosscheck.actions import pull_targets
from tests.crosscheck.scene import new_phone
from tests.targets.builders import Registry
from tests.world import World

ASKED = "SELECT %s::integer"


@contextmanager
def asked(records: int, times: int = 3) -> Iterator[None]:
    with transaction.atomic(), plans.kept(records), connection.cursor() as cursor:
        for number in range(times):
            cursor.execute(ASKED, [number])
        yield


def kept() -> list[tuple[Any, ...]]:
    """How often each kept plan was used as it stands, and made anew."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1::integer%'"
        )
        return list(cursor.fetchall())


def test_the_plan_of_a_few_records_is_made_once(world: World) -> None:
    with world.process("matcher"):
        with asked(plans.FEW):
            assert kept() == [(2, 0)]
        with asked(plans.FEW):
            assert kept() == [(5, 0)]


def test_of_many_records_each_list_has_its_own_plan(world: World) -> None:
    with world.process("matcher"), asked(plans.FEW + 1):
        assert kept() == []


@pytest.mark.parametrize("fails", [False, True])
def test_what_follows_the_transaction_keeps_no_plan(world: World, fails: bool) -> None:
    with world.process("matcher"):
        try:
            with asked(1, times=0):
                assert not fails, "as a record that cannot be compared"
        except AssertionError:
            assert fails
        with transaction.atomic(), connection.cursor() as cursor:
            for number in range(3):
                cursor.execute(ASKED, [number])
            assert kept() == []
            cursor.execute("SELECT current_setting('plan_cache_mode') || current_setting('enable_seqscan')")
            assert cursor.fetchone() == ("autoon",)


def test_registrations_one_by_one_are_compared_by_plans_that_are_kept(world: World) -> None:
    registry, phone = Registry(world), new_phone()
    for by in (registry.police, registry.customs, registry.police):
        registry.registered(by=by, phones=(phone,))
    with world.process("matcher"):
        assert [pull_targets(1).hits for _ in range(2)] == [0, 1]
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE generic_plans > 0")
            assert cursor.fetchone()[0] > 10
        plans.forget()
        assert pull_targets(1).hits == 1
