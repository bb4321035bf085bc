"""`recoupe migrate`: the set-up of the database, by an administrator's address that no other process ever sees."""

import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import DatabaseError

from recoupe.access import context
from recoupe.audit import rules
from recoupe.audit.queries import journal_has_begun
from recoupe.cli.cluster import Cluster
from recoupe.cli.deploy import deploy
from recoupe.cli.folder import Folder
from recoupe.cli.obstacle import Obstacle
from recoupe.cli.server import administrator_address
from recoupe.config.roles import connected_as
from recoupe.kernel.refusal import gettext_noop


def say(text: str) -> None:
    """A line of progress."""
    print(text, flush=True)


def run(_arguments: Namespace) -> int:
    """Bring the database of this folder to today's state; our own PostgreSQL is left as it was found."""
    with administrator() as url:
        brought_up(url)
    return 0


@contextmanager
def administrator(*, leaves_running: bool = False) -> Iterator[str]:
    """The administrator's address: the one that was given, or of this folder's own PostgreSQL, started."""
    given = os.environ.get("RECOUPE_ADMIN_URL")
    if given:
        yield given
        return
    folder = Folder()
    folder.prepare()
    if os.environ.get("DATABASE_URL"):
        yield administrator_address()
        return
    cluster = Cluster(folder.path / "pg")
    was_running = cluster.running()
    try:
        yield cluster.start(say)
    finally:
        if not (was_running or leaves_running):
            cluster.stop()


def brought_up(url: str) -> None:
    """Today's schema, policies and reference; what the server refuses is said."""
    try:
        deploy(url, say)
        with connected_as("recoupe_owner"), context.service("set-up", "règles de la base"):
            # A base in which nothing was done yet may still become a made world (recoupe.demo.loading.door).
            if journal_has_begun():
                rules.keep()
    except (psycopg.Error, DatabaseError) as error:
        cause = error.__cause__ or error
        if isinstance(cause, psycopg.errors.DiskFull):
            raise Obstacle(
                gettext_noop("Il n'y a plus de place sur le disque : libérez-en, puis recommencez.")
            ) from error
        lines = str(cause).strip().splitlines() or [type(cause).__name__]
        raise Obstacle(gettext_noop("PostgreSQL a refusé la mise à niveau : %(reason)s"), reason=lines[0]) from error
