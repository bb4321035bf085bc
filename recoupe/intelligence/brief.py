"""How reports are called in a line of another page: a few columns, never their texts; nothing here is journaled."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from recoupe.access.agent import Agent

# Each by its key; the policy of the table says which of them the agent reads.
_BRIEFS = """
    SELECT r.id, r.ref, r.state, r.commune_code, r.urgency
      FROM unnest(%s::uuid[]) AS named (id) JOIN intelligence_report r ON r.id = named.id
"""


@dataclass(frozen=True, slots=True)
class Brief:
    """A report that the agent may read, as far as a line names it."""

    id: UUID
    ref: str | None
    state: str
    commune_code: str
    urgency: bool


def briefs(agent: Agent, report_ids: Collection[UUID]) -> dict[UUID, Brief]:
    """Those of these reports that the agent may read; a page that names a hundred does not read them whole."""
    if not report_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_BRIEFS, [list(report_ids)])
        return {row[0]: Brief(*row) for row in cursor.fetchall()}
