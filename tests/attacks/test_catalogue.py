"""What the server itself tells to a second session of the application (R-21): no counter, no size, no lock."""

import psycopg
import pytest

from tests.world import World


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT reltuples FROM pg_class",
        "SELECT relpages FROM pg_class",
        "SELECT n_live_tup FROM pg_stat_user_tables",
        "SELECT idx_scan FROM pg_stat_all_indexes",
        "SELECT heap_blks_read FROM pg_statio_all_tables",
        "SELECT last_value FROM pg_sequences",
        "SELECT xact_commit FROM pg_stat_database",
        "SELECT objid FROM pg_locks",
        "SELECT pg_lock_status()",
        "SELECT pg_relation_size('intelligence_report')",
        "SELECT pg_total_relation_size('intelligence_report')",
        "SELECT pg_database_size(current_database())",
        "SELECT pg_stat_get_live_tuples('intelligence_report'::regclass)",
        "SELECT pg_stat_get_tuples_inserted('intelligence_report'::regclass)",
        "SELECT pg_stat_get_xact_tuples_inserted('intelligence_report'::regclass)",
        "SELECT pg_stat_get_blocks_fetched('intelligence_report'::regclass)",
        "SELECT pg_sequence_last_value('audit_entry_id_seq')",
        "SELECT pg_terminate_backend(1)",
        "SELECT pg_try_advisory_lock(1919250287, 1)",
        "SELECT pg_advisory_xact_lock_shared(hashtext('recoupe cells'))",
        "SELECT lo_create(0)",
    ],
)
@pytest.mark.parametrize(
    "role", ["recoupe_app", "recoupe_portal", "recoupe_signin", "recoupe_notary", "recoupe_inspection"]
)
def test_the_server_counts_for_nobody(world: World, statement: str, role: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        world.sql(statement, role=role)


def test_no_statement_of_another_session_is_shown(world: World) -> None:
    with psycopg.connect(world.url("recoupe_app")) as other:
        other.execute("SELECT 'canari'")
        assert world.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%canari%%'", role="recoupe_app") == [
            (0,)
        ]


def test_nobody_but_the_matcher_and_functions_of_ours_takes_a_lock_by_its_number(world: World) -> None:
    """Who may try one learns when others deposit; who may hold one stops them all."""
    rows = world.sql(
        "SELECT DISTINCT r.rolname FROM pg_proc p, pg_roles r WHERE p.proname ~ 'advisory.*lock' AND NOT r.rolsuper"
        " AND p.proname !~ 'unlock' AND r.rolname ~ '^recoupe_'"
        " AND has_function_privilege(r.oid, p.oid, 'EXECUTE') ORDER BY 1"
    )
    assert rows == [("recoupe_definer",), ("recoupe_matcher",)]


def test_two_agents_do_not_meet_in_the_lock_of_what_they_make(world: World) -> None:
    one, other = world.agent(), world.agent()
    made = "SELECT access.first_of('00000000-0000-4000-8000-000000000001')"
    with psycopg.connect(world.url("recoupe_app")) as first, psycopg.connect(world.url("recoupe_app")) as second:
        for connection, who in ((first, one), (second, other)):
            connection.execute("SET LOCAL lock_timeout = '5s'")
            connection.execute("SELECT access.open(%s)", [who.token])
            connection.execute(made.encode())
    with psycopg.connect(world.url("recoupe_app")) as first, psycopg.connect(world.url("recoupe_app")) as second:
        for connection in (first, second):
            connection.execute("SET LOCAL lock_timeout = '50ms'")
            connection.execute("SELECT access.open(%s)", [one.token])
        first.execute(made.encode())
        with pytest.raises(psycopg.errors.LockNotAvailable):
            second.execute(made.encode())
