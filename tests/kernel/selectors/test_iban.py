"""Accounts: the published examples pass, any single error shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import Strength, normalise, strength
from recoupe.kernel.selectors.iban import LENGTHS, WARNING_CHECK, WARNING_SHAPE, masked

GOOD = [
    "FR1420041010050500013M02606",
    "FR7630006000011234567890189",
    "GB82WEST12345698765432",
    "DE89370400440532013000",
    "ES9121000418450200051332",
    "BE68539007547034",
    "NL91ABNA0417164300",
    "IT60X0542811101000000123456",
    "CH9300762011623852957",
    "LU280019400644750000",
    "MT84MALT011000012345MTLCAST001S",
]


@pytest.mark.parametrize("value", GOOD)
def test_published_examples(value: str) -> None:
    for raw in (value, value.lower(), f"IBAN {value}", " ".join(value[i : i + 4] for i in range(0, len(value), 4))):
        found = normalise("iban", raw)
        assert (found.value, found.valid, found.warning) == (value, True, "")
    assert strength(found) is Strength.CERTAIN
    assert len(value) == LENGTHS[value[:2]]


@given(st.sampled_from(GOOD), st.data())
def test_any_one_wrong_digit_fails_the_check(value: str, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from([i for i, char in enumerate(value) if i > 1 and char.isdigit()]))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != value[place]]))
    found = normalise("iban", value[:place] + wrong + value[place + 1 :])
    assert found.valid is False
    assert strength(found) is Strength.STRONG


@pytest.mark.parametrize(
    ("raw", "warning"),
    [
        ("FR1420041010050500013M02607", WARNING_CHECK),
        ("FR76300060000112345678901", WARNING_CHECK),
        ("1234567890", WARNING_SHAPE),
        ("FRXX20041010050500013M02606", WARNING_SHAPE),
    ],
)
def test_a_wrong_one_warns_and_is_kept(raw: str, warning: str) -> None:
    found = normalise("iban", raw)
    assert (found.value, found.valid, found.warning) == (raw, False, warning)


def test_the_check_alone_does_not_make_a_french_account() -> None:
    """A French number of the wrong length may still have remainder 1."""
    body = "3000600001"
    check = next(f"{n:02}" for n in range(98) if int(body + "1527" + f"{n:02}") % 97 == 1)
    found = normalise("iban", f"FR{check}{body}")
    assert (found.valid, found.warning) == (False, WARNING_SHAPE)


def test_what_a_screen_shows_hides_the_middle() -> None:
    assert masked("FR7630006000011234567890189") == "FR76 … 0189"
    assert masked("FR76300060") == "FR76300060"


@pytest.mark.parametrize("raw", ["FR76", "néant", "-"])
def test_nothing_usable(raw: str) -> None:
    with pytest.raises(Invalid):
        normalise("iban", raw)
