"""Journeys through the public door in chromium: send, come back, add, read, burn; what leaves and what is left."""

import io
import os
import re
from datetime import date
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from recoupe.kernel.refusal import Invalid
from recoupe.portal import views
from recoupe.portal.flood import Bucket
from recoupe.sealing import answer, exchange, hpke, letter, outcome, receipt, report
from tests.browser import Watched, wait_until
from tests.portal.door import key_for, opened
from tests.world import World

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("RECOUPE_PICTURES", "")
TEXT = "Devant la gare, chaque soir : « le grand » en vend 🚉"


@pytest.fixture(scope="module")
def held(world: World) -> dict[int, bytes]:
    """The private keys by slot: the cell of Bouches-du-Rhône, its neighbour of the Var, the office."""
    return {0: key_for(world, "CROSS13"), 1: key_for(world, "CROSS83"), 3: key_for(world, "OFAST")}


@pytest.fixture(scope="module")
def cell(held: dict[int, bytes]) -> bytes:
    """The key of the cell, which letters of this module are for."""
    return held[0]


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "BUCKET", Bucket())
    monkeypatch.setattr(views, "PLAIN_BUCKET", Bucket())


def picture(page: Page, name: str) -> None:
    """A picture of the whole page, where somebody asked for them."""
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def visible(page: Page, part: str) -> None:
    wait_until(page, f"!document.getElementById('{part}').hidden", 20)


def begin(watch: Watched, path: str = "/") -> Page:
    page = watch.page
    page.goto(watch.origin + path)
    visible(page, "choice")
    page.click("#begin")
    page.click("#danger-no")
    visible(page, "report")
    return page


def fill(page: Page, text: str = TEXT) -> None:
    page.select_option("#area", "13")
    wait_until(page, "document.querySelectorAll('#communes option').length > 100")
    page.fill("#commune", "marseille")
    page.fill("#place", "derrière la supérette")
    page.check("[name=days][value=weekdays]")
    page.check("[name=hours][value=evening]")
    page.check("[name=what][value=sale]")
    page.check("[name=roles][value=lookout]")
    page.fill("#text", text)


def sent(page: Page) -> receipt.Receipt:
    page.click("#send")
    visible(page, "receipt")
    return receipt.read(" ".join(page.locator("#words li").all_inner_texts()))


def kept(world: World, mine: receipt.Receipt) -> list[bytes]:
    rows = world.sql("SELECT letter FROM tips_letter WHERE place = %s", [mine.place])
    return [bytes(row[0]) for row in rows]


def come_back(watch: Watched, mine: receipt.Receipt) -> Page:
    page = watch.page
    page.goto(watch.origin + "/")
    visible(page, "choice")
    page.click("#come-back")
    page.fill("#typed", " ".join(mine.words))
    page.click("#read")
    visible(page, "thread")
    return page


def answered(world: World, mine: receipt.Receipt, told: outcome.Told) -> None:
    made = answer.seal(outcome.write(told), place=mine.place, public=hpke.public_key(mine.thread_key))
    world.sql("INSERT INTO tips_answer VALUES (gen_random_uuid(), %s, %s, %s)", [told.on, mine.place, made])


