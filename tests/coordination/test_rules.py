"""Life of an objective as complete tables; allocation, deadline and readers as pure rules."""

from datetime import date, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.access.enums import Capacity
from recoupe.coordination import permissions, rules
from recoupe.coordination.enums import (
    ALLOCATED_STATES,
    ENDED,
    RUNNING,
    Act,
    Decider,
    Financial,
    ObjectiveState,
    Told,
)
from recoupe.kernel.refusal import Invalid
from recoupe.reference.enums import UnitKind

S = ObjectiveState
A, B, C, OFFICE, COURT = (UUID(int=n) for n in range(1, 6))
TODAY = date(2026, 11, 22)


# -- tables ------------------------------------------------------------------------------------------------------------
def test_every_state_has_its_transitions_motive_and_notice() -> None:
    assert set(rules.TRANSITIONS) == set(rules.NEEDS_MOTIVE) == set(rules.TELLS) == set(S)


def test_every_state_that_is_reached_has_one_decider() -> None:
    reached = {to for targets in rules.TRANSITIONS.values() for to in targets}
    assert reached == set(rules.DECIDED_BY) == set(S) - {S.PROPOSED}


def test_every_decider_has_a_standing_and_a_sentence() -> None:
    assert set(permissions.STANDING) == set(permissions._NOT_YOURS) == set(Decider)


def test_every_state_is_reachable_from_a_proposal() -> None:
    seen, todo = {S.PROPOSED}, [S.PROPOSED]
    while todo:
        for to in rules.TRANSITIONS[todo.pop()] - seen:
            seen.add(to)
            todo.append(to)
    assert seen == set(S)


def paths_avoiding(avoided: ObjectiveState) -> set[ObjectiveState]:
    """The states that a proposal reaches without passing through one."""
    seen, todo = {S.PROPOSED}, [S.PROPOSED]
    while todo:
        for to in rules.TRANSITIONS[todo.pop()] - seen - {avoided}:
            seen.add(to)
            todo.append(to)
    return seen


def test_nothing_is_allocated_without_validation_and_only_a_prosecutor_validates() -> None:
    assert not paths_avoiding(S.VALIDATED) & ALLOCATED_STATES
    assert not paths_avoiding(S.TO_PROSECUTOR) & (ALLOCATED_STATES | {S.VALIDATED, S.REFUSED})
    assert {to for to, decider in rules.DECIDED_BY.items() if decider is Decider.PROSECUTOR} == {S.VALIDATED, S.REFUSED}


def test_a_reopened_objective_needs_a_new_decision() -> None:
    assert rules.TRANSITIONS[S.REOPENED] == {S.EXAMINED, S.ABANDONED}


def test_named_sets_agree_with_the_life() -> None:
    assert RUNNING < ALLOCATED_STATES
    assert {S.REFUSED, S.CLOSED, S.ABANDONED} == ENDED
    assert {s for s, targets in rules.TRANSITIONS.items() if not targets} == {S.REFUSED, S.ABANDONED}


def test_which_steps_say_why_and_whom_each_tells() -> None:
    """W4: what ends or stops an objective says why; whoever has to act on a step learns of it, and nobody else."""
    assert {s for s in S if rules.NEEDS_MOTIVE[s]} == {S.REFUSED, S.SUSPENDED, S.CLOSED, S.REOPENED, S.ABANDONED}
    told = {to: {s for s in S if to in rules.TELLS[s]} for to in Told}
    assert told == {
        Told.CELLS: {S.PROPOSED, S.VALIDATED, S.REFUSED, S.SUSPENDED, S.OPERATION_PLANNED, S.EXECUTED,
                     S.JUDICIAL_OUTCOME, S.REOPENED},
        Told.COURT: {S.TO_PROSECUTOR, S.SUSPENDED, S.EXECUTED, S.ABANDONED},
        Told.LEAD: {S.ALLOCATED, S.CLOSED, S.ABANDONED},
    }  # fmt: skip


@pytest.mark.parametrize("state", S)
def test_a_motive_of_ten_characters_is_asked_where_one_is_needed(state: ObjectiveState) -> None:
    assert rules.checked_motive(state, "dix lettre") == "dix lettre"
    if rules.NEEDS_MOTIVE[state]:
        with pytest.raises(Invalid):
            rules.checked_motive(state, "neuf lett")
    else:
        assert rules.checked_motive(state, "") == ""


@pytest.mark.parametrize("kind", UnitKind)
def test_an_objective_goes_to_units_that_investigate(kind: UnitKind) -> None:
    """P-74."""
    investigates = kind.value in (
        "police_unit", "gendarmerie_unit", "customs_unit", "pole", "antenna", "detachment",
    )  # fmt: skip
    for lead, others, kinds in ((A, [], {A: kind}), (A, [B], {A: UnitKind.POLE, B: kind})):
        if investigates:
            rules.checked_services(lead, kinds, others)
        else:
            with pytest.raises(Invalid) as refused:
                rules.checked_services(lead, kinds, others)
            assert refused.value.field == ("co_services" if others else "lead")


