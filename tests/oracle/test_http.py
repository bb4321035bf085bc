"""Pages, lists, searches, tiles, JSON, paper, attachments against the oracle: what opens, and which canaries show."""

from collections import defaultdict
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest

from recoupe.demo.discovery import pages
from tests import proof
from tests.oracle import policy, tables, terms
from tests.oracle.harness.asking import Asker, Request, known_routes
from tests.oracle.harness.building import House
from tests.oracle.harness.canaries import (
    PDFTOTEXT,
    Place,
    named_in,
    names_of,
    planted,
    rows_of,
    shown_in,
    words,
)
from tests.oracle.harness.cast import Identity
from tests.oracle.harness.facts import KINDS
from tests.oracle.harness.said import Tally
from tests.world import visitor

pytestmark = pytest.mark.slow

MAGISTRATES = frozenset({"prosecutor", "examining_judge"})


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    """The staff site of this process."""
    settings.ALLOWED_HOSTS = ["*"]
    settings.ROOT_URLCONF = "recoupe.config.urls_web"


def test_the_addresses_are_those_of_the_policy() -> None:
    assert known_routes() == set(tables.ROUTES)


def test_each_address_answers_and_shows_what_the_oracle_says(told: House) -> None:
    tally, wanted = Tally("http"), proof.size(ci=2_000, full=10_000)
    asker, canaries, rows = Asker(told, Random(proof.seed())), planted(told), rows_of(told)
    known = names_of(told)
    seen: dict[str, set[tuple[str, str]]] = defaultdict(set)
    visits: list[tuple[Identity, terms.Agent, Request, set[str]]] = []
    for one, agent, request in asker.requests(wanted):
        due = asker.due(request, agent, one)
        found = asker.ask(one, request)
        asker.learn(request, found.answer)
        queried = " with a query" if "?" in request.path else ""
        tally.note(1, int(due == "yes"), f"{request.method} {due}{queried}")
        if not asker.agrees(request, found, due):
            row = tables.ROUTES[request.route]
            what = f"{request.method} {request.route} {request.verb} {request.path} {request.obj}"
            tally.differs(_who(one), what, f"T-6 {row['action']}", f"{found.said} ({found.status})", due)
        shown = shown_in(found.answer)
        if agent is None or shown is None:
            continue
        for token in (shown - words(found.typed)) & set(canaries):
            tally.note(1, 1, "canary")
            places = [place for place in canaries[token] if _may_see(told, agent, rows, place, request.route)]
            if not places:
                tally.differs(_who(one), f"leak {request.route} {request.path} {token} {sorted(canaries[token])[:3]}",
                              "T-8", "shown", "hidden")  # fmt: skip
            seen[request.route] |= {(table, column) for table, column, _identifier in places}
        for kind, named in named_in(found.answer, known, found.typed + request.path):
            read = policy.reads(told.facts, agent, kind, KINDS[kind](told.facts)[named])
            # The journal keeps identifiers, and shows them to whom it is read by (P-29).
            tally.note(1, int(read), f"names {kind}")
            kept = request.route in FORMS and kind == "case"  # a correction keeps the procedure of a report (P-37)
            # A duty desk learns the reference of the event that a danger concerns (P-130).
            kept |= request.route.startswith("danger-") and kind == "event"
            if not read and not kept and not request.route.startswith("journal"):
                tally.differs(_who(one), f"leak {request.route} {request.path} {request.obj} names {kind} {named}",
                              "P-47", "shown", "hidden")  # fmt: skip
        if due == "yes" and found.status == 200:
            visits.append((one, agent, request, shown))
    if PDFTOTEXT is None:
        proof.falls_short("pdftotext manque : les mots du papier n'ont pas été lus")
    _presence(told, tally, canaries, rows, seen, visits)
    tally.close(wanted, "(agent, adresse) demandées, et les canaris que les réponses montrent, comparés à l'oracle")


