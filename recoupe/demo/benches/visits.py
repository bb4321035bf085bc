"""Twenty agents who read at the same time: each list and page, over HTTP."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from threading import Barrier

from django.urls import Resolver404, resolve, reverse

from recoupe.access.enums import Role
from recoupe.demo import crew
from recoupe.demo.benches.frame import Bench, Measure, Target, percentile
from recoupe.demo.benches.intake import Heads
from recoupe.demo.benches.processes import Site
from recoupe.demo.benches.visitor import Answer, Visitor

AGENTS, TINY_AGENTS = 20, 2
ROUNDS, LEAST = 15, 2
LATENCY = Target(300)
_LINK = re.compile(r'href="(/[^"?#]*)')


READERS = (
    *(("CROSS13", Role.CROSS_ANALYST),) * 4,
    ("CROSS13", Role.CROSS_HEAD),
    *(("OFAST", Role.OFAST_ANALYST),) * 2,
    *(("PJ13", Role.INVESTIGATOR),) * 5,
    ("TJ13", Role.PROSECUTOR),
    ("OFAST", Role.DPO),
    ("OFAST", Role.SYSADMIN),
    ("OFAST", Role.DESIGNATING_AUTHORITY),
)
MAGISTRATE = READERS.index(("TJ13", Role.PROSECUTOR))


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its name among the addresses, the page that leads to it, the words of its form."""

    name: str
    listed_on: str = ""
    query: str = ""
    form: tuple[tuple[str, str], ...] = ()
    said: str = ""
    # What its address holds besides its name.
    at: tuple[str | int, ...] = ()
    # Composed afresh for its reader, with its serial number: no list and no page, so that no target speaks of it.
    paper: bool = False

    @property
    def title(self) -> str:
        """How its measure is named."""
        return f"{'paper' if self.paper else 'page'}_p95: {self.name}" + (f" ({self.said})" if self.said else "")


PAGES = (
    # A paper leaves the house for who has just shown his key: within five minutes of the readers' sign-in.
    Page("report-print", listed_on="report-page", paper=True),
    Page("objective-print", listed_on="objective-page", paper=True),
    Page("home"),
    Page("report-list"),
    Page("report-list", query="?department=13", said="un département"),
    Page("report-page", listed_on="report-list"),
    Page("report-new"),
    Page("search", form=(("text", "scooter"),), said="mot fréquent"),
    Page("search", form=(("text", "xylophone"),), said="mot absent"),
    Page("search", form=(("selector", "ZZ-001-QA"),), said="plaque"),
    Page("search", form=(("commune", "Marseille (13)"), ("text", "vendeur")), said="commune et mot"),
    Page("hit-list"),
    Page("hit-page", listed_on="hit-list"),
    Page("judgement-page", listed_on="hit-list"),
    Page("contact-list"),
    Page("contact-page", listed_on="contact-list"),
    Page("dealpoint-list"),
    Page("dealpoint-page", listed_on="dealpoint-list"),
    Page("dealpoint-new"),
    Page("dealpoint-correct", listed_on="dealpoint-page"),
    Page("dealpoint-map"),
    Page("dealpoint-points", query="?bbox=-5.2,41.3,9.6,51.1", said="France"),
    Page("dealpoint-points", query="?bbox=5.2,43.2,5.6,43.5", said="Marseille"),
    Page("dealpoint-points", query="?bbox=5.2,43.2,5.6,43.5&on=2026-01-31", said="un jour passé"),
    Page("dealpoint-tile", at=("points", 9, 263, 186), said="Marseille"),
    Page("dealpoint-tile", at=("heat", 6, 32, 22), said="chaleur"),
    Page("dealpoint-map-print", query="?bbox=5.2,43.2,5.6,43.5", paper=True),
    Page("objective-list"),
    Page("objective-page", listed_on="objective-list"),
    Page("objective-new"),
    Page("followup-board"),
    Page("followup-page", listed_on="followup-board"),
    Page("report-drafts"),
    Page("import-list"),
    Page("import-new"),
    Page("import-page", listed_on="import-list"),
    Page("dealpoint-import"),
    Page("dealpoint-doubles"),
    Page("dealpoint-stock"),
    Page("presence-list"),
    Page("presence-new"),
    Page("presence-import"),
    Page("presence-page", listed_on="presence-list"),
    Page("presence-correct", listed_on="presence-page"),
    Page("presence-figures"),
    Page("presence-shares"),
    Page("dealpoint-arrivals"),
    Page("agreement-list"),
    Page("agreement-page", listed_on="agreement-list"),
    Page("case-list"),
    Page("case-new"),
    Page("case-page", listed_on="case-list"),
    Page("event-list"),
    Page("event-list", query="?when=past", said="passés"),
    Page("event-new"),
    Page("event-page", listed_on="event-list"),
    Page("event-change", listed_on="event-page"),
    Page("event-calendar"),
    Page("event-calendar", query="?view=month", said="mois"),
    Page("event-map"),
    Page("event-places"),
    Page("target-list"),
    Page("target-page", listed_on="target-list"),
    Page("target-gauge"),
    Page("plan-board"),
    Page("plan-measure", listed_on="plan-board"),
    Page("plan-context"),
    Page("plan-committee"),
    Page("purpose"),
    Page("reads"),
    Page("key-list"),
    Page("recovery-list"),
    Page("review-list"),
    Page("habilitation-list"),
    Page("habilitation-page", listed_on="habilitation-list"),
    Page("account-new"),
    Page("account-page", listed_on="habilitation-page"),
    Page("cell-list"),
    Page("technical"),
    Page("journal"),
    Page("journal-chart"),
    Page("journal-export"),
)
BY_NAME = {page.name: page for page in PAGES if not page.said}


