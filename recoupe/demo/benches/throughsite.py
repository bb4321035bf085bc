"""Likeness as it is asked over HTTP: while typing, in search, by a service's own tool; access and journal included."""

import http.client
import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from django.urls import reverse

from recoupe.access.enums import Role
from recoupe.crosscheck.asking import alike
from recoupe.crosscheck.models import IndexState
from recoupe.crosscheck.question import State
from recoupe.crosscheck.rules import LIKENESS_MS
from recoupe.demo import crew
from recoupe.demo.benches.frame import Measure, Target, percentile
from recoupe.demo.benches.holders import subject
from recoupe.demo.benches.processes import HOST, Site
from recoupe.demo.benches.protected import WIDE_CELL
from recoupe.demo.benches.typed import FACT
from recoupe.demo.benches.visitor import IDLE_S, TIMEOUT_S, Answer, Visitor
from recoupe.desk import actions, queries
from recoupe.desk.actions import Wanted
from recoupe.matching.record import Record

ASKED, WARM = 400, 10
# As many as a tool may hand in at once.
BATCH = 1_000
LATENCY = Target(25)
WAIT_S, QUIET_S = 600.0, 3.0


def measures(site: Site, unit: str, people: Sequence[Record], held: int) -> Iterator[Measure]:
    """One after another, by an agent whose cell reads everything: nobody has more to be told."""
    people = people[: ASKED + WARM]
    token = crew.session("ressemblance.cross", WIDE_CELL, Role.CROSS_ANALYST)
    reader = Visitor(token, site.port)
    size = f"{held} fiches, toutes lisibles"
    yield _at_first_beat(token, people, size)
    typing, search = reverse("report-alike"), reverse("search")
    how = "fragment pendant la saisie, une personne : site réel, droits, moteur par sa prise, journal"
    yield _latency("http: alike p95", how, size, people, lambda who: reader.post(typing, _typed(who)))
    how = "page de recherche par un nom, mots et ressemblances ; le site y ajoute son propre battement"
    words = [{"selector": f"{who.given} {who.family}"} for who in people if who.family and who.given]
    yield _latency("http: search p95", how, size, words, lambda form: reader.post(search, form), target=None)
    reader.close()
    tool = Tool(site, unit)
    batches = [_batch(f"L-{rank}", [who]) for rank, who in enumerate(people)]
    how = "dépôt d'une fiche par l'outil d'un service, sa personne comprise ; le recoupement suit"
    yield _latency("http: tool deposits one p95", how, size, batches, tool.deposits, target=None)
    how = "ce que devient une fiche que l'outil a déposée"
    questions = [{"external_refs": [f"L-{rank}-0"]} for rank in range(len(people))]
    yield _latency("http: tool checks one p95", how, size, questions, tool.checks)
    yield from _batched(tool, [people[at % len(people)] for at in range(min(BATCH, 4 * len(people)))], size)


def _at_first_beat(token: str, people: Sequence[Record], size: str) -> Measure:
    """A work that grows with hidden rows shows in whatever leaves later (R-25)."""
    spent = []
    for who in people:
        started = time.perf_counter()
        answer = alike(token, [subject(who)])
        if answer.state is not State.ANSWERED:
            raise RuntimeError(f"the matcher answered {answer.state}")
        spent.append(1000 * (time.perf_counter() - started))
    spent = spent[WARM:]
    first = sum(one < 2 * LIKENESS_MS for one in spent) / len(spent)
    how = f"à la prise du moteur, droits compris : réponses parties au premier battement de {LIKENESS_MS} ms"
    how += f" ; médiane {percentile(spent, 0.5):.1f} ms, 95e centile {percentile(spent):.1f} ms"
    return Measure("http: at the first beat", first, "part", how, f"{size}, {len(spent)} demandes")


def _latency(
    name: str,
    how: str,
    size: str,
    asked: Sequence[Any],
    asks: Callable[[Any], Answer],
    *,
    target: Target | None = LATENCY,
) -> Measure:
    spent = []
    for one in asked:
        answer = asks(one)
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"{name} answered {answer.status}: {answer.body[:300]}")
        spent.append(answer.milliseconds)
    # The first ones find everything cold.
    spent = spent[WARM:]
    how = f"{how} ; l'une après l'autre, médiane {percentile(spent, 0.5):.1f} ms"
    return Measure(name, percentile(spent), "ms", how, f"{size}, {len(spent)} demandes", target)


