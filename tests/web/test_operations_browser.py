"""Events in a real browser: form, list, calendar and map at each width, light and dark, by keyboard and on paper."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from recoupe.access.enums import Role
from tests.browser import WIDTHS, Watched, chromium, wait_until, watched
from tests.operations.made import noon
from tests.web.live import serving, sign_in
from tests.web.test_operations import WRITTEN, compare, planned, route
from tests.world import TestAgent, World

pytestmark = pytest.mark.browser
READY = "Boolean(document.querySelector('.map').dataset.ready)"
FITS = "document.documentElement.scrollWidth <= window.innerWidth"
LONG = "Contrôle des abords de la gare fictive avec le renfort de nuit"


@pytest.fixture(scope="module")
def police(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def met(world: World, police: TestAgent) -> str:
    """The address of an event that another service has met, among others of the same days."""
    ours = planned(world, police)
    planned(world, world.agent(Role.INVESTIGATOR, "DED13"), label="Filature", kind="sensitive")
    planned(world, police, **route(("40088", -6, -4), ("33063", -5, -1), label="Remontée de l'A63"))
    night = noon().replace(hour=22)
    hours = {"since": night.strftime(WRITTEN), "until": (night + timedelta(hours=30)).strftime(WRITTEN)}
    planned(world, police, label=LONG, lon="5.4", lat="43.3", **hours)
    compare(world)
    return ours


@pytest.fixture(params=[(width, scheme) for width in sorted(WIDTHS) for scheme in ("light", "dark")])
def site(world: World, met: str, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """The staff site over this module's database, at each width and in each scheme."""
    width, scheme = request.param
    with chromium() as browser, serving(world) as origin, watched(browser, origin, width, scheme) as watch:
        yield watch


def test_each_page_is_sound(site: Watched, police: TestAgent, met: str) -> None:
    page, day = site.page, noon().date()
    sign_in(page, site.origin, police)
    for address in (
        "/evenements/",
        "/evenements/?when=past",
        "/evenements/nouveau/",
        met,
        f"{met}modifier/",
        f"/evenements/calendrier/?day={day}",
        f"/evenements/calendrier/?view=month&day={day}",
    ):
        page.goto(site.origin + address)
        assert (address, site.complaints(), site.axe()) == (address, [], [])
        assert page.evaluate(FITS), address


def test_the_map_of_a_day_is_drawn_and_said_again(site: Watched, police: TestAgent) -> None:
    page = site.page
    sign_in(page, site.origin, police)
    page.goto(f"{site.origin}/evenements/carte/?day={noon().date()}")
    wait_until(page, READY, 30)
    assert page.locator(".map__item").count() == 3
    page.get_by_role("button", name="Montrer sur la carte : Remontée de l'A63").press("Enter")
    page.locator(".maplibregl-popup").wait_for()
    assert site.complaints() + site.axe() == []
    assert page.evaluate(FITS)
    page.emulate_media(media="print")
    expect(page.locator(".map__canvas")).to_be_visible()
    expect(page.locator(".tabs")).to_be_hidden()


def test_the_weeks_turn_by_keyboard(site: Watched, police: TestAgent) -> None:
    page = site.page
    sign_in(page, site.origin, police)
    page.goto(f"{site.origin}/evenements/calendrier/?day={noon().date()}")
    title = page.locator(".turns__title").inner_text()
    page.get_by_role("link", name="Après", exact=True).focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator(".turns__title").inner_text() != title
    assert page.locator(".calendar__day").count() == 7


def test_a_point_is_picked_on_the_map_of_the_form(site: Watched, police: TestAgent) -> None:
    page = site.page
    sign_in(page, site.origin, police)
    page.goto(f"{site.origin}/evenements/nouveau/")
    page.get_by_text("Poser un point précis").click()
    wait_until(page, READY, 30)
    page.locator(".map__canvas canvas").click(position={"x": 60, "y": 60})
    assert float(page.locator("#id_lon").input_value())
    assert site.complaints() + site.axe() == []
