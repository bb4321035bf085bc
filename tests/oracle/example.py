"""The world of the worked examples of docs/POLICY.md (section 11), and short ways to ask of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime

from . import policy, tables
from .terms import Agent, Agreement, DealPoint, Habilitation, HitSide, Key, Objective, Purpose, Report, Unit, World

NOON = datetime(2026, 11, 22, 11, tzinfo=UTC)
LONG_AGO = date(2020, 1, 1)
UNITS = (
    Unit("PJ13", "police_unit", frozenset({"13"})),
    Unit("PJ69", "police_unit", frozenset({"69"})),
    Unit("DED13", "customs_unit", frozenset({"04", "05", "06", "13", "83", "84"})),
    Unit("CROSS13", "cross", frozenset({"13"})),
    Unit("CROSS84", "cross", frozenset({"84"})),
    Unit("OFAST", "office"),
    Unit("TJ13", "court", frozenset({"13"})),
    Unit("TJ84", "court", frozenset({"84"})),
    Unit("MIN", "ministry"),
)
PEOPLE = {
    "inv": ("PJ13", "investigator"),
    "inv2": ("PJ13", "investigator"),
    "head": ("PJ13", "unit_head"),
    "duty": ("PJ13", "duty_officer"),
    "ded": ("DED13", "investigator"),
    "dedhead": ("DED13", "unit_head"),
    "dedduty": ("DED13", "duty_officer"),
    "ana": ("CROSS13", "cross_analyst"),
    "ana2": ("CROSS13", "cross_analyst"),
    "chief": ("CROSS13", "cross_head"),
    "ana84": ("CROSS84", "cross_analyst"),
    "office": ("OFAST", "ofast_analyst"),
    "pros": ("TJ13", "prosecutor"),
    "pros2": ("TJ13", "prosecutor"),
    "pros84": ("TJ84", "prosecutor"),
    "judge": ("TJ13", "examining_judge"),
    "judge2": ("TJ13", "examining_judge"),
    "aut": ("MIN", "designating_authority"),
    "dpo": ("MIN", "dpo"),
}
AGENTS = {
    name: Agent(name, unit, True, Purpose(min(tables.PURPOSES[role]), "REF 1")) for name, (unit, role) in PEOPLE.items()
}
REPORT = Report("r", "inv", "PJ13", "GRADED", frozenset({"13"}))
DEFAULT = World(
    NOON,
    units={unit.id: unit for unit in UNITS},
    agents=AGENTS,
    habilitations={
        name: Habilitation(name, name, unit, role, LONG_AGO) for name, (unit, role) in PEOPLE.items()
    },
)  # fmt: skip


def unit_key(unit: str, capacity: str) -> Key:
    return Key("unit", unit, capacity)


def readers(world: World, kind: str, obj: Report | HitSide | DealPoint | Objective | Agreement) -> set[str]:
    return {name for name, agent in world.agents.items() if policy.reads(world, agent, kind, obj)}


def with_reports(*reports: Report) -> World:
    return replace(DEFAULT, reports={one.id: one for one in reports})


def at_pj13() -> set[str]:
    return {"inv", "inv2", "head"}


def may(world: World, names: Iterable[str], report: Report, action: str, to: str | None = None) -> list[str]:
    return [policy.may(world, world.agents[name], "report", report, action, to=to) for name in names]
