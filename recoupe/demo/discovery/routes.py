"""Every address of every site, from the URLconf: its methods, its declared policy, its parameters, what it answers."""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from recoupe.config.processes import PROCESSES
from recoupe.demo.discovery.renderers import Format, formats

SITES = {process.name: process.urlconf for process in PROCESSES.values() if process.urlconf}
# Sites without agents declare no policy: each of their addresses says here why it is served without one.
PUBLIC = {
    ("signin", "sign-in"): "whoever signs in is nobody yet",
    ("signin", "sign-in-challenge"): "a number drawn at random, kept for five minutes",
    ("signin", "enrol"): "opened by a code of the desk, served once",
    ("signin", "enrol-challenge"): "opened by a code of the desk",
    ("signin", "keys"): "by the token of a live session, one's own keys alone",
    ("signin", "keys-challenge"): "by the token of a session that was freshly proven",
    ("signin", "key-drop"): "by the token of a session that was freshly proven, one's own keys alone",
    ("signin", "prove"): "by the token of a live session, with a key of its agent",
    ("signin", "prove-challenge"): "by the token of a live session",
    ("signin", "oidc"): "whoever signs in is nobody yet",
    ("signin", "oidc-back"): "by the state that this site gave to the browser",
    ("signin", "demonstration"): "made agents, in a base that is marked as made, on this machine",
    ("signin", "ready"): "whether the process answers, and nothing else",
    ("portal", "portal-home"): "written for everybody, it reads no record",
    ("portal", "portal-home-en"): "written for everybody, it reads no record",
    ("portal", "portal-plain"): "whoever writes is nobody; a thread by what hashes to its place",
    ("portal", "portal-plain-en"): "whoever writes is nobody; a thread by what hashes to its place",
    ("portal", "portal-leave"): "written for everybody, it reads no record",
    ("portal", "portal-leave-en"): "written for everybody, it reads no record",
    ("portal", "portal-keys"): "public keys of units, all at once",
    ("portal", "portal-places"): "communes of the reference, which everybody may read",
    ("portal", "portal-drawing"): "outlines of the reference, which everybody may read",
    ("portal", "portal-puzzle"): "a number drawn at random, signed and forgotten",
    ("portal", "portal-puzzle-en"): "a number drawn at random, signed and forgotten",
    ("portal", "portal-exchange"): "by a proof of work; a thread by what hashes to its place",
    ("portal", "portal-exchange-en"): "by a proof of work; a thread by what hashes to its place",
}
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One variable part of an address; `prefix` is the address up to it, shared by the pages of one object."""

    name: str
    converter: str
    prefix: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """One address; `roles` None: no policy was declared, empty: nobody signed in is needed."""

    site: str
    pattern: str
    name: str
    view: Callable[..., Any]
    methods: tuple[str, ...]
    roles: frozenset[str] | None
    purpose: bool
    parameters: tuple[Parameter, ...]
    formats: frozenset[Format]

    @property
    def room(self) -> str:
        """The room whose screens serve it."""
        return str(inspect.unwrap(self.view).__module__).split(".")[-2]

    @property
    def readable(self) -> bool:
        """Whether it answers to a plain GET."""
        return "GET" in self.methods

    def faults(self) -> list[str]:
        """Why this route would escape what is built on discovery; empty when it does not."""
        told = {
            "no name": not self.name,
            "no declared methods": not self.methods,
            "no declared policy": self.roles is None and (self.site, self.name) not in PUBLIC,
            "an answer of no known format": not self.formats,
        }
        return [f"{self.site} /{self.pattern}: {what}" for what, wrong in told.items() if wrong]


def routes(site: str = "web") -> tuple[Route, ...]:
    """All routes of one site, in the order in which they are tried."""
    return tuple(_route(site, address, entry) for address, entry in _walk(get_resolver(SITES[site]).url_patterns))


def _walk(entries: Iterable[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in entries:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, address)
        else:
            yield address, entry


def _route(site: str, pattern: str, entry: URLPattern) -> Route:
    view = entry.callback
    declared = getattr(view, "policy", None)
    return Route(
        site=site,
        pattern=pattern,
        name=entry.name or "",
        view=view,
        methods=methods(view),
        roles=None if declared is None else frozenset(str(role) for role in declared.roles),
        purpose=bool(getattr(declared, "purpose", False)),
        parameters=tuple(_parameters(pattern, view)),
        formats=formats(view),
    )


def _chain(view: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """A view and what its decorators wrap."""
    while view is not None:
        yield view
        view = getattr(view, "__wrapped__", None)  # type: ignore[assignment]


def methods(view: Callable[..., Any]) -> tuple[str, ...]:
    """The methods that its decorators let in; none when it declares none."""
    for layer in _chain(view):
        allowed = inspect.getclosurevars(layer).nonlocals.get("request_method_list")
        if allowed:
            return tuple(str(method) for method in allowed)
    return ()


def _parameters(pattern: str, view: Callable[..., Any]) -> Iterator[Parameter]:
    for found in _PARAMETER.finditer(pattern):
        converter, name = found.group(1) or "str", found.group(2)
        choices = _choices(view, name) if converter in ("slug", "str") else ()
        yield Parameter(name, converter, pattern[: found.end()], choices)


def _choices(view: Callable[..., Any], name: str) -> tuple[str, ...]:
    """The values that a view looks up for this parameter in a table of its module (`BY_SLUG.get(verb)`)."""
    body = inspect.unwrap(view)
    source = inspect.getsource(body)
    for table in re.findall(rf"(\w+)(?:\.get\(|\[){name}\b", source):
        known = body.__globals__.get(table)
        if isinstance(known, dict):
            return tuple(sorted(str(key) for key in known))
    return ()
