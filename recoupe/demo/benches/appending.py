"""How many entries a second: eight connections of the application, each entry durable before the next."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import psycopg
from psycopg import pq, sql

from recoupe.access.enums import Role
from recoupe.audit.models import Entry, Leaf, Unsequenced
from recoupe.config.credentials import whole
from recoupe.config.paths import credential
from recoupe.config.processes import PROCESSES
from recoupe.demo import crew
from recoupe.demo.benches.frame import Bench, Measure, Target, percentile

CLIENTS = 8
SECONDS, LEAST = 10.0, 4.0
SINGLE, LEAST_SINGLE = 60, 15
PATIENCE_S = 120.0
RATE = Target(2_000, 2_000, at_least=True)
LEAF = Target(1.0, 1.0)

Direct = psycopg.Connection[tuple[object, ...]]


def measure_append(bench: Bench) -> Iterator[Measure]:
    """Entries a second of all clients together; then how soon an entry has its leaf."""
    token = crew.session("journal.pj59", "PJ59", Role.INVESTIGATOR)
    seconds = SECONDS if bench.full else LEAST
    size = f"{CLIENTS} connexions, {seconds:g} s"
    how = "une entrée par transaction, en un envoi, durable (fsync) avant la suivante ; notaire au travail"
    own = sql.SQL("access.open_service('worker', 'mesure')")
    written = _counted("worker", own, seconds)
    yield Measure("append_rate_of_a_process", written / seconds, "entrées/s", f"{how} ; contexte d'un processus", size)
    page = sql.SQL("access.open({})").format(sql.Literal(token))
    more = _counted("web", page, seconds)
    # The target stands on the dearer one: a session looked up, its keys computed, the witnesses' silence asked for.
    yield Measure("append_rate", more / seconds, "entrées/s", f"{how} ; session et clés d'un agent", size, RATE)
    written += more
    caught = _caught_up()
    yield Measure(
        "leaves_behind",
        caught,
        "s",
        "temps du notaire pour donner leur feuille à celles qui restaient",
        f"{written} entrées",
    )
    spent = [_one(page) for _ in range(bench.share(SINGLE, LEAST_SINGLE))]
    how = f"d'une entrée validée à sa feuille, l'une après l'autre ; médiane {percentile(spent, 0.5):.2f} s"
    yield Measure("leaf_p95", percentile(spent), "s", how, f"{len(spent)} entrées", LEAF)


def _entries() -> int:
    with crew.process("inspection"):
        return int(Entry.objects.count())


def _counted(process: str, opened: sql.Composable, seconds: float) -> int:
    """How many were acknowledged; as many are there."""
    before = _entries()
    written = _at_once(process, opened, seconds)
    if _entries() - before != written:
        raise RuntimeError("an entry was acknowledged and is not there, or is there twice")
    return written


def _statement(direct: Direct, opened: sql.Composable) -> bytes:
    written = sql.SQL(
        "BEGIN; SELECT {}; SELECT audit.record('consult', ARRAY[{}], '{{}}', '{{}}', NULL, NULL); COMMIT"
    ).format(opened, sql.Literal(f"report:{uuid4()}"))
    return written.as_bytes(direct)


def _connected(process: str) -> Direct:
    return psycopg.connect(whole(credential(PROCESSES[process].role)), autocommit=True)


def _at_once(process: str, opened: sql.Composable, seconds: float) -> int:
    start = Barrier(CLIENTS)

    def client(_rank: int) -> int:
        done = 0
        with _connected(process) as direct:
            statement = _statement(direct, opened)
            start.wait()
            limit = time.perf_counter() + seconds
            while time.perf_counter() < limit:
                _asked(direct, statement)
                done += 1
        return done

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(client, range(CLIENTS)))


def _asked(direct: Direct, statement: bytes) -> None:
    answer = direct.pgconn.exec_(statement)
    if answer.status != pq.ExecStatus.COMMAND_OK:
        raise RuntimeError(answer.error_message.decode(errors="replace"))


def _caught_up() -> float:
    started = time.perf_counter()
    with crew.process("inspection"):
        while Unsequenced.objects.exists():
            if time.perf_counter() > started + PATIENCE_S:
                raise RuntimeError("the notary gives no leaves")
            time.sleep(0.02)
        if Leaf.objects.count() != Entry.objects.count():
            raise RuntimeError("an entry has no leaf, or two")
    return time.perf_counter() - started


def _one(opened: sql.Composable) -> float:
    with _connected("web") as direct:
        _asked(direct, _statement(direct, opened))
    started = time.perf_counter()
    _caught_up()
    return time.perf_counter() - started
