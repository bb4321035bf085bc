"""Access checks: may this agent read this row? Asked in SQL, answered by row security, and held against the truth."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg

from recoupe.config.credentials import whole
from recoupe.config.paths import credential
from recoupe.config.processes import PROCESSES
from recoupe.demo import crew
from recoupe.demo.benches.frame import Bench, Measure, Target
from recoupe.demo.benches.protected import SHARES, Reader

CLIENTS = 4
BATCH = 500
SECONDS, LEAST, TINY = 10.0, 1.0, 0.2
ALONE = Target(full=1_000, tenth=1_000, at_least=True)
INSIDE = Target(full=4_000, tenth=4_000, at_least=True)
BATCHED = Target(full=50_000, tenth=50_000, at_least=True)
ONE = "SELECT 1 FROM intelligence_report WHERE id = %s::uuid"
MANY = "SELECT count(*) FROM intelligence_report WHERE id = ANY (%s::uuid[])"

Truths = list[tuple[UUID, bool]]
Direct = psycopg.Connection[Any]


def measure_checks(bench: Bench, readers: list[Reader]) -> Iterator[Measure]:
    """One a transaction, many in one, many in one statement; for the agent who reads 1 %, half of them refused."""
    reader = next(r for r in readers if r.name == "1 %")
    truths = _truths(min(20_000, bench.reports // 200))
    seconds = TINY if bench.tiny else SECONDS if bench.full else LEAST
    size = f"{bench.reports} fiches, {len(truths)} tirées dont la moitié lisibles, toutes les réponses justes"
    found = _at_once(reader.token, truths, seconds)
    how = f"BEGIN, access.open, une fiche, COMMIT ; {CLIENTS} clients à la fois"
    yield Measure("checks_own_transaction", found, "contrôles/s", how, size, ALONE)
    with _connected() as direct:
        found = _inside(direct, reader.token, truths, seconds)
        yield Measure("checks_one_transaction", found, "contrôles/s", "une requête par fiche ; un client", size, INSIDE)
        found = _batched(direct, reader.token, truths, seconds)
        yield Measure("checks_batched", found, "contrôles/s", f"{BATCH} fiches par requête ; un client", size, BATCHED)


def _truths(each: int) -> Truths:
    """As many rows of the agent's own unit as of others, and whether he may read them: the set-up knows."""
    unit = list(SHARES)[-1]
    with crew.process("migrate"), psycopg.connect(whole(credential(PROCESSES["migrate"].role))) as owner:
        owner.execute("ALTER TABLE intelligence_report NO FORCE ROW LEVEL SECURITY")
        query = (
            "SELECT r.id, u.code = %s FROM intelligence_report r JOIN reference_unit u ON u.id = r.owner_unit_id"
            " WHERE (u.code = %s) = %s ORDER BY r.id LIMIT %s"
        )
        rows: Truths = [
            row for own in (True, False) for row in owner.execute(query, [unit, unit, own, each]).fetchall()
        ]
        owner.rollback()
    random.Random(7).shuffle(rows)
    return rows


def _connected() -> Direct:
    return psycopg.connect(whole(credential(PROCESSES["web"].role)), autocommit=True, prepare_threshold=1)


def _asked(direct: Direct, row: tuple[UUID, bool]) -> None:
    if (direct.execute(ONE, [row[0]]).fetchone() is not None) != row[1]:
        raise RuntimeError(f"row security answered wrongly on {row[0]}")


def _open(direct: Direct, token: str) -> None:
    direct.execute("SELECT access.open(%s::text)", [token])


def _at_once(token: str, truths: Truths, seconds: float) -> float:
    """Checks a second of all clients together, each check in a transaction of its own."""
    start = Barrier(CLIENTS)

    def client(rank: int) -> int:
        mine, done = truths[rank::CLIENTS], 0
        with _connected() as direct:
            start.wait()
            limit = time.perf_counter() + seconds
            while time.perf_counter() < limit:
                with direct.transaction():
                    _open(direct, token)
                    _asked(direct, mine[done % len(mine)])
                done += 1
        return done

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(client, range(CLIENTS))) / seconds


def _inside(direct: Direct, token: str, truths: Truths, seconds: float) -> float:
    """Checks a second, one statement each, in one transaction."""
    done = 0
    with direct.transaction():
        _open(direct, token)
        started = time.perf_counter()
        while time.perf_counter() < started + seconds:
            _asked(direct, truths[done % len(truths)])
            done += 1
        return done / (time.perf_counter() - started)


def _batched(direct: Direct, token: str, truths: Truths, seconds: float) -> float:
    """Checks a second when five hundred rows are asked at once."""
    batches = [truths[i : i + BATCH] for i in range(0, len(truths), BATCH)]
    expected = [sum(own for _id, own in batch) for batch in batches]
    asked = [[one for one, _own in batch] for batch in batches]
    done, turn = 0, 0
    with direct.transaction():
        _open(direct, token)
        started = time.perf_counter()
        while time.perf_counter() < started + seconds:
            place = turn % len(batches)
            found = direct.execute(MANY, [asked[place]]).fetchone()
            if found is None or found[0] != expected[place]:
                raise RuntimeError("row security answered wrongly on a batch")
            done, turn = done + len(asked[place]), turn + 1
        return done / (time.perf_counter() - started)
