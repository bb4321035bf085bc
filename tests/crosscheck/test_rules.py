"""The rules of the cross-check: tables that are complete, truth tables of who is told, the algebra of judgements."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from enum import Enum
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.access.enums import Capacity
from recoupe.access.keys import own
from recoupe.crosscheck import rules
from recoupe.crosscheck.enums import Answer, ContactState, HitState, ReleaseState
from recoupe.kernel.handling import HandlingCode
from recoupe.kernel.refusal import Conflict
from recoupe.kernel.selectors import Strength
from recoupe.reference.enums import ActEffect
from tests.crosscheck.made import facts

TABLES: list[tuple[Mapping[Any, frozenset[Any]], type[Enum], Any]] = [
    (rules.HIT_STEPS, HitState, HitState.MATCHED),
    (rules.CONTACT_STEPS, ContactState, ContactState.AVAILABLE),
    (rules.RELEASE_STEPS, ReleaseState, ReleaseState.REQUESTED),
]


# --- Tables of W2 ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("table", "states", "first"), TABLES)
def test_every_state_has_its_line_and_is_reached(
    table: Mapping[Any, frozenset[Any]], states: type[Enum], first: Any
) -> None:
    assert set(table) == set(states)
    reached, todo = {first}, [first]
    while todo:
        for state in table[todo.pop()] - reached:
            reached.add(state)
            todo.append(state)
    assert reached == set(states)


def test_named_sets_of_states_are_these() -> None:
    """Of which a pair is judged, of which nobody says any more that two met, which contact and release still live."""
    assert {HitState.BLIND_NOTIFIED, HitState.POSITIVE, HitState.FALSE_POSITIVE} == rules.JUDGED_HIT
    assert {HitState.FALSE_POSITIVE, HitState.CLOSED, HitState.ANALYST_REVIEW} == rules.DEAD_HIT
    ended = {ContactState.AVAILABLE, ContactState.RESOLVED, ContactState.CLOSED}
    assert set(ContactState) - ended == rules.OPEN_CONTACT
    assert {ReleaseState.REQUESTED, ReleaseState.AWAITING_MAGISTRATE} == rules.LIVE_RELEASE


@pytest.mark.parametrize(
    ("check", "table"),
    [
        (rules.check_hit_step, rules.HIT_STEPS),
        (rules.check_contact_step, rules.CONTACT_STEPS),
        (rules.check_release_step, rules.RELEASE_STEPS),
    ],
)
def test_each_pair_of_states_passes_exactly_when_the_table_has_it(check: Any, table: Any) -> None:
    for current, wanted in product(table, table):
        if wanted in table[current]:
            check(current, wanted)
        else:
            with pytest.raises(Conflict):
                check(current, wanted)


def test_escalation_goes_up_one_authority_at_a_time_and_ends() -> None:
    assert set(rules.ESCALATED_TO) == set(rules.ESCALATION_ORDER)
    state, seen = ContactState.MADE, []
    while state != ContactState.ESCALATED_PROSECUTOR:
        state = rules.next_escalation(state)
        seen.append(state)
    assert seen == list(rules.ESCALATION_ORDER)
    for closed in (
        ContactState.ESCALATED_PROSECUTOR,
        ContactState.AVAILABLE,
        ContactState.RESOLVED,
        ContactState.CLOSED,
    ):
        with pytest.raises(Conflict):
            rules.next_escalation(closed)


def test_every_answer_of_a_judge_leads_somewhere_that_the_table_allows() -> None:
    assert set(rules.AFTER_JUDGEMENT) == set(Answer)
    assert set(rules.AFTER_JUDGEMENT.values()) <= rules.HIT_STEPS[HitState.ANALYST_REVIEW]
    assert set(rules.STRENGTH_RANK) == set(Strength)


# --- Who is told (S-3, S-4): handling × handling × silence × silence × silent unit ----------------------------
HANDLINGS = [
    ("H0", "both"),
    ("H1", "both"),
    ("H2", "both"),
    ("H1+H2", "both"),
    ("H3", "both"),
    ("H3", "holder_only"),
    ("H3", "nobody"),
    ("HX", "both"),
]
# Per handling: may its own side be told, may the other side be told (S-3, written by hand).
LEAVES = [(True, True)] * 5 + [(True, False), (False, False), (False, False)]
SILENCES = list(product([False, True], [False, True]))


@pytest.mark.parametrize("index", range(len(HANDLINGS)))
@pytest.mark.parametrize("other_index", range(len(HANDLINGS)))
def test_who_is_told(index: int, other_index: int) -> None:
    def made(position: int, quiet: tuple[bool, bool]) -> rules.Facts:
        code, line = HANDLINGS[position]
        return facts(code, h3_line=line, silent=quiet[0], unit_silent=quiet[1])

    own, announces = LEAVES[index]
    other_own, other_announces = LEAVES[other_index]
    for silence, other_silence in product(SILENCES, SILENCES):
        expected = (
            own and other_announces and not any(other_silence),
            other_own and announces and not any(silence),
        )
        assert rules.told(made(index, silence), made(other_index, other_silence)) == expected


def test_a_silent_holder_is_told_alone_and_a_silent_asker_too() -> None:
    silent, plain = facts(silent=True), facts()
    assert rules.told(silent, plain) == (True, False)
    assert rules.told(plain, silent) == (False, True)
    inspection = facts(unit_silent=True)
    assert rules.told(inspection, plain) == (True, False)
    assert rules.told(inspection, facts(silent=True)) == (False, False)


@given(st.sampled_from(HANDLINGS), st.sampled_from(HANDLINGS), st.tuples(*[st.booleans()] * 4))
def test_telling_is_symmetric_and_silence_only_takes_away(
    first: tuple[str, str], second: tuple[str, str], quiet: tuple[bool, bool, bool, bool]
) -> None:
    a = facts(first[0], h3_line=first[1], silent=quiet[0], unit_silent=quiet[1])
    b = facts(second[0], h3_line=second[1], silent=quiet[2], unit_silent=quiet[3])
    assert rules.told(a, b) == tuple(reversed(rules.told(b, a)))
    told = rules.told(a, b)
    hushed = rules.told(replace(a, unit_silent=True), b)
    assert hushed[0] == told[0]
    assert hushed[1] is False


def test_no_act_no_comparison() -> None:
    allowed = {effect for effect in [*ActEffect, None] if rules.comparable(effect)}
    assert allowed == {ActEffect.EXISTENCE, ActEffect.CONTENT_ON_RELEASE}


@given(st.integers(-5, 5))
def test_the_record_deposited_last_asks_in_whatever_order_they_come(minutes: int) -> None:
    first = facts()
    second = facts(at=first.at + timedelta(minutes=minutes))
    asker, holder = rules.in_order(first, second)
    assert (asker, holder) == rules.in_order(second, first)
    assert asker.at >= holder.at


# --- Audience (S-1, S-4) -------------------------------------------------------------------------------------
def test_the_sender_of_a_file_is_never_in_the_audience() -> None:
    cell, office, relay = uuid4(), uuid4(), uuid4()
    batch = facts(batch=True)
    told = rules.audience(batch, [cell], office, relay)
    assert {capacity for _, capacity in told} == {Capacity.DUTY, Capacity.CELL, Capacity.OFFICE}
    assert (batch.unit_id, Capacity.UNIT) not in told
    assert (batch.unit_id, Capacity.DUTY) in told


@pytest.mark.parametrize("code", ["H0", "H1", "H2"])
@pytest.mark.parametrize("silent", [False, True])
def test_the_audience_is_the_author_the_desk_the_relay_and_who_reads(code: str, silent: bool) -> None:
    cell, office, relay = uuid4(), uuid4(), uuid4()
    one = facts(code, silent=silent)
    assert one.author_id is not None
    expected = {own(one.author_id, one.unit_id), (one.unit_id, Capacity.DUTY), (relay, Capacity.DUTY)}
    reading = set() if silent else {(cell, Capacity.CELL)}
    if code != "H2" and not silent:
        reading.add((office, Capacity.OFFICE))
    cells = [cell] if one.cells_reading else []
    assert rules.audience(one, cells, office, relay) == expected | reading
    assert rules.speakers(one, relay) == expected
    assert rules.speakers(one, None) == expected - {(relay, Capacity.DUTY)}


def test_a_record_without_an_author_is_spoken_for_by_the_duty_desk() -> None:
    """S-9: whoever wrote it is gone, or it is the registry's."""
    nobody = facts(author_id=None)
    assert rules.speakers(nobody, None) == {(nobody.unit_id, Capacity.DUTY)}


