"""Writes of the desk; each one is an entry of the journal first."""

import secrets
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone

from recoupe.access import actions as access
from recoupe.access import permissions as accounts
from recoupe.access import rules as designations
from recoupe.access.agent import Agent
from recoupe.access.models import Agent as Subject
from recoupe.access.models import Habilitation
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.desk import permissions, queries, rules
from recoupe.desk.enums import Standing
from recoupe.desk.permissions import TOO_LATE
from recoupe.desk.queries import Lost, ToolKey
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.kernel.text import clean_line
from recoupe.reference.models import Unit

LONGEST_NAME = 80
LONGEST_LOGIN = 64
LONGEST_SUBJECT = 255
PREFIX = "rcp_"
SECOND = gettext_noop(
    "Un accès se donne à deux : demandez-le ou déclarez la clé perdue, et qu'une seconde personne confirme que c'est "
    "bien lui, dans les vingt-quatre heures."
)


def _call(query: str, *params: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        row = cursor.fetchone()
    return row[0] if row else None


def _done(answer: Any) -> None:
    """Somebody else was faster: nothing was changed."""
    if not answer:
        raise Conflict(TOO_LATE)


# --- Keys of services' own tools -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a head asks for."""

    name: str
    purpose: str
    valid_from: date
    valid_to: date
    reason: str


@transaction.atomic
def ask_key(*, by: Agent, wanted: Wanted) -> UUID:
    """Ask for a key of one's own unit; it opens nothing before a second person agreed."""
    permissions.check_ask(by)
    name = clean_line(wanted.name, LONGEST_NAME, "name", required=True)
    rules.check_key(by, wanted.purpose, (wanted.valid_from, wanted.valid_to), timezone.localdate())
    why = designations.checked_reason(wanted.reason)
    made = uuid4()
    record(Operation.CONFIGURE, refs=[("service_key", made)], details={"what": "service_key_asked"})
    _call(
        "SELECT desk.ask_key(%s::uuid, %s::text, %s::text, %s::text, %s::date, %s::date)",
        made, name, wanted.purpose, why, wanted.valid_from, wanted.valid_to,
    )  # fmt: skip
    return made


@transaction.atomic
def answer_key(*, by: Agent, key: ToolKey, agreed: bool) -> None:
    """The second person agrees or refuses."""
    permissions.check_answer(by, key)
    what = "service_key_agreed" if agreed else "service_key_refused"
    record(Operation.CONFIGURE, refs=[("service_key", key.id)], details={"what": what})
    _done(_call("SELECT desk.answer_key(%s::uuid, %s::boolean)", key.id, agreed))


@transaction.atomic
def fetch_key(*, by: Agent, key: ToolKey) -> str:
    """The key itself, told now and never again: only its hash is kept."""
    permissions.check_fetch(by, key)
    record(Operation.CONFIGURE, refs=[("service_key", key.id)], details={"what": "service_key_opened"})
    token = PREFIX + secrets.token_urlsafe(32)
    _done(_call("SELECT desk.fetch_key(%s::uuid, %s::bytea)", key.id, sha256(token.encode()).digest()))
    return token


@transaction.atomic
def revoke_key(*, by: Agent, key: ToolKey, reason: str) -> None:
    """Take it away: the tool's next request is refused."""
    permissions.check_revoke(by, key)
    why = designations.checked_reason(reason)
    record(Operation.CONFIGURE, refs=[("service_key", key.id)], details={"what": "service_key_revoked"})
    _done(_call("SELECT desk.revoke_key(%s::uuid, %s::text)", key.id, why))


# --- Accounts ------------------------------------------------------------------------------------------------


@transaction.atomic
def register(*, by: Agent, login: str, name: str, unit: Unit) -> Subject:
    """Make the account of a new agent: it opens nothing before it is designated and has a key."""
    permissions.check_register(by)
    login = clean_line(login, LONGEST_LOGIN, "login", required=True).lower()
    name = clean_line(name, LONGEST_NAME, "name", required=True)
    if not unit.works_on(timezone.localdate()):
        raise Invalid(gettext_noop("Ce service n'est pas ouvert aujourd'hui."), field="unit")
    if Subject.objects.filter(login=login).exists():
        raise Invalid(gettext_noop("Cet identifiant est déjà pris : un agent muté garde son compte."), field="login")
    made = uuid4()
    record(Operation.CONFIGURE, refs=[("agent", made)], details={"what": "account"})
    return Subject.objects.create(id=made, login=login, display_name=name, unit=unit)


@transaction.atomic
def depart(*, by: Agent, agent: Subject, reason: str) -> None:
    """Somebody leaves: designations, keys and sessions end together, at once; the account stays, for the journal."""
    accounts.check_designate(by, agent.id)
    why = designations.checked_reason(reason)
    if not agent.active:
        return
    access.revoke_passkeys(by=by, agent=agent, reason=why)
    record(Operation.CONFIGURE, refs=[("agent", agent.id)], details={"what": "departure", "reason": why})
    Habilitation.objects.filter(agent=agent, revoked_at__isnull=True).update(revoked_at=timezone.now())
    agent.active = False
    agent.save(update_fields=["active"])


@transaction.atomic
def declare_lost(*, by: Agent, agent: Subject, reason: str) -> None:
    """Take the lost keys away at once, and ask for the second person without whom nobody gets in, first or again."""
    accounts.check_designate(by, agent.id)
    why = designations.checked_reason(reason)
    first = queries.standing(by, agent.id) == Standing.FIRST
    access.revoke_passkeys(by=by, agent=agent, reason=why)
    made = uuid4()
    what = "access_asked" if first else "key_lost"
    record(Operation.CONFIGURE, refs=[("agent", agent.id), ("recovery", made)], details={"what": what})
    _call("SELECT desk.ask_recovery(%s::uuid, %s::uuid, %s::text)", made, agent.id, why)


@transaction.atomic
def answer_recovery(*, by: Agent, lost: Lost, agreed: bool) -> None:
    """The second person confirms that it is he, or not."""
    permissions.check_second(by, lost)
    what = "recovery_agreed" if agreed else "recovery_refused"
    record(Operation.CONFIGURE, refs=[("agent", lost.agent_id), ("recovery", lost.id)], details={"what": what})
    _done(_call("SELECT desk.answer_recovery(%s::uuid, %s::boolean)", lost.id, agreed))


@transaction.atomic
def hand_code(*, by: Agent, agent: Subject, reason: str) -> str:
    """The code of a key, a first one too, that two persons agreed on; told once."""
    accounts.check_designate(by, agent.id)
    if queries.standing(by, agent.id) != Standing.AGREED:
        raise Conflict(SECOND)
    return access.enrol_code(by=by, agent=agent, reason=reason)


@transaction.atomic
def bind_identity(*, by: Agent, agent: Subject, issuer: str, subject: str) -> None:
    """Say which subject of the provider this agent is: a way in, given as a code is, by two persons."""
    accounts.check_designate(by, agent.id)
    told = clean_line(subject, LONGEST_SUBJECT, "subject", required=True)
    if queries.standing(by, agent.id) != Standing.AGREED:
        raise Conflict(SECOND)
    record(Operation.CONFIGURE, refs=[("agent", agent.id)], details={"what": "identity_bound"})
    if not _call("SELECT desk.bind_identity(%s::uuid, %s::uuid, %s::text, %s::text)", uuid4(), agent.id, issuer, told):
        raise Conflict(gettext_noop("Cette identité est déjà liée à un agent."))


@transaction.atomic
def keep(*, by: Agent, habilitation: Habilitation) -> None:
    """Looked at again, and kept for another quarter."""
    accounts.check_designate(by, habilitation.agent_id)
    record(
        Operation.CONFIGURE, refs=[("agent", habilitation.agent_id)],
        details={"what": "reviewed", "habilitation": habilitation.role},
    )  # fmt: skip
    _done(_call("SELECT desk.review(%s::uuid, %s::uuid)", uuid4(), habilitation.id))
