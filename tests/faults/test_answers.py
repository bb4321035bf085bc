"""kill -9 between the journal and the answer: every page that was received has its entry (R-42)."""

import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import httpx
import psycopg
import pytest

from recoupe.access.enums import Role
from recoupe.intelligence.actions import deposit
from tests import proof
from tests.crosscheck.scene import entry
from tests.faults.house import House
from tests.faults.test_kills import phone
from tests.world import TestAgent

pytestmark = pytest.mark.slow
READERS = 4
PATIENCE_S = 60.0


def _read_until(house: House, who: TestAgent, report: UUID, over: threading.Event) -> int:
    """How many whole pages this reader received."""
    received, address = 0, f"{house.site}renseignements/{report}/"
    while not over.is_set():
        with house.visitor(who).http as http:
            try:
                while not over.is_set():
                    answer = http.get(address)
                    if answer.status_code == httpx.codes.OK and answer.text.rstrip().endswith("</html>"):
                        received += 1
                    else:
                        assert answer.status_code >= 500, answer.status_code
            except httpx.TransportError:
                time.sleep(0.02)
    return received


def _kill_after_an_entry(house: House, watching: "psycopg.Connection[tuple[int]]", reports: list[str]) -> None:
    """As soon as one more entry is there, all that serve pages die: its answer is on its way, or never was."""
    query = b"SELECT count(*) FROM audit_entry WHERE operation = 'consult' AND refs[1] = ANY (%s)"
    limit = time.monotonic() + PATIENCE_S
    before = watching.execute(query, [reports]).fetchone()
    while watching.execute(query, [reports]).fetchone() == before:
        assert time.monotonic() < limit, house.said()
    for worker in house.workers("web"):
        worker.send(signal.SIGKILL)


def test_every_answer_received_has_its_entry(house: House) -> None:
    kills = proof.size(ci=10, full=200)
    readers = [house.world.agent(Role.INVESTIGATOR, "PJ13") for _ in range(READERS)]
    reports: list[UUID] = []
    with house.world.process("web"):
        for who in readers:
            with house.world.acting(who) as agent:
                reports.append(deposit(by=agent, entry=entry(phone=phone())).id)
    over = threading.Event()
    refs = [f"report:{report}" for report in reports]
    with ThreadPoolExecutor(READERS) as pool, psycopg.connect(house.world.admin_url, autocommit=True) as watching:
        reading = [
            pool.submit(_read_until, house, who, report, over) for who, report in zip(readers, reports, strict=True)
        ]
        try:
            for _ in range(kills):
                _kill_after_an_entry(house, watching, refs)
        finally:
            over.set()
        received = Counter({ref: one.result(60) for ref, one in zip(refs, reading, strict=True)})
    house.well(60)
    rows = house.world.sql(
        "SELECT refs[1], count(*) FROM audit_entry WHERE operation = 'consult' AND refs[1] = ANY (%s) GROUP BY 1",
        [refs],
    )
    written = Counter(dict(rows))
    lost = sum(written.values()) - sum(received.values())
    how = (
        f"{kills} kill -9 dès qu'une entrée est écrite, {sum(received.values())} pages reçues, {lost} perdues en route"
    )
    proof.say("answers_without_entry", sum((received - written).values()), "pages", how, at_most=0)
    assert sum(received.values()) > 0
    assert received - written == Counter()
