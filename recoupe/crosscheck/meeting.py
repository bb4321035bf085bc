"""Whether a registration has met another one of which its own side was told: what the registry says of it (W3)."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from recoupe.crosscheck import rules
from recoupe.crosscheck.bulk import among
from recoupe.crosscheck.enums import ContactState
from recoupe.crosscheck.models import ContactThread, Hit, HitSide, IndexRecord
from recoupe.targets import matching as registry


def settle(ids: Collection[UUID]) -> None:
    """Each of these registrations is in conflict with another one, or is not."""
    if not ids:
        return
    meeting = in_conflict(ids)
    if meeting:
        registry.settle(sorted(meeting), conflict=True)
    if alone := set(ids) - meeting:
        registry.settle(sorted(alone), conflict=False)


def in_conflict(ids: Collection[UUID]) -> set[UUID]:
    """Those that met another registration, were told of it, and of which the two services have not settled it yet."""
    told = HitSide.objects.filter(record_id__in=among(ids), record_kind=registry.KIND)
    live = told.exclude(state__in=rules.DEAD_HIT).values_list("hit_id", "record_id")
    sides: dict[UUID, set[UUID]] = {}
    for hit_id, record_id in live:
        sides.setdefault(hit_id, set()).add(record_id)
    settled = ContactThread.objects.filter(hit__in=sides, state=ContactState.RESOLVED).values_list("hit_id", flat=True)
    open_hits = set(sides) - set(settled)
    pairs = Hit.objects.filter(id__in=open_hits).values_list("id", "low", "high")
    of_registry = set(
        IndexRecord.objects.filter(
            Q(record_id__in=[low for _, low, _ in pairs]) | Q(record_id__in=[high for _, _, high in pairs]),
            record_kind=registry.KIND,
        ).values_list("record_id", flat=True)
    )
    return {record for hit, low, high in pairs if {low, high} <= of_registry for record in sides[hit]}
