"""Procedures on the real base: who opens, who reads, who is told which magistrate directs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from django.db import DatabaseError

from recoupe.access.context import service
from recoupe.access.enums import Role
from recoupe.cases import actions, permissions, queries
from recoupe.cases.actions import CaseEntry
from recoupe.cases.enums import CaseState, NoticeKind
from recoupe.cases.models import Case
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refused
from recoupe.notices import queries as notices
from recoupe.reference.queries import forget
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def officer(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "PJ13")


@pytest.fixture(scope="module")
def prosecutor(world: World) -> TestAgent:
    return world.agent(Role.PROSECUTOR, "TJ13")


@pytest.fixture(scope="module")
def judge(world: World) -> TestAgent:
    return world.agent(Role.EXAMINING_JUDGE, "TJ13")


def typed(magistrate: TestAgent, number: str = "2026/1", framework: str = "preliminary") -> CaseEntry:
    """A procedure before this magistrate's court."""
    return CaseEntry(number, magistrate.unit_id, magistrate.id, framework, date(2026, 3, 1), offences=(7990,))


def test_who_reads_a_procedure(world: World, officer: TestAgent, prosecutor: TestAgent, judge: TestAgent) -> None:
    with world.acting(officer) as by:
        by_office = actions.open_case(by=by, entry=typed(prosecutor, "2026/10"))
        by_judge = actions.open_case(by=by, entry=typed(judge, "2026/11", "commission"))
    readers = {
        "colleague": world.agent(Role.INVESTIGATOR, "PJ13"),
        "prosecutor in charge": prosecutor,
        "another prosecutor of the court": world.agent(Role.PROSECUTOR, "TJ13"),
        "a prosecutor elsewhere": world.agent(Role.PROSECUTOR, "TJ59") if _exists(world, "TJ59") else None,
        "judge in charge": judge,
        "another judge of the court": world.agent(Role.EXAMINING_JUDGE, "TJ13"),
        "another unit": world.agent(Role.INVESTIGATOR, "SR13"),
        "the cell": world.agent(Role.CROSS_ANALYST, "CROSS13"),
        "officer for data protection": world.agent(Role.DPO, "OFAST"),
    }
    seen: dict[str, tuple[bool, bool]] = {}
    for name, who in readers.items():
        if who is not None:
            with world.acting(who) as by:
                seen[name] = (_reads(by, by_office), _reads(by, by_judge))
    assert {name: both for name, both in seen.items() if any(both)} == {
        "colleague": (True, True),
        "prosecutor in charge": (True, True),
        "another prosecutor of the court": (True, True),
        "judge in charge": (False, True),
    }


def _exists(world: World, code: str) -> bool:
    return bool(world.sql("SELECT 1 FROM reference_unit WHERE code = %s", [code]))


def _reads(by: object, case: Case) -> bool:
    try:
        queries.case(by, case.id)  # type: ignore[arg-type]
    except Absent:
        return False
    return True


def test_who_directs_is_told_to_readers_and_processes_only(
    world: World, officer: TestAgent, prosecutor: TestAgent
) -> None:
    with world.acting(officer) as by:
        case = actions.open_case(by=by, entry=typed(prosecutor, "2026/20"))
        told = queries.magistrate_of(case.id)
    assert told is not None
    assert (told.agent_id, told.court_id, told.is_judge) == (prosecutor.id, prosecutor.unit_id, False)
    with world.acting(world.agent(Role.INVESTIGATOR, "SR13")):
        assert queries.magistrate_of(case.id) is None
    with world.process("matcher"), service("matcher", "test"):
        assert queries.magistrate_of(case.id) is not None
    with world.process("matcher"):
        assert queries.magistrate_of(case.id) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "néant"}, "number"),
        ({"legal_framework": "martial"}, "legal_framework"),
        ({"legal_framework": "commission"}, "magistrate"),
        ({"court_id": uuid4()}, "court"),
        ({"magistrate_id": uuid4()}, "magistrate"),
        ({"opened_on": date(2090, 1, 1)}, "opened_on"),
        ({"offences": (0,)}, "offences"),
        ({"parquet_number": "x" * 41}, "parquet_number"),
    ],
)
def test_bad_input_is_refused_by_field(
    world: World, officer: TestAgent, prosecutor: TestAgent, changes: dict[str, object], field: str
) -> None:
    with world.acting(officer) as by, pytest.raises(Invalid) as refused:
        actions.open_case(by=by, entry=replace(typed(prosecutor, "2026/30"), **changes))  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_number_clashes_within_its_unit_and_never_across(
    world: World, officer: TestAgent, prosecutor: TestAgent
) -> None:
    with world.acting(officer) as by:
        actions.open_case(by=by, entry=typed(prosecutor, "2026/40"))
    with world.acting(officer) as by, pytest.raises(Conflict):
        actions.open_case(by=by, entry=typed(prosecutor, "2026/40"))
    with world.acting(world.agent(Role.INVESTIGATOR, "SR13")) as by:
        assert actions.open_case(by=by, entry=typed(prosecutor, "2026/40")).number == "2026/40"


