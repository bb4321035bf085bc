"""Reads of the desk: each agent sees what the functions of policies.sql give to his context."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from recoupe.access.agent import Agent
from recoupe.access.enums import Purpose, Role, backup_label
from recoupe.desk.enums import KeyState, RecoveryState, Standing
from recoupe.desk.rules import REVIEW_EVERY
from recoupe.kernel.refusal import Absent, gettext_noop


@dataclass(frozen=True, slots=True)
class ToolKey:
    """A tool's key as its readers see it: never the key, nor its hash."""

    id: UUID
    unit_id: UUID
    unit_name: str
    name: str
    purpose: str
    reason: str
    valid_from: date
    valid_to: date
    state: str
    asked_by: UUID
    asked_name: str
    asked_at: datetime
    answered_name: str | None
    opened_at: datetime | None
    revoked_at: datetime | None
    revoke_reason: str
    last_used_at: datetime | None
    uses_today: int
    uses_week: int
    # Whether the acting agent is a second person to who asked.
    apart: bool

    @property
    def purpose_label(self) -> str:
        """Its purpose in words."""
        return str(Purpose(self.purpose).label)

    def word(self, today: date) -> tuple[str, str]:
        """Where it stands today, and the tone of the badge."""
        if self.state == KeyState.OPEN and today > self.valid_to:
            return str(_("échue")), ""
        if self.state == KeyState.OPEN and today < self.valid_from:
            return str(_("à venir")), "info"
        tones = {KeyState.OPEN: "good", KeyState.ASKED: "warn", KeyState.AGREED: "info", KeyState.REVOKED: "bad"}
        return str(KeyState(self.state).label), tones.get(KeyState(self.state), "")


@dataclass(frozen=True, slots=True)
class Lost:
    """A lost key: whose, who said so, who confirmed."""

    id: UUID
    agent_id: UUID
    login: str
    name: str
    unit_id: UUID
    unit_name: str
    reason: str
    state: str
    asked_by: UUID
    asked_name: str
    asked_at: datetime
    answered_name: str | None
    answered_at: datetime | None
    # Whether the acting agent is a second person to who asked.
    apart: bool
    # Whether it is his first way in: nothing was lost.
    first: bool

    @property
    def word(self) -> str:
        """Where it stands."""
        return str(RecoveryState(self.state).label)


@dataclass(frozen=True, slots=True)
class Due:
    """A designation that nobody looked at for a quarter."""

    id: UUID
    agent_id: UUID
    login: str
    name: str
    unit_name: str
    role: str
    designated_by: str
    valid_from: date
    valid_to: date | None
    looked_at: date
    in_all: int
    purposes: list[str]

    @property
    def role_label(self) -> str:
        """The role in words."""
        return str(Role(self.role).label)

    @property
    def purpose_labels(self) -> list[str]:
        """What it may be used for, in words."""
        return [str(purpose.label) for purpose in Purpose if purpose in self.purposes]


def _rows(query: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())


def tool_keys(by: Agent) -> list[ToolKey]:
    """Those that the context may see, the newest first."""
    return [ToolKey(*row) for row in _rows("SELECT * FROM desk.keys()")]


def tool_key(by: Agent, key: UUID) -> ToolKey:
    """One of them."""
    for row in _rows("SELECT * FROM desk.keys() WHERE id = %s::uuid", key):
        return ToolKey(*row)
    raise Absent(gettext_noop("Cette clé n'existe pas."))


def recoveries(by: Agent) -> list[Lost]:
    """Lost keys that the context may see, the newest first."""
    return [Lost(*row) for row in _rows("SELECT * FROM desk.recoveries()")]


def recovery(by: Agent, lost: UUID) -> Lost:
    """One of them."""
    for row in _rows("SELECT * FROM desk.recoveries() WHERE id = %s::uuid", lost):
        return Lost(*row)
    raise Absent(gettext_noop("Cette demande n'existe pas."))


def standing(by: Agent, agent: UUID) -> Standing:
    """Whether a way in may be given to this agent now, and what is missing."""
    [(answer,)] = _rows("SELECT desk.standing(%s::uuid)", agent)
    return Standing(answer)


@dataclass(frozen=True, slots=True)
class Passkey:
    """A key of an agent, as the desk sees it."""

    name: str
    added_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    backup: str

    @property
    def backup_label(self) -> str:
        """Where else its secret may be, or is; empty for a key that stays where it is."""
        return backup_label(self.backup)


def passkeys(by: Agent, agent: UUID) -> list[Passkey]:
    """The keys that an agent has and had."""
    return [Passkey(*row) for row in _rows("SELECT * FROM access.passkeys_of(%s::uuid)", agent)]


def due_reviews(by: Agent, today: date, most: int) -> list[Due]:
    """Designations to look at again, those that waited longest first."""
    days = REVIEW_EVERY.days
    found = _rows("SELECT * FROM desk.due_reviews(%s::date, %s::integer, %s::integer)", today, days, most)
    return [Due(*row) for row in found]
