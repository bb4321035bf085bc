"""Nothing escapes discovery: each route, table, kind and format of the house is found, and can be reached (R-33)."""

import sys
from dataclasses import dataclass, replace
from types import ModuleType

import pytest
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.test import Client

from recoupe.config.processes import PROCESSES
from recoupe.demo import discovery
from recoupe.demo.discovery import renderers
from recoupe.demo.discovery.renderers import Format, formats
from recoupe.demo.discovery.routes import PUBLIC
from tests.browser import chromium, watched
from tests.furnished import Furnished, furnish
from tests.tools import key_for
from tests.web.live import serving, sign_in
from tests.world import World

# Tables that no model of ours stands for, and why.
FOREIGN = {
    "access_channel": "the name by which the matcher is woken: made by guards.sql, read by the matcher alone",
    "access_context": "who acts in this transaction: made by functions.sql, read by its functions alone",
    "django_migrations": "Django's bookkeeping of the schema",
    "procrastinate_events": "the worker's queue",
    "procrastinate_jobs": "the worker's queue",
    "procrastinate_periodic_defers": "the worker's queue",
    "procrastinate_workers": "the worker's queue",
}
# Read by the application under a rule of its own, and no kind of case object.
OWN_RULE = {
    "access_agent",
    "access_habilitation",
    "access_cellservice",
    "access_mandate",
    "access_disclosure",
    "audit_entry",
    "deconfliction_opinion",
    "deconfliction_settlement",
    "deconfliction_settlementstep",
    "notices_notice",
    "plan_card",
    "plan_decision",
    "plan_evidence",
    "plan_session",
    "plan_snapshot",
    "plan_value",
}
# Between them they are offered every page; whatever is left is asked as anybody.
CRAWLING = ("police", "customs", "customs head", "analyst", "prosecutor", "authority", "dpo", "administrator",
            "watch desk", "bureau", "plan owner", "plan secretary")  # fmt: skip


@dataclass
class Crawled:
    """The furnished world, what its agents met in it, and the address book that learnt from them."""

    house: Furnished
    visits: list[discovery.Visit]
    book: discovery.AddressBook
    # One page of each route, and who was served it.
    shown: dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
def crawled(world: World) -> Crawled:
    house = furnish(world)
    book = house.book()
    starts = ["/", *("/" + route.pattern for route in book.routes if route.readable and not route.parameters)]
    met: list[discovery.Visit] = []
    shown: dict[str, tuple[str, str]] = {}
    for name in CRAWLING:
        here = list(discovery.visits(world.client(house.people[name]).get, starts))
        pages = [v for v in here if v.status == 200 and v.format is discovery.Format.HTML]
        shown = {visit.route: (name, visit.path) for visit in reversed(pages)} | shown
        met += here
    book.learn(met)
    return Crawled(house, met, book, shown)


@pytest.mark.parametrize("site", sorted(discovery.SITES))
def test_every_route_says_its_name_its_methods_its_policy_and_its_formats(site: str) -> None:
    found = discovery.routes(site)
    assert found
    assert [fault for route in found for fault in route.faults()] == []


def test_a_route_that_says_nothing_is_found_out() -> None:
    """The check above can fail: a view without methods, policy or a known answer."""

    def bare(request: object) -> object:
        return HttpResponse("x", content_type="application/x-unknown")

    assert discovery.routes("web")[0].faults() == []
    with pytest.raises(discovery.Unclassified):
        formats(bare)
    for site in discovery.SITES:
        unknown = replace(discovery.routes(site)[0], name="added later", roles=None)
        assert [fault.rpartition(": ")[2] for fault in unknown.faults()] == ["no declared policy"]
    served = {(route.site, route.name) for site in discovery.SITES for route in discovery.routes(site)}
    assert set(PUBLIC) <= served, "routes.py gives a reason for what is no longer there"


def test_an_answer_built_elsewhere_or_by_a_method_is_seen_beside_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """One format found is not all of them."""

    def paper() -> HttpResponse:
        return HttpResponse(b"", content_type="application/pdf")

    def interface() -> dict[str, object]:
        return {"openapi": "3.1.0", "paths": {}}

    class Shown:
        def table(self) -> HttpResponse:
            return HttpResponse("", content_type="text/csv")

    def view(shown: Shown, asked: str) -> object:
        if asked:
            return paper() if asked == "paper" else JsonResponse(interface())
        return shown.table() if shown else redirect("/")

    later = ModuleType("recoupe.web.later")
    later.Shown = Shown  # type: ignore[attr-defined]
    Shown.__module__ = Shown.table.__module__ = later.__name__
    paper.__module__ = interface.__module__ = "recoupe.kernel.later"
    monkeypatch.setitem(sys.modules, later.__name__, later)
    renderers._methods.cache_clear()
    try:
        wanted = {Format.PDF, Format.EXPORT, Format.JSON, Format.OPENAPI, Format.REDIRECT}
        assert formats(view) == wanted
    finally:
        renderers._methods.cache_clear()