def test_a_silent_unit_is_read_by_no_cell_and_no_office() -> None:
    inspection = facts(unit_silent=True)
    assert inspection.cells_reading == frozenset()
    assert not inspection.read_by_office


# --- Who judges (S-2) ----------------------------------------------------------------------------------------
def test_the_judge_reads_both_or_there_is_none() -> None:
    here, there = facts(departments=frozenset({"13"})), facts(departments=frozenset({"83"}))
    assert rules.judge_of(here, facts(departments=frozenset({"13", "83"}))) == rules.Judge(("13",), office=True)
    assert rules.judge_of(here, there) == rules.Judge((), office=True)
    closed = facts("H2", departments=frozenset({"83"}))
    assert rules.judge_of(here, closed) is rules.judge_of(closed, here) is None
    assert rules.judge_of(facts("H2"), facts("H2")) == rules.Judge(("13",), office=False)
    assert rules.judge_of(here, facts(silent=True)) is None
    assert rules.judge_of(here, facts(unit_silent=True)) is None


# --- The algebra of weak answers -----------------------------------------------------------------------------
ANSWERS = st.sampled_from([*Answer, None])


@given(ANSWERS, ANSWERS)
def test_combining_answers_is_symmetric(first: Answer | None, second: Answer | None) -> None:
    assert rules.combine(first, second) == rules.combine(second, first)


