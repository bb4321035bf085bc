"""Markup that would run is never run, whatever way it takes into a page, and the page goes on working (R-51)."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import chromium, wait_until, watched
from tests.web.hostile_markup import PUT, SENTINEL, STRINGS, fragments
from tests.web.style.server import served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with served() as address:
        yield address


def fired(page: Page) -> list[int]:
    return sorted(set(page.evaluate("window.fired")))


def opened(browser: Browser, site: str, name: str, **options: Any) -> Any:
    """A page with the sentinel in it from the first instant."""
    context = browser.new_context(**options)
    context.add_init_script(SENTINEL + STRINGS)
    page = context.new_page()
    page.route("**/x", lambda route: route.fulfill(status=204))
    page.goto(f"{site}/style/{name}/")
    return page


def test_hostile_markup_runs_nowhere_and_the_page_goes_on(browser: Browser, site: str) -> None:
    """Every fragment by five ways into a page with the map; then the map still answers, and so does htmx."""
    hostile = list(fragments())
    assert len(set(hostile)) == len(hostile) >= 300
    page = opened(browser, site, "map", locale="fr-FR")
    wait_until(page, "Boolean(document.querySelector('.map').dataset.ready)", 30)
    for way in ("innerHTML", "outerHTML", "adjacent", "range", "htmx"):
        page.evaluate(PUT, [way, hostile])
        assert fired(page) == [], (way, [hostile[number] for number in fired(page)])
    assert page.url == f"{site}/style/map/"
    page.get_by_role("button", name="Montrer sur la carte : Point du Lavoir").press("Enter")
    page.locator(".maplibregl-popup").wait_for()
    page.route("**/harmless", lambda route: route.fulfill(body="<p id='arrived'>bien</p>", content_type="text/html"))
    page.evaluate("window.htmx.ajax('GET', '/harmless', 'main')")
    page.locator("#arrived").wait_for()
    page.context.close()


def test_the_same_markup_does_run_where_nothing_stops_it(browser: Browser, site: str) -> None:
    """Without the policy most of these families fire: the silence above is the policy's."""
    hostile = list(fragments())
    page = opened(browser, site, "home", locale="fr-FR", bypass_csp=True)
    page.evaluate(PUT, ["range", hostile])
    assert len(fired(page)) >= 150
    page.context.close()


def test_no_string_becomes_a_script(browser: Browser, site: str) -> None:
    page = opened(browser, site, "home")
    # From the page itself: what the driver evaluates is free of the policy.
    page.evaluate("setTimeout(window.tryStrings)")
    wait_until(page, "window.triedStrings >= 40")
    assert fired(page) == []
    page.context.close()
    with watched(browser, site) as watch:
        watch.page.goto(f"{site}/style/home/")
        assert watch.complaints() == []
