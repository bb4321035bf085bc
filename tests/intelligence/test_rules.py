"""The tables of W1 are complete, readers follow S-3, grades only fall, silence is bounded."""

from datetime import date
from uuid import UUID

import pytest
from django.utils.translation import gettext
from hypothesis import given
from hypothesis import strategies as st

from recoupe.access.enums import Capacity
from recoupe.access.keys import own
from recoupe.audit.enums import Operation
from recoupe.intelligence import rules, vocabulary
from recoupe.intelligence.enums import Doer, NoticeKind, PersonCategory, ReportState, SourceKind
from recoupe.intelligence.permissions import SENTENCE_DOERS
from recoupe.kernel import source as kernel_source
from recoupe.kernel.category import SubjectCategory
from recoupe.kernel.grading import DEFAULT, Grading, InfoGrade, SourceGrade
from recoupe.kernel.handling import H3Line, Handling, HandlingCode
from recoupe.kernel.refusal import Invalid
from recoupe.reference.enums import UnitKind

S = ReportState
UNIT, CELL, OTHER_CELL, OFFICE, AUTHOR = (UUID(int=i) for i in range(1, 6))


# --- The tables of W1 ---------------------------------------------------------------------------------------------


def next_states(state: ReportState) -> list[ReportState]:
    return [target for source, target in rules.TRANSITIONS if source is state]


def test_every_state_can_be_reached_from_a_draft() -> None:
    reached, waiting = {S.DRAFT}, [S.DRAFT]
    while waiting:
        for target in next_states(waiting.pop()):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    assert reached == set(S)


def test_every_state_but_the_last_leads_somewhere() -> None:
    assert {state for state in S if not next_states(state)} == {S.ERASED}


def test_nothing_comes_back_to_a_draft_and_nothing_leaves_erasure() -> None:
    assert not [move for move in rules.TRANSITIONS if move[1] is S.DRAFT or move[0] is S.ERASED]


@pytest.mark.parametrize("move", rules.TRANSITIONS, ids=lambda move: f"{move[0]}-{move[1]}")
def test_every_move_says_who_what_whom_and_its_verb(move: tuple[ReportState, ReportState]) -> None:
    transition = rules.TRANSITIONS[move]
    assert transition.doers
    assert transition.doers in SENTENCE_DOERS, "a refusal of this move has no sentence"
    assert isinstance(transition.operation, Operation)
    assert transition.label
    assert gettext(transition.label)
    assert transition.notice is None or transition.notice in rules.NOTIFIED


def test_every_notice_goes_to_somebody_known() -> None:
    assert set(rules.NOTIFIED) == set(NoticeKind)
    assert set(rules.NOTIFIED.values()) <= {
        "handlers", "validators", "author", "author_and_handlers", "owner_head",
    }  # fmt: skip


def test_every_state_and_doer_has_a_label() -> None:
    for kind in (ReportState, Doer, NoticeKind, SourceKind, PersonCategory):
        assert all(str(member.label).strip() for member in kind)


def test_no_dissemination_without_a_grade() -> None:
    """W1's guard, on the graph: every way from the deposit to DISSEMINATED passes through GRADED."""
    reached, waiting = {S.SUBMITTED}, [S.SUBMITTED]
    while waiting:
        for target in next_states(waiting.pop()):
            if target not in reached and target is not S.GRADED:
                reached.add(target)
                waiting.append(target)
    assert S.DISSEMINATED not in reached
    assert S.LINKED not in reached


def test_a_human_name_stands_behind_every_move_but_those_of_the_matcher_and_of_retention() -> None:
    machines = {Doer.MATCHER, Doer.RETENTION}
    for (_, target), transition in rules.TRANSITIONS.items():
        by_machine = bool(transition.doers & machines)
        assert by_machine == (target in {S.CROSS_CHECKED, S.HIT, S.NO_HIT, S.REVIEW_DUE, S.ERASED})


def test_a_correction_leads_back_to_the_grade_or_leaves_the_state() -> None:
    for state in rules.CORRECTABLE:
        back = (state, S.TRIAGED) in rules.TRANSITIONS and state is not S.SUBMITTED
        assert back != (state in rules.CORRECTED_IN_PLACE)
    assert not rules.CORRECTABLE & {S.DRAFT, S.REJECTED, S.REVIEW_DUE, S.ERASED}


