"""The set-up of the plan: which unit answers for which measure, from the file of the room; the same when run again."""

from django.db import transaction

from recoupe.plan import catalogue
from recoupe.plan.models import Card
from recoupe.reference import queries as reference


@transaction.atomic
def load_cards() -> None:
    """Bring the cards to the state of their file; runs as recoupe_owner on Django's connection."""
    known = dict(Card.objects.values_list("measure", "owner_id"))
    wanted = {card.measure: reference.unit(card.owner).id for card in catalogue.cards().values()}
    changed = [
        Card(measure=measure, owner_id=owner) for measure, owner in wanted.items() if known.get(measure) != owner
    ]
    Card.objects.bulk_create(changed, update_conflicts=True, unique_fields=["measure"], update_fields=["owner"])
