"""What a person types behind a verb, read before anything starts; what is wrong is said in one French sentence."""

import math
import os
import re
from argparse import ArgumentTypeError
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from recoupe.config import token
from recoupe.config.paths import LONGEST_SOCKET
from recoupe.config.token import TokenAddress

EARLIEST, LATEST = 1970, 2199
LONGEST_PAUSE_S = 86_400.0
LONGEST_PERSON = 80
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KIND = re.compile(r"[a-z_]{1,32}")


def port(text: str) -> int:
    """A port of this machine."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 65_535:
        raise ArgumentTypeError(f"donnez un nombre de 1 à 65535, pas « {_shown(text)} »")
    return int(text)


def seconds(text: str) -> float:
    """A pause between two rounds: a process that never waits, or never comes back, does no work."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 < found <= LONGEST_PAUSE_S:
        raise ArgumentTypeError(f"donnez un nombre de secondes entre 0 et 86400, pas « {_shown(text)} »")
    return found


def witness_name(text: str) -> str:
    """The name under which a witness signs: it names files and stands in signed notes, so neither blank nor slash."""
    if not _NAME.fullmatch(text):
        raise ArgumentTypeError(
            f"donnez un nom de 64 caractères au plus, en lettres sans accent, chiffres, tirets ou points, "
            f"pas « {_shown(text)} »"
        )
    return text


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to name; without a name and a service he has an account already."""

    login: str
    name: str
    unit: str


def named_person(text: str) -> Person:
    """identifiant=Nom complet@SERVICE, or identifiant alone."""
    login, told, rest = text.strip().partition("=")
    name, _, unit = rest.rpartition("@")
    login, name, unit = (" ".join(part.split()) for part in (login, name, unit))
    whole = bool(name and unit) or not told
    if not (whole and re.fullmatch(r"[^\s@=]{1,64}", login) and len(name) <= LONGEST_PERSON and text.isprintable()):
        raise ArgumentTypeError(f"écrivez identifiant=Nom complet@SERVICE, pas « {_shown(text)} »")
    return Person(login.lower(), name, unit)


def public_half(text: str) -> bytes:
    """An Ed25519 public key."""
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise ArgumentTypeError("une clé publique a 32 octets, écrits en 64 chiffres hexadécimaux")
    return bytes.fromhex(text)


def token_address(text: str) -> TokenAddress:
    """Where a key is to be made: a token, and the label that its keys carry."""
    try:
        found = token.read(text)
        if found.key_id:
            raise ValueError(text)
        return found
    except ValueError as error:
        raise ArgumentTypeError(
            "donnez une adresse RFC 7512, sans le code lui-même : "
            "pkcs11:token=ÉTIQUETTE;object=CLÉ?module-path=/…/module.so&pin-source=file:/…/code"
        ) from error


def day(text: str) -> date:
    """A day as AAAA-MM-JJ."""
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            raise ValueError(text)
        found = date.fromisoformat(text)
        # Earlier or later than any journal, and some of them no clock can tell.
        if not EARLIEST <= found.year <= LATEST:
            raise ValueError(text)
        return found
    except ValueError as error:
        raise ArgumentTypeError(f"donnez un jour comme 2026-11-22, pas « {_shown(text)} »") from error


def moment(text: str) -> datetime:
    """A moment as AAAA-MM-JJTHH:MM, of this machine's zone unless it names another."""
    try:
        found = datetime.fromisoformat(text)
        if not EARLIEST < found.year < LATEST:
            raise ValueError(text)
        return found.astimezone()
    except ValueError as error:
        raise ArgumentTypeError(f"donnez un moment comme 2026-11-22T14:30, pas « {_shown(text)} »") from error


def identifier(text: str) -> UUID:
    """An identifier of ours."""
    try:
        return UUID(text)
    except ValueError as error:
        raise ArgumentTypeError(f"donnez un identifiant de 32 chiffres hexadécimaux, pas « {_shown(text)} »") from error


def journal_object(text: str) -> tuple[str, UUID]:
    """An object as the journal names it: its kind and its identifier."""
    kind, _, value = text.partition(":")
    try:
        if not _KIND.fullmatch(kind):
            raise ValueError(kind)
        return kind, UUID(value)
    except ValueError as error:
        raise ArgumentTypeError(
            f"donnez un objet comme report:0198c1d2-7b1f-7000-8000-000000000000, pas « {_shown(text)} »"
        ) from error


def listening_place(text: str) -> str:
    """Where the notary answers: a socket of this machine or a host and a port."""
    if text.startswith("unix:"):
        return _socket(text)
    host, _, number = text.rpartition(":")
    if not host or "/" in host:
        raise ArgumentTypeError(f"donnez unix:/chemin ou hôte:port, pas « {_shown(text)} »")
    port(number)
    return text


def notary_place(text: str) -> str:
    """Where a witness finds the notary."""
    if text.startswith("unix:"):
        return _socket(text)
    wrong = ArgumentTypeError(f"donnez unix:/chemin ou http://hôte:port, pas « {_shown(text)} »")
    try:
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise wrong
    except ValueError as error:
        raise wrong from error
    return text


def _socket(text: str) -> str:
    path = Path(text.removeprefix("unix:"))
    if not path.is_absolute():
        raise ArgumentTypeError(f"donnez un chemin qui commence par /, pas « {_shown(text)} »")
    if len(os.fsencode(path)) > LONGEST_SOCKET:
        raise ArgumentTypeError(f"le chemin d'une prise a {LONGEST_SOCKET} octets au plus : donnez-en un plus court")
    return text


def _shown(text: str) -> str:
    """What was typed, as a terminal may show it."""
    return "".join(c if c.isprintable() else "?" for c in text[:60]) + ("…" if len(text) > 60 else "")
