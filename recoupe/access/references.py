"""A reference and the identifier behind it, for the one reader who may know no more of it (P-29)."""

from uuid import UUID

from django.db import connection

from recoupe.access.agent import Agent

# Each room whose objects people name by a reference keeps the answer to itself, in a function of its own schema.
ROOMS = {
    "report": "SELECT intelligence.identified(%s::text)",
    "dealpoint": "SELECT dealpoints.identified(%s::text)",
    "objective": "SELECT coordination.identified(%s::text)",
    "target": "SELECT targets.identified(%s::text)",
}


def identified(_agent: Agent, kind: str, ref: str) -> UUID | None:
    """The identifier of a reference, for the officer for data protection alone; nothing of what it names."""
    with connection.cursor() as cursor:
        cursor.execute(ROOMS[kind], [ref])
        found: UUID | None = cursor.fetchone()[0]
        return found
