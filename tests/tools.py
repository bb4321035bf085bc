"""The key of a service's own tool, as two persons open it."""

from datetime import timedelta

from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.desk import actions, queries
from recoupe.desk.actions import Wanted
from tests.world import TestAgent, World

WHY = "dépôt de nos propres fiches par notre logiciel"


def key_for(world: World, head: TestAgent, name: str) -> str:
    """A key that two persons opened."""
    authority, today = world.agent(Role.DESIGNATING_AUTHORITY, "OFAST"), timezone.localdate()
    with world.acting(head) as agent:
        wanted = Wanted(name, "criminal_intelligence", today, today + timedelta(days=30), WHY)
        key = actions.ask_key(by=agent, wanted=wanted)
    with world.acting(authority) as agent:
        actions.answer_key(by=agent, key=queries.tool_key(agent, key), agreed=True)
    with world.acting(head) as agent:
        return actions.fetch_key(by=agent, key=queries.tool_key(agent, key))
