"""What a view may answer, read from what builds its answers; and what an answer is, read from its headers."""

import ast
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from types import FunctionType, ModuleType
from typing import Any, Protocol

from django.http import FileResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import redirect, render

from recoupe.kernel.refusal import Refusal

HOUSE = "recoupe."
SCREENS = ("recoupe.web", "recoupe.portal")
# What runs when a class is called.
_MAKING = ("__init__", "__post_init__", "__new__")


class Format(StrEnum):
    """The shapes that leave the house; an answer of another one is unknown, and stops the build."""

    HTML = "html"
    JSON = "json"
    TILE = "tile"
    PDF = "pdf"
    EXPORT = "export"
    FILE = "file"
    OPENAPI = "openapi"
    TEXT = "text"
    EMPTY = "empty"
    REDIRECT = "redirect"
    PROBLEM = "problem"


class Unclassified(Refusal):
    """An answer of a shape that nothing here checks."""


class Answer(Protocol):
    """What a test client and an HTTP client have in common."""

    status_code: int

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in any case."""

    @property
    def content(self) -> bytes:
        """What was answered; asked of JSON alone."""


EXPORTS = frozenset({"text/csv", "application/toml", "application/zip", "text/calendar", "application/gpx+xml",
                     "application/x-ndjson"})  # fmt: skip
_OFFICE = re.compile(r"application/vnd\.(openxmlformats|oasis|ms-excel)")
_MEDIA = {
    "text/html": Format.HTML,
    "application/json": Format.JSON,
    "application/geo+json": Format.TILE,
    "application/vnd.mapbox-vector-tile": Format.TILE,
    "application/pdf": Format.PDF,
    "application/problem+json": Format.PROBLEM,
    "application/vnd.oai.openapi+json": Format.OPENAPI,
    "text/plain": Format.TEXT,
}


def of_media(media: str) -> Format:
    """The format of a media type; raises for one that nobody has classed."""
    bare = media.partition(";")[0].strip().lower()
    if bare in _MEDIA:
        return _MEDIA[bare]
    if bare in EXPORTS or _OFFICE.match(bare):
        return Format.EXPORT
    if bare.startswith("image/"):
        return Format.FILE
    raise Unclassified(f"no format is known for {bare or 'an answer without media type'}")


def format_of(answer: Answer) -> Format:
    """What an answer is."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    if 300 <= answer.status_code < 400:
        return Format.REDIRECT
    if not headers.get("content-type") or headers.get("content-length") == "0":
        return Format.EMPTY
    found = of_media(headers["content-type"])
    if found is Format.JSON and _describes(answer.content):
        return Format.OPENAPI
    return found


def _describes(content: bytes) -> bool:
    """Whether this JSON describes an interface: it is served under its own media type or under the common one."""
    try:
        told = json.loads(content)
    except ValueError:
        return False
    return isinstance(told, dict) and "openapi" in told


# --- From the source ------------------------------------------------------------------------------------------------


@cache
def formats(view: Callable[..., Any]) -> frozenset[Format]:
    """Every format that a view, or what it calls in the house, builds an answer of."""
    found: set[Format] = set()
    waiting, known = [inspect.unwrap(view)], set[Any]()
    while waiting:
        function = waiting.pop()
        if function not in known:
            known.add(function)
            built, called = _read(function)
            found |= built
            waiting += called
    return frozenset(found)


@cache
def _read(function: Any) -> tuple[frozenset[Format], tuple[Any, ...]]:
    """The answers that one function builds itself, and what of the house it calls: functions, methods, classes."""
    found: set[Format] = set()
    called: list[Any] = []
    for callee, node in _calls(function):
        built = _built(callee, node) if isinstance(node, ast.Call) else Format.OPENAPI
        if built is not None:
            found.add(built)
        elif isinstance(callee, FunctionType) and callee.__module__.startswith(HOUSE):
            called.append(inspect.unwrap(callee))
        elif isinstance(callee, type) and callee.__module__.startswith(HOUSE):
            called += [made for name in _MAKING if isinstance(made := vars(callee).get(name), FunctionType)]
    return frozenset(found), tuple(called)


def _calls(function: Any) -> Iterator[tuple[Any, ast.AST]]:
    """What a function calls, as far as its names lead to something; an interface that it describes, by its own word."""
    # What a dataclass writes for itself has no source, and answers nothing.
    if not isinstance(function, FunctionType) or function.__code__.co_filename.startswith("<"):
        return
    names = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Dict) and any(isinstance(k, ast.Constant) and k.value == "openapi" for k in node.keys):
            yield None, node
        elif isinstance(node, ast.Call):
            callee = _resolved(node.func, names)
            if callee is not None:
                yield callee, node
            elif isinstance(node.func, ast.Attribute):
                # Whose method it is, the source does not say: that of any class of the screens that has one so named.
                yield from ((method, node) for method in _methods().get(node.func.attr, ()))


@cache
def _methods() -> Mapping[str, tuple[Any, ...]]:
    """The methods of the classes of the screens that are loaded, by name."""
    found: dict[str, list[Any]] = {}
    for module in [m for name, m in list(sys.modules.items()) if name.startswith(SCREENS)]:
        for owner in [o for o in vars(module).values() if isinstance(o, type) and o.__module__ == module.__name__]:
            for name, method in vars(owner).items():
                if isinstance(method, FunctionType) and method.__module__ == module.__name__:
                    found.setdefault(name, []).append(inspect.unwrap(method))
    return {name: tuple(methods) for name, methods in found.items()}


def _resolved(node: ast.expr, names: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _resolved(node.value, names)
        if isinstance(owner, (ModuleType, type)):
            return getattr(owner, node.attr, None)
    return None


def _built(callee: Any, call: ast.Call) -> Format | None:
    """The format of the answer that this call builds, None when it builds none."""
    if callee is render:
        return Format.HTML
    if callee is redirect:
        return Format.REDIRECT
    if not (isinstance(callee, type) and issubclass(callee, HttpResponseBase)):
        return None
    if issubclass(callee, HttpResponseRedirectBase):
        return Format.REDIRECT
    given = [keyword.value for keyword in call.keywords if keyword.arg == "content_type"]
    if not given:
        if issubclass(callee, (FileResponse, StreamingHttpResponse)):
            return Format.FILE
        if issubclass(callee, JsonResponse):
            return Format.JSON
        return Format.HTML if call.args else Format.EMPTY
    if isinstance(given[0], ast.Constant):
        return of_media(str(given[0].value))
    return Format.FILE
