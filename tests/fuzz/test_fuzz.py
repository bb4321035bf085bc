"""Hostile requests to the real sites: no 5xx, bounded, nothing half-written, every refusal in a sentence (R-55).

`make test` sends 500 and holds nobody to a time; `recoupe prove fuzz` sends 10,000 and holds time and memory too.
"""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings

from recoupe.demo.discovery import Format, Table, Target, routes, targets, visits
from recoupe.demo.proofs.suites import NOTHING_THERE
from tests.furnished import furnish
from tests.fuzz.requests import Case, Corpus
from tests.fuzz.stand import PATIENCE_S, Answer, Stand, standing
from tests.proof import full, say, seed, size
from tests.tools import key_for
from tests.world import World

pytestmark = pytest.mark.slow
PEOPLE = ("police", "unit head", "customs", "analyst", "cell head", "prosecutor", "dpo", "administrator", "authority",
          "judge", "duty officer", "stranger")  # fmt: skip
# A refused request may leave these, and why: the journal keeps the attempt (P-4), sign-in counts it.
LEAVES = {
    "audit_entry": "the refusal is an entry of the journal", "access_signinfailure": "a failed sign-in is counted",
    "audit_unsequenced": "that entry waits for its leaf",
    "access_context": "who acts, for each connection: unlogged, of one transaction",
}  # fmt: skip
# A form that comes back shows its object again, whose notices are then seen; who asks and is refused is awake.
SEEN = {"notices_notice": "seen_at", "access_session": "seen_at"}
# gunicorn answers by itself what it cannot read as HTTP, and hangs up on what does not even begin like it.
WORDLESS = frozenset({0, 400, 414, 431, 501, 505})
_PARAGRAPH = re.compile(r"<(?:p|li|h1)\b[^>]*>(.*?)</(?:p|li|h1)>", re.DOTALL)
_SENTENCE = re.compile(r"[A-ZÀ-Ý][^<>]{8,}", re.DOTALL)


@dataclass
class Siege:
    """A furnished house behind its real sites, and what has come back so far."""

    world: World
    stand: Stand
    corpus: Corpus
    tables: dict[str, Table]
    direct: psycopg.Connection[Any]
    times: list[float] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")

    def rows(self, reference: bool = False) -> dict[str, tuple[int, int]]:
        """How many rows each table that a site may write has, and a sum over what they hold; the reference apart."""
        wanted = [name for name in self.tables if name not in LEAVES and name.startswith("reference_") is reference]
        held = {n: f"(to_jsonb(t) - '{SEEN[n]}')" if n in SEEN else "t" for n in wanted}
        parts = [
            f"SELECT '{n}', count(*), coalesce(bit_xor(hashtextextended({held[n]}::text, 0)), 0) FROM {n} t"
            for n in wanted
        ]
        rows = self.direct.execute(" UNION ALL ".join(parts).encode()).fetchall()
        return {name: (many, sum_) for name, many, sum_ in rows}

    def send(self, case: Case) -> Answer:
        """One request; whatever it is answered is looked at by the rules below."""
        answer = self.stand.ask(case.site, case.request, case.method)
        self.times.append(answer.seconds)
        self.answered[f"{case.family} {answer.status}"] += 1
        self.slowest = max(self.slowest, (answer.seconds, str(case)))
        return answer


