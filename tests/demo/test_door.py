"""The door by which a made world gets its past: the owner's alone, of a marked base alone, shut in the end."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import DatabaseError, connection

from recoupe.config.processes import PROCESSES
from recoupe.demo.loading import door
from recoupe.kernel.refusal import Conflict
from tests.world import World

LOCKS = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
       array(SELECT concat(t.tgname, ' ', t.tgenabled) FROM pg_trigger t
              WHERE t.tgrelid = c.oid AND NOT t.tgisinternal ORDER BY 1)
  FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'made_world'
 ORDER BY 1
"""
MOVE = "UPDATE access_feed SET at = at"


@pytest.fixture
def marked(world: World) -> Iterator[World]:
    """A base in which nothing was done, marked; the mark goes with the test."""
    door.mark(world.process)
    yield world
    world.sql("DROP TABLE made_world")


def test_without_the_mark_no_time_is_changed(world: World) -> None:
    with pytest.raises(Conflict, match="n'est pas celle d'un monde inventé"), door.past(world.process, "any"):
        raise AssertionError("the door opened")


def test_every_lock_is_back_after_the_step_and_after_an_error(marked: World) -> None:
    before = marked.sql(LOCKS)
    with door.past(marked.process, "one") as cursor:
        cursor.execute(MOVE)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'audit_entry' AND relforcerowsecurity")
        assert cursor.fetchone() == (0,)  # open inside, for its own transaction alone
    assert marked.sql(LOCKS) == before
    with pytest.raises(ZeroDivisionError), door.past(marked.process, "two"):
        1 / 0  # noqa: B018 - the step fails
    assert marked.sql(LOCKS) == before


def test_a_step_is_done_once_and_none_after_the_door_was_shut(marked: World) -> None:
    with door.past(marked.process, "one") as cursor:
        assert cursor is not None
    with door.past(marked.process, "one") as cursor:
        assert cursor is None
    door.shut(marked.process)
    with door.past(marked.process, "another") as cursor:
        assert cursor is None


@pytest.mark.parametrize("name", sorted(set(PROCESSES) - {"migrate"}))
def test_no_process_of_the_house_opens_it(marked: World, name: str) -> None:
    def own(_wanted: str) -> object:
        return marked.process(name)

    with pytest.raises(DatabaseError), door.past(own, "any"):  # type: ignore[arg-type]
        raise AssertionError("the door opened")
    for attempt in (
        "INSERT INTO made_world (step) VALUES ('x')",
        "DELETE FROM made_world",
        "SELECT * FROM made_world",
        "ALTER TABLE audit_entry DISABLE TRIGGER append_only",
        "ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            marked.sql(attempt, role=PROCESSES[name].role)


@pytest.mark.parametrize("name", sorted(set(PROCESSES) - {"migrate"}))
def test_no_process_of_the_house_marks_a_base(world: World, name: str) -> None:
    with world.process(name), pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE made_world (step text)")


def test_a_base_in_which_somebody_acted_is_never_marked(world: World) -> None:
    world.agent()  # last in this file: from here on the base is lived in
    with pytest.raises(Conflict, match="n'est pas vide"):
        door.mark(world.process)
    assert world.sql("SELECT to_regclass('made_world')") == [(None,)]
