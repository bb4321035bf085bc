"""Lists and searches through the queries of the screens, each reading a transaction under its agent's own context."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID

from recoupe.access.agent import Agent
from recoupe.access.feed import Cursor
from recoupe.demo import crew
from recoupe.demo.benches.frame import Bench, Measure, Target, percentile
from recoupe.demo.benches.protected import ABSENT, FREQUENT, HIDDEN, RARE, Reader
from recoupe.intelligence import queries
from recoupe.intelligence.models import Report
from recoupe.intelligence.queries import Search

# A search leaves at a beat: it takes a seventh of a second whatever the machine.
ROUNDS, LEAST = 200, 40
SEARCHES, FEWEST = 30, 3
EMPTY, LEAST_EMPTY = 50, 5
LIST = Target(full=100, tenth=100)
SEARCH = Target(full=300, tenth=300)
SPREAD = Target(full=1, tenth=1)
FORTIETH = 40
BEFORE_ALL = Cursor(datetime(1990, 1, 1, tzinfo=UTC), UUID(int=0))
HOW = "contexte ouvert, requête de l'écran, fin de transaction, sous recoupe_app ; médiane {median:.1f} ms"

Read = Callable[[Agent], list[Report]]


def measure_lists(bench: Bench, readers: list[Reader]) -> Iterator[Measure]:
    """The first page of the list of reports and the fortieth, where the agent's list is that long; else its last."""
    asked: dict[tuple[str, str], tuple[str, Read]] = {}
    said: dict[tuple[str, str], str] = {}
    for reader in readers:
        cursor, page = _far(reader)
        asked["première page", reader.name] = (reader.token, lambda agent: queries.recent(agent).reports)
        asked["page 40", reader.name] = (
            reader.token,
            lambda agent, before=cursor: queries.recent(agent, before).reports,  # type: ignore[misc]
        )
        said["page 40", reader.name] = "" if page == FORTIETH else f" ; sa liste finit à la page {page}"
    for (what, who), spent in _interleaved(asked, _rounds(bench, ROUNDS, LEAST)).items():
        how = HOW.format(median=percentile(spent, 0.5)) + said.get((what, who), "")
        size = f"{bench.reports} fiches, qui en lit {who}, {len(spent)} lectures"
        yield Measure(f"list_p95: {what} ({who})", percentile(spent), "ms", how, size, LIST)


def _far(reader: Reader) -> tuple[Cursor | None, int]:
    """Where the fortieth page starts, or the last one before it; and which page that is."""
    before: Cursor | None = None
    for page in range(1, FORTIETH):
        with crew.acting(reader.token) as agent:
            after = queries.recent(agent, before).next
        if after is None:
            return before, page
        before = after
    return before, FORTIETH


def measure_search(bench: Bench, readers: list[Reader]) -> Iterator[Measure]:
    """Words of the text: one that every report holds, one of a few, one of none."""
    words = {"mot fréquent": FREQUENT, "mot rare": RARE, "mot absent": ABSENT}
    asked = {
        (said, reader.name): (reader.token, _searching(word)) for reader in readers for said, word in words.items()
    }
    for (said, who), spent in _interleaved(asked, _rounds(bench, SEARCHES, FEWEST)).items():
        size = f"{bench.reports} fiches, qui en lit {who}, {len(spent)} recherches"
        how = HOW.format(median=percentile(spent, 0.5))
        yield Measure(f"search_p95: {said} ({who})", percentile(spent), "ms", how, size, SEARCH)


def measure_empty(bench: Bench, readers: list[Reader]) -> Iterator[Measure]:
    """How far apart the medians of an empty answer lie: no hidden row may make one agent wait longer than another."""
    # Whoever reads all has no hidden report: he looks for a word of none.
    hidden = {reader.name: ABSENT if reader is readers[-1] else HIDDEN for reader in readers}
    cases: dict[str, Callable[[Reader], Read]] = {
        "list": lambda _reader: lambda agent: queries.recent(agent, BEFORE_ALL).reports,
        "search": lambda _reader: _searching(ABSENT),
        "search_hidden": lambda reader: _searching(hidden[reader.name]),
    }
    explained = {
        "list": "liste au-delà de sa fin",
        "search": "mot qu'aucune fiche ne porte",
        "search_hidden": "mot de milliers de fiches cachées (de qui lit tout : mot d'aucune)",
    }
    for case, read in cases.items():
        asked = {(case, reader.name): (reader.token, read(reader)) for reader in readers}
        rounds = _rounds(bench, ROUNDS, LEAST) if case == "list" else _rounds(bench, EMPTY, LEAST_EMPTY)
        found = _interleaved(asked, rounds, empty=True)
        medians = {who: percentile(spent, 0.5) for (_case, who), spent in found.items()}
        how = f"{explained[case]} ; médianes " + ", ".join(f"{who} {ms:.2f}" for who, ms in medians.items())
        size = f"{bench.reports} fiches, {rounds} réponses vides par agent, à tour de rôle"
        spread = max(medians.values()) - min(medians.values())
        yield Measure(f"empty_answer_spread: {case}", spread, "ms", how, size, SPREAD)


def _rounds(bench: Bench, full: int, least: int) -> int:
    return 1 if bench.tiny else bench.share(full, least)


def _searching(word: str) -> Read:
    return lambda agent: queries.search(agent, Search(text=word))


def _interleaved(
    asked: dict[tuple[str, str], tuple[str, Read]], rounds: int, *, empty: bool = False
) -> dict[tuple[str, str], list[float]]:
    """The milliseconds of each reading; by turns, so that a slow moment of the machine falls on all of them."""
    spent: dict[tuple[str, str], list[float]] = {name: [] for name in asked}
    for turn in range(rounds + 1):
        for name, (token, read) in asked.items():
            started = time.perf_counter()
            with crew.acting(token) as agent:
                found = read(agent)
            # The first turn fills the caches.
            if turn:
                spent[name].append(1000 * (time.perf_counter() - started))
            if empty and found:
                raise RuntimeError(f"{name} was to find nothing")
    return spent