# -- acts --------------------------------------------------------------------------------------------------------------
def test_every_act_has_its_writer_its_states_and_its_notice() -> None:
    assert set(rules.ACTED_BY) == set(rules.ACTS_IN) == set(rules.ACT_TELLS) == set(Act)
    # Nobody leads what was not allocated, or what has ended.
    assert all(states and states <= ALLOCATED_STATES - ENDED for states in rules.ACTS_IN.values())
    assert Decider.PROSECUTOR not in rules.ACTED_BY.values()


@given(st.lists(st.uuids(version=4), unique=True, min_size=3, max_size=7), st.booleans(), st.booleans(), st.data())
def test_after_a_transfer_each_service_stands_once(
    units: list[UUID], two: bool, keep: bool, data: st.DataObject
) -> None:
    lead, joint, *others = units
    to = data.draw(st.sampled_from([*others, *([joint] if two else []), A]))
    second, associated = rules.after_transfer(lead, joint if two else None, others, to, keep=keep)
    standing = [to, *([second] if second else []), *associated]
    assert len(standing) == len(set(standing))
    assert set(standing) == {to, *others, *([joint] if two else []), *([lead] if keep else [])}
    with pytest.raises(Invalid):
        rules.after_transfer(lead, None, others, lead, keep=keep)


@pytest.mark.parametrize("said", ["", "  bref ", "123456789"])
def test_an_act_says_something(said: str) -> None:
    with pytest.raises(Invalid):
        rules.checked_said(said)


# -- readers -----------------------------------------------------------------------------------------------------------
ids = st.lists(st.uuids(version=4), max_size=4)


@given(ids, ids, st.booleans())
def test_the_court_reads_once_sent_and_the_services_once_allocated(
    cells: list[UUID], services: list[UUID], sent: bool
) -> None:
    owner = (A, Capacity.UNIT)
    readers = rules.audience({owner}, cells, OFFICE, COURT if sent else None, services)
    assert ((COURT, Capacity.PROSECUTOR) in readers) is sent
    assert {r for r in readers if r[1] is Capacity.UNIT} == {owner, *((s, Capacity.UNIT) for s in services)}
    assert not {c for _, c in readers} & {Capacity.JUDGE, Capacity.TERRITORY, Capacity.DUTY}


# -- allocation --------------------------------------------------------------------------------------------------------
KINDS = {A: UnitKind.POLICE_UNIT, B: UnitKind.CUSTOMS_UNIT, C: UnitKind.CROSS}


@pytest.mark.parametrize(
    ("lead", "others", "allowed"),
    [(A, [], True), (A, [B, B], True), (A, [A], False), (C, [], False), (A, [C], False), (OFFICE, [], False)],
)
def test_one_lead_that_investigates_and_others_that_do_too(lead: UUID, others: list[UUID], allowed: bool) -> None:
    if allowed:
        assert rules.checked_services(lead, KINDS, others) == tuple(dict.fromkeys(others))
        return
    with pytest.raises(Invalid):
        rules.checked_services(lead, KINDS, others)


@given(st.integers(-1000, 2000))
def test_a_deadline_lies_ahead_and_within_two_years(days: int) -> None:
    deadline = TODAY + timedelta(days=days)
    if 0 < days <= 730:
        assert rules.checked_deadline(deadline, TODAY) == deadline
        return
    with pytest.raises(Invalid):
        rules.checked_deadline(deadline, TODAY)


@pytest.mark.parametrize(
    ("choice", "motive", "allowed"),
    [
        (Financial.OPENED, "", True),
        (Financial.DECLINED, "", False),
        (Financial.DECLINED, "   non    ", False),
        (Financial.DECLINED, "Aucun patrimoine identifié", True),
    ],
)
def test_no_inquiry_into_assets_needs_a_reason(choice: Financial, motive: str, allowed: bool) -> None:
    if allowed:
        rules.checked_financial(choice, motive)
        return
    with pytest.raises(Invalid):
        rules.checked_financial(choice, motive)


@pytest.mark.parametrize(("state", "days"), list(product(S, (-1, 0, 1))))
def test_only_a_running_objective_is_overdue(state: ObjectiveState, days: int) -> None:
    late = rules.overdue(state, TODAY + timedelta(days=days), TODAY, RUNNING)
    assert late is (state in RUNNING and days < 0)


# -- what presses ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", list(S))
def test_only_what_was_validated_and_has_no_service_is_passed_over(state: S) -> None:
    long_ago, patience = TODAY - timedelta(days=30), TODAY - timedelta(days=14)
    assert rules.passed_over(state, long_ago, patience) is (state is S.VALIDATED)
    assert not rules.passed_over(state, patience, patience)


@pytest.mark.parametrize("state", list(S))
def test_only_what_runs_past_its_deadline_is_overdue(state: S) -> None:
    yesterday = TODAY - timedelta(days=1)
    assert rules.overdue(state, yesterday, TODAY, RUNNING) is (state in RUNNING)
    assert not rules.overdue(state, TODAY, TODAY, RUNNING)
    assert not rules.overdue(state, None, TODAY, RUNNING)
