"""Debian's pgbouncer in transaction mode, with errors, time-outs, cancels, savepoints and lost clients (R-23)."""

import os
import random
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest

from recoupe.access.enums import Role
from recoupe.intelligence.actions import deposit
from tests.crosscheck.scene import entry
from tests.folders import open_folder
from tests.proof import say, seed, size
from tests.world import TestAgent, World

BOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(BOUNCER is None, reason="Debian's pgbouncer is not installed here")
UNITS = ("PJ13", "DED13", "PJ59", "SR69")
EVENTS = ("plain",) * 4 + ("error", "timeout", "cancel", "savepoint", "lost", "nobody", "rolled back")


@dataclass(frozen=True)
class Client:
    """One agent, and exactly which reports he reads."""

    who: TestAgent
    reads: frozenset[UUID]


@dataclass(frozen=True)
class Pool:
    """The address of the pool, and who goes through it."""

    url: str
    clients: list[Client]


@pytest.fixture(scope="module")
def pool(world: World) -> Iterator[Pool]:
    with open_folder("pgbouncer") as folder:
        folder.chmod(0o777)
        with _bouncer(world, folder) as url:
            yield Pool(url, list(_clients(world)))


@contextmanager
def _bouncer(world: World, folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    at = urlsplit(world.url("recoupe_app"))
    (folder / "users").write_text(f'"{at.username}" "{at.password}"\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n{world.name} = host={at.hostname} port={at.port} dbname={world.name}\n[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = plain\n"
        f"auth_file = {folder}/users\n"
        f"pool_mode = transaction\ndefault_pool_size = 4\nmax_client_conn = 400\nlogfile = {folder}/log\n"
        "ignore_startup_parameters = extra_float_digits,options\n"
    )
    for path in folder.iterdir():
        path.chmod(0o644)
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    running = subprocess.Popen([str(BOUNCER), "-q", *user, str(folder / "pgbouncer.ini")])
    url = f"postgresql://{at.username}:{at.password}@127.0.0.1:{port}/{world.name}"
    try:
        _wait(url)
        yield url
    finally:
        running.terminate()
        running.wait(20)


def _wait(url: str) -> None:
    limit = time.monotonic() + 20
    while True:
        try:
            with psycopg.connect(url):
                return
        except psycopg.OperationalError:
            assert time.monotonic() < limit, "pgbouncer does not answer"
            time.sleep(0.05)


def _clients(world: World) -> Iterator[Client]:
    for unit in UNITS:
        people = [world.agent(Role.INVESTIGATOR, unit) for _ in range(3)]
        with world.acting(people[0]) as agent:
            made = frozenset(deposit(by=agent, entry=entry(handling="H2")).id for _ in range(3))
        yield from (Client(who, made) for who in people)


def _see(connection: psycopg.Connection[Any], client: Client, *, signed_in: bool) -> int:
    """How many rows and identities are wrong in this transaction."""
    [(agent,)] = connection.execute("SELECT access.agent()").fetchall()
    rows = {i for (i,) in connection.execute("SELECT id FROM intelligence_report").fetchall()}
    wanted = client.reads if signed_in else frozenset()
    stranger: bool = agent != (client.who.id if signed_in else None)
    return len(rows ^ wanted) + stranger


def _one(connection: psycopg.Connection[Any], client: Client, event: str) -> int:
    """One request of that kind; the number of wrong rows that it saw."""
    if event == "nobody":
        return _see(connection, client, signed_in=False)
    connection.execute("SELECT access.open(%s)", [client.who.token])
    wrong = _see(connection, client, signed_in=True)
    if event == "savepoint":
        connection.execute("SAVEPOINT a")
        try:
            connection.execute("SELECT 1 / 0")
        except psycopg.errors.DivisionByZero:
            connection.execute("ROLLBACK TO SAVEPOINT a")
        wrong += _see(connection, client, signed_in=True)
    elif event == "error":
        connection.execute("SELECT 'x'::integer")
    elif event == "timeout":
        connection.execute("SET LOCAL statement_timeout = '5ms'")
        connection.execute("SELECT pg_sleep(1)")
    elif event == "cancel":
        Timer(0.02, connection.cancel).start()
        connection.execute("SELECT pg_sleep(1)")
    elif event == "rolled back":
        connection.rollback()
        wrong += _see(connection, client, signed_in=False)
    return wrong


def _session(pool: Pool, number: int, times: int) -> Counter[str]:
    """One client's connection: request after request, each as whoever comes next."""
    dice, met = random.Random(seed() + number), Counter[str]()
    connection = psycopg.connect(pool.url, prepare_threshold=None)
    for _ in range(times):
        client, event = dice.choice(pool.clients), dice.choice(EVENTS)
        met[event] += 1
        try:
            met["wrong"] += _one(connection, client, event)
        except psycopg.Error:
            met["stopped"] += 1
        if event == "lost":
            # The client goes away in the middle of its transaction.
            connection.close()
            connection = psycopg.connect(pool.url, prepare_threshold=None)
            continue
        if dice.random() < 0.3 and connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS:
            connection.commit()
        else:
            connection.rollback()
    connection.close()
    return met


def test_no_row_crosses_from_one_identity_to_another(pool: Pool) -> None:
    sessions, times = size(ci=12, full=50), size(ci=60, full=10_000)
    with ThreadPoolExecutor(sessions) as crew:
        met = sum(crew.map(lambda number: _session(pool, number, times), range(sessions)), Counter[str]())
    say(
        "pooled_requests",
        sum(met[e] for e in set(EVENTS)),
        "requêtes",
        "pgbouncer, mode transaction",
        at_least=size(ci=500, full=500_000),
    )
    say("pooled_wrong", met["wrong"], "lignes", "vues sous une autre identité", at_most=0)
    assert met["wrong"] == 0
    assert all(met[event] for event in EVENTS)
    assert met["stopped"] >= met["error"] + met["timeout"] + met["cancel"] - sessions


def test_the_pool_does_share_its_connections(pool: Pool) -> None:
    """Without sharing, the test above would show nothing: a setting left behind is met by somebody else."""
    clients = [psycopg.connect(pool.url, prepare_threshold=None) for _ in range(8)]
    servers = set()
    for connection in clients:
        servers.add(connection.execute("SELECT pg_backend_pid()").fetchone())
        connection.commit()
    left = []
    for number, connection in enumerate(clients):
        left.append(connection.execute("SELECT current_setting('app.left', true)").fetchone())
        connection.execute("SELECT set_config('app.left', %s, false)", [str(number)])
        connection.commit()
    for connection in clients:
        connection.close()
    assert len(servers) < len(clients)
    assert any(value and value[0] for value in left)
