"""Containers: the known good one, each check digit, and a missing one computed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso6346

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import Strength, normalise, strength
from recoupe.kernel.selectors.container import WARNING_CHECK, WARNING_NO_CHECK, WARNING_SHAPE, check_digit


@pytest.mark.parametrize("raw", ["CSQU3054383", "csqu 305438 3", "CSQU 305 438-3", "CSQU-305438/3"])
def test_the_known_good(raw: str) -> None:
    found = normalise("container", raw)
    assert (found.value, found.valid, found.warning) == ("CSQU3054383", True, "")
    assert strength(found) is Strength.CERTAIN


def test_without_its_check_digit_it_meets_the_whole_one() -> None:
    found = normalise("container", "CSQU 305438")
    assert (found.value, found.valid, found.warning) == ("CSQU3054383", None, WARNING_NO_CHECK)


@pytest.mark.parametrize(
    ("raw", "warning"),
    [
        ("CSQU3054384", WARNING_CHECK),
        ("CSQA3054383", WARNING_SHAPE),
        ("CSQU30543", WARNING_SHAPE),
        ("CSQU30543833", WARNING_SHAPE),
    ],
)
def test_a_wrong_one_warns_and_is_kept(raw: str, warning: str) -> None:
    found = normalise("container", raw)
    assert (found.value, found.valid, found.warning) == (raw, False, warning)
    assert strength(found) is Strength.STRONG


@given(st.from_regex(r"[A-Z]{3}[UJZ][0-9]{6}", fullmatch=True))
def test_the_check_agrees_with_another_implementation(ten: str) -> None:
    assert check_digit(ten) == iso6346.calc_check_digit(ten)
    assert [d for d in "0123456789" if normalise("container", ten + d).valid] == [check_digit(ten)]


@pytest.mark.parametrize("raw", ["CSQU3", "boîte"])
def test_nothing_usable(raw: str) -> None:
    with pytest.raises(Invalid):
        normalise("container", raw)