@pytest.mark.skipif(PDFTOTEXT is None, reason="pdftotext is not installed: no word on paper could be read")
def test_paper_shows_what_the_oracle_says(told: House) -> None:
    """Each report on paper, for readers and others: it opens as the oracle says, and shows no word that is hidden."""
    draw, canaries, rows = Random(proof.seed()), planted(told), rows_of(told)
    asker, tally, wanted = Asker(told, draw), Tally("http_paper"), proof.size(ci=20, full=200)
    good = [one for one in told.identities() if one.purpose and told.told(one)]
    read = 0
    while tally.by["GET yes"] < wanted:
        one = draw.choice(good)
        agent = told.told(one)
        request = asker.drawn(agent, "report-print")
        due, found = asker.due(request, agent, one), asker.ask(one, request)
        tally.note(1, int(due == "yes"), f"GET {due}")
        if not asker.agrees(request, found, due):
            tally.differs(_who(one), f"GET {request.path}", "P-49", found.status, due)
        shown = ((shown_in(found.answer) or set()) - words(found.typed)) & set(canaries)
        read += len(shown)
        for token in shown:
            if agent is None or not any(_may_see(told, agent, rows, place) for place in canaries[token]):
                tally.differs(_who(one), f"leak {request.path} {token}", "T-8", "shown", "hidden")
    tally.close(wanted, "fiches sur papier, leurs mots comparés à l'oracle")
    assert read, "no word was read on paper"


# Lists, the kind of their objects and the page of one of them.
LISTS = {
    "report-list": ("report", "report-page"), "dealpoint-list": ("dealpoint", "dealpoint-page"),
    "objective-list": ("objective", "objective-page"), "hit-list": ("hit", "hit-page"),
    "contact-list": ("contact", "contact-page"), "case-list": ("case", "case-page"),
    "import-list": ("import", "import-page"), "agreement-list": ("agreement", "agreement-page"),
    "target-list": ("target", "target-page"), "event-list": ("event", "event-page"),
}  # fmt: skip


def test_a_list_shows_all_that_the_oracle_reads_and_nothing_else(told: House) -> None:
    """From the first page to the last: what stands on none of them is missing, what is not read is a leak."""
    draw, tally = Random(proof.seed()), Tally("http_lists")
    able = [one for one in told.identities() if one.purpose and told.told(one)]
    for route, (kind, page) in LISTS.items():
        home = KINDS[kind](told.facts)
        # Among those whom the list opens to: whatever chance draws, each list is asked.
        opens = [(one, agent) for one in able if (agent := told.told(one)) is not None
                 and policy.opens(told.facts, agent, route, "GET") == "yes"]  # fmt: skip
        for one, agent in draw.sample(opens, min(len(opens), proof.size(ci=12, full=len(opens)))):
            due = {
                i for i, o in home.items() if _stands_in(kind, o, agent) and policy.reads(told.facts, agent, kind, o)
            }
            found = _listed(one, tables.ROUTES[route]["address"], page)
            tally.note(len(home), len(due), route)
            # A hit has one line, for whoever reads both of its sides as well.
            lines = {_line(kind, home[i]) for i in found & due}
            missing = {i for i in due - found if _line(kind, home[i]) not in lines}
            for identifier in (found - due) | missing:
                said = "listed" if identifier in found else "missing"
                tally.differs(
                    _who(one), f"list {route} {said} {identifier} {home.get(identifier)}", "P-3", said, "the other"
                )
    tally.close(500, "(agent, objet) d'une liste lue jusqu'à sa fin, comparés à l'oracle")
    assert all(tally.by[route] for route in LISTS)


def _line(kind: str, obj: Any) -> str:
    return str(obj.hit if kind == "hit" else obj.id)


def _stands_in(kind: str, obj: Any, agent: terms.Agent) -> bool:
    """What a list holds of what is read: no contact that nobody asked for, of questions those that wait for oneself."""
    if kind == "agreement":
        return bool(obj.state == "ASKED" and obj.magistrate == agent.id)
    return kind != "contact" or obj.state != "AVAILABLE"


