"""Opening the acting context: the only way in which a transaction comes to see protected rows."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from recoupe.access.agent import Agent
from recoupe.kernel.refusal import Refused, gettext_noop


def _call(query: str, *params: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        row = cursor.fetchone()
    return row[0] if row else None


def _agent(described: Any) -> Agent | None:
    if described is None:
        return None
    return Agent.from_context(json.loads(described) if isinstance(described, str) else described)


def open_session(token: str, *, polled: bool = False) -> Agent | None:
    """Open the context of a session inside the current transaction; None when it is unknown, expired or revoked.

    What a page asks by itself (`polled`) keeps nobody's session awake (R-52).
    """
    # Ours are plain; a cookie may hold anything, also what the database cannot take as text.
    if not (token.isascii() and token.isprintable()):
        return None
    return _agent(_call("SELECT access.poll(%s::text)" if polled else "SELECT access.open(%s::text)", token))


def close_session(token: str) -> None:
    """Revoke a session: its next request is refused."""
    _call("SELECT access.close(%s::text)", token)


@contextmanager
def acting(token: str) -> Iterator[Agent]:
    """One transaction under the context of a session, for commands and tests; raises Refused when it is not live."""
    with transaction.atomic():
        agent = open_session(token)
        if agent is None:
            raise Refused(gettext_noop("La session est fermée ou expirée : reconnectez-vous."))
        yield agent


@contextmanager
def mandated(mandate: UUID) -> Iterator[Agent]:
    """One transaction of a background job, in the name of the agent who signed the mandate."""
    with transaction.atomic():
        agent = _agent(_call("SELECT access.open_mandate(%s::uuid)", mandate))
        if agent is None:
            raise Refused(gettext_noop("Le mandat de cette tâche a expiré ou son signataire n'est plus habilité."))
        yield agent


@contextmanager
def service(name: str, reason: str) -> Iterator[None]:
    """One transaction of a process that acts for nobody; it is named in the journal and holds no reader key."""
    with transaction.atomic():
        _call("SELECT access.open_service(%s::text, %s::text)", name, reason)
        yield
