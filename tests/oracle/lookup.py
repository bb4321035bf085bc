"""Rows of a world by what they hang on, kept for as long as the world is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from .terms import (
    Agreement,
    Association,
    Child,
    Contact,
    DealPoint,
    Disclosure,
    Evidence,
    Habilitation,
    HitSide,
    Release,
    World,
)

T = TypeVar("T")
Groups = Mapping[str, Sequence[T]]


def _group(rows: Iterable[T], of: Callable[[T], str]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for row in rows:
        groups.setdefault(of(row), []).append(row)
    return groups


@lru_cache(maxsize=32)
def habilitations(world: World) -> Groups[Habilitation]:
    """Give the habilitations by agent."""
    return _group(world.habilitations.values(), lambda one: one.agent)


@lru_cache(maxsize=32)
def associations_of_cell(world: World) -> Groups[Association]:
    """Give the associations by cell."""
    return _group(world.associations.values(), lambda one: one.cell)


@lru_cache(maxsize=32)
def disclosures(world: World) -> Groups[Disclosure]:
    """Give the lines of the register of disclosures by record."""
    return _group(world.disclosures.values(), lambda one: one.record)


@lru_cache(maxsize=32)
def sides(world: World) -> Groups[HitSide]:
    """Give the sides by pair."""
    return _group(world.sides.values(), lambda one: one.hit)


@lru_cache(maxsize=32)
def contacts(world: World) -> Groups[Contact]:
    """Give the contacts by pair."""
    return _group(world.contacts.values(), lambda one: one.hit)


@lru_cache(maxsize=32)
def releases(world: World) -> Groups[Release]:
    """Give the releases by contact."""
    return _group(world.releases.values(), lambda one: one.contact)


@lru_cache(maxsize=32)
def without_category(world: World) -> frozenset[str]:
    """Give the reports that hold a person whose category is still open (P-99)."""
    return frozenset(one.report for one in world.persons.values() if one.category == "unknown")


@lru_cache(maxsize=32)
def agreements(world: World) -> Groups[Agreement]:
    """Give the agreements by release."""
    return _group(world.agreements.values(), lambda one: one.release)


@lru_cache(maxsize=32)
def evidence(world: World) -> Groups[Evidence]:
    """Give the evidence by point: by its own, and by the one for which it counts (P-27)."""
    found: dict[str, tuple[Evidence, ...]] = {}
    for one in world.evidence.values():
        chain = lives(world, one.point)
        for point in {one.point, chain[-1].id if chain else one.point}:
            found[point] = (*found.get(point, ()), one)
    return found


def lives(world: World, point: str | None) -> list[DealPoint]:
    """Give a point, and one after the other those in which it lives on while it is merged (P-27)."""
    found: list[DealPoint] = []
    while (one := world.points.get(point or "")) and one not in found:
        found.append(one)
        point = one.merged_into if one.state == "MERGED" else None
    return found


@lru_cache(maxsize=32)
def children(world: World) -> Groups[Child]:
    """Give the children by parent."""
    return _group(world.children.values(), lambda one: one.parent)