def _listed(one: Identity, path: str, page: str) -> set[str]:
    client, found, asked = visitor(raises=True), set[str](), set[str]()
    client.cookies["recoupe_session"] = one.token
    waiting = [path]
    while waiting:
        here = waiting.pop()
        asked.add(here)
        seen = pages.visit(client.get, here)
        found |= {str(pages.match(link)[1]["id"]) for link in seen.links if pages.name(link) == page}
        waiting += [
            link for link in seen.links if "before=" in link and urlsplit(link).path == path and link not in asked
        ]
    return found


# The one form in which what is kept for a form, and an account number, are whole (P-41, P-45).
FORMS = frozenset({"report-edit", "report-correct"})


def _may_see(told: House, agent: terms.Agent, rows: dict[str, Any], place: Place, route: str = "") -> bool:
    table, column, identifier = place
    obj = rows.get(identifier)
    if obj is None:
        return table == "audit_entry" and bool({"dpo", "inspection"} & set(policy.roles(told.facts, agent)))
    said = policy.shown(told.facts, agent, table, obj, f"{table}.{column}")
    if said == "yes" or (said in ("short", "form") and route in FORMS):
        return True
    # The name of a magistrate goes with what he directs or decides (P-46).
    return table == "access_agent" and bool(policy.roles(told.facts, obj) & MAGISTRATES)


def _presence(
    told: House, tally: Tally, canaries: dict[str, set[Place]], rows: dict[str, Any],
    seen: dict[str, set[tuple[str, str]]], visits: list[tuple[Identity, terms.Agent, Request, set[str]]],
) -> None:  # fmt: skip
    """What a page shows of its own object to one reader it shows to each other reader who may see it."""
    own: dict[str, list[tuple[str, Place]]] = defaultdict(list)
    for token, places in canaries.items():
        for place in places:
            own[place[2]].append((token, place))
    for one, agent, request, shown in visits:
        for token, (table, column, identifier) in own.get(request.identifier, []):
            row = tables.FIELDS.get(f"{table}.{column}", {})
            if (table, column) not in seen[request.route] or row.get("shown") != "reader" or request.method == "HEAD":
                continue
            due = policy.shown(told.facts, agent, table, rows[identifier], f"{table}.{column}") == "yes"
            tally.note(1, int(due), "presence")
            if due and token not in shown:
                tally.differs(_who(one), f"missing {request.route} {request.path} {table}.{column} {token}",
                              row["clause"], "hidden", "shown")  # fmt: skip


def test_a_search_finds_what_the_oracle_finds(told: House) -> None:
    """By a word of the fact that stands nowhere else."""
    tally, wanted, draw = Tally("http_search"), proof.size(ci=50, full=600), Random(proof.seed())
    reports = {i: r for i, r in told.facts.reports.items() if r.state != "DRAFT"}
    facts = {str(i): fact.split("zq")[1][:11] for i, fact in told.house.sql(
        "SELECT id, fact_text FROM intelligence_report WHERE fact_text ~ 'Fait zq'")}  # fmt: skip
    able = [(one, agent) for one in told.identities() if one.purpose and (agent := told.told(one)) is not None
            and policy.opens(told.facts, agent, "search", "GET") == "yes"]  # fmt: skip
    for _ in range(wanted):
        one, agent = draw.choice(able)
        identifier = draw.choice(sorted(set(facts) & set(reports)))
        asked = f"zq{facts[identifier]}"
        due = policy.may(told.facts, agent, "report", reports[identifier], "search") == "yes"
        client = visitor(raises=True)
        client.cookies["recoupe_session"] = one.token
        answer = client.post("/recherche/", {"text": asked})
        product = identifier in answer.content.decode()
        tally.note(1, int(due), f"search {due}")
        if product != due:
            tally.differs(
                _who(one), f"search {asked} {identifier} {told.facts.reports[identifier]}", "P-3", product, due
            )
    tally.close(wanted, "recherches par un mot, comparées à l'oracle")


def _who(one: Identity) -> str:
    return f"{one.login} {one.purpose.code if one.purpose else 'no purpose'}"
