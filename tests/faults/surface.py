"""What a site takes in: its addresses from the URLconf, its forms and links from its own pages, crawled per agent."""

import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit
from uuid import UUID

from django.forms import BaseForm
from django.test import Client
from django.urls import Resolver404, resolve

from recoupe.web.policy import routes

Fields = dict[str, list[str]]
_ASKED = re.compile(r"""\b(?:GET|POST|FILES|data)(?:\.get|\.getlist)?[(\[]\s*["']([\w.-]+)["']""")
_IN_FORM = ("input", "select", "textarea", "button")
MOST_PAGES = 150


@dataclass(frozen=True)
class Target:
    """One thing that may be asked: an address, a method, the fields as a browser would send them."""

    method: str
    path: str
    name: str
    fields: Fields = field(default_factory=dict, hash=False, compare=False)
    files: tuple[str, ...] = field(default=(), compare=False)

    @property
    def kind(self) -> tuple[str, str]:
        """What it is, whichever object it is about."""
        match = resolve(self.path)
        words = [str(value) for value in match.kwargs.values() if not isinstance(value, UUID)]
        return self.method, "/".join([match.route, *words])


class _Reader(HTMLParser):
    """Forms with their fields, links, and what htmx would ask."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.links: set[str] = set()
        self.targets: list[tuple[str, str, Fields, list[str]]] = []
        self._open: tuple[str, str, Fields, list[str]] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note whatever can be followed or filled."""
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.add(urljoin(self.address, given["href"]))
        for name in ("hx-get", "hx-post"):
            if name in given:
                self.targets.append((name[3:].upper(), urljoin(self.address, given[name]), {}, []))
        if tag == "form":
            path = urljoin(self.address, given.get("action") or self.address)
            self._open = (given.get("method", "get").upper(), path, {}, [])
            self.targets.append(self._open)
        elif self._open is not None and tag in (*_IN_FORM, "option"):
            self._field(self._open, tag, given)

    def _field(self, form: tuple[str, str, Fields, list[str]], tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option":
            if self._select and ("selected" in given or not form[2].get(self._select)):
                form[2][self._select] = [given.get("value", "")]
        elif given.get("type") == "file":
            form[3].append(name)
        elif name and given.get("type") in ("checkbox", "radio") and "checked" not in given:
            form[2].setdefault(name, [])
        elif name:
            form[2].setdefault(name, []).append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """Close what was open."""
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""


def crawl(client: Client, starts: Iterable[str]) -> Iterator[Target]:
    """Everything that an agent's own pages offer him, each kind of it once."""
    waiting, known, kinds = list(starts), set[str](), set[tuple[str, str]]()
    while waiting and len(known) < MOST_PAGES:
        path = waiting.pop(0)
        if path in known or not _ours(path):
            continue
        known.add(path)
        answer = client.get(path)
        found = Target("GET", urlsplit(path).path, _name(path), _query(path))
        if found.kind not in kinds:
            kinds.add(found.kind)
            yield found
        if answer.status_code != 200 or "html" not in answer.get("Content-Type", ""):
            continue
        page = _Reader(path)
        page.feed(answer.content.decode())
        for method, address, fields, files in page.targets:
            if _ours(address):
                target = Target(method, urlsplit(address).path, _name(address), _query(address) | fields, tuple(files))
                if target.kind not in kinds:
                    kinds.add(target.kind)
                    yield target
        seen = {_shape(link) for link in known}
        waiting += [link for link in sorted(page.links) if _shape(link) not in seen or link.count("/") > 3]


def _shape(path: str) -> str:
    return urlsplit(path).path


def _query(path: str) -> Fields:
    found: Fields = {}
    for name, value in parse_qsl(urlsplit(path).query, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found


def _ours(path: str) -> bool:
    parts = urlsplit(path)
    if parts.netloc or parts.scheme or parts.path.startswith("/static/"):
        return False
    try:
        return resolve(parts.path).url_name != "sign-out"
    except Resolver404:
        return False


def _name(path: str) -> str:
    return resolve(urlsplit(path).path).url_name or ""


# --- From the sources ---------------------------------------------------------------------------------------------


def addresses(ids: dict[str, list[str]], stranger: str, verbs: set[str]) -> Iterator[Target]:
    """Every route of the URLconf, with objects of ours where its room has some and with one that nobody has."""
    for pattern, view in routes():
        first = pattern.split("/", 1)[0]
        parts = re.findall(r"<(\w+):(\w+)>", pattern)
        for chosen in [*ids.get(first, [])[:2], stranger]:
            for verb in sorted(verbs) if any(kind == "slug" for kind, _ in parts) else [""]:
                path = re.sub(r"<uuid:\w+>", chosen, "/" + pattern)
                path = re.sub(r"<(?:slug|str):\w+>", verb, re.sub(r"<int:\w+>", "1", path))
                names = _asked(_package(view))
                for method in ("GET", "POST"):
                    yield Target(method, path, str(getattr(view, "__name__", "")), {name: [""] for name in names})
            if not parts:
                break


def _package(view: Any) -> str:
    return str(inspect.unwrap(view).__module__).rpartition(".")[0]


@cache
def _asked(package: str) -> frozenset[str]:
    """The names that a room's views and forms read from a request."""
    found: set[str] = set()
    for module in _modules(package):
        found |= set(_ASKED.findall(Path(module.__file__ or "").read_text()))
        for made in vars(module).values():
            if isinstance(made, type) and issubclass(made, BaseForm):
                found |= set(getattr(made, "base_fields", {}))
    return frozenset(found)


def _modules(package: str) -> Iterator[ModuleType]:
    top = import_module(package)
    for entry in iter_modules(top.__path__):
        yield import_module(f"{package}.{entry.name}")
