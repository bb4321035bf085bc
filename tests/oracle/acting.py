"""Who acts (section 4): session, habilitation, purpose and the reader keys that an agent holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from . import lookup
from .tables import PURPOSES, ROLE_KEYS
from .terms import Agent, Association, Habilitation, Key, Keys, Session, Unit, World

LONGEST = timedelta(hours=12)
# A session that tires is over when it was not used for so long, to the minute; a clock may be ahead by so much (P-5).
IDLE, MINUTE, GRANTED = timedelta(minutes=15), timedelta(minutes=1), timedelta(minutes=2)
NOBODY: Keys = frozenset()


def of_unit(unit: str | None, capacity: str) -> Keys:
    """Give the key of a unit in a capacity, or none when there is no unit."""
    return frozenset({Key("unit", unit, capacity)}) if unit else NOBODY


def of_agent(agent: str | None, unit: str | None) -> Keys:
    """Give an agent's own key in a unit (P-39), or none when there is no agent or no unit."""
    return frozenset({Key("agent", agent, "agent", unit)}) if agent and unit else NOBODY


def works(unit: Unit | None, day: date) -> bool:
    """Say whether the unit works on that day (section 2)."""
    if unit is None:
        return False
    start = unit.opens_on or unit.valid_from or date.min
    return start <= day <= (unit.valid_to or date.max)


def own_capacity(unit: Unit | None) -> str:
    """Give the own capacity of a unit: cell, office or unit."""
    return {"cross": "cell", "office": "office"}.get(unit.kind if unit else "", "unit")


def _counting(world: World, agent: Agent, day: date) -> list[Habilitation]:
    return [
        one
        for one in lookup.habilitations(world).get(agent.id, ())
        if one.unit == agent.unit and not one.revoked and one.valid_from <= day <= (one.valid_to or date.max)
    ]


@lru_cache(maxsize=8192)
def roles(world: World, agent: Agent, today: date | None = None) -> frozenset[str]:
    """Give the roles of the habilitations that count (P-6)."""
    return frozenset(one.role for one in _counting(world, agent, today or world.today))


def purposes(world: World, agent: Agent) -> frozenset[str]:
    """Give the purposes that the agent may declare today (P-98): named by what counts, and given to its role by T-2."""
    found: frozenset[str] = frozenset()
    for one in _counting(world, agent, world.today):
        listed = PURPOSES[one.role]
        found |= listed if one.purposes is None else listed & one.purposes
    return found


def working_roles(world: World, agent: Agent) -> frozenset[str]:
    """Give the roles in which the agent works: those of a cell count in a cell alone (P-81)."""
    unit = world.units.get(agent.unit or "")
    away = frozenset() if unit and unit.kind == "cross" else frozenset({"cross_analyst", "cross_head"})
    return roles(world, agent) - away


def live(world: World, agent: Agent, today: date | None = None) -> bool:
    """Say whether the agent is active with at least one habilitation that counts (P-7)."""
    return agent.active and bool(roles(world, agent, today))


def session_valid(world: World, agent: Agent, session: Session) -> bool:
    """Say whether the session still carries its agent (P-5); that his client is the same is asked by the tests."""
    if session.agent != agent.id or session.unit != agent.unit or session.revoked or world.now >= session.ends_at:
        return False
    to_come = [moment for moment in (session.opened_at, session.used_at) if moment and moment > world.now + GRANTED]
    tired = session.used_at is not None and world.now - session.used_at > IDLE + MINUTE
    return not to_come and not tired and session.ends_at - (session.opened_at or world.now) <= LONGEST


def has_purpose(world: World, agent: Agent) -> bool:
    """Say whether a purpose that P-11 accepts is declared."""
    told = agent.purpose
    if told is None or len(told.case_ref) > 64 or len(told.motive) > 300:
        return False
    return told.code in purposes(world, agent) and (bool(told.case_ref.strip()) or len(told.motive.strip()) >= 10)


def in_force(one: Association, day: date) -> bool:
    """Say whether an association of a service with a cell is in force (P-80)."""
    return one.spread and not one.ended and one.valid_from <= day <= (one.valid_to or date.max)


def _holders(world: World, agent: Agent, scope: str, day: date) -> Iterable[tuple[str, str]]:
    unit = world.units.get(agent.unit or "")
    if unit is None:
        return []
    if scope == "unit" or (scope == "cell" and unit.kind == "cross"):
        return [("unit", unit.id)]
    if scope == "cell":
        return []
    if scope == "cells":
        cells = (one for one in world.units.values() if one.kind == "cross" and works(one, day))
        return [("unit", one.id) for one in cells if one.departments & unit.departments]
    if scope == "joined":
        joined = (one for one in world.associations.values() if one.service == unit.id and in_force(one, day))
        return [("association", one.id) for one in joined]
    raise ValueError(scope)


@lru_cache(maxsize=8192)
def keys(world: World, agent: Agent, today: date | None = None) -> Keys:
    """Give the reader keys that the agent holds (P-8); none when he is not live or declared no purpose (P-9)."""
    day = today or world.today
    if not live(world, agent, day) or not has_purpose(world, agent):
        return NOBODY
    mine = roles(world, agent, day)
    given = [row for row in ROLE_KEYS if row["role"] in mine]
    own = of_agent(agent.id, agent.unit) if any(row["scope"] == "self" for row in given) else NOBODY
    return own | frozenset(
        Key(kind, holder, row["capacity"])
        for row in given
        if row["scope"] != "self"
        for kind, holder in _holders(world, agent, row["scope"], day)
    )
