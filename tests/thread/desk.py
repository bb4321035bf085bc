"""One agent at a browser of his own; each page that he walks is photographed and examined at both widths."""

import re
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import ConsoleMessage, Locator

from tests.browser import WIDTHS, Watched, follow, wait_until

ID = r"[0-9a-f]{8}-[0-9a-f-]{27}"
SUFFIXES = {"desk": ".png", "phone": "-phone.png"}
# A picture holds a screenful and a half: what comes below is more of the same.
TALLEST = {"desk": 1280, "phone": 1500}
COLOURS = 256
# The address of a page that is refused on purpose is the browser's own complaint, not the page's.
REFUSED_PAGE = "Failed to load resource"


@dataclass
class Album:
    """The folder of pictures; one that already holds some keeps only those, taken again."""

    folder: Path
    # Whether somebody will look at it; one that goes with its test holds a single picture, to know that it can.
    lasting: bool = True
    kept: frozenset[str] = frozenset()
    taken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Look at what the folder holds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.kept = frozenset(path.name for path in self.folder.glob("*.png"))

    @property
    def open(self) -> bool:
        """Whether one more picture is wanted."""
        return self.lasting or not self.taken

    def add(self, name: str, picture: bytes) -> None:
        """Keep a picture with few colours: pages are flat, and files stay small."""
        self.taken.append(name)
        if self.kept and name not in self.kept:
            return
        with Image.open(BytesIO(picture)) as opened:
            flat = opened.convert("RGB").quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        flat.save(self.folder / name, optimize=True)


@dataclass
class Desk:
    """An agent's browser."""

    login: str
    watch: Watched
    album: Album
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen to the console: it also tells what the content policy stopped before a page was left."""
        self.page = self.watch.page
        self.page.on("console", self._said)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(REFUSED_PAGE):
            self.faults.append(f"{self.login} {self.page.url}: {message.text}")

    def open(self, path: str, status: int = 200) -> None:
        """Go to an address of the site."""
        answer = self.page.goto(self.watch.origin + "/" + path.lstrip("/"))
        assert answer is not None
        assert answer.status == status, (self.login, path, answer.status)

    def follow(self, link: Locator) -> None:
        """Click a link or a button that leads to another page."""
        before = self.page.url
        follow(link)
        assert self.page.locator("main h1").count() == 1, (self.login, before, self.page.url)

    def link(self, pattern: str) -> Locator:
        """The first link of the content whose address is like this pattern."""
        found = self.page.locator("main a[href]").evaluate_all(
            "links => links.map((link) => link.getAttribute('href'))"
        )
        address = next((href for href in found if re.search(pattern, href)), None)
        assert address, (self.login, self.page.url, pattern)
        return self.page.locator(f'main a[href="{address}"]').first

    def field(self, name: str) -> Locator:
        """A field of the content's form."""
        return self.page.locator(f'main [name="{name}"]')

    def unfold(self, summary: str) -> Locator:
        """Open a folded part by the keyboard, unless it stands open; returns it."""
        fold = self.page.locator("details.fold", has=self.page.get_by_text(summary, exact=True)).first
        if fold.get_attribute("open") is None:
            fold.locator("summary").press("Enter")
        return fold

    def step(self, verb: str, reason: str = "") -> None:
        """Take one step of a workflow, from its folded form."""
        fold = self.unfold(verb)
        if reason:
            fold.locator("[name=reason]").fill(reason)
        self.follow(fold.get_by_role("button", name=verb, exact=True))

    def text(self) -> str:
        """The words of the page's content."""
        return self.page.locator("main").inner_text()

    def path(self) -> str:
        """Where this browser stands."""
        return self.page.url.removeprefix(self.watch.origin)

    def show(self, name: str) -> None:
        """Photograph this page at both widths, and hold it to axe and to the content policy."""
        for width in WIDTHS:
            tall = self._fit(width)
            if self.album.open:
                self.album.add(name + SUFFIXES[width], self._picture(width, tall))
            findings = [*self.watch.axe(), *self.watch.complaints()]
            self.faults += [f"{self.login} {name} {width}: {finding}" for finding in findings]
            overflow = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert overflow <= 0, f"{name} ({width}) is {overflow} px too wide"
        self.watch.errors.clear()
        wide, high = WIDTHS["desk"]
        self.page.set_viewport_size({"width": wide, "height": high})

    def _fit(self, width: str) -> int:
        """Show the page from its top in a window as tall as what it holds, within reason; how tall."""
        wide, high = WIDTHS[width]
        self.page.set_viewport_size({"width": wide, "height": high})
        tall = max(high, min(int(self.page.evaluate("document.documentElement.scrollHeight")), TALLEST[width]))
        self.page.evaluate("window.scrollTo(0, 0)")
        if self.page.locator(".map").count():
            # A map keeps its window, as its height follows that of the screen.
            wait_until(self.page, "Boolean(document.querySelector('.map').dataset.ready)", 30)
        else:
            # In a window of its own height: a sticky foot would stand across the middle of a longer page.
            self.page.set_viewport_size({"width": wide, "height": tall})
        return tall

    def _picture(self, width: str, tall: int) -> bytes:
        """The page as it was fitted; a map takes a moment to be drawn."""
        if self.page.locator(".map").count():
            self.page.wait_for_timeout(900)
        return self.page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": WIDTHS[width][0], "height": tall})
