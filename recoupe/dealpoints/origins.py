"""How points of sale came to be known: found by somebody who was there, or told by somebody who was not."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from recoupe.access.agent import Agent
from recoupe.access.beat import PAGE_MS, at_beat
from recoupe.dealpoints import dating, rules
from recoupe.dealpoints.models import Evidence
from recoupe.kernel.source import DISCOVERED, REPORTED


@dataclass(slots=True)
class Origins:
    """Points of one commune, by what spoke for them in a while; one for which both spoke is in both."""

    found: set[UUID] = field(default_factory=set)
    told: set[UUID] = field(default_factory=set)

    @property
    def discovered(self) -> int:
        """Points that an officer saw, or a technical means."""
        return len(self.found)

    @property
    def reported(self) -> int:
        """Points that a partner, an inhabitant, an open source or another country named."""
        return len(self.told)


def by_commune(agent: Agent, department: str, since: date, until: date) -> dict[str, Origins]:
    """Among the evidence of these days that the agent reads, by commune of a department: the two kinds never summed."""
    with at_beat(PAGE_MS):
        rows = Evidence.objects.filter(at__gte=dating.start_of(since), at__lt=dating.end_of(until))
        rows = rows.filter(counts_for__departments__contains=[department])
        rows = rows.exclude(counts_for__state__in=rules.NEVER_WAS).order_by()
        of = [f"counts_for__{name}" for name in ("id", "commune_code", "departments")]
        # A point near a border concerns two departments, and lies in the first.
        read = [row for row in rows.values_list(*of, "source_kind") if row[2][0] == department]
    found: defaultdict[str, Origins] = defaultdict(Origins)
    for point, commune, _, kind in read:
        if kind in DISCOVERED:
            found[commune].found.add(point)
        elif kind in REPORTED:
            found[commune].told.add(point)
    return dict(found)
