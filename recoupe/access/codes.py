"""Tokens of sessions and one-time codes: how they are drawn, and what the database keeps of them."""

import secrets
from hashlib import sha256

# Twenty-four signs of thirty-two: a hundred and twenty bits, without those that are taken for one another.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_SIGNS, CODE_GROUP = 24, 4


def new_token() -> str:
    """A session token of 256 bits; only its hash reaches the database."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What the database keeps of a token."""
    return sha256(token.encode()).digest()


def new_code() -> str:
    """A one-time code as a person reads it out."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(CODE_SIGNS))
    return "-".join(signs[i : i + CODE_GROUP] for i in range(0, CODE_SIGNS, CODE_GROUP))


def code_hash(code: str) -> bytes:
    """What the database keeps of a code, however it was typed."""
    return sha256("".join(sign for sign in code.upper() if sign in ALPHABET).encode()).digest()
