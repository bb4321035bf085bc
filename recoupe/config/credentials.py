"""Each database role's address and its password, in two files: libpq reads the second anew for each connection (R-60).

The password may so be changed under a process that works; an address that carries its own is taken as it is.
"""

from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from recoupe.config.files import write_durably

SUFFIX = ".pass"


def password_file(address: Path) -> Path:
    """Beside the address, in the form that libpq calls a password file."""
    return address.with_name(address.name + SUFFIX)


def password(address: Path) -> str | None:
    """The password of an address file; None when there is none yet."""
    if not address.is_file():
        return None
    if kept := urlsplit(address.read_text().strip()).password:
        return unquote(kept)
    beside = password_file(address)
    return beside.read_text().strip().rpartition(":")[2] if beside.is_file() else None


def whole(address: Path) -> str:
    """The address with its password, for a tool that connects once, by a line."""
    parts, secret = urlsplit(address.read_text().strip()), password(address)
    if parts.password or not secret:
        return urlunsplit(parts)
    host = parts.netloc.partition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:{quote(secret, safe='')}@{host}"))


def options(address: Path) -> dict[str, Any]:
    """What a connection is told so that it finds today's password."""
    beside = password_file(address)
    return {"passfile": str(beside)} if beside.is_file() else {}


def keep_password(address: Path, secret: str) -> None:
    """Write a password, readable by whoever reads the address; ours has no sign that libpq would escape."""
    write_durably(password_file(address), f"*:*:*:*:{secret}\n", owner_of=address)
