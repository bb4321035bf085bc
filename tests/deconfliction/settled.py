"""Two registrations of two services that meet, and whoever settles their conflict."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any
from uuid import UUID

from recoupe.access.enums import Role
from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.models import ContactThread, HitSide
from recoupe.deconfliction.settling import actions
from recoupe.deconfliction.settling.models import Opinion, Settlement
from recoupe.notices import queries as notices
from recoupe.targets.models import RegisteredTarget
from tests.crosscheck.scene import new_phone
from tests.targets.builders import Registry
from tests.world import TestAgent, World

WHY = "Nous suivons ce réseau depuis trois mois."
VERBS: dict[str, Callable[..., Settlement]] = {
    "propose": partial(actions.propose, lead="own", reason=WHY),
    "accept": actions.accept,
    "decline": partial(actions.decline, reason=WHY),
    "carry": partial(actions.carry, reason=WHY),
    "submit": partial(actions.submit, lead="joint", reason=WHY),
}


def matched(world: World) -> None:
    """One round of the matcher on the registry."""
    with world.process("matcher"):
        crosscheck.withdraw_targets()
        while crosscheck.pull_targets().records:
            continue
        crosscheck.settle_targets()


@dataclass
class Met:
    """One conflict: the police were first, customs came later and ask."""

    registry: Registry
    police: RegisteredTarget
    customs: RegisteredTarget
    thread: UUID

    @property
    def world(self) -> World:
        return self.registry.world

    @property
    def id(self) -> UUID:
        rows = self.world.sql(
            "SELECT id FROM deconfliction_settlement WHERE thread_id = %s ORDER BY (state = 'ENDED'), at DESC",
            [self.thread],
        )
        found: UUID = rows[0][0]
        return found

    def state(self) -> str:
        return str(self.world.sql("SELECT state FROM deconfliction_settlement WHERE id = %s", [self.id])[0][0])

    def states(self) -> tuple[str, str]:
        """Of the two registrations, after a round of the matcher."""
        matched(self.world)
        return tuple(str(self.registry.row(t, "state")[0]) for t in (self.police, self.customs))  # type: ignore[return-value]

    def act(self, who: TestAgent, verb: str, **more: Any) -> Settlement:
        """Take a step as somebody who read the settlement just before."""
        with self.world.acting(who) as agent:
            return VERBS[verb](by=agent, settlement=Settlement.objects.get(id=self.id), **more)

    def answer(self, who: TestAgent, *, accepted: bool, reason: str = "") -> None:
        """The magistrate answers what waits for him."""
        with self.world.acting(who) as agent:
            asked = Opinion.objects.get(settlement_id=self.id, magistrate_id=agent.id, state="ASKED")
            actions.answer(by=agent, opinion=asked, accepted=accepted, reason=reason)

    def kinds(self, who: TestAgent, record: UUID | None = None) -> set[str]:
        """What waits for somebody about this conflict."""
        wanted = {self.id, self.thread} if record is None else {record}
        with self.world.acting(who) as agent:
            return {line.kind for line in notices.waiting(agent, limit=200) if line.record_id in wanted}


def meet(registry: Registry, *, contact: bool = True, first: RegisteredTarget | None = None) -> Met:
    """Two registrations on one number, each of its own magistrate; their services have spoken unless told otherwise."""
    world = registry.world
    phone = first.phones[0] if first else new_phone()
    police = first or registry.registered(phones=(phone,))
    court = elsewhere(registry)
    case = registry.case(registry.customs, court_id=court.unit_id, magistrate_id=court.id)
    customs = registry.registered(case, by=registry.customs, phones=(phone,))
    matched(world)
    with world.acting(registry.customs) as agent:
        mine = HitSide.objects.filter(record_id=customs.id).order_by("-at")[0]
        thread = crosscheck.open_contact(by=agent, side=mine).id
    if contact:
        with world.acting(registry.police) as agent:
            crosscheck.make_contact(by=agent, thread=ContactThread.objects.get(id=thread))
    return Met(registry, police, customs, thread)


@cache
def elsewhere(registry: Registry) -> TestAgent:
    """The magistrate of the second procedure, of another court."""
    return registry.world.agent(Role.PROSECUTOR, "TJ69")
