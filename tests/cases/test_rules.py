"""Procedure numbers as services write them, offences, dates."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.access.enums import Role
from recoupe.cases import rules
from recoupe.cases.enums import LegalFramework
from recoupe.kernel.refusal import Invalid

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2026/001234", "2026/001234"),
        (" 2026 / 1234 ", "2026/1234"),
        ("PV n° 2025/42", "2025/42"),
        ("procédure 12345/00678/2026", "12345/00678/2026"),
        ("ded13/2026/42", "DED13/2026/42"),
        ("2026\\7", "2026/7"),
    ],
)
def test_numbers_are_kept_in_one_writing(typed: str, kept: str) -> None:
    assert rules.number(typed, TODAY) == kept
    assert rules.number(kept, TODAY) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "néant",
        "2027/1",
        "1989/1",
        "0001/1",
        "2026",
        "2026/",
        "/2026/1",
        "<b>2026/1</b>",
        "2026/1\x00",
        "9" * 90,
    ],
)
def test_other_numbers_are_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.number(typed, TODAY)
    assert refused.value.field == "number"


@given(st.text(max_size=100))
def test_any_text_is_a_number_or_refused(typed: str) -> None:
    try:
        kept = rules.number(typed, TODAY)
    except Invalid:
        return
    assert len(kept) <= rules.NUMBER_MAX


@pytest.mark.parametrize(
    ("codes", "passes"), [([7990, 180], True), ([], True), ([0], False), ([100_000], False), ([1] * 21, False)]
)
def test_offences_are_bounded(codes: list[int], passes: bool) -> None:
    if passes:
        assert rules.offences(codes) == sorted(set(codes))
    else:
        with pytest.raises(Invalid):
            rules.offences(codes)


def test_every_framework_has_its_magistrate() -> None:
    assert {f: rules.directing_role(f) for f in LegalFramework} == {
        LegalFramework.FLAGRANCE: Role.PROSECUTOR,
        LegalFramework.PRELIMINARY: Role.PROSECUTOR,
        LegalFramework.CUSTOMS: Role.PROSECUTOR,
        LegalFramework.COMMISSION: Role.EXAMINING_JUDGE,
    }


@pytest.mark.parametrize(
    ("opened", "passes"),
    [
        (TODAY, True),
        (date(2026, 11, 23), False),
        (date(rules.FIRST_YEAR, 1, 1), True),
        (date(rules.FIRST_YEAR - 1, 12, 31), False),
    ],
)
def test_a_procedure_opens_neither_tomorrow_nor_in_another_age(opened: date, passes: bool) -> None:
    if passes:
        rules.check_opening(opened, TODAY)
        return
    with pytest.raises(Invalid) as refused:
        rules.check_opening(opened, TODAY)
    assert refused.value.field == "opened_on"


@pytest.mark.parametrize(
    ("opened", "closed", "passes"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), True),
        (date(2026, 1, 1), TODAY, True),
        (date(2026, 1, 2), date(2026, 1, 1), False),
        (date(2026, 1, 1), date(2026, 11, 23), False),
    ],
)
def test_a_procedure_closes_between_its_opening_and_today(opened: date, closed: date, passes: bool) -> None:
    if passes:
        rules.check_closing(opened, closed, TODAY)
    else:
        with pytest.raises(Invalid):
            rules.check_closing(opened, closed, TODAY)
