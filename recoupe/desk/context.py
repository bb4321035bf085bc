"""Opening the acting context of a service's own tool: by its key alone, without role and without reader key."""

import json
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection

from recoupe.access.enums import Purpose

SCHEME = "bearer "


@dataclass(frozen=True, slots=True)
class Tool:
    """Which tool asks, of which unit, for what, until when."""

    key: UUID
    name: str
    unit: str
    unit_name: str
    unit_id: UUID
    departments: frozenset[str]
    # Who asked for the key, and answers for what the tool does.
    answers: UUID
    purpose: Purpose
    until: date


@dataclass(frozen=True, slots=True)
class Wait:
    """A key that is good and is used too often: in how many seconds it opens again."""

    seconds: int


def bearer(header: str) -> str:
    """The key in an Authorization header; empty when there is none that could be ours."""
    token = header[len(SCHEME) :].strip() if header.lower().startswith(SCHEME) else ""
    return token if token.isascii() and token.isprintable() else ""


def open_tool(token: str) -> Tool | Wait | None:
    """Open the context of a tool inside the current transaction; None, and a line, when its key opens nothing.

    Whatever it answers is counted: the caller commits it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT desk.open_tool(%s::text)", [token])
        row = cursor.fetchone()
    if row is None or row[0] is None:
        return None
    told = json.loads(row[0]) if isinstance(row[0], str) else row[0]
    if "wait" in told:
        return Wait(max(1, int(told["wait"])))
    return Tool(
        key=UUID(told["key"]),
        name=told["tool"],
        unit=told["unit"],
        unit_name=told["unit_name"],
        unit_id=UUID(told["unit_id"]),
        departments=frozenset(told["departments"]),
        answers=UUID(told["answers"]),
        purpose=Purpose(told["purpose"]),
        until=date.fromisoformat(told["until"]),
    )
