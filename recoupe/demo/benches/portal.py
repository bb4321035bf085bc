"""The public door under its real process: what is left of who asked, what the line shows, what a replay is worth."""

import hashlib
import http.client
import os
import random
import re
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from recoupe.config.paths import data_folder
from recoupe.demo.benches.frame import Bench, Measure, Target
from recoupe.demo.benches.processes import HOST, door
from recoupe.demo.benches.weights import weights
from recoupe.sealing import exchange, hpke, letter, receipt, work
from recoupe.sealing.sizes import PREFIX, SIZES, wire_size

SEED = 20190917
LENGTHS = 2_000
FURTHER = 1_000
REPLAYS = 10_000
GUESSES = 10_000
NONE, SEVEN, ONE = Target(full=0), Target(full=7), Target(full=1)
AREA = "13"
# What all markers begin with; the search is for this alone, in bytes.
MARK = b"zqmark"
NET = b"127.93."
CANARY = b"zqcanari devant la gare"
BLOCK = 1 << 24


@dataclass(frozen=True, slots=True)
class Door:
    """The public site and what a bench holds of its cell."""

    pid: int
    port: int
    private: bytes

    def asked(self, body: bytes, source: str = HOST, agent: str = "banc") -> tuple[int, bytes]:
        """One exchange from this address: bytes of the whole answer, headers included, and its body."""
        line = http.client.HTTPConnection(HOST, self.port, timeout=30, source_address=(source, 0))
        try:
            headers = {"Content-Type": "application/octet-stream", "User-Agent": agent, "X-Forwarded-For": source}
            line.request("POST", "/pli", body, headers)
            answer = line.getresponse()
            content = answer.read()
            return len(bytes(answer.headers)) + len(content), content
        finally:
            line.close()

    def worked(self, act: int, payload: bytes) -> bytes:
        """A request with its work done."""
        line = http.client.HTTPConnection(HOST, self.port, timeout=30)
        try:
            line.request("GET", "/calcul")
            puzzle = line.getresponse().read()
        finally:
            line.close()
        return bytes([act]) + puzzle + work.solve(puzzle) + payload

    def letter(self, mine: receipt.Receipt, text: bytes) -> bytes:
        """A letter to the cell."""
        keys = [hpke.public_key(self.private), None, None, None]
        return letter.seal(text, place=mine.place, area=AREA, keys=keys)


def portal(bench: Bench) -> Iterator[Measure]:
    """Markers first, on a site that nobody has spoken to; `reports` is the number of marked requests."""
    yield _sizes()
    with bench.another("bench_portal") as admin, _open(admin) as opened:
        yield from _left(bench, opened, admin)
        yield from weights(opened.port)
        yield _alike(bench, opened)
        yield from _worthless(bench, opened, admin)


def _sizes() -> Measure:
    draw = random.Random(SEED)
    most = SIZES[-1] - letter.HEADER - letter.TAG - PREFIX
    lengths = [min(most, int(2 ** draw.uniform(0, 23.4))) for _ in range(LENGTHS)]
    seen = {wire_size(letter.HEADER + PREFIX + length + letter.TAG) for length in lengths}
    how = "tailles différentes sur la ligne, longueurs tirées de 1 octet à 10 Mio"
    return Measure("wire_sizes", len(seen), "tailles", how, f"{LENGTHS} longueurs", SEVEN)


@contextmanager
def _open(admin: str) -> Iterator[Door]:
    """The real process, and a cell that has a key."""
    private = hpke.new_private_key()
    with psycopg.connect(admin, autocommit=True) as direct:
        direct.execute(
            "INSERT INTO tips_publickey (id, unit_id, public, valid_from)"
            " SELECT gen_random_uuid(), id, %s, '2026-01-01' FROM reference_unit WHERE code = 'CROSS13'",
            [hpke.public_key(private)],
        )
    with door() as site:
        yield Door(site.process.pid, site.port, private)