def test_a_report_is_sealed_sent_answered_added_to_and_burnt(world: World, cell: bytes) -> None:
    with opened(world) as watch:
        bodies: list[bytes] = []
        watch.page.on("request", lambda request: bodies.append(request.post_data_buffer or b""))
        page = begin(watch)
        picture(page, "form-390")
        fill(page)
        assert "soir" not in page.inner_text("#marked")
        picture(page, "filled-390")
        assert watch.axe() == []
        own = page.content()
        mine = sent(page)
        # A word that the page's own sentences hold says nothing of what was forgotten.
        drawn = [word for word in mine.words if word not in own]
        assert drawn
        picture(page, "receipt-390")
        assert watch.axe() == []
        page.click("#noted")
        visible(page, "finished")
        assert not [word for word in drawn if word in page.content()]
        [whole] = kept(world, mine)
        told = report.read(letter.unseal(whole, cell, 0))
        assert told == report.Report(
            area="13", commune="Marseille (13055)", place="derrière la supérette", days=(report.Days.WEEKDAYS,),
            hours=(report.Hours.EVENING,), what=(report.What.SALE,), roles=(report.Role.LOOKOUT,), text=TEXT,
        )  # fmt: skip
        asks = "Merci. <b>À quelle heure ?</b>"
        answered(world, mine, outcome.Told(outcome.State.EXAMINED, date(2026, 11, 24), asks))
        page = come_back(watch, mine)
        assert "24 novembre 2026" in page.inner_text("#answers")
        assert asks in page.inner_text("#answers")
        picture(page, "thread-390")
        assert watch.axe() == []
        page.click("#add")
        fill(page, "Vers vingt et une heures.")
        page.click("#send")
        visible(page, "thread")
        assert "Plis gardés\u00a0: 2" in page.inner_text("#kept")
        assert {report.read(letter.unseal(one, cell, 0)).kind for one in kept(world, mine)} == set(report.Kind)
        page.click("#burn")
        page.click("#burn-yes")
        visible(page, "finished")
        assert kept(world, mine) == []
        assert "effacé" in page.inner_text("#finished")
        assert watch.complaints() == []
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0
        assert page.evaluate("(async () => (await indexedDB.databases()).length + (await caches.keys()).length)()") == 0
    wire = [body for body in bodies if body]
    assert {len(body) for body in wire} == {exchange.HEAD + 4096}, "whatever is asked has one length"
    assert not [body for body in wire if b"gare" in body or b"Marseille" in body]
    # Sent, read, added, burnt: each is two exchanges, so that the line does not tell which.
    assert len(wire) == 2 * 4


def test_at_a_border_the_neighbour_reads_too_and_the_office_has_its_slot(world: World, held: dict[int, bytes]) -> None:
    with opened(world, "desk") as watch:
        page = begin(watch)
        page.select_option("#area", "13")
        wait_until(page, "document.querySelectorAll('#communes option').length > 100")
        page.fill("#commune", "13390")
        page.press("#commune", "Tab")
        assert "Var" in page.inner_text("#readers-here")
        page.fill("#text", "Au col.")
        picture(page, "border-1280")
        [whole] = kept(world, sent(page))
        assert watch.complaints() == []
    for number, private in held.items():
        assert report.read(letter.unseal(whole, private, number)).commune == "Auriol (13007)"
    with pytest.raises(Invalid):
        letter.unseal(whole, held[0], 2)


def test_danger_stops_the_form_and_nothing_leaves(world: World, cell: bytes) -> None:
    with opened(world) as watch:
        sent_out: list[str] = []
        watch.page.on("request", lambda request: sent_out.append(request.method))
        page = watch.page
        page.goto(watch.origin + "/")
        visible(page, "choice")
        page.click("#begin")
        page.click("#danger-yes")
        visible(page, "emergency")
        expect(page.locator("#emergency a[href='tel:17']")).to_be_visible()
        expect(page.locator("#report")).to_be_hidden()
        expect(page.locator("#begin")).to_be_hidden()
        picture(page, "emergency-390")
        assert watch.axe() == []
        assert set(sent_out) == {"GET"}


MARKED = {
    "Je le vois de mon balcon": {"je", "mon", "balcon"},
    "au 3e étage, chez NOUS": {"étage", "nous"},
    "J'habite en face": {"j"},
    "I see it from my window": {"i", "my", "window"},
    "Un homme attend devant la gare": set(),
    "Les mesures du jardin, un nombre de jours": set(),
}


def test_words_that_speak_of_oneself_are_marked_and_nothing_is_told_to_be_safe(world: World, cell: bytes) -> None:
    with opened(world) as watch:
        page = begin(watch)
        for text, words in MARKED.items():
            page.fill("#text", text)
            said = page.inner_text("#marked")
            assert set(re.findall(r"« (\w+) »", said)) == words, text
            assert bool(said) == bool(words)
        assert watch.complaints() == []


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("un deux trois", "onze mots"),
        (" ".join(["avion"] * 10) + " zzzz", "n° 11"),
        (" ".join(["avion"] * 11), "ensemble"),
    ],
)
def test_words_that_are_no_receipt_are_told_before_anything_leaves(
    world: World, cell: bytes, typed: str, words: str
) -> None:
    with opened(world) as watch:
        page = watch.page
        page.goto(watch.origin + "/")
        visible(page, "choice")
        page.click("#come-back")
        page.fill("#typed", typed)
        page.click("#read")
        wait_until(page, "document.getElementById('typed-error').textContent !== ''")
        assert words in page.inner_text("#typed-error")


