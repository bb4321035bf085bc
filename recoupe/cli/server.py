"""The administrator's PostgreSQL that DATABASE_URL names: reachable, young enough, and allowed to make roles."""

import os
from urllib.parse import urlsplit

import psycopg

from recoupe.cli.obstacle import Obstacle
from recoupe.kernel.refusal import gettext_noop

OLDEST = 150000


def administrator_address() -> str:
    """DATABASE_URL, after a look at the server behind it; the sentences never hold its password."""
    url = os.environ["DATABASE_URL"]
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise Obstacle(
            gettext_noop(
                "DATABASE_URL n'est pas une adresse PostgreSQL : elle s'écrit postgresql://nom:passe@hôte/base"
            )
        )
    place = f"{parts.hostname or 'localhost'}:{parts.port or 5432}"
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            version = connection.info.server_version
            row = connection.execute(
                "SELECT rolsuper OR (rolcreaterole AND rolcreatedb) FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error as error:
        raise Obstacle(
            gettext_noop(
                "PostgreSQL ne répond pas à %(place)s (%(reason)s) : corrigez DATABASE_URL, puis recommencez."
            ),
            place=place,
            reason=_reason(error).replace(parts.password or "\0", "…")[:200],
        ) from error
    if version < OLDEST:
        raise Obstacle(
            gettext_noop(
                "Le PostgreSQL de %(place)s est en version %(version)d : il faut la version 15 ou une plus récente."
            ),
            place=place,
            version=version // 10000,
        )
    if not row or not row[0]:
        raise Obstacle(
            gettext_noop(
                "Le compte de DATABASE_URL à %(place)s ne peut pas créer de rôles : donnez celui d'un administrateur."
            ),
            place=place,
        )
    return url


def _reason(error: psycopg.Error) -> str:
    """What failed last; the driver's own hint, on a line of its own, says less."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith("\t")]
    return lines[-1] if lines else type(error).__name__
