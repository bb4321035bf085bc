"""The schema loads, its policies apply, and the queue's functions belong to the matcher alone."""

import psycopg
import pytest

from tests.world import World


@pytest.mark.parametrize("role", ["recoupe_app", "recoupe_worker", "recoupe_signin", "recoupe_portal"])
def test_only_the_matcher_takes_from_the_queue(world: World, role: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        world.sql("SELECT * FROM intelligence.take('express', 1)", role=role)


@pytest.mark.parametrize("role", ["recoupe_app", "recoupe_worker", "recoupe_matcher"])
def test_nobody_reads_the_queue_nor_the_count_of_deposits(world: World, role: str) -> None:
    for table in ("intelligence_outbox", "intelligence_depositcount"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            world.sql(f"SELECT count(*) FROM {table}", role=role)


def test_the_application_role_cannot_read_reader_keys(world: World) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        world.sql("SELECT readers FROM intelligence_report", role="recoupe_app")