@given(ANSWERS, ANSWERS)
def test_two_same_confirm_any_different_closes_the_rest_stays(first: Answer | None, second: Answer | None) -> None:
    result = rules.combine(first, second)
    assert (result == HitState.POSITIVE) == (first == Answer.SAME and second == Answer.SAME)
    assert (result == HitState.FALSE_POSITIVE) == (Answer.DIFFERENT in (first, second))
    assert result in rules.HIT_STEPS[HitState.BLIND_NOTIFIED] | {HitState.BLIND_NOTIFIED}


@given(ANSWERS)
def test_an_unknown_weighs_as_much_as_no_answer(other: Answer | None) -> None:
    assert rules.combine(Answer.UNKNOWN, other) == rules.combine(None, other)


@given(st.sampled_from(list(Strength)), st.sampled_from(list(HitState)))
def test_a_weak_pair_judged_positive_is_shown_strong_and_nothing_else_changes(found: Strength, state: HitState) -> None:
    shown = rules.shown_strength(found, state)
    assert shown == (Strength.STRONG if (found, state) == (Strength.WEAK, HitState.POSITIVE) else found)


@given(st.lists(st.sampled_from(list(Strength)), min_size=1))
def test_the_strongest_selector_counts(strengths: list[Strength]) -> None:
    best = rules.strongest(strengths)
    assert best in strengths
    assert all(rules.STRENGTH_RANK[best] >= rules.STRENGTH_RANK[s] for s in strengths)


# --- Release (S-3) -------------------------------------------------------------------------------------------
RELEASABLE = {
    ("H0",): rules.Terms(not_in_proceedings=False, one_recipient=False),
    ("H1",): rules.Terms(not_in_proceedings=True, one_recipient=False),
    ("H2",): rules.Terms(not_in_proceedings=False, one_recipient=True),
    ("H1", "H2"): rules.Terms(not_in_proceedings=True, one_recipient=True),
}


@given(st.sets(st.sampled_from([*(c.value for c in HandlingCode), "HX"])), st.booleans())
def test_what_may_leave_and_under_what(codes: set[str], silent: bool) -> None:
    expected = None if silent or codes == {"H0", "H1"} else RELEASABLE.get(tuple(sorted(codes)))
    if codes >= {"H0"} and len(codes) > 1:
        return  # the kernel knows no such handling
    if expected is None:
        with pytest.raises(Conflict):
            rules.release_terms(codes, silent)
    else:
        assert rules.release_terms(codes, silent) == expected


@pytest.mark.parametrize(("first", "second"), list(product([None, *Answer], repeat=2)))
@pytest.mark.parametrize("strength", Strength)
def test_a_pair_whose_judgement_is_taken_back_stands_as_it_would_without(
    strength: Strength, first: Answer | None, second: Answer | None
) -> None:
    """S-2, P-100: the answers of the two sides hold; else a weak pair is judged again, the others are theirs."""
    if Answer.DIFFERENT in (first, second):
        wanted = HitState.FALSE_POSITIVE
    elif (first, second) == (Answer.SAME, Answer.SAME):
        wanted = HitState.POSITIVE
    else:
        wanted = HitState.ANALYST_REVIEW if strength is Strength.WEAK else HitState.BLIND_NOTIFIED
    assert rules.after_retraction(strength, first, second) is wanted
