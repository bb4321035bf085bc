"""`recoupe matcher`: compares what waits as soon as it is announced, in the foreground until it is told to end."""

import logging
import signal
import threading
from argparse import Namespace

import psycopg
from django.db import InterfaceError, OperationalError, connection

from recoupe.config.paths import credential
from recoupe.config.processes import PROCESSES
from recoupe.crosscheck.actions.pull import pull

CHANNEL = "recoupe_outbox"
# One at a time at the desk first; what an import left comes in blocks, between two looks at the desk.
EXPRESS, BULK = "express", "bulk"
EXPRESS_LIMIT = 100
BULK_LIMIT = 500
# A notification may be lost with its connection: what waits is looked at again after this long.
LONGEST_WAIT = 2.0
PAUSE = 1.0
log = logging.getLogger(__name__)


def run(_arguments: Namespace) -> int:
    """Compare what waits as soon as it is announced; a database that went away is waited for."""
    stopping = _stop_on_signals()
    while not stopping.is_set():
        try:
            _listen_and_pull(stopping)
        except (psycopg.OperationalError, OperationalError, InterfaceError) as error:
            log.warning("la base ne répond plus (%s) ; nouvel essai", type(error).__name__)
            connection.close()
            stopping.wait(PAUSE)
    return 0


def _stop_on_signals() -> threading.Event:
    stopping = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stopping.set())
    return stopping


def _listen_and_pull(stopping: threading.Event) -> None:
    address = credential(PROCESSES["matcher"].role).read_text().strip()
    with psycopg.connect(address, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}".encode())
        while not stopping.is_set():
            worked = pull(EXPRESS, EXPRESS_LIMIT).records or pull(BULK, BULK_LIMIT).records
            if not worked:
                for _ in listener.notifies(timeout=LONGEST_WAIT, stop_after=1):
                    break