@pytest.fixture(scope="module")
def siege(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    house = furnish(world)
    people = {name: house.people[name] for name in PEOPLE}
    book = house.book()
    starts = ["/", *("/" + route.pattern for route in book.routes if not route.parameters)]
    offered: list[tuple[str, Target]] = []
    for who, agent in people.items():
        met = list(visits(world.client(agent).get, starts, most=len(starts) + 15))
        book.learn(met)
        offered += [(who, target) for target in targets(met)]
    written = {name: t for name, t in house.tables().items() if t.kind == "r" and _may_be_written(t)}
    with standing(world, tmp_path_factory.mktemp("fuzz") / "data") as stand:
        corpus = Corpus(seed(), book, offered, people, stand.ports)
        with psycopg.connect(world.admin_url, autocommit=True) as direct:
            yield Siege(world, stand, corpus, written, direct)


def _may_be_written(table: Table) -> bool:
    return any(table.may(role, right) for role in ("recoupe_app", "recoupe_signin", "recoupe_definer")
               for right in ("INSERT", "UPDATE", "DELETE"))  # fmt: skip


def fault(case: Case, answer: Answer) -> str:
    """Why an answer is none of this house; empty when it is one."""
    if answer.status >= 500 and not (case.wire and answer.status in WORDLESS):
        return f"{answer.status}"
    if answer.status == 0 and not case.wire:
        return "no answer"
    if 400 <= answer.status < 500 and not (case.wire and answer.status in WORDLESS) and case.method != "HEAD":
        return unsaid(answer)
    return ""


def unsaid(answer: Answer) -> str:
    """Why a refusal says nothing to the person who reads it; empty when it is a sentence."""
    text = answer.body.decode("utf-8", "replace")
    if "hx-redirect" in answer.headers:
        return ""
    if "json" in answer.headers.get("content-type", ""):
        return "" if _SENTENCE.match(json.loads(text).get("detail", "")) else f"no detail in {text[:200]}"
    inside = text.partition("<main")[2] or text
    told = [re.sub(r"<[^>]+>", "", p).strip() for p in _PARAGRAPH.findall(inside)]
    return "" if any(_SENTENCE.match(one) for one in told) else f"{answer.status} without a sentence: {text[:300]!r}"


def test_hostile_requests(siege: Siege) -> None:
    """The siege itself: every answer is one of the house, and what is refused has changed nothing."""
    many = size(ci=500, full=10_000)
    before, reference = siege.rows(), siege.rows(reference=True)
    warm = resident = 0.0
    faults = []
    for number in range(many):
        case = siege.corpus.draw()
        answer = siege.send(case)
        if told := fault(case, answer):
            faults.append(f"{told} — {case}")
        after = siege.rows()
        if after != before and (answer.status == 0 or answer.status >= 400):
            parted = sorted(name for name in after if after[name] != before[name])
            faults.append(f"{answer.status}, yet written: {parted} — {case}")
        before = after
        if number == many // 4:
            # Every parser has been met by then: what grows later is not their code.
            warm = siege.stand.resident("web")
    resident = siege.stand.resident("web")
    figures(siege, many, warm, resident)
    assert not faults, f"{len(faults)} of {many}, seed {seed()}\n" + "\n".join(faults[:12])
    assert siege.stand.running["web"].poll() is None
    # Nothing that a site does changes the reference: looking at it once is enough.
    assert siege.rows(reference=True) == reference
    # Hundreds passed the door and were refused in words, as many were let in: the siege is one of the rooms too.
    statuses = Counter(int(name.rsplit(" ", 1)[1]) for name in siege.answered.elements())
    assert {200, 302, 403, 404, 422} <= set(statuses), statuses


def figures(siege: Siege, many: int, warm: float, resident: float) -> None:
    """What a proof keeps. R-55: p99 ≤ 1 s, growth ≤ 50 MiB; at the peak, an unpacked workbook."""
    times = sorted(siege.times)
    how = f"{many} requests, {dict(sorted(siege.answered.items()))}"
    say("hostile requests", many, "requêtes", how, at_least=size(ci=500, full=10_000))
    heaviest = django_settings.FILE_UPLOAD_MAX_MEMORY_SIZE / 1_048_576
    held = {"at_most": 1_000.0} if full() else {}
    say("p99", round(1000 * times[int(0.99 * len(times))], 1), "ms", "one at a time, real sites", **held)
    say("slowest", round(siege.slowest[0], 2), "s", siege.slowest[1][:300], at_most=PATIENCE_S)
    held = {"at_most": 50.0} if full() else {}
    say("memory growth", round(resident - warm, 1), "MiB", f"PSS of the staff site, {warm:.0f} after a quarter", **held)
    held = {"at_most": warm + 2 * 400 + 3 * heaviest} if full() else {}
    say("memory peak", round(siege.stand.peak("web"), 1), "MiB",
        "largest process; an unpacked workbook is read as a stream, at most 400 MiB of it", **held)  # fmt: skip


def test_every_family_and_every_form_is_met(siege: Siege) -> None:
    """Without forms, files and objects of others found, the siege would prove little."""
    posts = {target.name for _, target in siege.corpus.forms}
    assert {"report-new", "import-new", "purpose", "search", "contact-act", "objective-act"} <= posts
    assert {"report-new", "import-new"} <= {target.name for _, target in siege.corpus.files}
    assert len(siege.corpus.ids) > 50
    met = {name.split(" ")[0] for name in siege.answered}
    assert met >= {"field", "address", "file", "body", "header", "query", "site", "wire"}


def test_the_same_seed_draws_the_same_requests(siege: Siege) -> None:
    """A fault that was found can be found again."""
    one, two = (Corpus(7, siege.corpus.book, siege.corpus.offered, siege.corpus.people, siege.stand.ports)
                for _ in range(2))  # fmt: skip
    assert [one.draw().request for _ in range(60)] == [two.draw().request for _ in range(60)]


def test_the_rules_can_fail() -> None:
    """An error page, a bare refusal and a silence are each seen."""
    case = Case("field", "web", "police", "POST", "/", b"")
    html = {"content-type": "text/html"}
    assert fault(case, Answer(500, html, b"<p>Un incident.</p>", 0.1)) == "500"
    assert fault(case, Answer(0, {}, b"", 0.1))
    assert fault(case, Answer(422, html, b"<main><h1></h1><p>no</p></main>", 0.1))
    assert fault(case, Answer(404, {"content-type": "application/problem+json"}, b'{"detail": ""}', 0.1))
    assert not fault(case, Answer(404, html, b"<main><p>Cette page n'existe pas.</p></main>", 0.1))


def test_openapi_routes_are_given_to_schemathesis(siege: Siege) -> None:
    """Each schema that a route serves is tried by schemathesis; without such a route this is skipped, not passed."""
    found = [route for route in routes() if Format.OPENAPI in route.formats]
    say("OpenAPI routes", len(found), "adresses", "found by discovery; each is given to schemathesis")
    if not found:
        pytest.skip(f"{NOTHING_THERE}no OpenAPI route, nothing for schemathesis")
    tool = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    assert tool, "an OpenAPI route is there and schemathesis is not installed: add it to the tests' packages"
    token = key_for(siege.world, siege.corpus.people["unit head"], "Essai")
    # Whoever tries every shape asks more often than a service's tool may: the throttle has its own tests.
    siege.world.sql("UPDATE reference_legalparameter SET value = 1000000 WHERE rule_code = 'tool.requests_minute'")
    for route in found:
        done = subprocess.run(
            [tool, "run", f"http://localhost:{siege.stand.ports['web']}/{route.pattern}", "--checks", "all",
             "--header", f"Authorization: Bearer {token}",
             "--phases", "examples,coverage,fuzzing" if full() else "fuzzing",
             "--max-examples", str(size(ci=10, full=1_000)), "--seed", str(seed())],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:]
