"""The key of an agent in one unit (R-ACC-1): what an installation of before stored is brought to it by the set-up."""

from typing import Any

import psycopg

from recoupe.cli.deploy import apply_policies
from tests.furnished import furnish
from tests.world import World

TABLES = {
    "notices_notice": "ARRAY[key]",
    "access_feed": "ARRAY[key]",
    "crosscheck_party": "keys",
    "crosscheck_contactthread": "readers",
    "crosscheck_hitside": "readers",
    "crosscheck_agreement": "readers",
    "cases_case": "readers",
    "intelligence_importfile": "readers",
    "intelligence_report": "readers",
}

# Neither a line of a registration nor the notice of an opinion on its conflict is so old.
YOUNGER = {
    "access_feed": " AND kind <> 7",
    "notices_notice": " AND record_kind <> 'opinion'",
}


def stored(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table with keys, each key once, in order."""
    return {
        table: world.sql(
            "SELECT (to_jsonb(t) - 'readers' - 'keys' - 'key')::text,"
            f" ARRAY(SELECT DISTINCT k FROM unnest({keys}) AS k ORDER BY 1) FROM {table} t ORDER BY 1, 2"
        )
        for table, keys in TABLES.items()
    }


def age(world: World) -> dict[str, int]:
    """Give every row the keys that it had before: one for each agent, whatever the unit; no registration is so old."""
    changed = {}
    with psycopg.connect(world.admin_url) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            "CREATE TEMPORARY TABLE own AS SELECT access.own_key(a.id, u.id) AS fresh,"
            " access.key(a.id, 'agent') AS former FROM access_agent a, reference_unit u"
        )
        for table, keys in TABLES.items():
            column = "key" if keys.startswith("ARRAY") else keys
            former = "coalesce((SELECT o.former FROM own o WHERE o.fresh = k), k)"
            value = (
                former.replace("= k)", f"= {table}.key)").replace(", k)", f", {table}.key)")
                if column == "key"
                else f"ARRAY(SELECT {former} FROM unnest({keys}) AS k)"
            )
            changed[table] = admin.execute(
                f"UPDATE {table} SET {column} = {value} WHERE {keys} && (SELECT array_agg(fresh) FROM own)"
                f"{YOUNGER.get(table, '')}".encode()
            ).rowcount
    return changed


def test_rows_with_the_keys_of_before_are_bound_to_their_unit(world: World) -> None:
    furnish(world)
    bound = stored(world)
    assert all(age(world).values()), "each table has rows with an own key"
    aged = stored(world)
    assert all(aged[table] != bound[table] for table in TABLES)
    lines = len(world.journal("configure"))
    apply_policies(world.admin_url)
    assert stored(world) == bound
    assert len(world.journal("configure")) == lines + 1
    apply_policies(world.admin_url)
    assert stored(world) == bound
    assert len(world.journal("configure")) == lines + 1, "the second time there is nothing to say"


def test_nobody_holds_a_key_of_before(world: World) -> None:
    """The key of an agent alone is on no row and in no context."""
    former = "SELECT array_agg(access.key(id, 'agent')) FROM access_agent"
    tables = [t for (t,) in world.sql("SELECT access.tables_with_readers('')")]
    found = {t: world.sql(f"SELECT count(*) FROM {t} WHERE readers && ({former})")[0][0] for t in tables}
    assert {t: n for t, n in found.items() if n} == {}
