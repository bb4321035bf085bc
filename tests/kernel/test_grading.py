"""Grades: S-10's table word for word, the original kept, never an upgrade."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel.grading import (
    DEFAULT,
    INFO_GRADE_LABELS,
    SOURCE_GRADE_LABELS,
    Grading,
    InfoGrade,
    Scheme,
    SourceGrade,
    cap,
)
from recoupe.kernel.refusal import Invalid
from recoupe.kernel.source import SourceKind

GRADINGS = st.builds(Grading, st.sampled_from(SourceGrade), st.sampled_from(InfoGrade), doubt=st.booleans())
# S-10, written out: the letter, then the digit without and with the reporter's own eyes.
S10_SOURCE = {"A": "A", "B": "B", "C": "C", "D": "C", "E": "C", "F": "X"}
S10_INFO = {"1": "3", "2": "3", "3": "4", "4": "4", "5": "4", "6": "4"}


@pytest.mark.parametrize(("letter", "digit"), list(itertools.product(S10_SOURCE, S10_INFO)))
@pytest.mark.parametrize("seen", [False, True])
def test_six_by_six_follows_s10(letter: str, digit: str, seen: bool) -> None:
    grade = Grading.typed(letter, digit, seen_by_reporter=seen, scheme=Scheme.SIX)
    expected = "1" if digit == "1" and seen else S10_INFO[digit]
    assert grade.code == S10_SOURCE[letter] + expected
    assert grade.original == letter + digit
    assert grade.doubt is (digit == "5")


@pytest.mark.parametrize(
    ("letter", "digit", "code"),
    [("D", "2", "C3"), ("E", "1", "C3"), ("F", "3", "X4"), ("A", "5", "A4"), ("B", "6", "B4"), ("d", " 4 ", "C4")],
)
def test_letters_and_digits_of_the_second_scheme_tell_it(letter: str, digit: str, code: str) -> None:
    assert Grading.typed(letter, digit, seen_by_reporter=False).code == code


@pytest.mark.parametrize(("letter", "digit"), list(itertools.product("ABCX", "234")))
@pytest.mark.parametrize("scheme", [None, Scheme.FOUR])
def test_four_by_four_stays_as_typed(letter: str, digit: str, scheme: Scheme | None) -> None:
    grade = Grading.typed(letter, digit, seen_by_reporter=False, scheme=scheme)
    assert (grade.code, grade.original, grade.doubt) == (letter + digit, letter + digit, False)


def test_a_one_that_the_reporter_did_not_see_is_a_three() -> None:
    assert Grading.typed("A", "1", seen_by_reporter=False).code == "A3"
    assert Grading.typed("A", "1", seen_by_reporter=False).original == "A1"
    assert Grading.typed("A", "1", seen_by_reporter=True).code == "A1"
    assert Grading.typed("A", "1", seen_by_reporter=False, scheme=Scheme.FOUR).code == "A1"


def test_blank_is_x4() -> None:
    assert Grading.typed("", " ", seen_by_reporter=True) == DEFAULT
    assert DEFAULT.code == "X4"
    assert Grading.typed("B", "", seen_by_reporter=True).code == "B4"
    assert Grading.typed("", "2", seen_by_reporter=True).code == "X2"
    assert Grading.typed("", "6", seen_by_reporter=True).code == "X4"


@pytest.mark.parametrize(
    ("letter", "digit"), [("G", "1"), ("A", "7"), ("X", "5"), ("D", "0"), ("AA", "1"), ("é", "1"), ("A", "²")]
)
def test_an_unknown_grade_is_refused(letter: str, digit: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Grading.typed(letter, digit, seen_by_reporter=True)
    assert refusal.value.field == "grade"


@pytest.mark.parametrize(("letter", "digit"), list(itertools.product("ABCDEF", "123456")))
@pytest.mark.parametrize("seen", [False, True])
def test_no_reading_is_better_than_what_was_typed(letter: str, digit: str, seen: bool) -> None:
    """Compared on the common part of both scales: letters A to C, digits 1 to 4."""
    grade = Grading.typed(letter, digit, seen_by_reporter=seen)
    typed = Grading(
        SourceGrade(letter) if letter in "ABC" else SourceGrade.C if letter in "DE" else SourceGrade.X,
        InfoGrade(digit) if digit in "1234" else InfoGrade.FOUR,
    )
    assert not grade.improves_on(typed)


@given(GRADINGS, st.sampled_from(SourceKind), st.booleans())
def test_a_cap_never_improves_and_is_stable(grading: Grading, kind: SourceKind, verified: bool) -> None:
    capped = cap(grading, kind, verified=verified)
    assert not capped.improves_on(grading)
    assert cap(capped, kind, verified=verified) == capped
    assert capped.doubt == grading.doubt


@given(GRADINGS)
def test_anonymous_and_unverified_partners_are_x4(grading: Grading) -> None:
    for capped in (
        cap(grading, SourceKind.ANONYMOUS),
        cap(grading, SourceKind.ANONYMOUS, verified=True),
        cap(grading, SourceKind.PARTNER),
    ):
        assert capped.code == "X4"
        assert capped.original == ("" if grading.code == "X4" else grading.code)


@given(GRADINGS)
def test_a_verified_partner_is_never_a_nor_1(grading: Grading) -> None:
    capped = cap(grading, SourceKind.PARTNER, verified=True)
    assert capped.source is not SourceGrade.A and capped.info is not InfoGrade.ONE
    if grading.source is not SourceGrade.A and grading.info is not InfoGrade.ONE:
        assert capped == grading


@given(GRADINGS, st.sampled_from([kind for kind in SourceKind if kind not in ("anonymous", "partner")]))
def test_other_sources_keep_their_grade(grading: Grading, kind: SourceKind) -> None:
    assert cap(grading, kind) == grading


def test_the_first_original_is_kept_through_conversion_and_cap() -> None:
    typed = Grading.typed("E", "5", seen_by_reporter=False)
    assert cap(typed, SourceKind.ANONYMOUS).original == "E5"
    assert cap(typed, SourceKind.ANONYMOUS).doubt


@pytest.mark.parametrize(
    ("new", "old", "better"),
    [
        ("A4", "B4", True),
        ("B3", "B4", True),
        ("C4", "X4", True),
        ("B4", "B4", False),
        ("X1", "A2", True),
        ("C4", "B2", False),
    ],
)
def test_improves_on(new: str, old: str, better: bool) -> None:
    one, two = (Grading(SourceGrade(code[0]), InfoGrade(code[1])) for code in (new, old))
    assert one.improves_on(two) is better


def test_lifting_a_doubt_is_an_improvement() -> None:
    doubtful = Grading(SourceGrade.B, InfoGrade.FOUR, doubt=True)
    assert Grading(SourceGrade.B, InfoGrade.FOUR).improves_on(doubtful)


def test_every_grade_has_a_label() -> None:
    assert set(SOURCE_GRADE_LABELS) == set(SourceGrade) and set(INFO_GRADE_LABELS) == set(InfoGrade)