def test_a_receipt_of_nobody_finds_nothing(world: World, cell: bytes) -> None:
    with opened(world) as watch:
        page = watch.page
        page.goto(watch.origin + "/en/")
        visible(page, "choice")
        page.click("#come-back")
        page.fill("#typed", " ".join(receipt.draw().words))
        page.click("#read")
        wait_until(page, "document.getElementById('typed-error').textContent !== ''", 20)
        assert "Nothing is kept" in page.inner_text("#typed-error")
        assert watch.axe() == []


def test_a_cut_line_is_told_and_the_same_letter_is_sent_again_once(world: World, cell: bytes) -> None:
    """Killed in the middle of a deposit: the sender knows that it was not received, and the next try is one letter."""
    with opened(world) as watch:
        page = begin(watch)
        fill(page)
        tried: list[bytes] = []

        def lost(route: Route) -> None:
            tried.append(route.request.post_data_buffer or b"")
            if len(tried) == 1:
                route.fetch()  # it arrives, and its answer is lost
                route.abort()
            else:
                route.continue_()

        page.route("**/pli", lost)
        page.click("#send")
        wait_until(page, "document.getElementById('report-error').textContent !== ''", 20)
        assert "rien ne dit que c'est arrivé" in page.inner_text("#report-error")
        mine = sent(page)
        assert len(kept(world, mine)) == 1
        assert tried[0][exchange.HEAD :] == tried[1][exchange.HEAD :]


def test_a_department_without_a_reader_takes_nothing(world: World, cell: bytes) -> None:
    with opened(world) as watch:
        page = begin(watch)
        page.select_option("#area", "2A")
        assert "Personne ne peut encore lire" in page.inner_text("#area-error")
        page.fill("#text", "ici")
        before = world.sql("SELECT count(*) FROM tips_letter")
        page.click("#send")
        page.wait_for_timeout(300)
        assert "Personne ne peut encore lire" in page.inner_text("#area-error")
        assert page.evaluate("document.activeElement.id") == "area"
        assert world.sql("SELECT count(*) FROM tips_letter") == before


def test_the_point_of_the_map_is_where_it_was_put_by_finger_and_by_keyboard(world: World, cell: bytes) -> None:
    with opened(world) as watch:
        page = begin(watch)
        fill(page)
        page.click("#map-open")
        visible(page, "map")
        wait_until(page, "document.querySelector('.map text') !== null")
        page.locator(".map").click()
        assert "Marseille" in page.inner_text("#map-said")
        picture(page, "map-390")
        assert watch.axe() == []
        page.press(".map", "+")
        page.press(".map", "ArrowUp")
        page.select_option("#uncertainty", "100")
        [whole] = kept(world, sent(page))
        told = report.read(letter.unseal(whole, cell, 0))
        assert told.point is not None
        lon, lat = told.point
        assert abs(lon - 5.38) < 0.1
        assert abs(lat - 43.30) < 0.1
        assert told.uncertainty_m == 100
        assert watch.complaints() == []


