"""Kinds of objects and their fields, from the models; and where screens ask for, and show, each field."""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.apps import apps
from django.db.models import Model
from django.forms import BaseForm

from recoupe.access.models import Protected

WEB = "recoupe.web"
_HOLES = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}", re.DOTALL)
_DOTTED = re.compile(r"[A-Za-z_][\w.]*")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind; `asked` names the forms that have it, `shown` the screens' files that read it."""

    name: str
    column: str
    type: str
    asked: tuple[str, ...]
    shown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object: a protected row, or a child that hangs on one (`parent` its table, `link` its column)."""

    table: str
    room: str
    model: type[Model]
    parent: str = ""
    link: str = ""

    @property
    def protected(self) -> bool:
        """Whether it carries its own reader keys."""
        return issubclass(self.model, Protected)

    def fields(self) -> tuple[Field, ...]:
        """Its concrete fields."""
        asked, shown = _asked(), _shown()
        return tuple(
            Field(f.name, f.column or "", f.get_internal_type(), asked.get(f.name, ()), shown.get(f.name, ()))
            for f in self.model._meta.concrete_fields
        )


def kinds() -> dict[str, Kind]:
    """Every protected model and every model that hangs on one, however deep, by table."""
    models = [m for m in apps.get_models() if m.__module__.startswith("recoupe.")]
    found = {m._meta.db_table: _kind(m) for m in models if issubclass(m, Protected)}
    waiting = [m for m in models if m._meta.db_table not in found]
    grown = True
    while grown:
        grown = False
        for model in waiting:
            for field in model._meta.concrete_fields:
                target = getattr(field.remote_field, "model", None)
                parent = target._meta.db_table if isinstance(target, type) and issubclass(target, Model) else ""
                if parent in found and model._meta.db_table not in found:
                    found[model._meta.db_table] = _kind(model, parent, field.column or "")
                    grown = True
    return dict(sorted(found.items()))


def rooms_of_tables() -> dict[str, str]:
    """The room of every table that a model of ours stands for."""
    return {m._meta.db_table: m._meta.app_label for m in apps.get_models() if m.__module__.startswith("recoupe.")}


def _kind(model: type[Model], parent: str = "", link: str = "") -> Kind:
    return Kind(model._meta.db_table, model._meta.app_label, model, parent, link)


def _screens() -> list[Path]:
    package = sys.modules[WEB]
    return sorted(path for place in package.__path__ for path in Path(place).rglob("*"))


@cache
def _asked() -> dict[str, tuple[str, ...]]:
    """Form fields by name; only forms of modules that the URLconf loads exist."""
    found: dict[str, set[str]] = {}
    for name, module in sorted(sys.modules.items()):
        if name.startswith(WEB):
            for made in vars(module).values():
                if inspect.isclass(made) and issubclass(made, BaseForm) and made.__module__ == name:
                    for field in getattr(made, "base_fields", {}):
                        found.setdefault(field, set()).add(f"{name}.{made.__name__}")
    return {field: tuple(sorted(forms)) for field, forms in found.items()}


@cache
def _shown() -> dict[str, tuple[str, ...]]:
    """Names that templates look up and that screens read as attributes, with the files that do."""
    found: dict[str, set[str]] = {}
    for path in _screens():
        for name in _names(path):
            found.setdefault(name, set()).add(str(path.relative_to(next(iter(sys.modules[WEB].__path__)))))
    return {name: tuple(sorted(files)) for name, files in found.items()}


def _names(path: Path) -> Iterator[str]:
    if path.suffix in (".html", ".txt", ".typ"):
        for hole in _HOLES.findall(path.read_text(encoding="utf-8")):
            for dotted in _DOTTED.findall(hole[0] or hole[1]):
                yield from dotted.split(".")[1:]
    elif path.suffix == ".py":
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                yield node.attr
