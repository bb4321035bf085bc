"""Telephone numbers: every French writing of one number is one value; the two paths give one verdict."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import SelectorKind, Strength, normalise, strength
from recoupe.kernel.selectors.phone import WARNING_LENGTH, WARNING_PLAN, WARNING_ZERO


@pytest.mark.parametrize(
    "raw",
    [
        "0612345678",
        "06 12 34 56 78",
        "06.12.34.56.78",
        "06-12-34-56-78",
        "06/12/34/56/78",
        "06\u00a012\u202f34 56 78",
        "06 123 456 78",
        "+33612345678",
        "+33 6 12 34 56 78",
        "+33 (0)6 12 34 56 78",
        "+33 06 12 34 56 78",
        "0033 6 12 34 56 78",
        "00 33 (0) 6.12.34.56.78",
        "+0033612345678",
        "+0612345678",
        "33612345678",
        "612345678",
        "O6 12 34 56 78",
        "Tél. : 06 12 34 56 78",
        "portable 0612345678",
        "0612345678 poste 12",
        "０６１２３４５６７８",
        "٠٦١٢٣٤٥٦٧٨",
    ],
)
def test_writings_of_one_french_number(raw: str) -> None:
    found = normalise("phone", raw)
    assert (found.kind, found.value, found.valid) == (SelectorKind.PHONE, "+33612345678", True)
    assert strength(found) is Strength.CERTAIN


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("01 42 34 56 78", "+33142345678"),
        ("09 70 12 34 56", "+33970123456"),
        ("0800 123 456", "+33800123456"),
        # Overseas, dialled like the others but under another country code
        ("0262 12 34 56", "+262262123456"),
        ("0692 12 34 56", "+262692123456"),
        ("0639 01 23 45", "+262639012345"),
        ("0590 27 12 34", "+590590271234"),
        ("0690 12 34 56", "+590690123456"),
        ("0594 21 23 45", "+594594212345"),
        ("0694 20 12 34", "+594694201234"),
        ("0596 30 12 34", "+596596301234"),
        ("0696 20 12 34", "+596696201234"),
        ("0697 20 12 34", "+596697201234"),
        ("0508 41 23 45", "+508412345"),
        ("+33 690 12 34 56", "+590690123456"),
        ("+590 690 12 34 56", "+590690123456"),
        ("+590 0690 12 34 56", "+590690123456"),
        ("00 262 692 12 34 56", "+262692123456"),
        ("07090 1 23 45", "+590709012345"),
        ("0709101234", "+596709101234"),
        ("0709201234", "+262709201234"),
        ("0709301234", "+594709301234"),
        ("0709351234", "+262709351234"),
        ("+687 78 12 34", "+687781234"),
        ("+689 87 12 34 56", "+68987123456"),
        ("06 39 98 12 34", "+33639981234"),  # kept for fiction by the regulator
        ("0700 12 34 56 78 90", "+337001234567890"),  # a tracker
        ("+337001234567890", "+337001234567890"),
        # Abroad
        ("+34 612 345 678", "+34612345678"),
        ("0034612345678", "+34612345678"),
        ("+32 475 12 34 56", "+32475123456"),
        ("+212 6 61 23 45 67", "+212661234567"),
        ("+44 (0)7911 123456", "+447911123456"),
        ("+39 06 698 12345", "+390669812345"),
        ("+1 202 555 0143", "+12025550143"),
    ],
)
def test_numbers_in_service(raw: str, value: str) -> None:
    found = normalise("phone", raw)
    assert (found.value, found.valid, found.warning) == (value, True, "")


@pytest.mark.parametrize(
    ("raw", "value", "warning"),
    [
        ("0700123456", "+33700123456", WARNING_PLAN),
        ("0690 99 99", "06909999", WARNING_LENGTH),
        ("06 12 34 56", "06123456", WARNING_LENGTH),
        ("06 12 34 56 78 / 07 12 34 56 78", "06123456780712345678", WARNING_LENGTH),
        ("+999 12 34 56 78", "+99912345678", WARNING_LENGTH),
        ("+34 112 345 678", "+34112345678", WARNING_PLAN),
        ("+590 596 12 34 56", "+590596123456", WARNING_PLAN),
    ],
)
def test_a_wrong_number_warns_and_is_kept(raw: str, value: str, warning: str) -> None:
    found = normalise("phone", raw)
    assert (found.raw, found.value, found.valid, found.warning) == (raw, value, False, warning)
    assert strength(found) is Strength.STRONG


def test_the_zero_that_a_spreadsheet_ate_is_said() -> None:
    assert normalise("phone", "612345678").warning == WARNING_ZERO


@pytest.mark.parametrize("raw", ["17", "inconnu", "06 12", "+", "+0000000000", "00000000"])
def test_nothing_usable(raw: str) -> None:
    with pytest.raises(Invalid):
        normalise("phone", raw)


@given(st.from_regex(r"0[1-9][0-9]{8}", fullmatch=True))
def test_the_fast_path_agrees_with_the_package(raw: str) -> None:
    """Ten digits never reach the package: its verdict on the same E.164 form must be ours."""
    found = normalise("phone", raw)
    if not raw.startswith("063998"):
        assert phonenumbers.is_valid_number(phonenumbers.parse(found.value)) is found.valid
    assert normalise("phone", found.value).value == found.value
    assert normalise("phone", f"+33 (0){raw[1:]}").value == found.value


@given(st.from_regex(r"\+[1-9][0-9]{5,18}", fullmatch=True))
def test_any_international_number_is_stable(raw: str) -> None:
    found = normalise("phone", raw)
    again = normalise("phone", found.value)
    assert (again.value, again.valid) == (found.value, found.valid)
