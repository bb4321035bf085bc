"""The map of deal points in a real browser: drawn from our data alone, said again in words, followed and picked on."""

from collections.abc import Iterator
from io import BytesIO
from uuid import UUID

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Page

from recoupe.access.enums import Role
from tests.browser import WIDTHS, Watched, chromium, wait_until, watched
from tests.dealpoints.builders import active, report_by
from tests.web.live import serving, sign_in
from tests.world import TestAgent, World

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
READY = "Boolean(document.querySelector('.map').dataset.ready)"
TONE = """() => {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--bad").trim();
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""


@pytest.fixture(scope="module")
def police(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.CROSS_HEAD, "CROSS13")


@pytest.fixture(scope="module")
def point(world: World, police: TestAgent) -> UUID:
    return active(world, police, world.agent(Role.CROSS_ANALYST, "CROSS13"))


@pytest.fixture(scope="module")
def placeless(world: World, police: TestAgent) -> UUID:
    """A report that does not say where."""
    with world.acting(police) as agent:
        return report_by(agent, lon=None, lat=None, place_kind="none").id


@pytest.fixture(params=sorted(WIDTHS))
def site(world: World, point: UUID, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """The staff site over this module's database, at each width."""
    with chromium() as browser, serving(world) as origin, watched(browser, origin, request.param) as watch:
        yield watch


def drawn(page: Page, tone: list[int]) -> bool:
    """Whether the map's middle shows a point of that colour."""
    picture = Image.open(BytesIO(page.locator(".map__frame").screenshot())).convert("RGB")
    middle = (picture.width // 2, picture.height // 2)
    around = [(middle[0] + x, middle[1] + y) for x in range(-14, 15) for y in range(-14, 15)]
    return any(
        all(abs(a - b) < 12 for a, b in zip(picture.getpixel(at), tone, strict=True))  # type: ignore[arg-type]
        for at in around
    )


def test_the_point_stands_on_the_map_and_in_the_list(site: Watched, head: TestAgent, point: UUID) -> None:
    page = site.page
    sign_in(page, site.origin, head)
    page.goto(site.origin + "/carte/")
    wait_until(page, READY, 30)
    assert page.locator(".map__item").count() == 1
    page.get_by_role("button", name="Montrer sur la carte : Les Cygnes").press("Enter")
    popup = page.locator(".maplibregl-popup")
    popup.wait_for()
    page.wait_for_timeout(900)
    assert drawn(page, page.evaluate(TONE))
    assert popup.get_by_role("link", name="Ouvrir la fiche").get_attribute("href") == reverse(
        "dealpoint-page", args=[point]
    )
    assert site.complaints() == []
    assert site.axe() == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_page_of_a_point_shows_where_it_lies(site: Watched, head: TestAgent, point: UUID) -> None:
    page = site.page
    sign_in(page, site.origin, head)
    page.goto(site.origin + reverse("dealpoint-page", args=[point]))
    wait_until(page, READY, 30)
    assert drawn(page, page.evaluate(TONE))
    assert site.complaints() + site.axe() == []


def test_a_click_on_the_map_fills_the_form(placeless: UUID, site: Watched, police: TestAgent) -> None:
    page = site.page
    sign_in(page, site.origin, police)
    page.goto(f"{site.origin}/points/nouveau/?report={placeless}")
    wait_until(page, READY, 30)
    assert page.locator("#id_lon").input_value() == ""
    page.locator(".map__canvas canvas").click(position={"x": 60, "y": 60})
    assert float(page.locator("#id_lon").input_value())
    assert float(page.locator("#id_lat").input_value())
    page.locator("#id_commune").press_sequentially("Aubag")
    page.locator('#communes option[value="Aubagne (13)"]').wait_for(state="attached")
    assert site.complaints() + site.axe() == []