def test_a_photo_is_asked_about_covered_cut_and_made_anew(world: World, cell: bytes, tmp_path: Path) -> None:
    planted = photo(tmp_path)
    with opened(world) as watch:
        page = begin(watch)
        fill(page)
        page.click("#photo-open")
        page.set_input_files("#photo-file", planted)
        page.wait_for_selector(".photo canvas")
        page.click("#send")
        wait_until(page, "document.getElementById('report-error').textContent !== ''")
        assert "trois questions" in page.inner_text("#report-error")
        page.check("[name=photo-1-home][value=yes]")
        assert "Ne l'envoyez pas" in page.inner_text(".photo")
        page.check("[name=photo-1-home][value=no]")
        page.check("[name=photo-1-face][value=yes]")
        page.check("[name=photo-1-plate][value=no]")
        page.locator(".photo canvas").click(position={"x": 40, "y": 40})
        page.locator(".photo input[type=range]").first.fill("50")
        picture(page, "photo-390")
        assert watch.axe() == []
        [whole] = kept(world, sent(page))
        [kept_photo] = report.read(letter.unseal(whole, cell, 0)).photos
        assert watch.complaints() == []
    assert not [mark for mark in PLANTED if mark in kept_photo]
    with Image.open(io.BytesIO(kept_photo)) as image:
        assert image.size == (400, 600)
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_the_first_page_is_clean_in_each_language(world: World, cell: bytes) -> None:
    for path in ("/", "/en/"):
        with opened(world) as watch:
            watch.page.goto(watch.origin + path)
            visible(watch.page, "choice")
            assert watch.complaints() + watch.axe() == []
            assert watch.page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_what_is_no_image_is_refused_with_a_sentence(world: World, cell: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0 not an image")
    with opened(world) as watch:
        page = begin(watch)
        page.click("#photo-open")
        page.set_input_files("#photo-file", tmp_path / "a.jpg")
        wait_until(page, "document.getElementById('photo-error').textContent !== ''")
        assert "ne sait pas lire cette image" in page.inner_text("#photo-error")


PLANTED = (b"Exif", b"zqappareil", b"zqxmp", b"zqremarque")


def photo(folder: Path) -> Path:
    """A JPEG with a maker, a place, XMP and a remark."""
    image = Image.new("RGB", (800, 600), "#567")
    exif = image.getexif()
    exif[271] = "zqappareil"
    exif.get_ifd(34853)[1] = "N"
    path = folder / "photo.jpg"
    image.save(path, exif=exif, comment=b"zqremarque", xmp=b"<x>zqxmp</x>")
    assert all(mark in path.read_bytes() for mark in PLANTED)
    return path


def test_right_to_left_zoomed_and_dark_nothing_runs_over(world: World, cell: bytes) -> None:
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for name, options in {"rtl": {}, "zoom-200": {"device_scale_factor": 2}, "dark": {}}.items():
        with opened(world, "phone", scheme="dark" if name == "dark" else "light", **options) as watch:
            if name == "zoom-200":
                watch.page.set_viewport_size({"width": 320, "height": 600})
            page = begin(watch)
            if name == "rtl":
                page.evaluate("document.documentElement.dir = 'rtl'")
            fill(page, "Je le vois de mon balcon")
            assert page.evaluate(overflow) <= 0, name
            assert watch.axe() == [], name
            picture(page, f"form-{name}")
            if name == "rtl":
                [button, form] = (page.locator(one).bounding_box() for one in ("#send", "#report"))
                assert button
                assert form
                assert button["x"] + button["width"] > form["x"] + form["width"] - 40, "it begins on the right"


def test_everything_is_reached_by_the_keyboard(world: World, cell: bytes) -> None:
    with opened(world, "desk") as watch:
        page = watch.page
        page.goto(watch.origin + "/")
        visible(page, "choice")
        page.focus("#begin")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "danger-title"
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        visible(page, "report")
        reached = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.id || document.activeElement.value"))
        assert {"area", "commune", "place", "map-open", "uncertainty", "sale", "lookout", "text", "send"} <= reached


def test_leaving_in_a_hurry_leaves_nothing_to_go_back_to(world: World, cell: bytes) -> None:
    with opened(world) as watch:
        page = watch.page
        page.goto("about:blank")
        page.goto(watch.origin + "/")
        visible(page, "choice")
        page.click("[hreflang=en]")
        visible(page, "choice")
        page.click(".leave")
        page.wait_for_url("**/quitter")
        for _ in range(2):
            page.go_back()
            assert watch.origin not in page.url


def test_without_scripts_the_page_says_what_is_seen_and_the_letter_is_the_same(world: World, cell: bytes) -> None:
    with opened(world, java_script_enabled=False) as watch:
        page = watch.page
        page.goto(watch.origin + "/")
        assert page.locator("noscript a").get_attribute("href") == "/sans-script"
        expect(page.locator("#report")).to_be_hidden()
        page.goto(watch.origin + "/sans-script")
        assert "Ce que ce site voit, sans script" in page.inner_text("main")
        picture(page, "plain-390")
        page.select_option("#area", "13")
        page.fill("#commune", "Marseille")
        page.check("[name=what][value=sale]")
        page.fill("#text", TEXT)
        page.click("form >> nth=0 >> button")
        picture(page, "plain-receipt-390")
        mine = receipt.read(" ".join(page.locator(".words li").all_inner_texts()))
        [whole] = kept(world, mine)
        assert report.read(letter.unseal(whole, cell, 0)) == report.Report(
            area="13", commune="Marseille", what=(report.What.SALE,), text=TEXT
        )
        answered(world, mine, outcome.Told(outcome.State.CLOSED, date(2026, 11, 24), "Merci."))
        page.goto(watch.origin + "/sans-script")
        page.fill("#words", " ".join(mine.words))
        page.click("[value=read]")
        assert "Clos" in page.inner_text("article")
        picture(page, "plain-thread-390")
        page.goto(watch.origin + "/en/sans-script")
        page.fill("#words", " ".join(mine.words))
        page.click("[value=burn]")
        assert kept(world, mine) == []
