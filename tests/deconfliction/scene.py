"""Two services that enter events, the matcher that compares them, and what each side then sees."""

from dataclasses import dataclass
from uuid import UUID

import psycopg

from recoupe.access.enums import Role
from recoupe.crosscheck.models import HitSide
from recoupe.deconfliction.actions import drain
from recoupe.operations import actions, queries
from recoupe.operations.actions import EventEntry
from recoupe.operations.enums import EventState
from tests.operations.made import point
from tests.world import TestAgent, World


def emptied(world: World) -> None:
    """Nothing of another test is in the index, stands on the watch desk, or is silent."""
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        for table in ("bucket", "window", "watchline", "dangerside", "danger"):
            direct.execute(f"DELETE FROM deconfliction_{table}".encode())
        for statement in (
            "DELETE FROM operations_outbox",
            "DELETE FROM crosscheck_indexentry",
            "UPDATE operations_event SET silent_until = NULL",
        ):
            direct.execute(statement.encode())


@dataclass
class Scene:
    """The world of one test, with an investigator of the police and one of customs."""

    world: World

    def __post_init__(self) -> None:
        self.police = self.world.agent(Role.INVESTIGATOR, "PJ13")
        self.customs = self.world.agent(Role.INVESTIGATOR, "DED13")
        self.police_duty = self.world.agent(Role.DUTY_OFFICER, "PJ13")
        self.customs_duty = self.world.agent(Role.DUTY_OFFICER, "DED13")
        self.watch = self.world.agent(Role.WATCH_DESK, "OFAST")

    def enter(self, who: TestAgent, entry: EventEntry) -> UUID:
        """Enter and commit; its comparison still waits."""
        with self.world.acting(who) as agent:
            return actions.enter(by=agent, entry=entry).id

    def meet(self, entry: EventEntry | None = None) -> tuple[UUID, UUID]:
        """Two armed teams of the police and of customs at one place and hour, compared."""
        met = self.enter(self.police, entry or point()), self.enter(self.customs, point())
        self.compare()
        return met

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
