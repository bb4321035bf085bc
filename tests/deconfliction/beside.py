"""The file beside the journal: the journal refuses, readings of the watch desk, what it then takes in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recoupe.access import context
from recoupe.audit import aside
from tests.world import TestAgent, World


@contextmanager
def refusing(world: World) -> Iterator[None]:
    """The journal refuses: its witnesses are missing."""
    world.demand_witnesses()
    try:
        yield
    finally:
        world.declare_unwitnessed()


def append(path: Path, reader: TestAgent, times: int = 1) -> None:
    """Readings as the site writes them, of no danger."""
    for _ in range(times):
        aside.append(path, aside.Reader(reader.id, reader.unit_id, "duty"), [], "watch", "RJ001")


def take_in(world: World, path: Path) -> aside.Taken:
    """One turn of the worker's job."""
    with world.process("worker"), context.service("worker", "veille"):
        return aside.take_in(path)


def taken(world: World, reader: TestAgent) -> list[str]:
    """When he read what the journal has taken in, in its order."""
    query = "SELECT details ->> 'read_at' FROM audit_entry WHERE actor = %s AND service = 'watch' ORDER BY id"
    return [at for (at,) in world.sql(query, [reader.id])]
