"""Sides of hits as a line of another page names them: a few columns; nothing here is journaled."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from recoupe.access.agent import Agent

# Each by its key; the policy of the table says which of them the agent learns of.
_NAMED = """
    SELECT s.id, s.at, s.side, s.asker_name, s.other_name, s.strength
      FROM unnest(%s::uuid[]) AS named (id) JOIN crosscheck_hitside s ON s.id = named.id
"""


@dataclass(frozen=True, slots=True)
class Named:
    """One side of a hit in a line of another page."""

    id: UUID
    at: datetime
    side: str
    asker_name: str
    other_name: str
    strength: str


def sides(agent: Agent, side_ids: Collection[UUID]) -> dict[UUID, Named]:
    """Those of these sides that the agent learns of; a home page names a hundred."""
    if not side_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, [list(side_ids)])
        return {row[0]: Named(*row) for row in cursor.fetchall()}
