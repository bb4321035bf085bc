"""Handling codes: H0 alone, H3 with its line and text, an unknown code the strictest, silence only takes away."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel import handling
from recoupe.kernel.handling import H3_LINE_LABELS, HANDLING_LABELS, H3Line, Handling, HandlingCode, parse, tells
from recoupe.kernel.refusal import Invalid


def handled(*codes: str, line: H3Line | None = None, text: str = "voir la brigade") -> Handling:
    return Handling(frozenset(HandlingCode(code) for code in codes), line, text)


@pytest.mark.parametrize(
    ("codes", "line", "silent", "expected"),
    [
        (["H0"], None, False, (True, True)),
        (["H1"], None, False, (True, True)),
        (["H2"], None, False, (True, True)),
        (["H1", "H2"], None, False, (True, True)),
        (["H3"], H3Line.BOTH, False, (True, True)),
        (["H3"], H3Line.HOLDER_ONLY, False, (True, False)),
        (["H3"], H3Line.NOBODY, False, (False, False)),
        (["H1", "H3"], H3Line.HOLDER_ONLY, False, (True, False)),
        (["H0"], None, True, (True, False)),
        (["H2"], None, True, (True, False)),
        (["H3"], H3Line.BOTH, True, (True, False)),
        (["H3"], H3Line.HOLDER_ONLY, True, (True, False)),
        (["H3"], H3Line.NOBODY, True, (False, False)),
    ],
)
def test_who_is_told(codes: list[str], line: H3Line | None, silent: bool, expected: tuple[bool, bool]) -> None:
    assert tells(handled(*codes, line=line), silent) == expected


@pytest.mark.parametrize("others", [c for n in (1, 2, 3) for c in itertools.combinations(["H1", "H2", "H3"], n)])
def test_h0_excludes_the_others(others: tuple[str, ...]) -> None:
    with pytest.raises(Invalid) as refusal:
        handled("H0", *others, line=H3Line.BOTH)
    assert refusal.value.sentence == handling.SENTENCE_H0_ALONE
    assert parse([*others], "both", "texte").codes == {HandlingCode(code) for code in others}


@pytest.mark.parametrize(
    ("codes", "line", "text", "field"),
    [
        ("", "", "", "handling"),
        ("H3", "", "texte", "h3_line"),
        ("H3", "both", "  ", "handling_conditions"),
        ("H0+H1", "", "", "handling"),
    ],
)
def test_what_is_incoherent_is_refused(codes: list[str], line: str, text: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse(codes, line, text)
    assert refusal.value.field == field


@pytest.mark.parametrize("written", ["H1+H2", "h1, h2", "H1;H2", "H2/H1", " H1  H2 ", ["H1", "h2"]])
def test_writings_of_several_codes(written: str | list[str]) -> None:
    assert parse(written).wire == ["H1", "H2"]


@pytest.mark.parametrize("written", ["H4", "H0+Z", "H1 H9", "secret", ["H0", "H0bis"]])
def test_an_unknown_code_is_the_strictest(written: str | list[str]) -> None:
    found = parse(written, "both")
    assert tells(found, False) == (False, False)
    assert HandlingCode.H0 not in found.codes and found.h3_line is H3Line.NOBODY and found.conditions


def test_an_unknown_line_is_the_strictest() -> None:
    assert parse("H3", "tout le monde", "texte").h3_line is H3Line.NOBODY


def test_a_line_without_h3_says_nothing() -> None:
    assert parse("H1", "nobody", "").h3_line is None
    assert tells(handled("H1", line=H3Line.NOBODY), False) == (True, True)


@given(st.lists(st.text(max_size=4), max_size=4), st.sampled_from(["", *H3Line]), st.booleans())
def test_reading_refuses_or_tells_and_never_tells_more_than_both_knew(
    codes: list[str], line: str, silent: bool
) -> None:
    try:
        found = parse(codes, line, "texte")
    except Invalid:
        return
    tells_self, tells_other = tells(found, silent)
    assert tells_self or not tells_other
    assert not (silent and tells_other)
    if any(code.strip() and code.strip().upper() not in HandlingCode.__members__ for code in codes):
        assert (tells_self, tells_other) == (False, False)


def test_every_code_and_line_has_a_label() -> None:
    assert set(HANDLING_LABELS) == set(HandlingCode) and set(H3_LINE_LABELS) == set(H3Line)
