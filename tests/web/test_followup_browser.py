"""After an operation in a real browser: from the board to a check, its answer, and a measure of the plan."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from playwright.sync_api import expect

from tests.browser import WIDTHS, Watched, chromium, watched
from tests.coordination.after import WHY, dismantled, state
from tests.coordination.builders import Cast
from tests.web.live import serving, sign_in
from tests.world import World

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def cast(world: World) -> Cast:
    return Cast(world)


@pytest.fixture
def point(world: World, cast: Cast) -> UUID:
    return dismantled(world, cast, 8)


@pytest.fixture(params=sorted(WIDTHS))
def site(world: World, point: UUID, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """The staff site over this module's database, at each width."""
    with chromium() as browser, serving(world) as origin, watched(browser, origin, request.param) as watch:
        yield watch


def test_from_the_board_an_analyst_says_that_sales_are_back_and_plans_lamps(
    site: Watched, world: World, cast: Cast, point: UUID
) -> None:
    page = site.page
    sign_in(page, site.origin, cast.analyst)
    page.goto(site.origin + "/suivi/")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator(f"a[href='/suivi/points/{point}/']").first.click()
    page.get_by_text("Répondre").first.click()
    page.get_by_label("Ce qui a été constaté").select_option(label="La vente a repris ici")
    page.get_by_label("Jour du passage").fill(page.evaluate("new Date(Date.now() - 864e5).toLocaleDateString('fr-FR')"))
    page.get_by_label("Ce qui le montre, ou pourquoi personne n'y est allé").fill(WHY)
    page.get_by_role("button", name="Enregistrer la réponse").click()
    expect(page.get_by_text("La vente a repris ici").first).to_be_visible()
    assert state(world, point) == "REOCCUPIED"
    page.get_by_text("Prévoir une mesure").click()
    page.get_by_label("Ce qui sera fait").fill("Remplacer les lampes du passage")
    page.get_by_label("Échéance").fill(page.evaluate("new Date(Date.now() + 30 * 864e5).toLocaleDateString('fr-FR')"))
    page.get_by_label("Ou un partenaire").select_option(label="Commune")
    page.get_by_label("Son bureau").fill("Mairie, éclairage public")
    page.get_by_role("button", name="Ajouter au plan").click()
    expect(page.get_by_text("Remplacer les lampes du passage").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert site.complaints() == []
    assert site.axe() == []
