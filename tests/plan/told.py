"""What is told of measures by who answers for one, and by the secretariat of the ministers' committee."""

from datetime import timedelta

from django.utils import timezone

from recoupe.plan import actions as plan
from recoupe.plan import queries
from recoupe.plan.enums import Verdict
from tests.world import TestAgent, World

VALUES = b"indicateur;du;au;valeur;source\nm12_hits;01/01/2025;31/12/2025;100;OFAST\n"
# Among the first that a crawl meets.
FED, BLOCKED = 12, 13


def fed(world: World, owner: TestAgent) -> None:
    """A reference and a file of values for a measure of OFAST-PREN."""
    with world.acting(owner) as agent:
        proof = plan.Proof("Rapport remis", timezone.localdate())
        plan.add_reference(by=agent, card=queries.card(agent, FED), proof=proof)
    with world.acting(owner) as agent:
        proof = plan.Proof("Contributions reçues", timezone.localdate())
        plan.import_values(by=agent, card=queries.card(agent, FED), proof=proof, name="v.csv", raw=VALUES)


def met(world: World, secretary: TestAgent) -> None:
    """One meeting that blocked a measure and froze its board; a later one whose board is still open."""
    today = timezone.localdate()
    with world.acting(secretary) as agent:
        first = plan.hold_session(
            by=agent, held_on=today - timedelta(days=30), reference="RD 1", members=["interior", "justice"]
        )
    with world.acting(secretary) as agent:
        card = queries.card(agent, BLOCKED)
        plan.decide(by=agent, session=first, card=card, verdict=Verdict.BLOCKED, reason="Crédits suspendus")
    with world.acting(secretary) as agent:
        plan.freeze_board(by=agent, session=first)
    with world.acting(secretary) as agent:
        plan.hold_session(by=agent, held_on=today, reference="RD 2", members=["interior"])