def _typed(who: Record) -> dict[str, str]:
    return {
        "persons-TOTAL_FORMS": "1", "persons-INITIAL_FORMS": "0", "persons-0-family": who.family,
        "persons-0-given": who.given, "persons-0-aliases": ", ".join(who.aliases), "persons-0-birth": who.birth,
        "persons-0-birth_commune": who.birth_place, "persons-0-category": "suspect",
        "selectors-TOTAL_FORMS": "0", "selectors-INITIAL_FORMS": "0",
    }  # fmt: skip


def _batch(ref: str, people: Sequence[Record]) -> dict[str, Any]:
    return {"reports": [_report(f"{ref}-{at}", who) for at, who in enumerate(people)]}


def _report(ref: str, who: Record) -> dict[str, Any]:
    """As a tool writes it: what it cannot know of a writing it leaves out."""
    person = {"family": who.family or "X", "given": who.given, "aliases": list(who.aliases), "category": "suspect"}
    return {
        "external_ref": ref, "fact_text": FACT, "event_from": (date.today() - timedelta(days=1)).isoformat(),
        "commune": "34172", "source_kind": "officer_observation", "handling": "H0",
        "persons": [person | ({"birth": who.birth} if who.birth else {})],
    }  # fmt: skip


class Tool:
    """A service's own tool: its key, opened by two persons, and one kept connection."""

    def __init__(self, site: Site, unit: str) -> None:
        head = crew.session(f"chef.{unit.lower()}", unit, Role.UNIT_HEAD)
        authority = crew.session("autorite.outil", "OFAST", Role.DESIGNATING_AUTHORITY)
        wanted = Wanted("Banc", "criminal_intelligence", date.today(), date.today() + timedelta(days=2), crew.MOTIVE)
        with crew.process("web"):
            with crew.acting(head) as agent:
                key = actions.ask_key(by=agent, wanted=wanted)
            with crew.acting(authority) as agent:
                actions.answer_key(by=agent, key=queries.tool_key(agent, key), agreed=True)
            with crew.acting(head) as agent:
                self._key = actions.fetch_key(by=agent, key=queries.tool_key(agent, key))
        self._line = http.client.HTTPConnection(HOST, site.port, timeout=TIMEOUT_S)
        self._used = time.monotonic()

    def deposits(self, batch: dict[str, Any]) -> Answer:
        """Hand in a batch."""
        return self._posts(reverse("api-deposit"), batch)

    def checks(self, question: dict[str, Any]) -> Answer:
        """Ask what became of it."""
        return self._posts(reverse("api-check"), question)

    def _posts(self, address: str, body: dict[str, Any]) -> Answer:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        if time.monotonic() > self._used + IDLE_S:
            self._line.close()
        started = time.perf_counter()
        self._line.request("POST", address, json.dumps(body).encode(), headers)
        response = self._line.getresponse()
        text = response.read().decode()
        spent = 1000 * (time.perf_counter() - started)
        self._used = time.monotonic()
        return Answer(response.status, spent, text, "")


def _batched(tool: Tool, people: Sequence[Record], size: str) -> Iterator[Measure]:
    """A whole batch that is compared with all that others hold, hits written and told."""
    before = _settled()
    started = time.monotonic()
    answer = tool.deposits(_batch("B", people))
    if answer.status != HTTPStatus.OK:
        raise RuntimeError(f"the batch answered {answer.status}: {answer.body[:300]}")
    accepted = sum(one["result"] == "accepted" for one in json.loads(answer.body)["results"])
    while _people() < before + accepted:
        if time.monotonic() > started + WAIT_S:
            raise RuntimeError("the batch was not compared")
        time.sleep(0.05)
    whole = time.monotonic() - started
    how = (
        f"un envoi de {len(people)} fiches d'un autre service, {accepted} acceptées, jusqu'à ce que toutes soient "
        f"comparées, recoupements écrits et annoncés ; réponse de l'envoi en {answer.milliseconds / 1000:.1f} s"
    )
    yield Measure("http: tool's batch compared", accepted / whole, "fiches/s", how, size)


def _settled() -> int:
    """How many people stand in the index once what was deposited before has entered it."""
    seen, moved = _people(), time.monotonic()
    while time.monotonic() < moved + QUIET_S:
        time.sleep(0.1)
        if (now := _people()) != seen:
            seen, moved = now, time.monotonic()
    return seen


def _people() -> int:
    with crew.process("matcher"):
        return IndexState.objects.get(id=1).people