def _left(bench: Bench, site: Door, admin: str) -> Iterator[Measure]:
    """Marked requests, as many without a mark, then a search of everything that the server keeps."""
    draw, wanted = random.Random(SEED), bench.reports
    for number in range(wanted):
        mine = receipt.draw()
        source = f"127.93.{number // 250}.{number % 250 + 1}"
        agent = (MARK + draw.randbytes(8).hex().encode()).decode()
        returns = number % 2
        payload = _asking(mine) if returns else site.letter(mine, CANARY + str(number).encode())
        _done(site.asked(site.worked(2 if returns else 1, payload), source, agent)[1])
    for _ in range(FURTHER):
        site.asked(b"\2" + secrets.token_bytes(exchange.HEAD - 1 + 4096))
    planted = secrets.token_hex(12).encode()
    with psycopg.connect(admin, autocommit=True) as direct:
        direct.execute(f"COMMENT ON TABLE tips_letter IS '{planted.decode()}'".encode())
        direct.execute("CHECKPOINT")
        size = direct.execute("SELECT count(*) FROM tips_letter").fetchone()
    kept, held = _on_disk([MARK, NET, CANARY, planted]), _in_memory([MARK, NET, CANARY, planted], site.pid)
    yield Measure("letters_kept", size[0] if size else 0, "plis", "par le vrai processus", f"{wanted} requêtes")
    for name, mark, what in (
        ("agents_left", MARK, "navigateurs"),
        ("addresses_left", NET, "adresses"),
        ("plaintext_left", CANARY, "texte des plis"),
    ):
        where = "base, journal des modifications, traces et fichiers"
        how = f"recherche ({what}) : {where} ({kept[mark]}), mémoire du site après {FURTHER} autres ({held[mark]})"
        yield Measure(name, kept[mark] + held[mark], "marques", how, f"{wanted} requêtes", NONE)
    how = "une marque posée dans la base, que la même recherche doit trouver"
    yield Measure("planted_found", kept[planted], "marques", how, "1", Target(full=1, at_least=True))


def _on_disk(marks: list[bytes]) -> Counter[bytes]:
    """How often each mark stands in the files of the installation: base, changes, logs."""
    found: Counter[bytes] = Counter()
    for path in (p for p in data_folder().rglob("*") if p.is_file()):
        with suppress(OSError), path.open("rb") as content:
            for block in _blocks(content.fileno()):
                found.update({mark: block.count(mark) for mark in marks})
    return found


def _in_memory(marks: list[bytes], pid: int) -> Counter[bytes]:
    """The same of what the site and its workers hold."""
    found: Counter[bytes] = Counter()
    for one in (pid, *_children(pid)):
        for block in _memory(one):
            found.update({mark: block.count(mark) for mark in marks})
    return found


def _blocks(handle: int) -> Iterator[bytes]:
    """A file in pieces that overlap, so that no mark is cut."""
    before = b""
    while block := os.read(handle, BLOCK):
        yield before + block
        before = block[-64:]


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [below for child in text.split() for below in (int(child), *_children(int(child)))]


def _memory(pid: int) -> Iterator[bytes]:
    """What a process holds in memory that it may write."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as held:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if match:
                start, end = (int(part, 16) for part in match.groups())
                with suppress(OSError, ValueError):
                    held.seek(start)
                    yield held.read(end - start)


def _alike(bench: Bench, site: Door) -> Measure:
    """Whole answers, headers included: a known thread, an unknown one, a letter, a burning, rubbish."""
    sizes: set[int] = set()
    pairs = bench.share(200, 5)
    known = receipt.draw()
    for _ in range(pairs):
        sizes.add(site.asked(site.worked(1, site.letter(known, b"encore")))[0])
        sizes.add(site.asked(site.worked(2, _asking(known)))[0])
        sizes.add(site.asked(site.worked(2, _asking(receipt.draw())))[0])
        sizes.add(site.asked(site.worked(3, _asking(receipt.draw())))[0])
        sizes.add(site.asked(secrets.token_bytes(300))[0])
    how = "tailles de réponse, en-têtes compris : pli, retour connu, retour inconnu, effacement, rebut"
    return Measure("answer_sizes", len(sizes), "tailles", how, f"{5 * pairs} échanges", ONE)


def _worthless(bench: Bench, site: Door, admin: str) -> Iterator[Measure]:
    """Work that has served, work that is forged, receipts that are guessed."""
    spent = site.worked(2, _asking(receipt.draw()))
    _done(site.asked(spent)[1])
    tried, accepted = bench.share(REPLAYS, 100), 0
    for number in range(tried):
        body = spent if number % 2 else spent[:38] + secrets.token_bytes(16) + spent[54:]
        accepted += site.asked(body)[1][0] == exchange.Outcome.DONE
    how = "une preuve de travail déjà prise, ou forgée, chaque fois par une requête"
    yield Measure("replays_accepted", accepted, "acceptées", how, f"{tried} requêtes", NONE)
    guesses, opened = bench.share(GUESSES, 100), 0
    with psycopg.connect(admin, autocommit=True) as direct:
        for _ in range(guesses):
            place = hashlib.sha256(receipt.draw().fetch_key).digest()
            row = direct.execute("SELECT count(*) FROM tips_letter WHERE place = %s", [place]).fetchone()
            opened += bool(row and row[0])
    how = "reçus tirés au hasard contre toute la base, qu'un voleur aurait"
    yield Measure("guesses_opened", opened, "fils ouverts", how, f"{guesses} reçus", NONE)


def _asking(mine: receipt.Receipt) -> bytes:
    return mine.fetch_key + secrets.token_bytes(SIZES[0] - hpke.KEY)


def _done(answer: bytes) -> None:
    if answer[0] != exchange.Outcome.DONE:
        raise RuntimeError(answer[2 : 2 + exchange.SENTENCE].decode().strip())
