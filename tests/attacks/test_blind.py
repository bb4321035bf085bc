"""What reads nothing asks no policy of reading: what it may change is held by the policies of writing alone."""

import json
from uuid import uuid4

import pytest
from django.db import connection, transaction
from psycopg import errors, sql

from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from tests.furnished import Furnished, furnish
from tests.world import World


@pytest.fixture(scope="module")
def house(world: World) -> Furnished:
    return furnish(world)


def _changeable(house: Furnished) -> list[tuple[str, str]]:
    """A column of each table that the application's role may change."""
    found = house.query(
        "SELECT c.relname, min(a.attname) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relrowsecurity AND NOT a.attisdropped"
        " AND has_column_privilege('recoupe_app', c.oid, a.attnum, 'UPDATE')"
        " AND a.attname NOT IN ('owner_unit_id', 'readers', 'handling', 'silent_until', 'state') GROUP BY c.relname"
    )
    rooms = {"intelligence_report", "coordination_objective", "dealpoints_dealpoint", "crosscheck_contactthread"}
    assert rooms | {"cases_case"} < {table for table, _ in found}
    return [(table, column) for table, column in found]


@pytest.mark.parametrize("role", [Role.INVESTIGATOR, Role.UNIT_HEAD, Role.PROSECUTOR])
def test_whoever_reads_nothing_changes_nothing_blindly(house: Furnished, role: Role) -> None:
    """Neither WHERE nor RETURNING: the policy of SELECT is not asked, and another service's rows would be met."""
    who = house.world.agent(role, "TJ59" if role is Role.PROSECUTOR else "PJ31")
    changed = []
    for table, column in _changeable(house):
        for statement in ("UPDATE {} SET {} = DEFAULT", "DELETE FROM {}"):
            query = sql.SQL(statement).format(sql.Identifier(table), sql.Identifier(column))
            with house.world.acting(who), connection.cursor() as cursor:
                record(Operation.MODIFY, details={"what": "technical"})
                try:
                    with transaction.atomic():
                        cursor.execute(query.as_string(None))
                        if cursor.rowcount:
                            changed.append((table, statement, cursor.rowcount))
                except Exception as error:
                    # The right itself is lacking; any other refusal was met on a row, and tells that there is one.
                    if not str(error).startswith("permission denied for table"):
                        changed.append((table, statement, str(error)))
                transaction.set_rollback(True)
    assert changed == []


def _copies(house: Furnished) -> list[tuple[str, str, list[str]]]:
    """A row of each table into which the application writes, as its JSON, and the columns that it may write."""
    found = house.query(
        "SELECT c.relname, array_agg(a.attname::text) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relrowsecurity AND a.attnum > 0"
        " AND NOT a.attisdropped AND a.attgenerated = ''"
        " AND has_column_privilege('recoupe_app', c.oid, a.attnum, 'INSERT')"
        " AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid"
        "               AND p.polname IN ('parent_insert', 'readers_insert'))"
        " GROUP BY c.relname ORDER BY c.relname"
    )  # fmt: skip
    assert len(found) > 10
    rows = (
        (table, house.query(f"SELECT to_jsonb(t)::text FROM {table} t LIMIT 1"), columns) for table, columns in found
    )
    return [(table, row[0][0], columns) for table, row, columns in rows if row]


@pytest.mark.parametrize(("role", "unit"), [(Role.INVESTIGATOR, "PJ31"), (Role.DUTY_OFFICER, "PJ13")])
def test_nobody_writes_a_row_under_what_he_does_not_read(house: Furnished, role: Role, unit: str) -> None:
    """A child of another service's object, a row of his readers alone, signed with one's own name all the same.

    The duty desk is of the unit that holds the row, and reads it no more than a stranger.
    """
    who = house.world.agent(role, unit)
    own = str(house.query("SELECT id FROM reference_unit WHERE code = %s", (unit,))[0][0])
    taken = []
    for table, text, columns in _copies(house):
        copy = json.loads(text) | {"id": str(uuid4())}
        signed: dict[str, object] = {
            name: str(who.id) for name in ("author_id", "actor_id", "brought_by_id", "decided_by_id") if name in copy
        }
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        # As of his unit, but read by somebody else alone: what is of a service follows from its readers.
        signed |= {"owner_unit_id": own, "readers": [0]} if {"owner_unit_id", "readers"} <= set(copy) else {}
        query = sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM jsonb_populate_record(NULL::{0}, {2})").format(
            sql.Identifier(table), names, sql.Literal(json.dumps(copy | signed))
        )
        with house.world.acting(who), connection.cursor() as cursor:
            record(Operation.COLLECT, details={"what": "technical"})
            try:
                with transaction.atomic():
                    cursor.execute(query.as_string(None))
                    # A room may set the readers by its own rule: then it is his own row, which he reads.
                    cursor.execute(f"SELECT FROM {table} WHERE id = %s", [copy["id"]])
                    taken += [] if cursor.rowcount else [(table, "taken")]
            except Exception as error:
                if not isinstance(error.__cause__, errors.InsufficientPrivilege):
                    taken.append((table, str(error)))
            transaction.set_rollback(True)
    assert taken == []
