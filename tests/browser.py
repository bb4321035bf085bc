"""Debian's chromium for tests: how it is started, what it must never report, and what axe finds."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, Request, Response, sync_playwright

Scheme = Literal["light", "dark"]
CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = {"desk": (1280, 860), "phone": (390, 800)}
# Runs in the page before any of its scripts, so that no violation can be missed.
WATCH = """
window.seenViolations = [];
document.addEventListener("securitypolicyviolation", (e) => window.seenViolations.push(
  `${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber} ${e.sample}`));
"""

FINDINGS = """async (scope) => {
  const result = await window.axe.run(scope, {resultTypes: ["violations"]});
  const serious = result.violations.filter((v) => ["serious", "critical"].includes(v.impact));
  return serious.map((v) => `${v.id}: ` + v.nodes.map((n) => `${n.target} ${n.any[0]?.message || ""}`).join(" | "));
}"""


class _Kept:
    """The browser of this process, started for the first test that wants one; each test has a context of its own."""

    browser: Browser | None = None
    loop: asyncio.AbstractEventLoop | None = None
    end = ExitStack()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser; the test is skipped with a line where Debian's chromium is absent."""
    if not CHROMIUM.is_file():
        pytest.skip("chromium is absent: apt install chromium")
    if _Kept.browser is not None and not _Kept.browser.is_connected():
        quit_browser()
    # Playwright's loop counts as running inside alone: elsewhere Django would refuse to speak to the database.
    asyncio._set_running_loop(_Kept.loop)
    try:
        if _Kept.browser is None:
            playwright = _Kept.end.enter_context(sync_playwright())
            _Kept.browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
            _Kept.end.callback(_Kept.browser.close)
        yield _Kept.browser
    finally:
        # A test that failed halfway leaves its page open.
        for left in _Kept.browser.contexts if _Kept.browser and _Kept.browser.is_connected() else ():
            left.close()
        _Kept.loop = asyncio._get_running_loop()
        asyncio._set_running_loop(None)


def quit_browser() -> None:
    """The end of the browser of this process; nothing where none was started."""
    asyncio._set_running_loop(_Kept.loop)
    _Kept.end.close()
    _Kept.browser = _Kept.loop = None
    asyncio._set_running_loop(None)


@dataclass
class Watched:
    """A page and everything wrong that it said: script errors, answers of 4xx and 5xx, calls outside."""

    page: Page
    origin: str
    errors: list[str] = field(default_factory=list)

    def failed(self, error: Error) -> None:
        """A script of the page raised."""
        self.errors.append(f"script: {error}")

    def asked(self, request: Request) -> None:
        """The page called something: only our own addresses are right."""
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.errors.append(f"outside: {request.url}")

    def answered(self, response: Response) -> None:
        """What a page needs must be there; a page that is itself a refusal is what the test asked for."""
        if response.status >= 400 and not response.request.is_navigation_request():
            self.errors.append(f"{response.status}: {response.url}")

    def complaints(self) -> list[str]:
        """Errors so far, with the content policy's violations of the page shown now."""
        return self.errors + list(self.page.evaluate("window.seenViolations || []"))

    def axe(self, *, without: str = "") -> list[str]:
        """Serious and critical findings of axe on the page shown now; `without` leaves a part out."""
        if not self.page.evaluate("Boolean(window.axe)"):
            self.page.evaluate(AXE.read_text())  # from outside the page: no policy of its own stops it
        scope: dict[str, Any] = {"include": [["html"]], "exclude": [[without]] if without else []}
        found = self.page.evaluate(FINDINGS, scope)
        return [str(line) for line in found]


@contextmanager
def watched(
    browser: Browser, origin: str, width: str = "desk", scheme: Scheme = "light", **options: Any
) -> Iterator[Watched]:
    """A fresh page of this width and colour scheme that remembers what went wrong."""
    wide, high = WIDTHS[width]
    context = browser.new_context(
        viewport={"width": wide, "height": high},
        color_scheme=scheme,
        locale="fr-FR",
        **options,
    )
    context.add_init_script(WATCH)
    watch = Watched(context.new_page(), origin)
    watch.page.on("pageerror", watch.failed)
    watch.page.on("request", watch.asked)
    watch.page.on("response", watch.answered)
    yield watch
    context.close()


def follow(link: Locator) -> None:
    """Click what leads to another page, and stand on that page: a click returns before its page has come."""
    with link.page.expect_navigation():
        link.click()


def wait_until(page: Page, condition: str, seconds: float = 10) -> None:
    """Poll an expression: wait_for_function would make a script of a string, which the content policy refuses."""
    for _ in range(int(seconds * 20)):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true in {seconds} s: {condition}")
