"""The names that the screens of a room read from a request, from their sources and their forms."""

import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from django.forms import BaseForm

_ASKED = re.compile(r"""\b(?:GET|POST|FILES|data)(?:\.get|\.getlist)?[(\[]\s*["']([\w.-]+)["']""")


def asked(view: Callable[..., Any]) -> frozenset[str]:
    """Every name that the room of this view may read."""
    return _of_package(str(inspect.unwrap(view).__module__).rpartition(".")[0])


@cache
def _of_package(package: str) -> frozenset[str]:
    found: set[str] = set()
    for module in _modules(package):
        found |= set(_ASKED.findall(Path(module.__file__ or "").read_text(encoding="utf-8")))
        for made in vars(module).values():
            if isinstance(made, type) and issubclass(made, BaseForm):
                found |= set(getattr(made, "base_fields", {}))
    return frozenset(found)


def _modules(package: str) -> Iterator[ModuleType]:
    top = import_module(package)
    for entry in iter_modules(top.__path__):
        yield import_module(f"{package}.{entry.name}")
