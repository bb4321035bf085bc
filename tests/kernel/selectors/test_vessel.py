"""Ships: IMO by its check digit, MMSI and ENI by their form, a name as a hint."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import imo

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import Strength, normalise, strength
from recoupe.kernel.selectors.vessel import WARNING_CHECK, WARNING_ENI, WARNING_MMSI


@pytest.mark.parametrize(
    "raw", ["9074729", "IMO 9074729", "IMO9074729", "imo n° 9074729", "OMI : 9074729", "IMO 907 4729"]
)
def test_the_known_good(raw: str) -> None:
    found = normalise("vessel", raw)
    assert (found.value, found.valid, found.warning) == ("IMO9074729", True, "")
    assert strength(found) is Strength.CERTAIN


@pytest.mark.parametrize(
    ("raw", "value", "warning"),
    [
        ("9074728", "IMO9074728", WARNING_CHECK),
        ("IMO 907472", "IMO907472", WARNING_CHECK),
        ("MMSI 199006760", "MMSI199006760", WARNING_MMSI),
        ("MMSI 2270067", "MMSI2270067", WARNING_MMSI),
        ("ENI 123", "eni 123", ""),
        ("ENI 1234567", "ENI1234567", WARNING_ENI),
    ],
)
def test_a_wrong_one_warns_and_is_kept(raw: str, value: str, warning: str) -> None:
    found = normalise("vessel", raw)
    assert (found.value, found.warning) == (value, warning)
    assert found.valid is (False if warning else None)


@pytest.mark.parametrize(("raw", "value"), [("227006760", "MMSI227006760"), ("02325743", "ENI02325743")])
def test_numbers_without_a_check(raw: str, value: str) -> None:
    found = normalise("vessel", raw)
    assert (found.value, found.valid) == (value, None)
    assert strength(found) is Strength.STRONG


@pytest.mark.parametrize(
    ("raw", "value"), [("M/V Sea Star", "sea star"), ("Étoile du Sud", "etoile du sud"), ("Eni 7 Mari", "eni 7 mari")]
)
def test_a_name_is_a_hint(raw: str, value: str) -> None:
    found = normalise("vessel", raw)
    assert (found.value, found.valid) == (value, None)
    assert strength(found) is Strength.WEAK


@given(st.from_regex(r"[1-9][0-9]{6}", fullmatch=True))
def test_imo_agrees_with_another_implementation(number: str) -> None:
    assert normalise("vessel", number).valid is imo.is_valid(number)


@pytest.mark.parametrize("raw", ["-", "x"])
def test_nothing_usable(raw: str) -> None:
    with pytest.raises(Invalid):
        normalise("vessel", raw)
