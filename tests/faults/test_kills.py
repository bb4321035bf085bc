"""kill -9 in the middle: what was acknowledged is there, its hits too, nothing half-written or double."""

import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from recoupe.access.enums import Role
from recoupe.cli.obstacle import Obstacle
from recoupe.cli.visitor import Visitor
from recoupe.demo import spreadsheet
from recoupe.intelligence.actions import deposit
from tests import proof
from tests.crosscheck.scene import entry
from tests.faults.desk import environment, give_keys, import_command, import_file
from tests.faults.house import House, until
from tests.faults.resumed import Resumed
from tests.world import TestAgent

pytestmark = pytest.mark.slow
NEW = "renseignements/nouveau/"
VICTIMS = ("web worker", "web", "worker", "matcher", "postgresql")
# Five blocks and a bit.
ROWS = 2_600
PAIRS = 3
CYCLES = 10
# What an agent may deposit in a day, and so how many take over from each other at a desk.
BUDGET, RELAYS = 45, 3
WRONG = ("lost", "doubles", "half_written", "half_shares")
_NUMBERS = count(33_000_001)


def phone() -> str:
    """A number of the French plan that no other test of this house uses."""
    return f"07{next(_NUMBERS):08d}"


def sheet(folder: Path, phones: list[str], prefix: str) -> Path:
    """A file of one report a phone, in the columns of the test spreadsheets."""
    row = {
        "Date des faits": "12/03/2025", "Origine": "constatation", "Cadre": "administratif", "Commune": "13055",
        "Traitement": "H0", "Faits": "Échange constaté à l'entrée du marché.",
    }  # fmt: skip
    columns = list(spreadsheet.COLUMNS)
    cells = [[{**row, "N° de fiche": f"{prefix}-{n}", "Téléphone": p}.get(c, "") for c in columns]
             for n, p in enumerate(phones)]  # fmt: skip
    path = folder / f"{prefix}.csv"
    path.write_text("\n".join(";".join(line) for line in [columns, *cells]), encoding="cp1252")
    return path


@pytest.fixture(scope="module")
def customs_head(house: House) -> TestAgent:
    made = house.world.agent(Role.UNIT_HEAD, "DED13")
    give_keys(house.world, made)
    return made


@contextmanager
def as_web(house: House) -> Iterator[None]:
    """Actions of this test act in the house's database."""
    with house.world.process("web"):
        yield


def hits_of(house: House, phones: list[str]) -> dict[str, int]:
    """How many hits each number has; both sides of each must be told."""
    rows = house.world.sql(
        "SELECT s.value, count(DISTINCT h.id), count(DISTINCT t.id) FROM intelligence_selector s"
        " LEFT JOIN crosscheck_hit h ON s.report_id IN (h.low, h.high)"
        " LEFT JOIN crosscheck_hitside t ON t.hit_id = h.id"
        " WHERE s.kind = 'phone' AND s.value = ANY (%s) GROUP BY s.value",
        [["+33" + number[1:] for number in phones]],
    )
    assert all(sides == 2 * hits for _, hits, sides in rows), rows
    return {"0" + value[3:]: hits for value, hits, _ in rows}


# --- An import ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("victim", ["command", "postgresql", "matcher"])
def test_an_import_that_lost_a_process_ends_whole_and_its_hits_come(
    house: House, customs_head: TestAgent, tmp_path: Path, victim: str
) -> None:
    """Killed in the middle, asked again by the same command: every row once, each known number hit once."""
    phones = [phone() for _ in range(ROWS)]
    known = phones[::65]
    police = house.world.agent(Role.INVESTIGATOR, "PJ13")
    with as_web(house):
        for number in known:
            with house.world.acting(police) as agent:
                deposit(by=agent, entry=entry(phone=number))
    path = sheet(tmp_path, phones, victim)
    {"command": _kill_the_command, "postgresql": _kill_the_server, "matcher": _kill_the_matcher}[victim](
        house, path, customs_head
    )
    code, lines, said = import_file(house.folder.path, path, customs_head.login)
    assert code == 0, said
    # The matcher is no part of the import: the first command wrote it all, and the second knows every row.
    assert ("reprise" in said) is (victim != "matcher")
    assert (lines[-1]["written"], lines[-1]["known"]) == ((0, ROWS) if victim == "matcher" else (ROWS, 0))
    assert _held(house, path) == [(ROWS, ROWS)]
    house.well(60)
    until(house.drained, 60, house.said())
    found = hits_of(house, phones)
    assert {number for number, hits in found.items() if hits} == set(known)
    assert {found[number] for number in known} == {1}


