"""An intruder who sends any statement as the application, under the session of an agent (T10)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors

from tests.world import TestAgent, World

Row = tuple[Any, ...]
# What the database answers to an attack that it stops.
STOPPED = (errors.InsufficientPrivilege, errors.CheckViolation)


@contextmanager
def injected(world: World, who: TestAgent, role: str = "recoupe_app") -> Iterator[psycopg.Connection[Row]]:
    """A committed transaction of the application's role, its context open and a line in the journal."""
    with psycopg.connect(world.url(role)) as connection:
        connection.execute("SELECT access.open(%s)", [who.token])
        connection.execute("SELECT audit.record('modify', ARRAY['attack:1'], '{}', '{}', NULL, NULL)")
        yield connection


def stopped(world: World, who: TestAgent, statement: str, *params: Any) -> bool:
    """Whether the statement is refused, or changes no row."""
    try:
        with injected(world, who) as connection:
            return connection.execute(statement.encode(), params).rowcount < 1
    except STOPPED:
        return True
