"""Plates: SIV, FNI, foreign; a doubtful one warns and is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import Strength, normalise, strength
from recoupe.kernel.selectors.plate import WARNING_FNI, WARNING_LETTER, WARNING_PARTIAL, WARNING_SIV

LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"


@pytest.mark.parametrize(
    "raw",
    [
        "AB_123_CD",
        "AB-123-CD ?",
        "AB-123-CD",
        "ab 123 cd",
        "AB123CD",
        "AB.123.CD",
        "AB-123-CD (13)",
        "AB-123-CD (2A)",
        "F: AB-123-CD",
    ],
)
def test_writings_of_one_siv_plate(raw: str) -> None:
    found = normalise("plate", raw)
    assert (found.value, found.valid, found.warning) == ("AB123CD", True, "")
    assert strength(found) is Strength.CERTAIN


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("1234 AB 13", "1234AB13"),
        ("12 ABC 2A", "12ABC2A"),
        ("1 A 971", "1A971"),
        ("456 xyz 75", "456XYZ75"),
        ("W-123-AB", "W123AB"),
        ("WW-123-AB", "WW123AB"),
        ("AA-001-AA", "AA001AA"),
        ("ZZ-999-ZZ", "ZZ999ZZ"),
    ],
)
def test_plates_that_exist(raw: str, value: str) -> None:
    found = normalise("plate", raw)
    assert (found.value, found.valid) == (value, True)


@pytest.mark.parametrize(
    ("raw", "value", "valid", "warning"),
    [
        ("SS-123-AB", "SS123AB", False, WARNING_SIV),
        ("AB-123-SS", "AB123SS", False, WARNING_SIV),
        ("AB-000-CD", "AB000CD", False, WARNING_SIV),
        ("IB-123-CD", "IB123CD", False, WARNING_SIV),
        ("AO-123-CD", "AO123CD", False, WARNING_SIV),
        ("AB-123-CU", "AB123CU", False, WARNING_SIV),
        ("1234 AB 96", "1234AB96", False, WARNING_FNI),
        ("1234 AB 00", "1234AB00", False, WARNING_FNI),
        ("AB-O2I-CD", "AB021CD", None, WARNING_LETTER),
    ],
)
def test_what_no_plate_can_be_warns_and_is_kept(raw: str, value: str, valid: bool | None, warning: str) -> None:
    found = normalise("plate", raw)
    assert (found.raw, found.value, found.valid, found.warning) == (raw, value, valid, warning)
    assert strength(found) is Strength.STRONG


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("B-AB 1234 (D)", "BAB1234"),
        ("(E) 1234 KLM", "1234KLM"),
        ("1234 KLM", "1234KLM"),
        ("1-ABC-234", "1ABC234"),
        ("AB-123-CD (I)", "I:AB123CD"),  # the Italian form is the French one
        ("I: AB123CD", "I:AB123CD"),
        ("12 A 13 (MA)", "MA:12A13"),
    ],
)
def test_foreign_plates_have_no_verdict(raw: str, value: str) -> None:
    found = normalise("plate", raw)
    assert (found.value, found.valid) == (value, None)


@given(st.text(LETTERS, min_size=4, max_size=4), st.integers(1, 999), st.sampled_from(["", "-", " "]), st.booleans())
def test_every_siv_plate_is_valid_but_ss(letters: str, number: int, separator: str, small: bool) -> None:
    first, last = letters[:2], letters[2:]
    written = separator.join((first, f"{number:03}", last))
    found = normalise("plate", written.lower() if small else written)
    assert found.value == f"{first}{number:03}{last}"
    assert found.valid is ("SS" not in (first, last))


@pytest.mark.parametrize("raw", ["-", "A", "??", "é"])
def test_nothing_usable(raw: str) -> None:
    with pytest.raises(Invalid):
        normalise("plate", raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("??-123-??", "??123??"),
        ("AB-1?3-CD", "AB1?3CD"),
        ("ab-123-..", "AB123??"),
        ("AB-123-…", "AB123%"),
        ("...123-CD", "%123CD"),
        ("**-123-CD", "??123CD"),
    ],
)
def test_a_plate_that_was_not_read_whole_keeps_its_places_and_is_only_a_hint(raw: str, value: str) -> None:
    found = normalise("plate", raw)
    assert (found.value, found.valid, found.warning) == (value, None, WARNING_PARTIAL)
    assert strength(found) is Strength.WEAK
    assert normalise("plate", value).value == value


@pytest.mark.parametrize("raw", ["?", "??-???-??", "…", "A?"])
def test_a_plate_of_which_nothing_was_read_is_refused(raw: str) -> None:
    with pytest.raises(Invalid):
        normalise("plate", raw)
