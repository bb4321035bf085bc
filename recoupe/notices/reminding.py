"""How an agent is reminded outside the application: his own settings, his calendar, his digest."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from recoupe.access.agent import Agent
from recoupe.notices.calendar import Term
from recoupe.notices.rules import USUAL, Quiet, checked_address, checked_quiet


@dataclass(frozen=True, slots=True)
class Own:
    """What an agent has chosen; an empty address: no digest. Times are aware."""

    address: str = ""
    quiet: Quiet = USUAL
    calendar_since: datetime | None = None
    sent_at: datetime | None = None
    refused_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Digest:
    """What one digest says: where to, and whether a term falls within a day or has passed."""

    address: str
    pressing: bool


def own(agent: Agent) -> Own:
    """The agent's own settings."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM notices.own_reminder()")
        row = cursor.fetchone()
    return Own(row[0], Quiet(row[1], row[2]), *row[3:]) if row else Own()


def save(*, by: Agent, address: str, quiet: Quiet) -> None:
    """Keep where and when the agent wants his digest; "" ends it."""
    kept, hours = checked_address(address, settings.MAIL_DOMAINS), checked_quiet(quiet)
    _call("SELECT notices.save_reminder(%s::text, %s::time, %s::time)", kept, hours.start, hours.end)


def open_calendar(*, by: Agent) -> str:
    """A new secret for the agent's calendar, told once; the one before opens nothing from now on."""
    secret = secrets.token_urlsafe(32)
    _call("SELECT notices.set_calendar(%s::text, %s::time, %s::time)", secret, USUAL.start, USUAL.end)
    return secret


def close_calendar(*, by: Agent) -> None:
    """Take the calendar's address away."""
    _call("SELECT notices.set_calendar(NULL, %s::time, %s::time)", USUAL.start, USUAL.end)


def calendar(secret: str) -> list[Term] | None:
    """The terms of whoever holds this secret, as he may read them now; None for a secret that opens nothing.

    Outside any acting context: a calendar programme has no session.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT notices.calendar(%s::text)::text", [secret])
        found = cursor.fetchone()[0]
    if found is None:
        return None
    return [Term(datetime.fromisoformat(at), whole_day) for at, whole_day in json.loads(found)]


def digests_due() -> list[tuple[UUID, Quiet]]:
    """Who has asked for a digest and had none today, with his quiet hours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM notices.digests_due()")
        return [(agent, Quiet(start, end)) for agent, start, end in cursor.fetchall()]


def digest(agent: UUID) -> Digest | None:
    """What to send to him now, held until the end of the transaction; None when nothing new waits or another sends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM notices.digest(%s::uuid)", [agent])
        row = cursor.fetchone()
    return Digest(*row) if row else None


def digest_sent(agent: UUID, *, refused: bool = False) -> None:
    """That it went, or that his own mail server will have none of it."""
    _call("SELECT notices.digest_sent(%s::uuid, %s::boolean)", agent, refused)


def _call(query: str, *params: str | UUID | time | bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query, list[Any](params))