def test_a_closed_procedure_stays_closed(world: World, officer: TestAgent, prosecutor: TestAgent) -> None:
    with world.acting(officer) as by:
        case = actions.open_case(by=by, entry=typed(prosecutor, "2026/50"))
    with world.acting(prosecutor) as by, pytest.raises(Refused):
        actions.close_case(by=by, case=case, closed_on=date(2026, 4, 1))
    with world.acting(officer) as by:
        closed = actions.close_case(by=by, case=case, closed_on=date(2026, 4, 1))
        assert closed.state == CaseState.CLOSED
        assert case.id not in [c.id for c in queries.open_cases(by)]
        assert not permissions.can_change(by, closed)
    with world.acting(officer) as by, pytest.raises(Conflict):
        actions.close_case(by=by, case=case, closed_on=date(2026, 4, 2))


def test_a_new_magistrate_reads_and_the_former_one_no_longer(
    world: World, officer: TestAgent, head: TestAgent, judge: TestAgent
) -> None:
    other = world.agent(Role.EXAMINING_JUDGE, "TJ13")
    with world.acting(officer) as by:
        case = actions.open_case(by=by, entry=typed(judge, "2026/60", "commission"))
    with world.acting(head) as by:
        actions.change_magistrate(by=by, case=case, court_id=other.unit_id, magistrate_id=other.id, reason="départ")
        (change,) = queries.magistrate_changes(by, case)
        assert (change.actor_id, change.former_id, change.magistrate_id) == (head.id, judge.id, other.id)
        with pytest.raises(Conflict):
            actions.change_magistrate(by=by, case=case, court_id=other.unit_id, magistrate_id=other.id, reason="x")
    with world.acting(judge) as by:
        assert not _reads(by, case)
        assert [n.kind for n in notices.waiting(by) if n.record_id == case.id] == [NoticeKind.CASE_TAKEN]
    with world.acting(other) as by:
        assert _reads(by, case)
        assert [n.kind for n in notices.waiting(by) if n.record_id == case.id] == [NoticeKind.CASE_GIVEN]
    (entry,) = [row for row in world.journal("modify") if f"case:{case.id}" in row[2]]
    assert {f"agent:{judge.id}", f"agent:{other.id}"} < set(entry[2])


def test_the_head_of_the_unit_alone_names_another_magistrate_and_says_why(
    world: World, officer: TestAgent, head: TestAgent, prosecutor: TestAgent
) -> None:
    other = world.agent(Role.PROSECUTOR, "TJ13")
    with world.acting(officer) as by:
        case = actions.open_case(by=by, entry=typed(prosecutor, "2026/61"))
    for who in (officer, prosecutor, other, world.agent(Role.UNIT_HEAD, "SR13")):
        with world.acting(who) as by, pytest.raises(Refused):
            assert not permissions.can_change_magistrate(by, case)
            actions.change_magistrate(by=by, case=case, court_id=other.unit_id, magistrate_id=other.id, reason="x")
    with world.acting(head) as by:
        assert permissions.can_change_magistrate(by, case)
        with pytest.raises(Invalid) as refused:
            actions.change_magistrate(by=by, case=case, court_id=other.unit_id, magistrate_id=other.id, reason=" ")
        assert refused.value.field == "reason"


