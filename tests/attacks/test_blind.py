"""What reads nothing asks no policy of reading: what it may change is held by the policies of writing alone."""

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
    assert len(found) > 15
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
                record(Operation.MODIFY, details={"what": "habilitations"})
                try:
                    with transaction.atomic():
                        cursor.execute(query.as_string(None))
                        if cursor.rowcount:
                            changed.append((table, statement, cursor.rowcount))
                except Exception as error:
                    # Refused as a right is refused; any other error was met on a row.
                    if not isinstance(error.__cause__, errors.InsufficientPrivilege):
                        changed.append((table, statement, str(error)))
                transaction.set_rollback(True)
    assert changed == []
