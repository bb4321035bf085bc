"""Where presence is proposed next: by what the drawn hours found, so that no patrol follows its own footsteps. Pure.

What directed hours find says where they were sent; what people report says who reports. The hours of places drawn by
lot alone are held to be fair, and they alone give the rates, brought towards that of the whole by as much as chance
could explain (empirical Bayes: R. J. Marshall, Mapping disease and mortality rates, Applied Statistics 40, 1991).
"""

import hmac
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Area:
    """A place, its size (inhabitants), and what its drawn hours were and found."""

    code: str
    size: float
    hours: float
    found: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """Shares of the hours to direct, which sum to one, by area; the areas drawn, in the order of the lot."""

    directed: Mapping[str, float]
    drawn: tuple[str, ...]


def rates(areas: Sequence[Area]) -> list[float]:
    """Facts for an hour of presence in each area, in their order; one for all where nothing was drawn or found yet."""
    looked = [area for area in areas if area.hours > 0]
    hours, found = sum(area.hours for area in looked), sum(area.found for area in looked)
    if not found:
        return [1.0] * len(areas)
    mean = found / hours
    spread = sum(area.hours * (area.found / area.hours - mean) ** 2 for area in looked) / hours
    # What remains of the spread once the draws of chance are taken out: how much the areas do differ.
    between = max(0.0, spread - mean * len(looked) / hours)
    return [mean + _weight(area, mean, between) * (_seen(area) - mean) for area in areas]


def _seen(area: Area) -> float:
    return area.found / area.hours if area.hours else 0.0


def _weight(area: Area, mean: float, between: float) -> float:
    """How far the area's own rate is believed, from 0 to 1."""
    return between / (between + mean / area.hours) if area.hours else 0.0


def directed(areas: Sequence[Area]) -> dict[str, float]:
    """The share of each area: its rate for its size; they sum to one."""
    wanted = [rate * area.size for rate, area in zip(rates(areas), areas, strict=True)]
    total = sum(wanted)
    return {area.code: part / total if total else 0.0 for area, part in zip(areas, wanted, strict=True)}


def drawn(areas: Sequence[Area], places: int, key: bytes, period: str) -> tuple[str, ...]:
    """So many areas by lot, the large ones more often; the same all through a period, so that nobody draws again.

    A keyed lot: without the key nobody foresees it (P. S. Efraimidis, P. G. Spirakis, Weighted random sampling, 2006).
    """
    lots = sorted((_lot(key, period, area), area.code) for area in areas if area.size > 0)
    return tuple(code for _, code in lots[:places])


def _lot(key: bytes, period: str, area: Area) -> float:
    digest = hmac.digest(key, f"{period}:{area.code}".encode(), sha256)
    uniform = (int.from_bytes(digest[:8]) + 1) / (2**64 + 1)
    return -math.log(uniform) / area.size


def propose(areas: Sequence[Area], slots: int, random_percent: int, lot: tuple[bytes, str]) -> Proposal:
    """What to direct and what to draw of so many slots: of the drawn ones a whole number, never none."""
    key, period = lot
    places = max(1, math.ceil(slots * random_percent / 100))
    return Proposal(directed(areas), drawn(areas, places, key, period))
