"""`recoupe migrate`: the set-up of the database, by an administrator's address that no other process ever sees."""

import os
from argparse import Namespace

from recoupe.cli.cluster import Cluster
from recoupe.cli.deploy import deploy
from recoupe.cli.folder import Folder
from recoupe.cli.server import administrator_address


def say(text: str) -> None:
    """A line of progress."""
    print(text, flush=True)


def run(_arguments: Namespace) -> int:
    """Bring the database of this folder to today's state; our own PostgreSQL is left as it was found."""
    given = os.environ.get("RECOUPE_ADMIN_URL")
    if given:
        deploy(given, say)
        return 0
    folder = Folder()
    folder.prepare()
    if os.environ.get("DATABASE_URL"):
        deploy(administrator_address(), say)
        return 0
    cluster = Cluster(folder.path / "pg")
    was_running = cluster.running()
    try:
        deploy(cluster.start(say), say)
    finally:
        if not was_running:
            cluster.stop()
    return 0
