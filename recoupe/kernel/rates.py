"""A number of facts against what it should be held to: so many for so many, and between which bounds. Pure.

A count is one draw of chance: of four facts in a small town nothing follows. The bounds are Byar's for a Poisson count
(N. E. Breslow, N. E. Day, Statistical Methods in Cancer Research, volume II, IARC, 1987, 2.3), at 95 %.
"""

import math
from dataclasses import dataclass

_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Rate:
    """So many for each `per`, with the bounds between which it lies, nineteen times out of twenty."""

    count: int
    value: float
    low: float
    high: float


def rate(count: int, base: float, per: float = 1.0) -> Rate | None:
    """Facts for each `per` of a base of its unit (inhabitants, hours); None when there is nothing to hold them to."""
    if base <= 0:
        return None
    low, high = bounds(count)
    return Rate(count, count * per / base, low * per / base, high * per / base)


def bounds(count: int) -> tuple[float, float]:
    """The bounds at 95 % of the mean of which a count is one draw."""
    if count < 0:
        raise ValueError("a count is not negative")
    low = count * (1 - 1 / (9 * count) - _Z / (3 * math.sqrt(count))) ** 3 if count else 0.0
    more = count + 1
    return max(low, 0.0), more * (1 - 1 / (9 * more) + _Z / (3 * math.sqrt(more))) ** 3


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the bounds between which the true share lies, nineteen times out of twenty."""

    count: int
    of: int
    value: float
    low: float
    high: float


def share(count: int, of: int) -> Share | None:
    """A part of a whole, with Wilson's bounds (E. B. Wilson, Probable Inference, JASA 22, 1927); None of nothing."""
    if not 0 <= count <= of:
        raise ValueError("a part is not more than its whole")
    if of == 0:
        return None
    value, square = count / of, _Z * _Z
    middle = (value + square / (2 * of)) / (1 + square / of)
    reach = _Z / (1 + square / of) * math.sqrt(value * (1 - value) / of + square / (4 * of * of))
    # At its ends the formula misses 0 and 1 by rounding alone.
    return Share(
        count, of, value, max(middle - reach, 0.0) if count else 0.0, min(middle + reach, 1.0) if count < of else 1.0
    )