def test_who_may_open(world: World, prosecutor: TestAgent) -> None:
    for role, unit in ((Role.CROSS_ANALYST, "CROSS13"), (Role.DUTY_OFFICER, "PJ13"), (Role.OFAST_ANALYST, "OFAST")):
        with world.acting(world.agent(role, unit)) as by, pytest.raises(Refused):
            actions.open_case(by=by, entry=typed(prosecutor, "2026/70"))


def test_a_write_demands_its_journal_entry(world: World, officer: TestAgent, prosecutor: TestAgent) -> None:
    with world.acting(officer) as by:
        case = actions.open_case(by=by, entry=typed(prosecutor, "2026/80"))
    assert [row for row in world.journal("collect") if f"case:{case.id}" in row[2]]
    with pytest.raises(DatabaseError, match="journal"), world.acting(officer):
        Case.objects.filter(id=case.id).update(parquet_number="x")


def test_the_form_lists_the_magistrates_of_a_court(
    world: World, officer: TestAgent, prosecutor: TestAgent, judge: TestAgent
) -> None:
    with world.acting(officer) as by:
        listed = {m.id: m.is_judge for m in queries.magistrates(by, prosecutor.unit_id)}
    assert listed[prosecutor.id] is False
    assert listed[judge.id] is True


@pytest.fixture
def no_courts(world: World) -> Iterator[tuple[TestAgent, TestAgent]]:
    """Magistrates designated where nobody directs a procedure: in a service, and at a court that has shut."""
    astray, late = world.agent(Role.PROSECUTOR, "SR13"), world.agent(Role.PROSECUTOR, "TJ59")
    shut = "SET session_replication_role = replica; UPDATE reference_unit SET valid_to = {} WHERE code = 'TJ59'"
    [(before,)] = world.sql("SELECT valid_to::text FROM reference_unit WHERE code = 'TJ59'")
    world.sql(shut.format("current_date - 1"))
    forget()
    yield astray, late
    world.sql(shut.format(f"'{before}'" if before else "NULL"))
    forget()


def test_a_procedure_stands_before_a_court_that_is_open(
    world: World, officer: TestAgent, head: TestAgent, prosecutor: TestAgent, no_courts: tuple[TestAgent, TestAgent]
) -> None:
    """At its opening and when another magistrate takes it, whoever is designated there."""
    with world.acting(officer) as by:
        case = actions.open_case(by=by, entry=typed(prosecutor, "2026/62"))
    for who in no_courts:
        with world.acting(officer) as by, pytest.raises(Invalid) as refused:
            actions.open_case(by=by, entry=typed(who, "2026/63"))
        assert refused.value.field == "court"
        with world.acting(head) as by, pytest.raises(Invalid) as refused:
            actions.change_magistrate(by=by, case=case, court_id=who.unit_id, magistrate_id=who.id, reason="départ")
        assert refused.value.field == "court"


def test_only_a_magistrate_of_that_court_and_for_that_framework_takes_a_procedure(
    world: World, officer: TestAgent, head: TestAgent, prosecutor: TestAgent, judge: TestAgent
) -> None:
    with world.acting(officer) as by:
        case = actions.open_case(by=by, entry=typed(prosecutor, "2026/64"))
    for who in (judge, officer):
        with world.acting(head) as by, pytest.raises(Invalid) as refused:
            actions.change_magistrate(
                by=by, case=case, court_id=prosecutor.unit_id, magistrate_id=who.id, reason="départ"
            )
        assert refused.value.field == "magistrate"


def test_a_procedure_closed_meanwhile_changes_hands_no_more(
    world: World, officer: TestAgent, head: TestAgent, prosecutor: TestAgent
) -> None:
    """What a page still shows as open is asked again once its row is held."""
    other = world.agent(Role.PROSECUTOR, "TJ13")
    with world.acting(officer) as by:
        stale = actions.open_case(by=by, entry=typed(prosecutor, "2026/65"))
        actions.close_case(by=by, case=stale, closed_on=date(2026, 4, 1))
    assert stale.state == CaseState.OPEN
    with world.acting(head) as by, pytest.raises(Conflict):
        actions.change_magistrate(by=by, case=stale, court_id=other.unit_id, magistrate_id=other.id, reason="départ")
