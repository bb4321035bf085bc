"""What a list, a map or a tile of points is narrowed to."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from recoupe.dealpoints.enums import DealPointKind, DealPointState
from recoupe.dealpoints.models import DealPoint


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list or a map is narrowed to; empty means all."""

    states: frozenset[DealPointState] = frozenset()
    kinds: frozenset[DealPointKind] = frozenset()
    department: str = ""
    commune: str = ""
    product: str = ""

    def apply(self, rows: "QuerySet[DealPoint]") -> "QuerySet[DealPoint]":
        """The rows that pass."""
        wanted = Q()
        if self.states:
            wanted &= Q(state__in=self.states)
        if self.kinds:
            wanted &= Q(kind__in=self.kinds)
        if self.department:
            wanted &= Q(departments__contains=[self.department])
        if self.commune:
            wanted &= Q(commune_code=self.commune)
        if self.product:
            wanted &= Q(products__contains=[self.product])
        return rows.filter(wanted)
