"""A reference and the identifier behind it, for the one reader who may know no more of it."""

from uuid import UUID

from django.db import connection

from recoupe.access.agent import Agent


def identified(agent: Agent, ref: str) -> UUID | None:
    """The identifier of a reference, for the officer for data protection alone; nothing of what it names."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT dealpoints.identified(%s::text)", [ref])
        found: UUID | None = cursor.fetchone()[0]
        return found