def test_an_interface_is_known_by_its_word_whatever_its_media_type() -> None:
    told = [discovery.format_of(JsonResponse(body)) for body in ({"openapi": "3.1.0"}, {"info": "openapi"})]
    assert told == [Format.OPENAPI, Format.JSON]


def test_every_table_belongs_to_a_room(world: World) -> None:
    found = Furnished(world).tables()
    assert set(found) - set(discovery.rooms_of_tables()) == set(FOREIGN)


def test_every_kind_of_object_is_what_the_database_protects(world: World) -> None:
    """Models and catalogue agree: what the application reads by keys, or with a parent, is a kind, and inversely."""
    found, kinds = Furnished(world).tables(), discovery.kinds()
    rules = {name: table.rule("recoupe_app", "SELECT") for name, table in found.items()}
    assert {name for name, rule in rules.items() if rule in ("keys", "parent", "own")} - set(kinds) == OWN_RULE
    assert {name for name in kinds if rules[name] == "everybody"} == set()
    assert {name for name, kind in kinds.items() if kind.protected} <= {n for n, r in rules.items() if r == "keys"}


def test_there_is_one_of_each_kind(crawled: Crawled) -> None:
    """A later kind needs a maker in tests/furnished.py: what follows could not try it."""
    empty = [name for name in discovery.kinds() if not crawled.house.query(f"SELECT 1 FROM {name} LIMIT 1")]
    assert empty == []


def test_every_place_of_an_address_is_filled(crawled: Crawled) -> None:
    assert crawled.book.unfilled() == []


def test_every_readable_route_answers_somebody_with_a_format_that_its_view_declares(crawled: Crawled) -> None:
    """Each route × a few objects × each agent, until one is served: a page that nobody can reach is not checked."""
    served = {visit.route: visit for visit in crawled.visits if visit.status == 200}
    for route in crawled.book.routes:
        if route.readable and route.pattern not in served:
            for visit in _asked(crawled, route):
                served[visit.route] = visit
                break
    readable = [route for route in crawled.book.routes if route.readable]
    assert [route.pattern for route in readable if route.pattern not in served] == []
    assert [
        (route.pattern, served[route.pattern].format)
        for route in readable
        if served[route.pattern].format not in route.formats and discovery.Format.FILE not in route.formats
    ] == []
    shapes = {shape for found in discovery.surfaces(served.values()).values() for shape in found}
    wanted = discovery.Surface
    assert {wanted.LIST, wanted.PAGE, wanted.SEARCH, wanted.TILE, wanted.EXPORT, wanted.PDF, wanted.FILE} <= shapes


def _asked(crawled: Crawled, route: discovery.Route) -> list[discovery.Visit]:
    """The first good answer of a route that no link leads to."""
    if not route.view.policy.sessions:  # type: ignore[attr-defined]
        token = key_for(crawled.house.world, crawled.house.people["unit head"], "Découverte")
        return [discovery.visit(Client(headers={"authorization": f"Bearer {token}"}).get, "/" + route.pattern)]
    for path in crawled.book.addresses(route, most=30):
        if not route.roles:
            return [discovery.visit(Client().get, path)]
        for who in crawled.house.people.values():
            if route.roles is not None and route.roles & {str(role) for role in who.roles}:
                found = discovery.visit(crawled.house.world.client(who).get, path)
                if found.status == 200:
                    return [found]
    return []


@pytest.mark.browser
def test_no_page_breaks_its_own_content_policy(crawled: Crawled) -> None:
    """One page of each route in a real browser: no violation, no script error, nothing asked of another site."""
    assert len(crawled.shown) >= 30
    found: dict[str, list[str]] = {}
    with serving(crawled.house.world) as origin, chromium() as browser, watched(browser, origin) as watch:
        for name in sorted({who for who, _ in crawled.shown.values()}):
            watch.page.context.clear_cookies()
            sign_in(watch.page, origin, crawled.house.people[name])
            for who, path in crawled.shown.values():
                if who == name:
                    watch.page.goto(origin + path)
                    found[path] = watch.complaints()
                    watch.errors.clear()
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_every_process_that_serves_is_a_site() -> None:
    assert set(discovery.SITES) == {process.name for process in PROCESSES.values() if process.urlconf}
