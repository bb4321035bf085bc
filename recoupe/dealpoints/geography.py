"""Where points of sale are thick, and where they arrive: held to the inhabitants, among those that the agent reads."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from django.db.models import Min
from django.utils import timezone
from numpy.typing import NDArray

from recoupe.access.agent import Agent
from recoupe.access.beat import PAGE_MS, at_beat
from recoupe.dealpoints import rules
from recoupe.dealpoints.models import DealPoint
from recoupe.dealpoints.sheet import sheet
from recoupe.kernel.rates import Rate, rate
from recoupe.reference import queries as reference

PER_INHABITANTS = 100_000
# The usual sizes of communes in France (INSEE's slices, joined): from so many inhabitants on.
SIZES = (0, 2_000, 10_000, 50_000, 200_000)


@dataclass(frozen=True, slots=True)
class Density:
    """Points of a department or a commune for 100,000 inhabitants; no rate where nobody lives."""

    code: str
    name: str
    inhabitants: int
    rate: Rate | None


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Communes whose first point was confirmed in a year, by their size: as many numbers as there are sizes."""

    year: int
    by_size: tuple[int, ...]

    @property
    def total(self) -> int:
        """Of every size."""
        return sum(self.by_size)


def densities(agent: Agent, on: date, department: str = "", known: date | None = None) -> list[Density]:
    """The stock of a day by department, or by commune of one, the thickest first; only where there is one.

    `known` (that day when none is given): by what was recorded at the end of that other day.
    """
    of = sheet(agent)
    standing = of.of_states(rules.counted_on(on), of.states_at(on, known or on))
    if department:
        standing &= of.lying_in(department)
        found = [(reference.commune(code), n) for code, n in _counts(of.commune[standing])]
        rows = [_density(c.code, c.name, c.population, n) for c, n in found]
    else:
        inhabitants = reference.inhabitants_by_department()
        names = {row.code: row.name for row in reference.departments()}
        counts = _counts(of.department[standing])
        rows = [_density(code, names[code], inhabitants.get(code, 0), n) for code, n in counts]
    return sorted(rows, key=lambda row: (-(row.rate.value if row.rate else 0), row.code))


def arrivals(agent: Agent, department: str = "") -> list[Arrivals]:
    """The communes by the year of their first confirmed point and by size, the latest year first."""
    with at_beat(PAGE_MS):
        rows = DealPoint.objects.filter(first_confirmed_at__isnull=False).exclude(state__in=rules.NEVER_WAS)
        if department:
            rows = rows.filter(departments__contains=[department])
        firsts: list[tuple[str, datetime]] = list(
            rows.order_by().values_list("commune_code").annotate(first=Min("first_confirmed_at"))
        )
    counted: dict[int, list[int]] = {}
    for code, first in firsts:
        commune = reference.commune(code)
        if department and commune.department_id != department:
            continue
        sizes = counted.setdefault(timezone.localdate(first).year, [0] * len(SIZES))
        sizes[max(i for i, least in enumerate(SIZES) if commune.population >= least)] += 1
    return [Arrivals(year, tuple(sizes)) for year, sizes in sorted(counted.items(), reverse=True)]


def _counts(codes: NDArray[np.bytes_]) -> list[tuple[str, int]]:
    """How many rows carry each code."""
    found, counts = np.unique(codes, return_counts=True)
    return [(code.decode().strip(), int(n)) for code, n in zip(found, counts, strict=True)]


def _density(code: str, name: str, inhabitants: int, points: int) -> Density:
    return Density(code, name, inhabitants, rate(points, inhabitants, PER_INHABITANTS))
