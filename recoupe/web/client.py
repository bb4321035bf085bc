"""From where a request comes, as one hash: a session answers to the client that opened it (R-52)."""

import ipaddress
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest

# What a relay adds, of which one is enough.
RELAYED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")


def address_of(request: HttpRequest) -> str:
    """The address of the machine that asks; behind the relay that ends TLS, the one that the relay adds last."""
    if settings.TLS:
        return str(request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip())
    return str(request.META.get("REMOTE_ADDR", ""))


def is_this_machine(request: HttpRequest) -> bool:
    """Whether the request was made on this machine, under its own name, through no relay."""
    relayed = any(request.headers.get(name) for name in RELAYED)
    name = request.get_host().rsplit(":", 1)[0]
    return not relayed and name in ("localhost", "127.0.0.1", "[::1]") and _is_loopback(address_of(request))


def client_of(request: HttpRequest) -> bytes:
    """What tells this client from another one: its address and what its browser says of itself."""
    address = address_of(request)
    place = "loopback" if _is_loopback(address) else address
    return sha256(f"{place}\n{request.headers.get('User-Agent', '')}".encode()).digest()


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
