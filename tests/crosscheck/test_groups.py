"""What humans said of pairs, put together, and taken back to the letter."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from recoupe.crosscheck.enums import Answer
from recoupe.crosscheck.groups import Groups, Joined, Said, joined, parted
from tests.crosscheck.made import NOON

RECORDS = [UUID(int=number) for number in range(1, 7)]
A, B, C, D, E, _ = RECORDS
SAME, DIFFERENT, UNKNOWN = Answer.SAME, Answer.DIFFERENT, Answer.UNKNOWN
LATER = NOON + timedelta(days=1)


def said(*lines: tuple[UUID, UUID, Answer]) -> list[Said]:
    """One judgement a minute."""
    return [
        Said(UUID(int=100 + at), first, second, answer, NOON + timedelta(minutes=at))
        for at, (first, second, answer) in enumerate(lines)
    ]


@st.composite
def histories(draw: st.DrawFn) -> list[Said]:
    pairs = st.tuples(st.sampled_from(RECORDS), st.sampled_from(RECORDS), st.sampled_from(Answer))
    lines = draw(st.lists(pairs.filter(lambda line: line[0] != line[1]), max_size=12))
    return said(*lines)


def seen(groups: Groups) -> object:
    answers = [groups.answer(first, second) for first, second in combinations(RECORDS, 2)]
    return answers, [one.id for one in groups.contradictions]


def test_same_and_different_answer_for_the_whole_group() -> None:
    groups = Groups.of(said((A, B, DIFFERENT), (B, C, SAME), (D, E, SAME)), LATER)
    assert groups.answer(A, C) == DIFFERENT
    assert groups.answer(C, A) == DIFFERENT
    assert groups.answer(A, D) == UNKNOWN
    assert groups.canonical(C) == groups.canonical(B) == B
    assert groups.groups() == {frozenset({B, C}), frozenset({D, E})}


def test_a_difference_said_before_two_groups_grew_holds_between_all_of_them() -> None:
    groups = Groups.of(said((A, D, DIFFERENT), (A, B, SAME), (D, E, SAME)), LATER)
    assert groups.answer(B, E) == DIFFERENT


def test_two_differences_say_nothing_of_the_third_pair_and_unsure_says_nothing() -> None:
    groups = Groups.of(said((A, B, DIFFERENT), (B, C, DIFFERENT), (C, D, UNKNOWN)), LATER)
    assert groups.answer(A, C) == groups.answer(C, D) == UNKNOWN


def test_who_contradicts_is_asked_again_and_merges_nothing() -> None:
    lines = said((A, B, SAME), (B, C, DIFFERENT), (A, C, SAME))
    groups = Groups.of(lines, LATER)
    assert groups.contradictions == [lines[2]]
    assert groups.answer(A, C) == DIFFERENT


def test_the_last_word_on_a_pair_counts() -> None:
    assert Groups.of(said((A, B, SAME), (B, A, DIFFERENT)), LATER).answer(A, B) == DIFFERENT


def test_what_stood_on_a_date_is_found_again() -> None:
    lines = said((A, B, SAME), (B, C, SAME))
    lines[1] = replace(lines[1], withdrawn_at=NOON + timedelta(hours=2))
    for hours, wanted in ((1, SAME), (2, UNKNOWN), (3, UNKNOWN)):
        assert Groups.of(lines, NOON + timedelta(hours=hours)).answer(A, C) == wanted
    assert Groups.of(lines, NOON - timedelta(minutes=1)).groups() == set()


def test_the_pairs_that_a_wrong_judgement_alone_joined() -> None:
    lines = said((A, B, SAME), (B, C, SAME), (C, D, SAME))
    assert set(parted(lines, lines[1].id, LATER)) == {(A, C), (A, D), (B, C), (B, D)}
    again = [*lines, replace(lines[1], id=UUID(int=900), first=A, second=D, at=LATER)]
    assert set(parted(again, lines[1].id, LATER)) == set()


def test_a_pair_is_joined_for_as_long_as_the_judgement_alone_makes_it_one() -> None:
    lines = said((B, C, SAME), (A, B, SAME), (A, C, SAME), (C, D, SAME))
    lines = [
        replace(one, at=NOON + timedelta(hours=at), withdrawn_at=None if gone is None else NOON + timedelta(hours=gone))
        for one, at, gone in zip(lines, (0, 1, 2, 3), (5, None, 4, None), strict=True)
    ]
    hours = [NOON + timedelta(hours=at) for at in range(6)]
    found = {(one.records, one.since, one.until) for one in joined(lines, lines[0])}
    # Between the second and the fourth hour A and C are one by a word of their own, and B and C by A.
    assert found == {
        ((A, C), hours[1], hours[2]), ((A, C), hours[4], hours[5]), ((B, C), hours[0], hours[2]),
        ((B, C), hours[4], hours[5]), ((A, D), hours[4], hours[5]), ((B, D), hours[4], hours[5]),
    }  # fmt: skip
    assert list(joined(lines, replace(lines[0], withdrawn_at=None))) == []
    assert Joined((A, C), hours[1], hours[2]) in list(joined(lines, lines[0]))


@given(histories(), st.data())
def test_taking_a_judgement_back_leaves_what_there_would_be_without_it(lines: list[Said], data: st.DataObject) -> None:
    if not lines:
        return
    gone = data.draw(st.sampled_from(lines))
    taken = [replace(one, withdrawn_at=LATER) if one is gone else one for one in lines]
    assert seen(Groups.of(taken, LATER)) == seen(Groups.of([one for one in lines if one is not gone], LATER))
    assert seen(Groups.of(taken, _before(LATER))) == seen(Groups.of(lines, LATER))


def _before(moment: datetime) -> datetime:
    return moment - timedelta(microseconds=1)


@given(histories())
def test_no_group_holds_two_records_that_stand_as_different(lines: list[Said]) -> None:
    groups = Groups.of(lines, LATER)
    last = {one.pair: one for one in lines}
    for one in last.values():
        if one in groups.contradictions or one.answer == UNKNOWN:
            continue
        assert groups.answer(one.first, one.second) == one.answer
