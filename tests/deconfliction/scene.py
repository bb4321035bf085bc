"""Two services that enter events, the matcher that compares them, and what each side then sees."""

from dataclasses import dataclass
from uuid import UUID

from recoupe.access.enums import Role
from recoupe.crosscheck.models import HitSide
from recoupe.deconfliction.actions import drain
from recoupe.operations import actions, queries
from recoupe.operations.actions import EventEntry
from recoupe.operations.enums import EventState
from tests.world import TestAgent, World


@dataclass
class Scene:
    """The world of one test, with an investigator of the police and one of customs."""

    world: World

    def __post_init__(self) -> None:
        self.police = self.world.agent(Role.INVESTIGATOR, "PJ13")
        self.customs = self.world.agent(Role.INVESTIGATOR, "DED13")

    def enter(self, who: TestAgent, entry: EventEntry) -> UUID:
        """Enter and commit; its comparison still waits."""
        with self.world.acting(who) as agent:
            return actions.enter(by=agent, entry=entry).id

    def change(self, who: TestAgent, event: UUID, entry: EventEntry) -> None:
        with self.world.acting(who) as agent:
            actions.change(by=agent, event=queries.event(agent, event), entry=entry)

    def cancel(self, who: TestAgent, event: UUID) -> None:
        with self.world.acting(who) as agent:
            found = queries.event(agent, event)
            actions.move(by=agent, event=found, to=EventState.CANCELLED, reason="opération annulée")

    def compare(self) -> int:
        """Everything that waits, by the matcher's role."""
        with self.world.process("matcher"):
            done = 0
            while drain():
                done += 1
            return done

    def sides(self, who: TestAgent, event: UUID) -> list[HitSide]:
        """What an agent learns of the conflicts of one event."""
        with self.world.acting(who):
            return list(HitSide.objects.filter(record_id=event, record_kind="event").order_by("at", "id"))
