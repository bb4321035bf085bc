"""The seam behind which whole holdings are compared: one machine today (Splink on DuckDB), several tomorrow (Spark)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pkgutil import resolve_name
from typing import Protocol

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.matching.conditions import Row
from recoupe.matching.model import Model

SENTENCE_TOOLS = gettext_noop(
    "Comparer tout un fonds demande les outils de lots : .venv/bin/python recoupe/cli/environment.py runtime batch, "
    "puis recommencez."
)


@dataclass(frozen=True, slots=True)
class Linked:
    """A pair of records and its match weight in bits."""

    left: str
    right: str
    weight: float


class Linking(Protocol):
    """Every pair that shares a key and reaches the weight `least`, each once; the weights are those of the model."""

    def __call__(
        self, model: Model, rows: Mapping[str, Row], keys: Sequence[Sequence[str]], *, least: float | None = None
    ) -> Iterable[Linked]:
        """`keys`: of each row, in the order of the rows, none held by more rows than can be compared."""


# Package that it needs, and where it is.
_MACHINES = {"duckdb": ("splink", "recoupe.matching.batch:link")}


def machine(name: str = "duckdb") -> Linking:
    """The one of this name, refused with what to install where its packages are absent."""
    package, where = _MACHINES[name]
    if find_spec(package) is None:
        raise Invalid(SENTENCE_TOOLS)
    found: Linking = resolve_name(where)
    return found
