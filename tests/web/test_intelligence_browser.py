"""A report in a real browser: by keyboard alone, proposals while typing, rows added, clean at a desk and on a phone."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from playwright.sync_api import Page

from recoupe.access.enums import Role
from recoupe.intelligence.actions import deposit
from recoupe.web.intelligence import writing
from tests.browser import WIDTHS, Watched, chromium, wait_until, watched
from tests.crosscheck.scene import entry, new_phone
from tests.web.live import serving, sign_in
from tests.world import TestAgent, World

pytestmark = pytest.mark.browser
NEW = "/renseignements/nouveau/"
ENOUGH = 120
DEPOSIT = ".form__foot button:text-is('Déposer')"


@pytest.fixture(autouse=True)
def no_matcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """No matcher runs in these tests: nobody waits for it."""
    monkeypatch.setattr(writing, "WAIT_S", 0.0)


@pytest.fixture(scope="module")
def author(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@contextmanager
def on(world: World, who: TestAgent, path: str, width: str = "desk", **options: bool) -> Iterator[Watched]:
    """A page of the staff site, signed in; what went wrong there fails. The database was prepared before."""
    with chromium() as browser, serving(world) as origin, watched(browser, origin, width) as watch:
        sign_in(watch.page, origin, who)
        watch.page.goto(origin + path)
        yield watch
        assert watch.complaints() == []


def reach(page: Page, selector: str) -> None:
    """Go to an element as somebody without a mouse does."""
    for _ in range(ENOUGH):
        if page.evaluate("(s) => document.activeElement?.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"never reached by Tab: {selector}")


def test_a_report_is_deposited_by_keyboard_alone(world: World, author: TestAgent) -> None:
    phone = new_phone()
    with world.acting(author) as agent:
        deposit(by=agent, entry=entry(phone=phone))
    with on(world, author, NEW) as watch:
        page, keys = watch.page, watch.page.keyboard
        wait_until(page, "document.activeElement?.id === 'id_fact_text'")
        keys.type(f"Il appelle le {phone} devant le hall ; IMEI 35 209900 176148 2.")
        page.wait_for_selector(".chip--check")
        known, doubtful = page.locator(".chip--check").all()
        assert "déjà connu de vous\u00a0: PJ13-26-" in known.inner_text()
        assert "chiffre" in doubtful.inner_text()
        for target, typed in (("#id_event_from", "12/11/2026"), ("#id_commune", "Marseille (13)")):
            reach(page, target)
            keys.type(typed)
        keys.press("Shift+Tab")
        reach(page, "#id_commune")
        for _ in range(8):
            keys.press("Shift+Tab")
            if page.evaluate("document.activeElement?.value?.startsWith('phone:')"):
                break
        keys.press("Space")
        reach(page, "#id_source_kind")
        keys.type("Constatation")
        reach(page, "[name=handling][value=H0]")
        keys.press("Space")
        reach(page, ".form__foot .button")
        keys.press("Enter")
        page.wait_for_url(re.compile(r"/renseignements/[0-9a-f-]{36}/$"))
        assert "Fiche déposée" in page.content()
        assert page.locator(".chip__value").all_inner_texts() == [phone]
        assert page.locator("#related").count() == 1


def test_enter_in_a_field_never_deposits(world: World, author: TestAgent) -> None:
    with on(world, author, NEW) as watch:
        watch.page.fill("#id_fact_text", "Une fiche à moitié écrite")
        watch.page.fill("#id_event_from", "2026")
        watch.page.press("#id_event_from", "Enter")
        watch.page.wait_for_url("**/brouillons/")
        assert "Une fiche à moitié écrite" in watch.page.content()


def test_rows_are_added_and_sent(world: World, author: TestAgent) -> None:
    with on(world, author, NEW) as watch:
        page = watch.page
        page.click("summary:has-text('Personnes')")
        for number in (1, 2):
            page.click("text=Ajouter une personne")
            page.wait_for_selector(f"[name='persons-{number}-family']")
        page.fill("[name='persons-2-family']", "Durand-Test")
        page.fill("#id_fact_text", "Vu de loin")
        page.click(DEPOSIT)
        page.wait_for_selector(".error-summary")
        assert page.input_value("[name='persons-2-family']") == "Durand-Test"
        assert page.locator("a[href='#id_persons-2-category']").count() == 1
        assert watch.axe() == []


def test_without_script_the_form_still_works(world: World, author: TestAgent) -> None:
    with chromium() as browser, serving(world) as origin, watched(browser, origin, java_script_enabled=False) as watch:
        page = watch.page
        sign_in(page, origin, author)
        page.goto(origin + NEW)
        page.fill("#id_fact_text", "Il appelle le 06 39 98 12 34.")
        page.fill("#id_event_from", "12/11/2026")
        page.fill("#id_commune", "Marseille (13)")
        page.select_option("#id_source_kind", "officer_observation")
        page.check("[name=handling][value=H0]")
        page.click(DEPOSIT)
        page.check("[name=selector]")
        page.click(DEPOSIT)
        page.wait_for_url(re.compile(r"/renseignements/[0-9a-f-]{36}/$"))
        assert "06 39 98 12 34" in page.content() or "+33639981234" in page.content()


@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_pages_are_clean(world: World, author: TestAgent, width: str) -> None:
    with world.acting(author) as agent:
        report = deposit(by=agent, entry=entry(phone=new_phone(), assessment_text="Un avis.")).id
    paths = [
        NEW,
        "/renseignements/",
        f"/renseignements/{report}/",
        f"/renseignements/{report}/corriger/",
        "/renseignements/brouillons/",
        "/recherche/",
        "/imports/",
        "/imports/nouveau/",
        "/procedures/",
        "/procedures/nouvelle/",
    ]
    found: dict[str, list[str]] = {}
    with on(world, author, NEW, width) as watch:
        for path in paths:
            watch.page.goto(watch.origin + path)
            watch.page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            wider = watch.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
            found[path] = watch.complaints() + watch.axe() + (["wider than the screen"] if wider else [])
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_the_quick_search_leaves_no_word_in_the_address(world: World, author: TestAgent) -> None:
    phone = new_phone()
    with world.acting(author) as agent:
        ref = deposit(by=agent, entry=entry(phone=phone)).ref
    with on(world, author, "/renseignements/") as watch:
        watch.page.keyboard.press("/")
        watch.page.keyboard.type(phone)
        watch.page.keyboard.press("Enter")
        watch.page.wait_for_url("**/recherche/")
        assert ref
        assert ref in watch.page.content()
        assert phone not in watch.page.url


HIDDEN = """
() => {
  const bar = document.querySelector(".form__foot--sticky").getBoundingClientRect();
  const box = document.activeElement.getBoundingClientRect();
  const inside = document.activeElement.closest(".form__foot--sticky");
  // Of a text area the browser brings the line where one writes.
  const written = Math.min(box.bottom, box.top + 48);
  return !inside && written > bar.top + 1 && box.top < bar.bottom;
}
"""


@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_the_bar_at_the_bottom_hides_no_field_that_is_reached(world: World, author: TestAgent, width: str) -> None:
    with on(world, author, NEW, width) as watch:
        page = watch.page
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        page.locator("#id_fact_text").focus()
        hidden = []
        for _ in range(ENOUGH):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break
            if page.evaluate(HIDDEN):
                hidden.append(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
        assert hidden == []


def test_an_ended_session_is_said_while_one_types(world: World) -> None:
    """Nobody writes a page of text that can no longer be sent."""
    with on(world, world.agent(Role.INVESTIGATOR, "PJ13"), NEW) as watch:
        page = watch.page
        page.context.clear_cookies(name=settings.SESSION_COOKIE)
        page.locator("#id_fact_text").press_sequentially("Deux hommes")
        page.locator("#flash", has_text="Votre session est terminée").wait_for()
        assert page.locator("#id_fact_text").input_value() == "Deux hommes"
        watch.errors.clear()
