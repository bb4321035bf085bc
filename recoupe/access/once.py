"""What a form makes, it makes once: a second click, on whatever connection, finds what the first one made."""

from uuid import UUID, uuid5

from django.db import connection

from recoupe.access.agent import Agent


def own_id(by: Agent, key: UUID, said: str = "") -> UUID:
    """The identity that a form's key stands for: its author's own, so that nobody can aim at what another made.

    `said` where the same page may be taken up again to say something else: other words are another thing.
    """
    return uuid5(by.id, f"{key}{said}")


def first_of(made: UUID) -> None:
    """Wait, in this transaction, for whoever is making the same thing: what he committed is found after it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.first_of(%s::uuid)", [made])
