"""The seam behind which whole holdings are compared: one machine today (Splink on DuckDB), several tomorrow (Spark)."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pkgutil import resolve_name
from typing import NamedTuple, Protocol

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.matching.blocking import Oversized
from recoupe.matching.conditions import Row
from recoupe.matching.model import Model

SENTENCE_TOOLS = gettext_noop(
    "Comparer tout un fonds demande les outils de lots : .venv/bin/python recoupe/cli/environment.py runtime batch, "
    "puis recommencez."
)


class Linked(NamedTuple):
    """A pair of records and its match weight in bits."""

    left: str
    right: str
    weight: float


class Holding(Protocol):
    """Records whose keys are made: the same to the letter as online, none held by more rows than can be compared."""

    oversized: Sequence[Oversized]

    def pairs(self, least: float | None = None, part: tuple[int, int] = (0, 1)) -> Iterable[Linked]:
        """Every pair that shares a key of this part of so many parts and reaches the weight `least`, each once.

        The weights are those of the model; a key is in the same part in every run.
        """


class Linking(Protocol):
    """What prepares a whole holding."""

    def __call__(self, model: Model, rows: Mapping[str, Row]) -> Holding:
        """The holding of these rows, searched by the keys of the model."""


# Package that it needs, and where it is.
_MACHINES = {"duckdb": ("splink", "recoupe.matching.batch:Holding")}


def machine(name: str = "duckdb") -> Linking:
    """The one of this name, refused with what to install where its packages are absent."""
    package, where = _MACHINES[name]
    if find_spec(package) is None:
        raise Invalid(SENTENCE_TOOLS)
    found: Linking = resolve_name(where)
    return found
