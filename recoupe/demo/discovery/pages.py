"""What the pages of a site offer to whom: links, forms and their fields, followed as an agent could follow them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit
from uuid import UUID

from django.conf import settings
from django.urls import Resolver404, ResolverMatch, get_urlconf, resolve

from recoupe.demo.discovery.renderers import Answer, Format, format_of

Fields = dict[str, list[str]]
Get = Callable[[str], Any]
_IN_FORM = ("input", "select", "textarea", "button")
# Following it would end the crawl.
LEAVES = "sign-out"
MOST_PAGES = 150
# Of pages that differ by a number alone, so many are met.
NUMBERED, FEW = re.compile(r"/\d+(?=/)"), 12


@dataclass(frozen=True)
class Target:
    """One thing that may be asked: an address, a method, the fields as a browser would send them."""

    method: str
    path: str
    name: str
    fields: Fields = field(default_factory=dict, hash=False, compare=False)
    files: tuple[str, ...] = field(default=(), compare=False)
    # A form by which something is looked for.
    search: bool = field(default=False, compare=False)

    @property
    def kind(self) -> tuple[str, str]:
        """What it is, whichever object it is about."""
        route, values = match(self.path)
        words = [str(value) for value in values.values() if not isinstance(value, UUID)]
        return self.method, "/".join([route, *words])


@dataclass(frozen=True, slots=True)
class Visit:
    """One address asked by GET, and what came: its format, the addresses and the forms that it offers."""

    path: str
    route: str
    status: int
    format: Format
    links: tuple[str, ...] = ()
    forms: tuple[Target, ...] = ()

    @property
    def objects(self) -> frozenset[str]:
        """The identifiers in the addresses that the page offers: a list or a search names several."""
        return frozenset(
            str(value) for path in self.links for value in match(path)[1].values() if isinstance(value, UUID)
        )


@dataclass
class _Form:
    method: str
    path: str
    search: bool = False
    fields: Fields = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Forms with their fields, links, and what htmx or a map would ask."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.links: set[str] = set()
        self.forms: list[_Form] = []
        self._open: _Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note whatever can be followed or filled."""
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.add(urljoin(self.address, given["href"]))
        for name, value in given.items():
            if name.startswith("data-"):
                self.links |= {word for word in value.split() if word.startswith("/")}
        for name in ("hx-get", "hx-post"):
            if name in given:
                self.forms.append(_Form(name[3:].upper(), urljoin(self.address, given[name])))
        if tag == "form":
            path = urljoin(self.address, given.get("action") or self.address)
            self._open = _Form(given.get("method", "get").upper(), path, given.get("role") == "search")
            self.forms.append(self._open)
        elif self._open is not None and tag in (*_IN_FORM, "option"):
            self._field(self._open, tag, given)

    def _field(self, form: _Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option":
            if self._select and ("selected" in given or not form.fields.get(self._select)):
                form.fields[self._select] = [given.get("value", "")]
        elif given.get("type") == "file":
            form.files.append(name)
        elif name and given.get("type") in ("checkbox", "radio") and "checked" not in given:
            form.fields.setdefault(name, [])
        elif name:
            form.fields.setdefault(name, []).append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """Close what was open."""
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""


def body(answer: Any) -> bytes:
    """The bytes of an answer, streamed or not."""
    if getattr(answer, "streaming", False):
        return b"".join(answer.streaming_content)
    return bytes(answer.content)


def visit(get: Get, path: str) -> Visit:
    """Ask one address; raises when the answer has a shape that nothing knows."""
    answer: Answer = get(path)
    found = format_of(answer)
    route = match(path)[0]
    if answer.status_code != 200 or found is not Format.HTML:
        return Visit(path, route, answer.status_code, found)
    reader = _Reader(path)
    reader.feed(body(answer).decode())
    forms = tuple(
        Target(f.method, urlsplit(f.path).path, name(f.path), query(f.path) | f.fields, tuple(f.files), f.search)
        for f in reader.forms if ours(f.path)
    )  # fmt: skip
    links = tuple(link.partition("#")[0] for link in sorted(reader.links) if ours(link))
    return Visit(path, route, answer.status_code, found, tuple(dict.fromkeys(links)), forms)


def visits(get: Get, starts: Iterable[str], most: int = MOST_PAGES) -> Iterator[Visit]:
    """Every address that an agent reaches from his starts by following links, each once, breadth first."""
    waiting, known, alike = list(starts), set[str](), Counter[str]()
    while waiting and len(known) < most:
        path = waiting.pop(0)
        if path in known or not ours(path):
            continue
        shape = NUMBERED.sub("/#", urlsplit(path).path)
        alike[shape] += shape != path
        if alike[shape] > FEW:
            continue
        known.add(path)
        found = visit(get, path)
        yield found
        shapes = {urlsplit(link).path for link in known}
        waiting += [link for link in found.links if urlsplit(link).path not in shapes or link.count("/") > 3]


def targets(found: Iterable[Visit]) -> Iterator[Target]:
    """What pages offer, each kind of it once."""
    kinds: set[tuple[str, str]] = set()
    for page in found:
        for target in (Target("GET", urlsplit(page.path).path, name(page.path), query(page.path)), *page.forms):
            if target.kind not in kinds:
                kinds.add(target.kind)
                yield target


def query(path: str) -> Fields:
    """The fields in the query of an address."""
    found: Fields = {}
    for key, value in parse_qsl(urlsplit(path).query, keep_blank_values=True):
        found.setdefault(key, []).append(value)
    return found


def match(path: str) -> tuple[str, dict[str, Any]]:
    """The pattern and the values of an address; empty when none of ours."""
    found = _resolved(urlsplit(path).path)
    return (found.route, dict(found.kwargs)) if found else ("", {})


def name(path: str) -> str:
    """The name of the route of an address."""
    found = _resolved(urlsplit(path).path)
    if found is None:
        raise Resolver404({"path": path})
    return found.url_name or ""


def ours(path: str) -> bool:
    """Whether an address is one of this site, and not the one that leaves it."""
    parts = urlsplit(path)
    if parts.netloc or parts.scheme or parts.path.startswith("/static/"):
        return False
    found = _resolved(parts.path)
    return found is not None and found.url_name != LEAVES


def _resolved(path: str) -> ResolverMatch | None:
    return _of_site(get_urlconf() or settings.ROOT_URLCONF, path)


@lru_cache(maxsize=100_000)
def _of_site(urlconf: str, path: str) -> ResolverMatch | None:
    """Each page offers a hundred addresses, most of them those of the page before; each is tried on every pattern."""
    try:
        return resolve(path, urlconf)
    except Resolver404:
        return None
