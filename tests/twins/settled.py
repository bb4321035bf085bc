"""Two registrations of the second world that met, settled from the contact to the decision of their magistrates."""

from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.models import ContactThread, HitSide
from recoupe.deconfliction.settling import actions
from recoupe.deconfliction.settling.models import Opinion, Settlement
from tests.twins.events import Stage

WHY = "Un ornithorynque que deux services suivent."


def settle(stage: Stage) -> None:
    """The two services speak, carry it to the manager; he proposes, the magistrate of both procedures accepts twice."""
    with stage.world.acting(stage.people["customs"]) as agent:
        mine = HitSide.objects.get(record_kind="target", owner_unit_id=agent.unit_id)
        thread = crosscheck.open_contact(by=agent, side=mine, text=WHY).id
    with stage.world.acting(stage.people["officer"]) as agent:
        crosscheck.make_contact(by=agent, thread=ContactThread.objects.get(id=thread))
        actions.carry(by=agent, settlement=Settlement.objects.get(thread_id=thread), reason=WHY)
    with stage.world.acting(stage.people["manager"]) as agent:
        actions.submit(by=agent, settlement=Settlement.objects.get(thread_id=thread), lead="joint", reason=WHY)
    for _ in range(2):
        with stage.world.acting(stage.people["prosecutor"]) as agent:
            waiting = Opinion.objects.filter(state="ASKED").order_by("id")[0]
            actions.answer(by=agent, opinion=waiting, accepted=True)
