"""A scene of two services: entries by hand, one pull, and what each side then sees."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

import psycopg

from recoupe.access.enums import Role
from recoupe.crosscheck.actions import Pulled, apply_decisions, pull
from recoupe.crosscheck.models import HitSide
from recoupe.intelligence.actions import deposit
from recoupe.intelligence.entry import PersonEntry, ReportEntry, SelectorEntry
from tests.world import TestAgent, World

_PHONES = count(10_000_001)


def new_phone() -> str:
    """A number of the French plan that no other test uses."""
    return f"06{next(_PHONES):08d}"


def entry(phone: str = "", person: tuple[str, str, str] | None = None, **changes: object) -> ReportEntry:
    """A complete entry in Marseille, H0, administrative; a person is (family, given, birth)."""
    known: dict[str, object] = {
        "fact_text": "Deux hommes remettent un sac sous un porche.",
        "event_from": "2026-11-20",
        "place_kind": "commune",
        "commune": "13055",
        "source_kind": "officer_observation",
        "frame": "administrative",
        "handling": "H0",
        "source_grade": "B",
        "info_grade": "2",
    }
    if phone:
        known["selectors"] = (SelectorEntry("phone", phone),)
    if person:
        family, given, birth = person
        known["persons"] = (PersonEntry(family=family, given=given, birth=birth, category="suspect"),)
    return ReportEntry(**(known | changes))  # type: ignore[arg-type]


@dataclass
class Scene:
    """The world of one test module and the agents that its tests share."""

    world: World
    agents: dict[tuple[Role, str, str], TestAgent] = field(default_factory=dict)

    def who(self, role: Role, unit: str, name: str = "") -> TestAgent:
        """The agent of that role in that unit, made once."""
        key = (role, unit, name)
        if key not in self.agents:
            self.agents[key] = self.world.agent(role=role, unit=unit, name=name)
        return self.agents[key]

    def enter(self, who: TestAgent, **changes: Any) -> UUID:
        """Deposit one report by hand and commit; its cross-check still waits."""
        with self.world.acting(who) as agent:
            return deposit(by=agent, entry=entry(**changes)).id

    def pull(self, lane: str = "express") -> Pulled:
        """One pull by the matcher's role."""
        with self.world.process("matcher"):
            return pull(lane)

    def decide(self) -> int:
        """The matcher draws what humans said."""
        with self.world.process("matcher"):
            return apply_decisions()

    def sides(self, who: TestAgent, record: UUID | None = None) -> list[HitSide]:
        """The sides of hits that an agent sees, of one record or of all."""
        with self.world.acting(who):
            rows = HitSide.objects.order_by("-at", "id")
            return list(rows.filter(record_id=record) if record else rows)

    def side(self, who: TestAgent, record: UUID) -> HitSide:
        """The one side of a record's one hit that this agent sees."""
        (found,) = self.sides(who, record)
        return found

    def as_superuser(self, *statements: str) -> None:
        """Change what no role may change, without triggers: the silence of a unit, an act."""
        with psycopg.connect(self.world.admin_url) as direct:
            direct.execute("SET session_replication_role = replica")
            for statement in statements:
                direct.execute(statement.encode())
