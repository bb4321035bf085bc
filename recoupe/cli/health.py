"""Whether each process does its work: a site answers its address, the others hold their connection to the database."""

import http.client
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from recoupe.audit.notary import SIGN_EVERY_S
from recoupe.cli.services import Service
from recoupe.config.processes import PROCESSES

PATIENCE = 5.0
# Three signatures missed.
BEATS_S = 3 * SIGN_EVERY_S


def unready(services: Sequence[Service], admin_url: str) -> list[str]:
    """The names of the processes that do not answer yet."""
    connected = _connected_roles(admin_url) if admin_url else None
    return [service.name for service in services if not _ready(service, connected)]


def _ready(service: Service, connected: set[str] | None) -> bool:
    if service.url:
        return answers(service.url)
    if service.beat is not None and not _beats(service.beat):
        return False
    process = PROCESSES.get(service.name)
    return connected is None or process is None or process.role in connected


def _beats(path: Path) -> bool:
    """Whether the notary or a witness signed lately: they do each minute."""
    try:
        return abs(time.time() - path.stat().st_mtime) < BEATS_S
    except FileNotFoundError:
        return False


def answers(url: str) -> bool:
    """Whether this address answers 200."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)
    try:
        connection.request("GET", parts.path, headers={"Host": f"localhost:{parts.port}"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _connected_roles(admin_url: str) -> set[str]:
    """Who stays connected: a process that refuses to work looks at its base once, then ends, again and again."""
    try:
        with psycopg.connect(admin_url, connect_timeout=5) as connection:
            rows = connection.execute(
                "SELECT DISTINCT usename FROM pg_stat_activity WHERE usename IS NOT NULL"
                "   AND backend_start < clock_timestamp() - interval '0.5 second'"
            ).fetchall()
    except psycopg.OperationalError:
        return set()
    return {row[0] for row in rows}
