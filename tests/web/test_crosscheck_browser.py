"""Two agents of two services in two browsers: they meet, speak, one releases; the pages are clean all along."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from recoupe.access.enums import Role
from recoupe.crosscheck.models import HitSide
from tests.browser import WIDTHS, Watched, chromium, follow, watched
from tests.crosscheck.scene import Scene, new_phone
from tests.web.live import serving, sign_in
from tests.world import TestAgent, World

pytestmark = pytest.mark.browser
SECRET = "Colis fictif retenu, destinataire inconnu."


@pytest.fixture(scope="module")
def scene(world: World) -> Scene:
    return Scene(world)


@pytest.fixture(scope="module")
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "DED13")


@pytest.fixture
def asked(scene: Scene, police: TestAgent, customs: TestAgent) -> HitSide:
    phone = new_phone()
    scene.enter(customs, phone=phone, fact_text=SECRET)
    report = scene.enter(police, phone=phone)
    scene.pull()
    return scene.side(police, report)


@pytest.fixture(params=sorted(WIDTHS))
def two(
    world: World, police: TestAgent, customs: TestAgent, asked: HitSide, request: pytest.FixtureRequest
) -> Iterator[tuple[Watched, Watched]]:
    """Two browsers on one site, each with the session of its agent, once the two have met."""
    with (
        chromium() as browser,
        serving(world) as origin,
        watched(browser, origin, request.param) as one,
        watched(browser, origin, request.param) as other,
    ):
        sign_in(one.page, origin, police)
        sign_in(other.page, origin, customs)
        yield one, other


def clean(watch: Watched) -> list[str]:
    wider = watch.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return watch.complaints() + watch.axe() + (["wider than the screen"] if wider else [])


def unfold(page: Page, name: str) -> None:
    fold = page.locator(f"details#{name}")
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()


def test_two_services_speak_and_one_releases(two: tuple[Watched, Watched], asked: HitSide) -> None:
    mine, theirs = two
    police, customs = mine.page, theirs.page
    police.goto(mine.origin + "/")
    follow(police.locator(f'a.line__title[href="/recoupements/{asked.id}/"]').first)
    assert clean(mine) == []
    police.get_by_label("Premier message").fill("Pouvez-vous nous rappeler ?")
    follow(police.get_by_role("button", name="Ouvrir le contact"))
    address = police.url
    customs.goto(theirs.origin + "/")
    assert clean(theirs) == []
    follow(customs.get_by_role("link", name="Contact demandé par un autre service").first)
    assert customs.url == address
    expect(customs.get_by_text("Pouvez-vous nous rappeler ?")).to_be_visible()
    customs.get_by_label("Votre message").fill("Oui, voici ce que nous savons.")
    follow(customs.get_by_role("button", name="Envoyer"))
    unfold(customs, "communiquer")
    assert clean(theirs) == []
    customs.get_by_label("Service destinataire").select_option(index=1)
    customs.locator("#communiquer").get_by_label("Motif").fill("Même réseau sans doute")
    customs.locator("#communiquer").get_by_role("button", name="Communiquer notre fiche").click()
    follow(customs.locator("#confirm").get_by_role("button", name="Confirmer"))
    customs.get_by_text("accordée").wait_for()
    police.goto(address)
    expect(police.get_by_text("Oui, voici ce que nous savons.")).to_be_visible()
    assert clean(mine) == []
    follow(police.locator("section[aria-labelledby=given] a").first)
    expect(police.get_by_text(SECRET).first).to_be_visible()
    hidden = customs.goto(f"{theirs.origin}/renseignements/{asked.record_id}/")
    assert hidden is not None
    assert hidden.status == 404


@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_the_other_pages_are_clean(world: World, scene: Scene, asked: HitSide, width: str) -> None:
    analyst = scene.who(Role.CROSS_ANALYST, "CROSS13")
    pages = {
        "/": analyst, "/recoupements/": analyst, f"/recoupements/{asked.id}/": analyst, "/contacts/": analyst,
        "/accords/": scene.who(Role.PROSECUTOR, "TJ13"), "/technique/": scene.who(Role.SYSADMIN, "OFAST"),
        "/habilitations/": scene.who(Role.DESIGNATING_AUTHORITY, "OFAST"),
        f"/habilitations/{analyst.id}/": scene.who(Role.DESIGNATING_AUTHORITY, "OFAST"),
    }  # fmt: skip
    found = {}
    with chromium() as browser, serving(world) as origin, watched(browser, origin, width) as watch:
        for address, who in pages.items():
            watch.page.context.clear_cookies()
            sign_in(watch.page, origin, who)
            watch.page.goto(origin + address)
            found[address] = clean(watch)
            watch.errors.clear()
    assert {address: lines for address, lines in found.items() if lines} == {}
