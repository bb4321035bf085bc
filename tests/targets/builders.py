"""A unit, its court and the registry's manager, and registrations brought to a state by their own verbs."""

from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any

from recoupe.access.enums import Role
from recoupe.cases import actions as cases
from recoupe.cases.actions import CaseEntry
from recoupe.cases.models import Case
from recoupe.targets import actions
from recoupe.targets.enums import TargetState
from recoupe.targets.models import RegisteredTarget
from recoupe.targets.rules import Entry
from tests.world import TestAgent, World

_NUMBERS = count(1)
S = TargetState


def person(**more: Any) -> Entry:
    """Somebody whom nobody else is."""
    n = next(_NUMBERS)
    said = Entry(
        surname=f"Zarovic{n}", first_names="Milan", sex="M", birth_date=date(1990, 5, 17), birth_place="Fictiville",
        articles=("CP 222-37",), investigator_name="Un enquêteur", investigator_contact="01 99 00 10 10",
    )  # fmt: skip
    return replace(said, **more)


class Registry:
    """Who works on registrations in these tests."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.police = world.agent(Role.INVESTIGATOR, "PJ13")
        self.head = world.agent(Role.UNIT_HEAD, "PJ13")
        self.customs = world.agent(Role.INVESTIGATOR, "DED13")
        self.prosecutor = world.agent(Role.PROSECUTOR, "TJ13")
        self.manager = world.agent(Role.REGISTRY_MANAGER, "OFAST")

    def case(self, by: TestAgent | None = None, **more: Any) -> Case:
        """An open procedure of this agent's unit."""
        said = CaseEntry(
            f"2026/{next(_NUMBERS):05d}", self.prosecutor.unit_id, self.prosecutor.id, "preliminary",
            date(2026, 3, 1), offences=(7990,),
        )  # fmt: skip
        with self.world.acting(by or self.police) as agent:
            return cases.open_case(by=agent, entry=replace(said, **more))

    def asked(self, case: Case | None = None, by: TestAgent | None = None, **more: Any) -> RegisteredTarget:
        """A registration that was asked for."""
        case = case or self.case(by)
        with self.world.acting(by or self.police) as agent:
            return actions.request_target(by=agent, case=case, entry=person(**more))

    def registered(self, case: Case | None = None, by: TestAgent | None = None, **more: Any) -> RegisteredTarget:
        """A registration that the manager has made."""
        target = self.asked(case, by, **more)
        with self.world.acting(self.manager) as agent:
            target = actions.check_target(by=agent, target=target, procedure=True, article=True, designation=True)
            return actions.register(by=agent, target=target)

    def row(self, target: RegisteredTarget, columns: str) -> tuple[Any, ...]:
        """The row as it lies in the base."""
        return self.world.sql(f"SELECT {columns} FROM targets_registeredtarget WHERE id = %s", [target.id])[0]

    def change(self, statement: str) -> None:
        """As the administrator, past the guards: time that has gone by."""
        self.world.sql(f"DO $$ BEGIN SET LOCAL session_replication_role = replica; {statement}; END $$")
