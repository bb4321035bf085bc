"""Objectives as far as a list says something of them and asks its rights: a summary is read on its page."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

# Each by its key; the policy of the table says which of them the agent reads.
_LISTED = """
    SELECT o.id, o.ref, o.title, o.commune_code, o.cells, o.court_id, o.state, o.state_since, o.proposed_by_id,
           o.lead_id, o.joint_lead_id, o.deadline
      FROM unnest(%s::uuid[]) AS named (id) JOIN coordination_objective o ON o.id = named.id
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """An objective that the agent may read, in the columns of a list."""

    id: UUID
    ref: str
    title: str
    commune_code: str
    cells: list[UUID]
    court_id: UUID
    state: str
    state_since: datetime
    proposed_by_id: UUID
    lead_id: UUID | None
    joint_lead_id: UUID | None
    deadline: date | None


COLUMNS = tuple(Listed.__annotations__)


def listed(ids: Collection[UUID]) -> list[Listed]:
    """Those of these objectives that the agent may read; a home page looks through a hundred."""
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LISTED, [list(ids)])
        return [Listed(*row) for row in cursor.fetchall()]
