"""What the sign-in process does: believe a key, open a session, enrol a key; the database holds the rest."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from recoupe.access import oidc, pacing, passkeys
from recoupe.access.codes import code_hash, new_token, token_hash
from recoupe.access.enums import Backup, SignInBy, backup_label
from recoupe.access.oidc import UnbelievedError
from recoupe.access.passkeys import UnreadableError
from recoupe.config.provider import Provider
from recoupe.kernel.refusal import Refused, gettext_noop

FAILURES_ALLOWED = 10


# --- Passkeys -----------------------------------------------------------------------------------------------------

SIGN_IN, PROVE, ENROL, PROVIDER = "sign-in", "prove", "enrol", "oidc"
LONGEST_NAME = 64
NOT_TAKEN = gettext_noop(
    "Cette clé n'a pas été acceptée. Recommencez ; si cela persiste, adressez-vous à votre autorité d'habilitation."
)
LATE = gettext_noop("La demande a expiré ou a déjà servi : recommencez.")
COPIED = gettext_noop(
    "Le compteur de cette clé est revenu en arrière : elle a peut-être été copiée. Elle est retirée et vos sessions "
    "sont fermées : prévenez votre autorité d'habilitation."
)
REPEATED = gettext_noop(
    "Trop d'essais refusés depuis un quart d'heure. Une clé valable reste acceptée ; sinon, adressez-vous à votre "
    "autorité d'habilitation."
)
TOO_FAST = gettext_noop(
    "Trop d'essais refusés depuis cette adresse : recommencez dans %(n)d secondes. Aucun compte n'est bloqué."
)
NO_CODE = gettext_noop(
    "Ce code n'est pas connu, a déjà servi ou a plus de vingt-quatre heures : demandez-en un autre à votre autorité "
    "d'habilitation."
)
SYNCED = gettext_noop(
    "Cette clé se recopie chez son fabricant et sur d'autres appareils : elle n'a pas été enregistrée, supprimez-la de "
    "cet appareil. Prenez une clé matérielle, ou celle du poste lui-même ; un code qui vous a été remis sert encore."
)
NOT_KEPT = gettext_noop("Cette clé ne peut pas être ajoutée : deux clés au plus par agent, chacune une seule fois.")
NOT_FRESH = gettext_noop("Montrez d'abord votre clé : la dernière fois date de plus de cinq minutes.")
LAST_KEY = gettext_noop("Votre dernière clé ne se retire pas : ajoutez-en une autre d'abord.")
NOT_BELIEVED = gettext_noop("Le fournisseur d'identité n'a pas été cru : recommencez, ou prenez votre clé d'accès.")
NOT_BOUND = gettext_noop("Cette identité n'est liée à aucun agent : votre autorité d'habilitation s'en charge.")
NOT_ACTIVE = gettext_noop("Ce compte n'est plus actif : adressez-vous à votre autorité d'habilitation.")
NOT_MADE = gettext_noop("Cette page n'existe que dans une démonstration, sur cette machine, avec le monde inventé.")


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose session or code it is."""

    id: UUID
    login: str
    name: str
    how: str = ""
    client: bytes = b""
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class OwnKey:
    """One key as its holder sees it."""

    id: UUID
    credential_id: bytes
    name: str
    added_at: datetime
    last_used_at: datetime | None
    backup: str

    @property
    def backup_label(self) -> str:
        """Why it is worth another one; empty for a key that stays where it is."""
        return backup_label(self.backup)


@dataclass(frozen=True, slots=True)
class MadeAgent:
    """One agent of the made world, whom the page of the demonstration enters as."""

    id: UUID
    login: str
    name: str
    unit: str
    kind: str
    roles: tuple[str, ...]


def begin_session(agent: UUID, how: SignInBy, *, client: bytes | None = None, key: UUID | None = None) -> str:
    """The one place where somebody who was believed gets a session; returns its token, of which the hash is kept."""
    token = new_token()
    started = _one(
        "SELECT access.start_session(%s::uuid, %s::bytea, %s::integer, %s::text, %s::bytea, %s::uuid)",
        agent, token_hash(token), settings.SESSION_HOURS, how.value, client, key,
    )  # fmt: skip
    if not started:
        raise Refused(NOT_ACTIVE)
    return token


def leave_former(token: str) -> None:
    """The session that a browser still carries ends when it opens another: nothing of the first outlives it."""
    if token and token.isascii() and token.isprintable():
        _one("SELECT access.close(%s::text)", token)


def sign_in_options() -> dict[str, object]:
    """What a browser is asked by whoever signs in: any key of this house."""
    return passkeys.request_options(_new_challenge(SIGN_IN))