def readers(by: Heads) -> list[str]:
    """The sessions of twenty agents of every kind: cells, office, units, prosecutors, data protection."""
    made = [crew.session(f"lecteur{rank}", unit, role) for rank, (unit, role) in enumerate(READERS)]
    return [*made, *list(by.tokens.values())[: AGENTS - len(made)]]


def measure_pages(bench: Bench, site: Site, tokens: list[str]) -> Iterator[Measure]:
    """Each page that exists, read by all who may at the same moment, without a pause between two readings."""
    # To show that each page can be measured, one reader of a kind will do, and one of the heads.
    chosen = {*(READERS.index(kind) for kind in READERS), len(READERS)} if bench.tiny else range(len(tokens))
    visitors = [Visitor(tokens[rank], site.port) for rank in sorted(chosen)]
    agents = TINY_AGENTS if bench.tiny else AGENTS
    rounds = 1 if bench.tiny else bench.share(ROUNDS, LEAST)
    for page in PAGES:
        entitled = _entitled(visitors, page, agents)
        if not entitled:
            # A page that nobody reads would be a target that is always met.
            raise RuntimeError(f"none of these agents reads {page.title}")
        spent = _at_once(entitled, page, agents, rounds)
        how = (
            f"{agents} lectures à la fois sans pause, par {len(entitled)} agents habilités ; "
            f"médiane {percentile(spent, 0.5):.0f} ms"
        )
        size = f"{len(spent)} lectures, base de {bench.reports} fiches"
        yield Measure(page.title, percentile(spent), "ms", how, size, None if page.paper else LATENCY)
    for visitor in visitors:
        visitor.close()


def _entitled(visitors: list[Visitor], page: Page, most: int) -> list[tuple[Visitor, str]]:
    """Who may read it, so many at least if there are, and at which address; a failure of the server ends the bench."""

    def reads(visitor: Visitor) -> str:
        mine = _address(visitor, page)
        return mine if mine and _read(visitor, page, mine).status == HTTPStatus.OK else ""

    found: list[tuple[Visitor, str]] = []
    with ThreadPoolExecutor(most) as pool:
        for first in range(0, len(visitors), most):
            some = visitors[first : first + most]
            found += [(visitor, mine) for visitor, mine in zip(some, pool.map(reads, some), strict=True) if mine]
            if len(found) >= most:
                break
    return found


def _address(visitor: Visitor, page: Page) -> str:
    """Where the agent finds it: the first link of the page that leads to it; empty when his has none."""
    if not page.listed_on:
        return reverse(page.name, args=page.at)
    above = _address(visitor, BY_NAME[page.listed_on])
    if not above:
        return ""
    if above not in visitor.led_to:
        answer = visitor.get(above)
        visitor.led_to[above] = _links(answer.body) if answer.status == HTTPStatus.OK else {}
    return visitor.led_to[above].get(page.name, "")


def _links(body: str) -> dict[str, str]:
    """The first link to each page that a page leads to."""
    found: dict[str, str] = {}
    for link in _LINK.findall(body):
        try:
            found.setdefault(str(resolve(link).url_name), str(link))
        except Resolver404:
            continue
    return found


def _read(visitor: Visitor, page: Page, address: str) -> Answer:
    answer = visitor.post(address, dict(page.form)) if page.form else visitor.get(address + page.query)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise RuntimeError(f"{page.name} answered {answer.status}")
    return answer


def _at_once(entitled: list[tuple[Visitor, str]], page: Page, agents: int, rounds: int) -> list[float]:
    """The time of every reading; where fewer may read than read at once, they do so in several windows."""
    windows = [entitled[rank % len(entitled)] for rank in range(agents)]
    start = Barrier(agents)

    def reads(window: tuple[Visitor, str]) -> list[float]:
        visitor = Visitor(window[0].token, window[0].port)
        start.wait()
        found = [_read(visitor, page, window[1]).milliseconds for _ in range(rounds)]
        visitor.close()
        return found

    with ThreadPoolExecutor(agents) as pool:
        return [one for found in pool.map(reads, windows) for one in found]