def test_kinds_are_those_of_the_kernel_without_the_vault() -> None:
    assert set(SourceKind.values) == {kind.value for kind in kernel_source.OFFERED}
    assert set(PersonCategory.values) == {kind.value for kind in SubjectCategory}


# --- Readers (S-3) ------------------------------------------------------------------------------------------------

H0, H1, H2, H3 = HandlingCode
BOTH_CELLS = frozenset({CELL, OTHER_CELL})
OWN = (UNIT, Capacity.UNIT)
CELLS = {(CELL, Capacity.CELL), (OTHER_CELL, Capacity.CELL)}
OFFICE_KEY = (OFFICE, Capacity.OFFICE)


def _read(codes: set[HandlingCode], line: H3Line | None = None, **changes: object) -> set[tuple[UUID, Capacity]]:
    facts: dict[str, object] = {
        "state": S.SUBMITTED,
        "author_id": AUTHOR,
        "owner_unit_id": UNIT,
        "owner_kind": UnitKind.POLICE_UNIT,
        "handling": Handling(frozenset(codes), line, "restriction" if line else ""),
        "silent": False,
        "cells": BOTH_CELLS,
        "office": OFFICE,
    }
    return rules.audience(rules.Readership(**{**facts, **changes}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("codes", "line", "expected"),
    [
        ({H0}, None, {OWN, OFFICE_KEY} | CELLS),
        ({H1}, None, {OWN, OFFICE_KEY} | CELLS),
        ({H2}, None, {OWN} | CELLS),
        ({H1, H2}, None, {OWN} | CELLS),
        ({H3}, H3Line.BOTH, {OWN} | CELLS),
        ({H3}, H3Line.HOLDER_ONLY, {OWN}),
        ({H3}, H3Line.NOBODY, {OWN}),
        ({H1, H2, H3}, H3Line.NOBODY, {OWN}),
        ({H1, H3}, H3Line.BOTH, {OWN} | CELLS),
    ],
)
def test_readers_by_handling_code(
    codes: set[HandlingCode], line: H3Line | None, expected: set[tuple[UUID, Capacity]]
) -> None:
    assert _read(codes, line) == expected


@pytest.mark.parametrize("codes", [{H0}, {H1}, {H2}])
def test_silent_is_read_by_its_owner_alone(codes: set[HandlingCode]) -> None:
    assert _read(codes, silent=True) == {OWN}


def test_a_draft_is_read_by_its_author_alone() -> None:
    assert _read({H0}, state=S.DRAFT) == {own(AUTHOR, UNIT)}


@pytest.mark.parametrize(
    ("kind", "capacity"), [("cross", Capacity.CELL), ("office", Capacity.OFFICE), ("customs_unit", Capacity.UNIT)]
)
def test_a_unit_reads_its_own_with_the_capacity_that_its_members_hold(kind: str, capacity: Capacity) -> None:
    assert _read({H3}, H3Line.NOBODY, owner_kind=kind) == {(UNIT, capacity)}


@given(
    st.sampled_from([({H0}, None), ({H1}, None), ({H2}, None), ({H3}, H3Line.BOTH), ({H3}, H3Line.NOBODY)]),
    st.booleans(),
)
def test_no_code_ever_gives_more_readers_than_h0(case: tuple[set[HandlingCode], H3Line | None], silent: bool) -> None:
    assert _read(*case, silent=silent) <= _read({H0})


# --- Grades, silence, minors ---------------------------------------------------------------------------------------

A1 = Grading(SourceGrade.A, InfoGrade.ONE)
B2 = Grading(SourceGrade.B, InfoGrade.TWO)


@pytest.mark.parametrize(
    ("source", "verified", "expected"),
    [
        (kernel_source.SourceKind.ANONYMOUS, True, "X4"),
        (kernel_source.SourceKind.PARTNER, False, "X4"),
        (kernel_source.SourceKind.PARTNER, True, "B2"),
        (kernel_source.SourceKind.OFFICER_OBSERVATION, False, "A1"),
    ],
)
def test_a_grade_is_capped_by_its_source(source: kernel_source.SourceKind, verified: bool, expected: str) -> None:
    assert rules.regraded(DEFAULT, A1, source, verified=verified).code == expected


def test_a_better_grade_needs_a_motive_and_a_worse_one_does_not() -> None:
    kind = kernel_source.SourceKind.TECHNICAL
    with pytest.raises(Invalid, match="motif"):
        rules.regraded(B2, A1, kind)
    assert rules.regraded(B2, A1, kind, motive="vérifié sur place").code == "A1"
    assert rules.regraded(A1, B2, kind).code == "B2"


TODAY = date(2026, 8, 31)


@pytest.mark.parametrize(
    ("until", "reason", "passes"),
    [
        (date(2026, 9, 1), "protéger une opération", True),
        (date(2027, 2, 28), "protéger une opération", True),
        (date(2027, 3, 1), "protéger une opération", False),
        (date(2026, 8, 31), "protéger une opération", False),
        (date(2020, 1, 1), "protéger une opération", False),
        (date(2026, 10, 1), "   ", False),
    ],
)
def test_silence_is_dated_bounded_and_motivated(until: date, reason: str, passes: bool) -> None:
    if passes:
        rules.check_silence(until, TODAY, reason, 6)
    else:
        with pytest.raises(Invalid):
            rules.check_silence(until, TODAY, reason, 6)


@given(st.dates(date(1900, 1, 1), date(2900, 1, 1)), st.integers(0, 40))
def test_months_after_lands_in_the_right_month(day: date, months: int) -> None:
    later = rules.months_after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day


@pytest.mark.parametrize(
    ("protected", "own", "territory", "shown"),
    [
        (False, False, {"75"}, True),
        (True, False, {"13", "84"}, True),
        (True, True, {"75"}, True),
        (True, False, {"75"}, False),
        (True, False, set(), False),
    ],
)
def test_a_protected_name_is_masked_outside_the_department(
    protected: bool, own: bool, territory: set[str], shown: bool
) -> None:
    assert rules.name_is_shown(protected=protected, departments=["13"], own=own, territory=territory) is shown


def test_the_budget_stops_the_deposit_after_the_last_one() -> None:
    rules.check_budget(50, 50)
    with pytest.raises(Invalid) as refused:
        rules.check_budget(51, 50)
    assert "50" in str(refused.value)


# --- Words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("L'individu serait SÉROPOSITIF.", "health"),
        ("un homme de type nord-africain", "ethnic_origin"),
        ("un homme de type nord‑africain".replace("‑", "-"), "ethnic_origin"),
        ("militante d'extrême-gauche", "politics"),
        ("Témoins   de Jéhovah", "religion"),
        ("délégué syndical de la boîte", "union"),
        ("il est homosexuel", "sexuality"),
    ],
)
def test_sensitive_words_are_found_whatever_their_writing(text: str, family: str) -> None:
    found = vocabulary.sensitive_words(text)
    assert family in {word.family for word in found}
    assert all(text[word.start : word.end] == word.word for word in found)


@pytest.mark.parametrize(
    "text",
    [
        "Derrière l'église, une voiture noire.",
        "les consommateurs font la queue",
        "un toxicomane",
        "romarin",
        "Gayet",
        "",
    ],
)
def test_ordinary_words_of_the_trade_are_not_flagged(text: str) -> None:
    assert not vocabulary.is_sensitive(text)


def test_means_have_distinct_codes_and_labels() -> None:
    assert len(vocabulary.means_by_label()) == len(vocabulary.means()) > 20


def test_where_a_correction_stays_and_where_a_grade_may_be_given_again() -> None:
    """W1: what is not read yet, or was used already, keeps its state; only what has a grade is graded anew."""
    assert {S.SUBMITTED, S.TRIAGED, S.LINKED, S.FILED} == rules.CORRECTED_IN_PLACE
    before = {S.DRAFT, S.SUBMITTED, S.TRIAGED, S.REJECTED}
    ended = {S.FILED, S.REVIEW_DUE, S.ERASED}
    assert set(S) - before - ended == rules.REGRADABLE