@contextmanager
def _importing(house: House, path: Path, who: TestAgent) -> Iterator[subprocess.Popen[str]]:
    """The command, typed and signed in."""
    process = subprocess.Popen(
        import_command(path, who.login), env=environment(house.folder.path), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    with process:
        yield process


def _reached(process: subprocess.Popen[str], rows: int) -> None:
    """Read what the command says until it has written that many."""
    assert process.stderr is not None
    assert next(line for line in process.stderr if f"{rows} / {ROWS}" in line)


def _held(house: House, path: Path) -> list[tuple[int, int]]:
    """How many rows of the file are in the base, and how many different ones."""
    query = "SELECT count(*), count(DISTINCT external_ref) FROM intelligence_report WHERE external_ref LIKE %s"
    return house.world.sql(query, [f"{path.stem}-%"])


def _kill_the_command(house: House, path: Path, who: TestAgent) -> None:
    """After two blocks, and again further on: what it said to have written is there, and it is as many as it notes."""
    for rows in (500, 1_500):
        with _importing(house, path, who) as process:
            _reached(process, rows)
            process.kill()
        written = _of_file(house, "rows_written")
        assert rows <= written < ROWS
        assert _held(house, path) == [(written, written)]


def _kill_the_server(house: House, path: Path, who: TestAgent) -> None:
    """The command ends with a sentence; what it said to have written survives the recovery."""
    with _importing(house, path, who) as process:
        _reached(process, 1_000)
        house.kill("postgresql")
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(60) == 1, said
    assert "Traceback" not in said
    house.well(60)
    written = _of_file(house, "rows_written")
    assert 1_000 <= written < ROWS
    assert _held(house, path) == [(written, written)]


def _kill_the_matcher(house: House, path: Path, who: TestAgent) -> None:
    """Twice while the rows reach it; the import does not notice."""
    with _importing(house, path, who) as process:
        for rows in (500, 1_500):
            _reached(process, rows)
            house.kill("matcher")
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(120) == 0, said
    assert _held(house, path) == [(ROWS, ROWS)]


def _of_file(house: House, column: str) -> int:
    return int(house.world.sql(f"SELECT {column} FROM intelligence_importfile ORDER BY created_at DESC LIMIT 1")[0][0])


# --- Reports by HTTP ----------------------------------------------------------------------------------------------


@dataclass
class Ledger:
    """What the site acknowledged, kept by the test alone."""

    acknowledged: dict[str, UUID] = field(default_factory=dict)
    broken: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reached(self, share: int) -> bool:
        """Whether that many are acknowledged."""
        return len(self.acknowledged) >= share

    def note(self, number: str, answer: httpx.Response) -> bool:
        """Only a redirection to the new report's page is an acknowledgement."""
        if answer.status_code != httpx.codes.FOUND:
            assert answer.status_code >= 500, (answer.status_code, answer.text[:2_000])
            return False
        with self.lock:
            self.acknowledged[number] = UUID(answer.headers["Location"].rstrip("/").rsplit("/", 1)[1])
        return True


def submit(house: House, who: TestAgent, numbers: list[str], ledger: Ledger) -> None:
    """One desk: each number in a report of its own, sent again under the same key until it is acknowledged."""
    desk = house.visitor(who)
    with desk.http:
        _submit_all(house, desk, numbers, ledger)


def _submit_all(house: House, desk: Visitor, numbers: list[str], ledger: Ledger) -> None:
    for number in numbers:
        key, limit = str(uuid4()), time.monotonic() + 45
        while number not in ledger.acknowledged:
            assert time.monotonic() < limit, house.said()
            try:
                page = desk.get(NEW)
                form = next(f for f in page.forms if "fact_text" in f.fields)
                values = {
                    **form.fields, "fact_text": ["Un homme attend au coin, échange bref, puis repart."],
                    "event_from": ["12/11/2026"], "commune": ["Marseille (13)"], "handling": ["H0"],
                    "source_kind": ["officer_observation"], "frame": ["administrative"], "key": [key],
                    "selectors-TOTAL_FORMS": ["1"], "selectors-0-kind": ["phone"], "selectors-0-raw": [number],
                }  # fmt: skip
                ledger.note(number, desk.http.post(page.url, data=values, headers={"Referer": page.url}))
            except (httpx.TransportError, Obstacle):
                with ledger.lock:
                    ledger.broken += 1
                time.sleep(0.1)


@dataclass
class Crew:
    """Who deposits, and what was acknowledged to either side."""

    customs: list[TestAgent]
    police: list[TestAgent]
    told: Ledger
    ledger: Ledger


def _deposits_until(house: House, crew: Crew, stop: threading.Event) -> None:
    """Two desks by turns, one number after another: the customs report it, then the police; each hit has two sides."""
    for customs, police in zip(crew.customs, crew.police, strict=True):
        for _ in range(BUDGET):
            if stop.is_set():
                return
            number = phone()
            submit(house, customs, [number], crew.told)
            submit(house, police, [number], crew.ledger)


def _round(house: House) -> tuple[Ledger, dict[str, int]]:
    """Ten times kill -9 of one of them while three pairs of desks deposit; what was acknowledged, and what is wrong."""
    told, ledger, stop = Ledger(), Ledger(), threading.Event()

    def relays(unit: str) -> list[TestAgent]:
        return [house.world.agent(Role.INVESTIGATOR, unit) for _ in range(RELAYS)]

    crews = [Crew(relays("DED13"), relays("PJ13"), told, ledger) for _ in range(PAIRS)]
    with ThreadPoolExecutor(PAIRS) as pool:
        desks = [pool.submit(_deposits_until, house, crew, stop) for crew in crews]
        try:
            for cycle in range(CYCLES):
                until(partial(ledger.reached, len(ledger.acknowledged) + 2), 90, house.said())
                house.kill(VICTIMS[cycle % len(VICTIMS)])
        finally:
            stop.set()
        for desk in desks:
            desk.result(120)
    house.well(90)
    until(house.drained, 90, house.said())
    authors = {side: [one.id for crew in crews for one in getattr(crew, side)] for side in ("customs", "police")}
    wrong = Counter(_wrong(house, authors["customs"], told)) + Counter(_wrong(house, authors["police"], ledger))
    hits = hits_of(house, list(ledger.acknowledged))
    wrong["half_shares"] += sum(hits.get(number) != 1 for number in ledger.acknowledged)
    return ledger, dict(wrong)


def test_what_was_acknowledged_is_there_and_its_hits_too(house: House) -> None:
    """Cycles of killing web, worker, matcher and database under writers; the proof takes up where it was stopped."""
    kept = Resumed("crash")
    totals: Counter[str] = Counter(kept.totals)
    for _ in range(totals["rounds"], proof.size(ci=1, full=100)):
        ledger, wrong = _round(house)
        totals.update({"rounds": 1, "acknowledged": 2 * len(ledger.acknowledged), "broken": ledger.broken, **wrong})
        kept.keep(totals)
    cycles = CYCLES * totals["rounds"]
    heard = f"{totals['acknowledged']} dépôts reçus, {totals['broken']} demandes sans réponse, refaites"
    how = f"{cycles} kill -9 ({', '.join(VICTIMS)}), {heard}"
    for name in WRONG:
        proof.say(name, totals[name], "dépôts", how, at_most=0)
    proof.say("crash_cycles", cycles, "cycles", how, at_least=proof.size(ci=1, full=100) * CYCLES)
    kept.forget()
    assert {name: totals[name] for name in WRONG} == dict.fromkeys(WRONG, 0)
    assert totals["acknowledged"] > cycles


def _wrong(house: House, authors: list[UUID], ledger: Ledger) -> dict[str, int]:
    """Acknowledged and not there; there twice or beside the ledger; there without its parts, its history, its entry."""
    rows = house.world.sql(
        "SELECT r.id, r.state, (SELECT count(*) FROM intelligence_selector s WHERE s.report_id = r.id),"
        " (SELECT count(*) FROM intelligence_reporthistory h WHERE h.report_id = r.id),"
        " EXISTS (SELECT 1 FROM audit_entry e WHERE e.operation = 'collect' AND 'report:' || r.id = ANY (e.refs))"
        " FROM intelligence_report r WHERE r.author_id = ANY (%s)",
        [authors],
    )
    mine = set(ledger.acknowledged.values())
    there = [row[0] for row in rows]
    return {
        "lost": len(mine - set(there)),
        "doubles": len([one for one in there if one not in mine]) + len(mine) - len(set(mine)),
        "half_written": sum(not (s == "SUBMITTED" and n == 1 and h >= 1 and entry) for _, s, n, h, entry in rows),
    }
