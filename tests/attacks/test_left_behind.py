"""What injected SQL leaves in its session ends with its request: the pool lends its connection on (R-23)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection

from recoupe.access.enums import Role
from recoupe.config.pool import forget
from recoupe.config.roles import connected_to
from recoupe.config.settings import database_from_url
from tests.world import TestAgent, World

LOCK = 4242
LEFT = (
    "SET row_security = off",
    "SET default_transaction_read_only = on",
    "SET default_transaction_isolation = 'serializable'",
    "SET statement_timeout = '9min'",
    "SET search_path = pg_temp",
    "SET client_encoding = 'LATIN1'",
    "SET TIME ZONE 'Pacific/Auckland'",
    "SELECT set_config('app.user', 'somebody', false)",
    "LISTEN guessed",
    "PREPARE mine AS SELECT 1",
    f"SELECT pg_advisory_lock({LOCK})",
    "DECLARE held CURSOR WITH HOLD FOR SELECT 'what the former agent read'",
)


@pytest.fixture
def one_connection(world: World) -> Iterator[None]:
    """The staff site's pool, with one connection for everybody."""
    database = database_from_url(world.url("recoupe_app"), pooled=True)
    database["OPTIONS"]["pool"] |= {"max_size": 1}
    # As where the set-up was no superuser, and could not take locks from everybody.
    world.sql("GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint), pg_try_advisory_lock(bigint) TO recoupe_app")
    with connected_to(database):
        yield
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
    world.sql("REVOKE EXECUTE ON FUNCTION pg_advisory_lock(bigint), pg_try_advisory_lock(bigint) FROM recoupe_app")


@contextmanager
def request(who: TestAgent) -> Iterator[Any]:
    """One request of the site as the pool sees it: the connection is borrowed, used in one transaction, given back."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT access.open(%s)", [who.token])
        yield cursor
        cursor.execute("COMMIT")
    connection.close()


def _state(cursor: Any) -> list[Any]:
    """All that a session can hold beyond its transaction."""
    cursor.execute(
        "SELECT ARRAY(SELECT name || '=' || setting FROM pg_settings WHERE source = 'session' ORDER BY 1),"
        " ARRAY(SELECT name FROM pg_prepared_statements), ARRAY(SELECT name FROM pg_cursors WHERE is_holdable),"
        " ARRAY(SELECT pg_listening_channels()), current_setting('app.user', true), current_schemas(false)"
    )
    return list(cursor.fetchone())


@pytest.mark.usefixtures("one_connection")
def test_nothing_that_a_request_left_meets_the_next_one(world: World) -> None:
    intruder, agent = (world.agent(Role.INVESTIGATOR, unit) for unit in ("PJ13", "DED13"))
    with request(agent) as cursor:
        clean = _state(cursor)
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()
    with request(intruder) as cursor:
        for statement in LEFT:
            cursor.execute(statement)
    with request(agent) as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() == backend, "without sharing, nothing is shown"
        # A name that was given a value once stays known to the session, without its value.
        assert _state(cursor)[:4] == clean[:4]
        assert _state(cursor)[4] in (None, "")
        assert _state(cursor)[5] == clean[5]
        cursor.execute("SELECT count(*) FROM intelligence_report")
        assert cursor.fetchone() == (0,)
    with psycopg.connect(world.url("recoupe_app")) as other:
        assert other.execute(f"SELECT pg_try_advisory_lock({LOCK})").fetchone() == (True,)


@pytest.mark.usefixtures("one_connection")
def test_the_pages_after_an_injection_answer(world: World) -> None:
    intruder, agent = (world.agent(Role.INVESTIGATOR, unit) for unit in ("PJ13", "DED13"))
    client = world.client(agent)
    assert client.get("/renseignements/").status_code == 200
    with request(intruder) as cursor:
        for statement in LEFT:
            cursor.execute(statement)
    for address in ("/", "/renseignements/", "/points/"):
        assert client.get(address).status_code == 200


def test_a_connection_left_in_a_transaction_is_not_lent(world: World) -> None:
    """The pool rolls back before it asks; what is open all the same cannot forget, and is closed."""
    with psycopg.connect(world.url("recoupe_app")) as left:
        left.execute("SELECT 1")
        with pytest.raises(psycopg.Error):
            forget(left)
