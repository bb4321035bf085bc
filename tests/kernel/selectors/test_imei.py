"""IMEI: three lengths, one handset."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import Strength, normalise, strength
from recoupe.kernel.selectors.imei import WARNING_CHECK, WARNING_FAKE, WARNING_LENGTH, WARNING_NO_CHECK


@pytest.mark.parametrize(
    "raw", ["490154203237518", "49-015420-323751-8", "49 015420 323751 8", "IMEI : 490154203237518"]
)
def test_the_known_good(raw: str) -> None:
    found = normalise("imei", raw)
    assert (found.value, found.valid, found.warning) == ("490154203237518", True, "")
    assert strength(found) is Strength.CERTAIN


@pytest.mark.parametrize("raw", ["49015420323751", "4901542032375101", "490154203237510"])
def test_without_its_check_digit_it_meets_the_whole_one(raw: str) -> None:
    """14 digits, 16 with a version, and the 0 that operators write in call records."""
    found = normalise("imei", raw)
    assert (found.value, found.valid, found.warning) == ("490154203237518", None, WARNING_NO_CHECK)
    assert strength(found) is Strength.STRONG


@pytest.mark.parametrize(
    ("raw", "value", "warning"),
    [
        ("490154203237519", "490154203237519", WARNING_CHECK),
        ("4901542032375", "4901542032375", WARNING_LENGTH),
        ("49015420323751812", "49015420323751812", WARNING_LENGTH),
        ("000000000000000", "000000000000000", WARNING_FAKE),
        ("111111111111119", "111111111111119", WARNING_FAKE),
    ],
)
def test_a_wrong_one_warns_and_is_kept(raw: str, value: str, warning: str) -> None:
    found = normalise("imei", raw)
    assert (found.value, found.valid, found.warning) == (value, False, warning)


@given(st.from_regex(r"[0-9]{14}", fullmatch=True).filter(lambda text: len(set(text)) > 1))
def test_exactly_one_last_digit_passes(fourteen: str) -> None:
    valid = [digit for digit in "0123456789" if normalise("imei", fourteen + digit).valid]
    assert valid == [luhn.calc_check_digit(fourteen)]
    assert normalise("imei", fourteen).value == fourteen + valid[0]


@pytest.mark.parametrize("raw", ["1234567", "aucun"])
def test_nothing_usable(raw: str) -> None:
    with pytest.raises(Invalid):
        normalise("imei", raw)
