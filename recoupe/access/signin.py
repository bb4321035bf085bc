"""What the sign-in process does: check a password, open a session, and nothing else."""

import secrets
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import connection, transaction

from recoupe.kernel.refusal import Refused, gettext_noop

FAILURES_ALLOWED = 10
WRONG = gettext_noop("Identifiant ou mot de passe inconnu.")
TOO_MANY = gettext_noop("Trop d'essais pour ce compte : attendez un quart d'heure, ou appelez votre administrateur.")


def new_token() -> str:
    """A session token of 256 bits; only its hash reaches the database."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What the database keeps of a token."""
    return sha256(token.encode()).digest()


def sign_in(login: str, password: str) -> str:
    """Check a password and open a session; returns its token, raises Refused with the same words for both faults."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT agent, password_hash, recent_failures FROM access.credential_of(%s::text)", [login])
        found = cursor.fetchone()
        if found is None:
            # The same work for an unknown login, so that time tells nothing.
            make_password(password)
            refusal = WRONG
        elif found[2] >= FAILURES_ALLOWED:
            refusal = TOO_MANY
        elif not check_password(password, found[1]):
            refusal = WRONG
        else:
            token = new_token()
            cursor.execute(
                "SELECT access.start_session(%s::uuid, %s::bytea, %s::integer)",
                [found[0], token_hash(token), settings.SESSION_HOURS],
            )
            return token
        cursor.execute("SELECT access.failed_sign_in(%s::text)", [login[:64]])
    raise Refused(refusal)
