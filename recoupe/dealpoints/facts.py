"""What is known of a point beside its life: corrected by its cell, its prices told by whoever brings knowledge."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import permissions, placing
from recoupe.dealpoints.enums import Extent
from recoupe.dealpoints.models import DealPoint, Price
from recoupe.kernel.dates import plausible
from recoupe.kernel.quantity import Unit
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.kernel.source import OFFERED, SourceKind
from recoupe.reference import queries as reference

# What a correction may change; the place makes the readers, and another place is another point.
CORRECTED = (
    "name", "kind", "hours", "landlord", "landlord_siren", "products", "roles_seen", "violence",
    "minors_present",
)  # fmt: skip
MOST_EUROS = Decimal(1_000_000)
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Seen:
    """One price: so many euros for one unit of a product, on a day, from a kind of source."""

    product: str
    euros: Decimal
    unit: Unit
    day: date
    source: SourceKind


@transaction.atomic
def correct(*, by: Agent, point: DealPoint, said: placing.Draft) -> DealPoint:
    """Say what is known of a point anew: the journal keeps which words changed; nothing is written when none did."""
    permissions.check_correct(by, point)
    new = {
        **placing.described(replace(said, extent=Extent(point.extent)), point.products),
        "violence": point.violence if said.violence is None else said.violence,
        "minors_present": said.minors_present,
    }
    changed = [name for name in CORRECTED if getattr(point, name) != new[name]]
    if not changed:
        return point
    record(Operation.MODIFY, refs=[("dealpoint", point.id)], fields=changed)
    locked: DealPoint | None = DealPoint.objects.select_for_update().filter(pk=point.pk).first()
    if locked is None or any(getattr(locked, name) != getattr(point, name) for name in changed):
        raise Conflict(gettext_noop("Ce point a changé pendant que vous le lisiez : rechargez la page."))
    for name in changed:
        setattr(locked, name, new[name])
    locked.save(update_fields=changed)
    return locked


@transaction.atomic
def observe_price(*, by: Agent, point: DealPoint, seen: Seen) -> Price:
    """Keep what a product cost there on a day; said again for the same day, the last word counts."""
    permissions.check_price(by, point)
    if seen.product not in {product.code for product in reference.products()}:
        raise Invalid(gettext_noop("Produit inconnu : choisissez dans la liste."), field="product")
    if not (CENT <= seen.euros <= MOST_EUROS) or seen.euros != seen.euros.quantize(CENT):
        sentence = gettext_noop("Un prix va d'un centime à un million d'euros, avec deux décimales au plus.")
        raise Invalid(sentence, field="euros")
    if plausible(seen.day, "day") > timezone.localdate():
        raise Invalid(
            gettext_noop("Un prix s'observe, il ne se prévoit pas : ce jour n'est pas encore venu."), field="day"
        )
    if seen.source not in OFFERED:
        raise Invalid(gettext_noop("Dites d'où vient ce prix."), field="source")
    record(Operation.MODIFY, refs=[("dealpoint", point.id)], fields=["price"])
    price = Price(
        point=point, product=seen.product, euros=seen.euros, unit=seen.unit.value, day=seen.day,
        source_kind=seen.source.value, actor_id=by.id,
    )  # fmt: skip
    price.save()
    return price