def sign_in_by_key(text: str, client: bytes | None = None) -> str:
    """Open a session for whoever holds the key that signed this; returns its token."""
    # Each statement stands by itself: a challenge is spent, and a refusal written, whatever comes after.
    key, agent = _believe(text, SIGN_IN, [settings.SIGNIN_ORIGIN])
    return begin_session(agent, SignInBy.PASSKEY, client=client, key=key)


def oidc_state() -> str:
    """The state of one try with the provider: single use, five minutes, kept as the challenges are."""
    return _new_challenge(PROVIDER).hex()


def sign_in_by_provider(one: Provider, state: str, code: str, back: str, client: bytes | None = None) -> str:
    """Open a session for the agent whom the desk bound to what the provider says; never by name nor by address."""
    try:
        spent = _take_challenge(bytes.fromhex(state), PROVIDER) if state else False
    except ValueError:
        spent = False
    if not spent:
        raise _refused(None, "challenge", LATE)
    try:
        at = oidc.known(one)
        token = oidc.exchanged(one, at, back, code, oidc.derived(settings.SECRET_KEY, "verifier", state))
        subject = oidc.subject_of(one, at.keys, token, oidc.derived(settings.SECRET_KEY, "nonce", state))
    except UnbelievedError as error:
        raise _refused(None, "provider", NOT_BELIEVED) from error
    agent = _one("SELECT desk.identity_of(%s::text, %s::text)", one.issuer, subject)
    if agent is None:
        raise _refused(None, "unbound", NOT_BOUND)
    return begin_session(agent, SignInBy.OIDC, client=client)


def prove_options() -> dict[str, object]:
    """What a browser is asked by an agent who shows his key again."""
    return passkeys.request_options(_new_challenge(PROVE))


def prove_by_key(token: str, text: str) -> None:
    """The agent of this session shows his key again, on the page of either site; anybody else's key is refused."""
    key, _agent = _believe(text, PROVE, [settings.SIGNIN_ORIGIN, settings.STAFF_ORIGIN])
    if not _one("SELECT access.prove(%s::text, %s::uuid)", token, key):
        raise _refused(key, "other_agent")


def _believe(text: str, use: str, origins: Sequence[str]) -> tuple[UUID, UUID]:
    """The key and the agent of an answer that holds; every other one is refused, counted and written."""
    try:
        read = passkeys.read_assertion(text)
    except UnreadableError as error:
        raise _refused(None, "unreadable") from error
    if not _take_challenge(read.challenge, use):
        raise _refused(None, "challenge", LATE)
    found = _rows("SELECT id, agent, public_key, live FROM access.passkey_of(%s::bytea)", read.credential_id)
    if not found:
        raise _refused(None, "unknown")
    [(key, agent, public_key, live)] = found
    if not live:
        raise _refused(key, "revoked")
    if read.handle is not None and read.handle != agent.bytes:
        raise _refused(key, "handle")
    try:
        proven = passkeys.check_assertion(read, bytes(public_key), origins)
    except UnreadableError as error:
        raise _refused(key, "signature") from error
    if not _one("SELECT access.passkey_used(%s::uuid, %s::bigint, %s::text)", key, proven.sign_count, proven.backup):
        raise _refused(key, "counter", COPIED)
    return key, agent


def _refused(key: UUID | None, reason: str, sentence: str = NOT_TAKEN) -> Refused:
    """Write the refused try, on a transaction that the refusal does not undo, and say so."""
    tries = _one("SELECT access.refused_sign_in(%s::uuid, %s::text, %s::text)", key, reason, pacing.refused())
    return Refused(REPEATED if sentence == NOT_TAKEN and int(tries) > FAILURES_ALLOWED else sentence)


# --- Enrolment ----------------------------------------------------------------------------------------------------


def enrol_options(code: str) -> dict[str, object]:
    """What a browser is asked by whoever holds a live code; the code is spent with the key that comes, not here."""
    found = _rows("SELECT agent, login, name, credentials FROM access.code_holder(%s::bytea)", code_hash(code))
    if not found:
        raise _refused(None, "code", NO_CODE)
    [(agent, login, name, known)] = found
    return passkeys.creation_options(_new_challenge(ENROL), agent, login, name, [bytes(one) for one in known])


