"""Where the matcher answers the staff site: a socket of this machine, threads of its own, nothing that nobody reads."""

import logging
import os
import socket
import struct
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone

from recoupe.access import context
from recoupe.access.beat import sleep_to_beat
from recoupe.access.enums import Capacity
from recoupe.access.keys import reader_key
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.config.paths import LONGEST_SOCKET
from recoupe.crosscheck import resembling
from recoupe.crosscheck.engine import serving
from recoupe.crosscheck.enums import NoticeKind
from recoupe.crosscheck.question import Answer, Question, State
from recoupe.crosscheck.rules import LIKENESS_BUDGET_RULE, LIKENESS_MS
from recoupe.crosscheck.wire import LONGEST_ANSWER, LONGEST_QUESTION, Broken, receive, send
from recoupe.notices.actions import notify
from recoupe.reference import queries as reference

log = logging.getLogger(__name__)

THREADS = 4
WAITING = 32
# A question that is not whole by then is none; an answer that is not taken by then is lost.
PATIENCE_S = 1.0
STATEMENT_MS = 800
LOOK_S = 0.5
REASON = "plafond de questions de ressemblance"
_PEER = struct.Struct("3i")
_ASK = "SELECT agent, unit, asked FROM crosscheck.ask(%s::text, %s::date)"


@contextmanager
def answering(path: Path, stop: threading.Event) -> Iterator[None]:
    """Answer at this path until `stop`; without a place for the socket the rest of the matcher works all the same."""
    try:
        listener = _listener(path)
    except OSError as error:
        log.error("matcher: nobody is answered at %s: %s", path, type(error).__name__)
        yield
        return
    threads = [threading.Thread(target=_serve, args=(listener, path, stop), name=f"matcher-answer-{n}")
               for n in range(THREADS)]  # fmt: skip
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        listener.close()


def _listener(path: Path) -> socket.socket:
    """Open to the folder's group alone: that of the staff site where the set-up gave each process an account."""
    if len(os.fsencode(path)) > LONGEST_SOCKET:
        raise OSError(f"{path} is too long for a socket")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(path))
        # Nobody comes in before it listens.
        path.chmod(0o660)
        listener.listen(WAITING)
        listener.settimeout(LOOK_S)
    except OSError:
        listener.close()
        raise
    return listener


def welcome(line: socket.socket, folder: Path) -> bool:
    """Whether the other end is ourselves, or in the group that the set-up gave the folder where it is not ours."""
    _, uid, gid = _PEER.unpack(line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    group = folder.stat().st_gid
    return bool(uid == os.geteuid() or (group != os.getegid() and gid == group))


def _serve(listener: socket.socket, path: Path, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            line, _ = listener.accept()
        except TimeoutError:
            continue
        except OSError as error:
            log.error("matcher: an answer was not taken up: %s", type(error).__name__)
            stop.wait(LOOK_S)
            continue
        with line:
            _answer_one(line, path.parent)
    connection.close()


def _answer_one(line: socket.socket, folder: Path) -> None:
    """One question; whatever is wrong with it, or goes wrong, closes the line without a word."""
    try:
        if not welcome(line, folder):
            return
        question = Question.of(receive(line, LONGEST_QUESTION, time.monotonic() + PATIENCE_S))
        started = time.monotonic()
        said = _answer(question)
        # What others hold makes the work longer: the answer leaves at a beat.
        sleep_to_beat(started, LIKENESS_MS)
        send(line, said.as_message(), LONGEST_ANSWER, time.monotonic() + PATIENCE_S)
    except (Broken, OSError):
        return
    except (DatabaseError, InterfaceError, psycopg.Error) as error:
        log.warning("matcher: a question was not answered: %s", type(error).__name__)
        connection.close()
    except Exception as error:
        # Where and of what class: its text may quote what somebody typed.
        where = traceback.extract_tb(error.__traceback__)[-1]
        log.error("matcher: a question failed, %s at %s:%s", type(error).__name__, where.filename, where.lineno)
        connection.close()


def _answer(question: Question) -> Answer:
    engine = serving()
    if engine is None:
        return Answer(State.AWAY)
    today = timezone.localdate()
    budget = reference.whole_parameter(LIKENESS_BUDGET_RULE, today)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s::text, true)", [str(STATEMENT_MS)])
            cursor.execute(_ASK, [question.token, today])
            row = cursor.fetchone()
        if row is None:
            return Answer(State.AWAY)
        agent, unit, asked = row
        if asked > budget:
            return Answer(State.SPENT, budget=budget)
        said = resembling.find(engine, question.people, loosely=question.loosely)
    if said is None:
        return Answer(State.AWAY)
    if asked == budget:
        # Told once, with the last question that is answered.
        with context.service("matcher", REASON):
            record(Operation.COMBINE, refs=[("agent", agent)], details={"what": "likeness_budget"})
            notify([reader_key(unit, Capacity.HEAD)], NoticeKind.LIKENESS_BUDGET.value, ("agent", agent))
    return Answer(State.ANSWERED, *said, budget)
