"""The shell in a real browser: content policy, axe, keyboard, dialogs, map, proposals."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser import WIDTHS, Scheme, Watched, chromium, follow, wait_until, watched
from tests.web.style.server import served
from tests.web.style.urls import PAGES

pytestmark = pytest.mark.browser
PROBE = """(html) => {
  try { new DOMParser().parseFromString(html, "text/html"); return "allowed"; } catch { return "refused"; }
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One chromium for this module."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The style pages, served with the product's middleware."""
    with served() as address:
        yield address


@pytest.fixture
def desk(browser: Browser, site: str) -> Iterator[Watched]:
    """A page of a desk's width."""
    with watched(browser, site) as watch:
        yield watch


@pytest.fixture(scope="module")
def home(browser: Browser, site: str) -> Iterator[Page]:
    """A page whose policy is asked, and which no question changes."""
    with watched(browser, site) as watch:
        watch.page.goto(f"{site}/style/home/")
        yield watch.page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_pages_are_clean(browser: Browser, site: str, width: str, scheme: Scheme) -> None:
    """Every page at both widths and in both colour schemes: silent, accessible, no wider than the screen."""
    found: dict[str, list[str]] = {}
    with watched(browser, site, width, scheme) as watch:
        for name in [*(f"{page}/" for page in PAGES), "form/?wrong=1", "error/409/"]:
            watch.page.goto(f"{site}/style/{name}")
            if name == "map/":
                wait_until(watch.page, "Boolean(document.querySelector('.map').dataset.ready)", 30)
            wider = watch.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
            found[name] = watch.complaints() + watch.axe() + (["wider than the screen"] if wider else [])
            watch.errors.clear()
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_the_watch_sees(desk: Watched) -> None:
    """What the tests above rely on: axe, the policy's violations and calls outside do show."""
    desk.page.goto(f"{desk.origin}/style/form/")
    desk.page.evaluate("document.querySelector('#id_fact').removeAttribute('id')")
    desk.page.evaluate("document.querySelector('main').setAttribute('style', 'color: red')")
    desk.page.evaluate("fetch('https://elsewhere.example/').catch(() => 0)")
    assert any("style-src" in line for line in desk.complaints())
    assert any("connect-src" in line for line in desk.complaints())
    assert any(line.startswith("label") for line in desk.axe())


def test_design_system_is_clean(browser: Browser) -> None:
    """The opt-in theme obeys the same policy."""
    with served(THEME="dsfr") as address, watched(browser, address) as watch:
        for name in ("home", "list", "form", "report"):
            watch.page.goto(f"{address}/style/{name}/")
            assert watch.complaints() + watch.axe() == [], name


@pytest.mark.parametrize(
    "html",
    [
        "<p>Ils ont = vu < 3 voitures</p>",
        '<div class="card" hx-post="/x" hx-vals=\'{"a": 1}\'><a href="/renseignements/">ici</a></div>',
        '<textarea name="t">onclick=1 &lt;script&gt; javascript:</textarea><br/>',
        '<svg class="icon" aria-hidden="true"><use href="/static/img/icons.svg#plus"></use></svg>',
        '<!-- un commentaire --><input value="onload = tard" title="a > b" disabled>',
        '<a href="tel:17">17</a><a href="?avant=1">suite</a><a href="">ici</a>',
    ],
)
def test_harmless_markup_is_let_through(home: Page, html: str) -> None:
    """Fragments as our pages write them."""
    assert home.evaluate(PROBE, html) == "allowed"


@pytest.mark.parametrize(
    "html",
    [
        "<script>1</script>",
        "<SCRIPT src='/static/js/app.js'></SCRIPT>",
        "<img src=x onerror=alert(1)>",
        "<img/onerror=alert(1) src=x>",
        "<p oNcLiCk = 'x'>",
        "<svg><animate onbegin=alert(1)></svg>",
        "<iframe srcdoc='x'></iframe>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href=' java&#115;cript:alert(1)'>x</a>",
        "<svg><a xlink:href='&#106;avascript:alert(1)'>x</a></svg>",
        "<form action='javascript:1'></form>",
        "<p style='color:red'>x</p>",
        "<style>p{}</style>",
        "<base href='//elsewhere.example/'>",
        "<meta http-equiv=refresh content='0;url=/x'>",
        "<div hx-on:click='alert(1)'></div>",
        "<div data-hx-on--after-request='x'></div>",
        "<div hx-vals='js:{a: 1}'></div>",
        # Tricks that make a naive reader lose its place.
        "<!-- <a title=' --> <img src=x onerror=alert(1)> ' >",
        "<!--> <img src=x onerror=alert(1)> -->",
        "<!-- --!> <img src=x onerror=alert(1)> -->",
        "<textarea><a title='</textarea><img src=x onerror=alert(1)>'>",
        "<title><a title='</title><img src=x onerror=alert(1)>'></title>",
        "<p a='b'onerror='x' c=\"><img src=x onerror=alert(1)>",
        "<p a=b\"c><img src=x onerror='1'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        "<svg><![CDATA[<a title=']]><img src=x onerror=alert(1)>'></svg>",
        "<?x <img src=x onerror=1> ?>",
        "<template><script>1</script></template>",
        "<img src=x\x0conerror=alert(1)>",
    ],
)
def test_markup_that_could_run_is_refused(home: Page, html: str) -> None:
    """The one policy of the site lets nothing through that could execute."""
    assert home.evaluate(PROBE, html) == "refused"


def test_scripts_come_from_our_static_folder_only(desk: Watched) -> None:
    """Neither another site nor an upload of ours can become a script, and no string can."""
    desk.page.goto(f"{desk.origin}/style/home/")
    add = (
        "(src) => { try { document.createElement('script').src = src; return 'allowed'; } catch { return 'refused'; } }"
    )
    assert desk.page.evaluate(add, "/static/js/app.js") == "allowed"
    for source in ("/media/x.js", "https://elsewhere.example/x.js", "/static/../x.js", "data:text/javascript,1"):
        assert desk.page.evaluate(add, source) == "refused", source
    run = "() => { try { document.createElement('script').text = '1'; return 'allowed'; } catch { return 'refused'; } }"
    assert desk.page.evaluate(run) == "refused"


def test_keyboard(desk: Watched) -> None:
    """g then a letter goes there, / searches, ? explains, and none of it while typing."""
    desk.page.goto(f"{desk.origin}/style/home/")
    desk.page.keyboard.press("?")
    expect(desk.page.locator("#shortcuts")).to_be_visible()
    desk.page.keyboard.press("Escape")
    wait_until(desk.page, "document.activeElement === document.body")  # the dialog gives it back once it has closed
    desk.page.keyboard.press("/")
    desk.page.keyboard.type("gs")
    assert desk.page.locator("#quick-search").input_value() == "gs"
    desk.page.evaluate("document.activeElement.blur()")
    desk.page.keyboard.press("g")
    desk.page.keyboard.press("s")
    desk.page.wait_for_url("**/renseignements/")
    desk.page.keyboard.press("Tab")
    assert desk.page.evaluate("document.activeElement.className") == "skip-link"
    desk.page.keyboard.press("Enter")
    wait_until(desk.page, "document.activeElement.id === 'content'")
    assert desk.complaints() == []


def test_a_confirmed_button_asks_first(desk: Watched) -> None:
    """Refusing the question sends nothing; accepting sends the button that was pressed."""
    sent: list[str] = []

    def posted(request: Request) -> None:
        if request.method == "POST":
            sent.append(request.post_data or "")

    desk.page.on("request", posted)
    desk.page.goto(f"{desk.origin}/style/form/")
    desk.page.get_by_role("button", name="Abandonner").click()
    box = desk.page.locator("#confirm")
    expect(box).to_contain_text("Rien ne sera gardé")
    box.get_by_role("button", name="Annuler").click()
    assert sent == []
    desk.page.get_by_role("button", name="Abandonner").click()
    follow(box.get_by_role("button", name="Confirmer"))
    assert 'name="drop"' in sent[0]


def test_proposals_follow_the_text_and_keep_ticks(desk: Watched) -> None:
    """A selector found in the text becomes a box that only the author ticks; nothing enters the storage."""
    desk.page.goto(f"{desk.origin}/style/form/")
    desk.page.get_by_label("Faits", exact=True).fill("Appel depuis le 06 39 98 12 34")
    box = desk.page.get_by_role("checkbox", name="Téléphone")
    box.wait_for()
    assert not box.is_checked()
    box.check()
    desk.page.get_by_label("Faits", exact=True).fill("Appel depuis le 06 39 98 12 34, puis rien")
    desk.page.wait_for_timeout(900)
    assert box.is_checked()
    assert box.get_attribute("value") == "phone:+33639981234"
    assert desk.page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert desk.complaints() == []


def test_map_answers_to_mouse_and_keyboard(desk: Watched) -> None:
    """The list says what the map shows, and each line shows its point."""
    desk.page.goto(f"{desk.origin}/style/map/")
    wait_until(desk.page, "Boolean(document.querySelector('.map').dataset.ready)", 30)
    assert desk.page.locator(".map__item").count() == 2
    desk.page.get_by_role("button", name="Montrer sur la carte : Point du Lavoir").press("Enter")
    popup = desk.page.locator(".maplibregl-popup")
    popup.wait_for()
    assert "À vérifier" in popup.inner_text()
    assert popup.get_by_role("link", name="Ouvrir la fiche").get_attribute("href") == "/style/list/"
    assert desk.complaints() == []


def test_phone_menu_works_without_script(browser: Browser, site: str) -> None:
    """The menu, the forms and the map's list of facts never depend on a script."""
    with watched(browser, site, "phone", java_script_enabled=False) as watch:
        watch.page.goto(f"{site}/style/map/")
        expect(watch.page.get_by_text("La carte demande JavaScript")).to_be_visible()
        watch.page.locator(".menu summary").click()
        follow(watch.page.get_by_role("navigation", name="Menu").get_by_role("link", name="Contacts"))
        assert watch.page.url == f"{site}/contacts/"
