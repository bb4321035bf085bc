"""A conflict of two registrations in the browser: an agreement, or the manager and two magistrates."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import WIDTHS, chromium, watched
from tests.deconfliction.settled import WHY, Met, elsewhere, meet
from tests.targets.builders import Registry
from tests.web.live import serving, sign_in
from tests.web.test_crosscheck_browser import clean
from tests.world import TestAgent, World

pytestmark = pytest.mark.browser
As = Callable[[TestAgent, str], Page]


@pytest.fixture(scope="module")
def registry(world: World) -> Registry:
    return Registry(world)


@pytest.fixture
def met(registry: Registry) -> Met:
    elsewhere(registry)
    return meet(registry)


@pytest.fixture(params=sorted(WIDTHS))
def opened(world: World, met: Met, request: pytest.FixtureRequest) -> Iterator[As]:
    """One browser in which one agent after the other opens a page, once the two registrations have met."""
    with (
        chromium() as browser,
        serving(world) as origin,
        watched(browser, origin, request.param) as watch,
    ):

        def open_as(who: TestAgent, address: str) -> Page:
            watch.page.context.clear_cookies()
            sign_in(watch.page, origin, who)
            watch.page.goto(origin + address)
            assert clean(watch) == [], address
            return watch.page

        yield open_as


def taken(page: Page, label: str, choice: str = "") -> None:
    """Fill the form of one step, unfolded if it is not, and send it."""
    step = page.locator("details.fold").filter(has=page.locator("summary", has_text=label))
    if step.get_attribute("open") is None:
        step.locator("summary").click()
    if choice:
        step.get_by_label(choice).check()
    step.get_by_label("Motif").fill(WHY)
    step.get_by_role("button", name=label).click()


def test_one_proposes_and_the_other_accepts(registry: Registry, met: Met, opened: As) -> None:
    page = opened(registry.police, "/conflits/")
    page.locator(f'a[href="/conflits/{met.id}/"]').click()
    taken(page, "Proposer qui mène", "Notre service mène")
    expect(page.get_by_text("Ce qui est proposé")).to_be_visible()
    page = opened(registry.customs, f"/conflits/{met.id}/")
    expect(page.get_by_text(WHY)).to_be_visible()
    taken(page, "Accepter l'accord proposé")
    expect(page.get_by_text("Ce qui est réglé")).to_be_visible()
    assert met.state() == "AGREED"


def test_the_manager_proposes_and_two_magistrates_decide(registry: Registry, met: Met, opened: As) -> None:
    taken(opened(registry.customs, f"/conflits/{met.id}/"), "Porter au gestionnaire du fichier")
    page = opened(registry.manager, "/fnos/bureau/")
    page.locator(f'a[href="/conflits/{met.id}/"]').click()
    taken(page, "Proposer aux deux magistrats", "Travail commun")
    expect(page.get_by_text("Soumis aux deux magistrats").first).to_be_visible()
    for magistrate in (registry.prosecutor, elsewhere(registry)):
        page = opened(magistrate, "/accords/")
        page.locator('a[href^="/accords/conflits/"]').first.click()
        page.get_by_label("J'accepte").check()
        page.get_by_role("button", name="Répondre").click()
        expect(page.get_by_text("Accepté").first).to_be_visible()
    assert met.state() == "DECIDED"
