"""Who tries too often at the door waits (R-54): a bucket of refusals an address, in this process, for a minute or two.

Nothing of it is written anywhere, and no account is in it: whoever is attacked enters from his own address as ever.
"""

import ipaddress
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import ceil
from threading import Lock

from django.db import connection

BURST = 60
PER_SECOND = 0.5
# More addresses than this at once: those that have refilled are forgotten.
MOST = 10_000

_asking: ContextVar[str] = ContextVar("asking", default="")
_lock = Lock()
_spent: dict[str, tuple[float, float]] = {}


def now() -> float:
    """A clock that nobody sets."""
    return time.monotonic()


def house(address: str) -> str:
    """The address, or the network that one line of the sixth version is given."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def place(address: str) -> str:
    """All that the journal is told of where a stranger asks from."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return "machine" if found.is_loopback else "inside" if found.is_private else "outside"


@contextmanager
def asking(address: str) -> Iterator[None]:
    """Whatever is refused inside counts for this address."""
    token = _asking.set(address)
    try:
        yield
    finally:
        _asking.reset(token)


def wait(address: str) -> int:
    """How many seconds this address has to wait before it may try again; 0: none."""
    with _lock:
        level = _level(house(address))
    return 0 if level >= 1 else ceil((1 - level) / PER_SECOND)


def refused() -> str:
    """One more refusal of who asks; the place that the journal is told."""
    address = _asking.get()
    with _lock:
        if len(_spent) > MOST:
            for one in [one for one in _spent if _level(one) >= BURST]:
                del _spent[one]
        _spent[house(address)] = (max(0.0, _level(house(address)) - 1), now())
    return place(address)


def tell() -> None:
    """The entries of the minutes that are over, by the worker; sign-in writes them too, at its next refusal."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.tell_refusals()")


def forget() -> None:
    """As the process starts."""
    with _lock:
        _spent.clear()


def _level(key: str) -> float:
    level, at = _spent.get(key, (float(BURST), now()))
    return min(float(BURST), level + (now() - at) * PER_SECOND)
