"""The forms of notes, read from the files beside this one."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True)
class Form:
    """One way of writing a note: who writes so, in which register, with which phrases when it names a selector."""

    code: str
    services: tuple[str, ...]
    sources: tuple[str, ...]
    register: str
    bodies: tuple[str, ...]
    keyed: tuple[str, ...]
    remarks: tuple[str, ...]
    products: tuple[str, ...]
    means: tuple[str, ...]
    urgent: bool = False
    judicial: bool = False
    departments: tuple[str, ...] = ()


def _form(row: dict[str, object]) -> Form:
    return Form(**{name: tuple(value) if isinstance(value, list) else value for name, value in row.items()})  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def all_forms() -> tuple[Form, ...]:
    """Every form, in the order of the files' names."""
    rows: list[dict[str, object]] = []
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        rows += tomllib.loads(path.read_text(encoding="utf-8"))["form"]
    return tuple(_form(row) for row in rows)
