"""A share is of two numbers that are both told; nothing is divided by nothing."""

from fractions import Fraction

import pytest

from recoupe.plan.rules import Counted, share


@pytest.mark.parametrize(
    ("numerator", "denominator", "wanted"),
    [(3, 4, Fraction(3, 4)), (0, 4, Fraction(0)), (None, 4, None), (3, None, None), (3, 0, None), (None, None, None)],
)
def test_a_share_wants_both_its_numbers(
    numerator: int | None, denominator: int | None, wanted: Fraction | None
) -> None:
    assert share(Counted(numerator, denominator, withheld=None in (numerator, denominator))) == wanted
