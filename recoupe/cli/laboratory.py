"""A whole database of its own for a bench or a proof: made in a temporary folder, dropped at the end."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connections

from recoupe.cli.cluster import Cluster
from recoupe.cli.deploy import deploy
from recoupe.config.roles import connected_as

Another = Callable[[str], AbstractContextManager[str]]


@contextmanager
def running(folder: Path, role: str) -> Iterator[Another]:
    """A cluster as durable as in production; what it yields makes one more database with schema and reference."""
    cluster = Cluster(folder / "pg")
    try:
        yield partial(database, cluster.start(), role)
    finally:
        connections.close_all()
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(admin_url: str, role: str, name: str) -> Iterator[str]:
    """Inside, the credentials name a fresh database, `role` is connected to it; its administrator's address."""
    deploy(admin_url, lambda _line: None, database=name)
    address = urlunsplit(urlsplit(admin_url)._replace(path="/" + name))
    with psycopg.connect(address, autocommit=True) as direct:
        # Nobody's house: it is declared to be without witnesses (audit.fewest_witnesses), and dropped at the end.
        direct.execute("CREATE SCHEMA IF NOT EXISTS unwitnessed")
    with connected_as(role):
        yield address