def enrol(code: str, text: str, name: str) -> None:
    """Keep the first key of whoever holds a live code, which is spent by it."""
    made = _new_key(text)
    with transaction.atomic():
        query = "SELECT access.enrol_passkey(%s::bytea, %s::bytea, %s::bytea, %s::bigint, %s::text, %s::text)"
        kept = _one(query, code_hash(code), *_parts(made, name))
        if kept is None:
            transaction.set_rollback(True)
    if kept is None:
        # Still live: it is the key that cannot be kept.
        live = _rows("SELECT agent FROM access.code_holder(%s::bytea)", code_hash(code))
        raise Refused(NOT_KEPT) if live else _refused(None, "code", NO_CODE)


def add_options(token: str) -> dict[str, object]:
    """What a browser is asked by an agent who adds a second key, having just shown the first."""
    holder = _fresh(token)
    known = [key.credential_id for key in own_keys(token)]
    return passkeys.creation_options(_new_challenge(ENROL), holder.id, holder.login, holder.name, known)


def add_key(token: str, text: str, name: str) -> None:
    """Keep a second key of the agent of this session."""
    _fresh(token)
    made = _new_key(text)
    query = "SELECT access.add_passkey(%s::text, %s::bytea, %s::bytea, %s::bigint, %s::text, %s::text)"
    if _one(query, token, *_parts(made, name)) is None:
        raise Refused(NOT_KEPT)


def drop_key(token: str, key: UUID) -> None:
    """Take back one of one's own keys, never the last."""
    _fresh(token)
    if not _one("SELECT access.drop_passkey(%s::text, %s::uuid)", token, key):
        raise Refused(LAST_KEY)


def own_keys(token: str) -> list[OwnKey]:
    """The live keys of the agent of this session."""
    rows = _rows(
        "SELECT id, credential, name, added_at, last_used_at, backup FROM access.own_passkeys(%s::text)", token
    )
    return [OwnKey(id, bytes(credential), *rest) for id, credential, *rest in rows]


def session_of(token: str) -> Holder | None:
    """Whose live session this is."""
    if not (token.isascii() and token.isprintable() and token):
        return None
    rows = _rows("SELECT agent, login, name, how, client, fresh FROM access.session_of(%s::text)", token)
    return next((Holder(a, login, name, how, bytes(c or b""), fresh) for a, login, name, how, c, fresh in rows), None)


def _fresh(token: str) -> Holder:
    holder = session_of(token)
    if holder is None or not holder.fresh:
        raise Refused(NOT_FRESH)
    return holder


def _new_key(text: str) -> passkeys.Enrolled:
    try:
        challenge = passkeys.challenge_of(text)
    except UnreadableError as error:
        raise _refused(None, "unreadable") from error
    if not _take_challenge(challenge, ENROL):
        raise _refused(None, "challenge", LATE)
    try:
        made = passkeys.check_new_key(text, challenge, [settings.SIGNIN_ORIGIN])
    except UnreadableError as error:
        raise _refused(None, "new_key") from error
    if made.backup != Backup.NONE and not settings.SYNCED_KEYS:
        raise _refused(None, "synced", SYNCED)
    return made


def _parts(made: passkeys.Enrolled, name: str) -> tuple[bytes, bytes, int, str, str]:
    return made.credential_id, made.public_key, made.sign_count, name[:LONGEST_NAME], made.backup


# --- The made world -----------------------------------------------------------------------------------------------


def made_agents() -> list[MadeAgent]:
    """Who may be entered as; nobody where the base does not carry the made world."""
    rows = _rows("SELECT id, login, name, unit, kind, roles FROM access.made_agents()")
    return [MadeAgent(id, login, name, unit, kind, tuple(roles)) for id, login, name, unit, kind, roles in rows]


def enter_made(login: str, client: bytes | None) -> str:
    """A session of a made agent, without a key; refused wherever the base is not that of the made world."""
    found = next((one for one in made_agents() if one.login == login), None)
    if found is None:
        raise _refused(None, "made", NOT_MADE)
    return begin_session(found.id, SignInBy.MADE, client=client)


def prove_made(token: str) -> None:
    """What stands for the key of a made agent: his button, in the made world alone."""
    if not _one("SELECT access.prove(%s::text, NULL)", token):
        raise _refused(None, "made", NOT_MADE)


# --- The database -------------------------------------------------------------------------------------------------


def _new_challenge(use: str) -> bytes:
    challenge = secrets.token_bytes(passkeys.CHALLENGE_BYTES)
    _one("SELECT access.new_challenge(%s::bytea, %s::text)", sha256(challenge).digest(), use)
    return challenge


def _take_challenge(challenge: bytes, use: str) -> bool:
    return bool(_one("SELECT access.take_challenge(%s::bytea, %s::text)", sha256(challenge).digest(), use))


def _rows(query: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())


def _one(query: str, *params: Any) -> Any:
    return _rows(query, *params)[0][0]
