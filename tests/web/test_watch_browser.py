"""The watch desk in a real browser, by the site and the base alone: light and dark, wide and narrow."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import WIDTHS, Watched, chromium, wait_until, watched
from tests.deconfliction.scene import Scene, emptied
from tests.operations.made import noon, point
from tests.web.live import serving, sign_in
from tests.world import World

pytestmark = pytest.mark.browser
# How often the screen asks (deconfliction/_watch.html).
ASKS_EVERY_MS = 15_000
FITS = "document.documentElement.scrollWidth <= window.innerWidth"


@pytest.fixture
def scene(world: World) -> Scene:
    """One danger, made before the browser runs: Django's connections are not for its thread."""
    emptied(world)
    scene = Scene(world)
    scene.meet()
    return scene


@pytest.fixture(params=sorted(WIDTHS))
def site(world: World, scene: Scene, request: pytest.FixtureRequest) -> Iterator[Watched]:
    with chromium() as browser, serving(world) as origin, watched(browser, origin, request.param) as watch:
        yield watch


def _another(scene: Scene) -> None:
    scene.enter(scene.police, point(noon(1)))
    scene.enter(scene.customs, point(noon(1)))
    scene.compare()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_screen_runs_by_itself(scene: Scene, site: Watched, scheme: str, tmp_path: Path) -> None:
    page = site.page
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    sign_in(page, site.origin, scene.watch)
    # Its clock runs as any other, and can be moved: a quarter of a minute need not be waited for.
    page.clock.install()
    page.goto(site.origin + "/veille/")
    clock = page.locator("[data-clock]").inner_text()
    wait_until(page, f"document.querySelector('[data-clock]').textContent !== {clock!r}", 5)
    left = page.locator("[data-until]").first.inner_text()
    wait_until(page, f"document.querySelector('[data-until]').textContent !== {left!r}", 5)
    assert page.locator(".watch__danger").count() == 1
    # Another one comes: the screen shows it without being loaded again.
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(_another, scene).result()
    assert page.locator(".watch__danger").count() == 1
    page.clock.fast_forward(ASKS_EVERY_MS)
    wait_until(page, "document.querySelectorAll('.watch__danger').length === 2", 25)
    page.get_by_role("button", name="Pas de réponse").first.click()
    page.get_by_text("pas de réponse", exact=False).first.wait_for()
    expect(page.locator("[data-watch-stale]")).to_be_hidden()
    page.screenshot(path=tmp_path / f"veille-{scheme}.png", full_page=True)
    assert page.evaluate(FITS)
    assert site.complaints() == []
    assert site.axe() == []
