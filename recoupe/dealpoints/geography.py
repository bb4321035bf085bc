"""Where points of sale are thick, and where they arrive: held to the inhabitants, among those that the agent reads."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Min
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.access.beat import PAGE_MS, at_beat
from recoupe.dealpoints import queries, rules
from recoupe.dealpoints.models import DealPoint
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


def densities(agent: Agent, on: date, department: str = "") -> list[Density]:
    """The stock of a day by department, or by commune of one, the thickest first; only where there is one."""
    counted = rules.counted_on(on)
    with at_beat(PAGE_MS):
        states = queries.states_at(on, on, department)
        where = _places([point for point, state in states.items() if state in counted])
    if department:
        here = Counter(commune for commune, of in where.values() if of == department)
        found = [(reference.commune(code), n) for code, n in here.items()]
        rows = [_density(c.code, c.name, c.population, n) for c, n in found]
    else:
        inhabitants = reference.inhabitants_by_department()
        names = {row.code: row.name for row in reference.departments()}
        counts = Counter(of for _, of in where.values())
        rows = [_density(code, names[code], inhabitants.get(code, 0), n) for code, n in counts.items()]
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


def _places(points: list[UUID]) -> Mapping[UUID, tuple[str, str]]:
    """Each point's commune, and the department in which it lies: the first of those that it concerns."""
    found = DealPoint.objects.filter(pk__in=points).values_list("id", "commune_code", "departments")
    return {point: (commune, departments[0]) for point, commune, departments in found}


def _density(code: str, name: str, inhabitants: int, points: int) -> Density:
    return Density(code, name, inhabitants, rate(points, inhabitants, PER_INHABITANTS))
