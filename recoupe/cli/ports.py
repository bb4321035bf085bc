"""Which ports a demonstration listens on: what was asked, checked; else the defaults."""

import os
import socket
from argparse import Namespace

from recoupe.cli.cluster import port_is_free
from recoupe.cli.folder import Addresses
from recoupe.cli.obstacle import Obstacle
from recoupe.config.safety import loopback
from recoupe.kernel.refusal import gettext_noop

PORT = 8000
PORTAL_PORT = 8080
LOWEST = 1024
HIGHEST = 65535


def asked(arguments: Namespace, name: str) -> int | None:
    """The port named by the option or by the variable of the same name, or None."""
    text = getattr(arguments, name) or os.environ.get(name.upper()) or ""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or not LOWEST <= int(text) <= HIGHEST:
        raise Obstacle(
            gettext_noop("%(name)s=%(text)s n'est pas un port possible : donnez un nombre de %(low)d à %(high)d."),
            name=name.upper(),
            text=text[:20],
            low=LOWEST,
            high=HIGHEST,
        )
    return int(text)


def host(arguments: Namespace) -> str:
    """The address to listen on, of this machine alone: whoever reached a demonstration would enter it."""
    address = str(arguments.host or os.environ.get("RECOUPE_HOST") or "127.0.0.1")
    try:
        socket.getaddrinfo(address, None)
    except OSError as error:
        raise Obstacle(
            gettext_noop("HOST=%(address)s n'est pas une adresse connue : 127.0.0.1 pour cette machine seule."),
            address=address[:80],
        ) from error
    if not loopback(address):
        raise Obstacle(
            gettext_noop("Une démonstration n'écoute que sur cette machine, ses agents sont inventés : HOST=127.0.0.1.")
        )
    return address


def choose(arguments: Namespace, before: Addresses | None) -> Addresses:
    """The three ports, all different and all free, or a sentence that names the one that is taken."""
    address = host(arguments)
    port = asked(arguments, "port") or PORT
    portal = asked(arguments, "portal_port") or PORTAL_PORT
    signin = asked(arguments, "signin_port") or _first_after(port, portal, address, before)
    chosen = {"PORT": port, "PORTAL_PORT": portal, "SIGNIN_PORT": signin}
    if len(set(chosen.values())) < len(chosen):
        raise Obstacle(
            gettext_noop(
                "PORT, PORTAL_PORT et SIGNIN_PORT doivent être différents (ici %(port)d, %(portal)d, %(signin)d)."
            ),
            port=port,
            portal=portal,
            signin=signin,
        )
    for name, number in chosen.items():
        if not free(number, address):
            raise Obstacle(
                gettext_noop(
                    "Le port %(number)d est déjà pris par un autre programme : choisissez-en un autre, "
                    "par exemple make demo %(name)s=%(other)d"
                ),
                number=number,
                name=name,
                other=_next_free(number, set(chosen.values()), address),
            )
    return Addresses(address, port, portal, signin)


def free(port: int, address: str) -> bool:
    """Whether nobody listens there; "localhost" may mean ::1, so a stranger there counts as well."""
    return port_is_free(port, address) and (address != "127.0.0.1" or port_is_free(port, "::1"))


def differences(arguments: Namespace, running: Addresses) -> list[str]:
    """The ports that were asked for and that the running demonstration does not use."""
    return [
        f"{name.upper()}={wanted}"
        for name in ("port", "portal_port", "signin_port")
        if (wanted := asked(arguments, name)) is not None and wanted != getattr(running, name)
    ]


def _first_after(port: int, portal: int, address: str, before: Addresses | None) -> int:
    if before and before.signin_port not in (port, portal) and free(before.signin_port, address):
        return before.signin_port
    return _next_free(port, {port, portal}, address)


def _next_free(port: int, taken: set[int], address: str) -> int:
    return next((p for p in range(port + 1, HIGHEST + 1) if p not in taken and free(p, address)), LOWEST)
