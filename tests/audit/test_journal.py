"""The journal: an entry for each hundred references, no content, readable by one role alone."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from recoupe.access.enums import OVERSEERS, Role
from recoupe.audit.actions import REFS_PER_ENTRY, record
from recoupe.audit.enums import Operation
from recoupe.audit.queries import JournalFilter, entries
from tests.world import World


def test_one_entry_for_each_hundred_references(world: World) -> None:
    who = world.agent(Role.CROSS_ANALYST, "CROSS13")
    before = len(world.journal("consult"))
    with world.acting(who):
        record(Operation.CONSULT, refs=[("report", uuid4()) for _ in range(2 * REFS_PER_ENTRY + 1)])
    written = world.journal("consult")[before:]
    assert [len(refs) for _, _, refs, _ in written] == [100, 100, 1]


def test_an_entry_that_names_nothing_is_not_written(world: World) -> None:
    with world.acting(world.agent()):
        for details in ({}, {"state": "graded"}, {"what": "account"}):
            with pytest.raises(ValueError, match="name what it is about"):
                record(Operation.MODIFY, details=details)
        record(Operation.SEARCH, result_count=0)
        record(Operation.CONSULT, details={"layer": "dealpoints"})


@pytest.mark.parametrize("role", [r for r in Role if r not in OVERSEERS])
def test_only_the_officer_for_data_protection_reads_it(world: World, role: Role) -> None:
    who = world.agent(role, "PJ13")
    with world.acting(who):
        record(Operation.CONSULT, details={"what": "technical"})
        assert entries(JournalFilter()) == []


def test_the_officer_filters_by_actor_operation_and_object(world: World) -> None:
    officer = world.agent(Role.DPO, "OFAST")
    one, other = world.agent(), world.agent()
    subject = uuid4()
    with world.acting(one):
        record(Operation.CONSULT, refs=[("report", subject)])
        record(Operation.SEARCH, result_count=0)
    with world.acting(other):
        record(Operation.CONSULT, refs=[("report", subject)])
    with world.acting(officer):
        assert {e.actor for e in entries(JournalFilter(ref=f"report:{subject}"))} == {one.id, other.id}
        found = entries(JournalFilter(actor=one.id, operation="search"))
        assert [e.result_count for e in found] == [0]
        page = entries(JournalFilter(), limit=2)
        older = entries(JournalFilter(before=page[-1].id), limit=2)
        assert [e.id for e in older] < [e.id for e in page]


def test_no_crowd_of_readings_hides_what_else_was_done_with_an_object(world: World) -> None:
    officer, who, subject = world.agent(Role.DPO, "OFAST"), world.agent(), uuid4()
    for operation in (Operation.DISCLOSE, *[Operation.CONSULT] * 60):
        with world.acting(who):
            record(operation, refs=[("report", subject)])
    with world.acting(officer):
        wanted = JournalFilter(ref=f"report:{subject}", operation=Operation.DISCLOSE, actor=who.id)
        assert [e.operation for e in entries(wanted)] == [Operation.DISCLOSE]


def test_the_search_by_object_answers_nobody_else(world: World) -> None:
    who = world.agent()
    subject = uuid4()
    with world.acting(who):
        record(Operation.CONSULT, refs=[("report", subject)])
        assert entries(JournalFilter(ref=f"report:{subject}")) == []


def test_an_entry_goes_with_its_transaction(world: World) -> None:
    who = world.agent()
    before = len(world.journal())
    with pytest.raises(RuntimeError), world.acting(who):
        record(Operation.COLLECT, refs=[("report", uuid4())])
        raise RuntimeError
    assert len(world.journal()) == before


def test_a_caller_cannot_write_for_somebody_else(world: World) -> None:
    who = world.agent()
    with world.acting(who):
        with pytest.raises(DatabaseError), transaction.atomic():
            from_sql(
                f"SELECT audit.write('{uuid4()}', NULL, '', '', '', '', 'consult', '{{}}', '{{}}', '{{}}', NULL, NULL)"
            )
        with pytest.raises(DatabaseError), transaction.atomic():
            from_sql(f"SELECT access.enter('{uuid4()}', 'duty', '', '', '')")


def from_sql(statement: str) -> None:
    with transaction.get_connection().cursor() as cursor:
        cursor.execute(statement)
