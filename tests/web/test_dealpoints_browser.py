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

pytestmark = pytest.mark.browser
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


@pytest.fixture(scope="module")
def office(world: World) -> TestAgent:
    return world.agent(Role.OFAST_ANALYST, "OFAST")


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


def test_the_bar_of_time_goes_back_by_the_keyboard_and_the_paper_follows(
    site: Watched, head: TestAgent, point: UUID
) -> None:
    page = site.page
    sign_in(page, site.origin, head)
    page.goto(site.origin + "/carte/")
    wait_until(page, READY, 30)
    bar = page.get_by_label("Remonter le temps")
    with page.expect_request(lambda asked: "/carte/tuiles/points/" in asked.url and "on=2019-09-17" in asked.url):
        bar.press("Home")
    assert bar.get_attribute("aria-valuetext") == "17/09/2019"
    page.locator(".map__status", has_text="Aucun point de deal connu de vous").wait_for()
    assert "on=2019-09-17" in (page.locator("[data-print]").get_attribute("href") or "")
    bar.press("End")
    page.locator(".map__item").first.wait_for()
    assert "on=" not in (page.locator("[data-print]").get_attribute("href") or "")
    assert site.complaints() + site.axe() == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("layer", ["heat", "density"])
def test_heat_and_density_are_drawn_and_said(site: Watched, head: TestAgent, point: UUID, layer: str) -> None:
    page = site.page
    sign_in(page, site.origin, head)
    page.goto(f"{site.origin}/carte/?layer={layer}")
    wait_until(page, READY, 30)
    assert page.locator(".map__item").count() == 1, "the list says the same"
    assert page.locator("caption", has_text="Points de deal pour 100 000 habitants").count() == (layer == "density")
    assert site.complaints() + site.axe() == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


CROWDED = """() => {
  const tags = [...document.querySelectorAll(".map__label:not(.is-crowded)")];
  const boxes = tags.map((tag) => tag.getBoundingClientRect());
  let met = 0;
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
    if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) met += 1;
  }));
  return [boxes.length, met];
}"""


def test_names_on_the_national_map_do_not_stand_on_each_other(site: Watched, office: TestAgent) -> None:
    page = site.page
    sign_in(page, site.origin, office)
    page.goto(site.origin + "/carte/")
    wait_until(page, READY, 60)
    named, met = page.evaluate(CROWDED)
    assert named > 10
    assert met == 0
    assert "is-crowded" in page.content()
    assert site.complaints() + site.axe() == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_land_beyond_the_mainland_is_shown_when_its_button_is_pressed(site: Watched, office: TestAgent) -> None:
    page = site.page
    sign_in(page, site.origin, office)
    page.goto(site.origin + "/carte/")
    wait_until(page, READY, 60)
    with page.expect_request(lambda request: "bbox=-5" in request.url and "points.geojson" in request.url) as asked:
        page.get_by_role("button", name="Guyane").press("Enter")
    west, south, east, north = (
        float(edge) for edge in asked.value.url.split("bbox=")[1].replace("%2C", ",").split(",")
    )
    assert west < -53 < east
    assert south < 4 < north
    page.locator(".map__status", has_text="Aucun point de deal connu de vous").wait_for()


def test_what_is_only_counted_has_a_name_and_a_way_nearer(site: Watched, head: TestAgent) -> None:
    page = site.page
    sign_in(page, site.origin, head)
    many = {"type": "FeatureCollection", "aggregated": True, "features": [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, 43.3]},
         "properties": {"count": 60, "land": "Bouches-du-Rhône"}} for lon in (5.2, 5.5)]}  # fmt: skip
    page.route("**/carte/points.geojson*", lambda route: route.fulfill(json=many))
    page.goto(site.origin + "/carte/")
    wait_until(page, READY, 60)
    line = page.locator(".map__item")
    assert line.count() == 1
    assert "120 points" in line.inner_text()
    with page.expect_request("**/carte/points.geojson*"):
        page.get_by_role("button", name="S'approcher : Bouches-du-Rhône").press("Enter")
    assert page.locator(".map__status").inner_text().startswith("Plus de cent points")
