"""The one file that training writes and that batch and online scorer read: levels, m and u, frequencies, keys."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from recoupe.config.files import write_durably
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.matching.blocking import KEYS
from recoupe.matching.comparison import Comparison
from recoupe.matching.record import COMPARISONS

FORMAT = 1
# Splink's own: a share of zero would make one level decide alone.
LEAST_SHARE = 1e-300
# In a holding of two or three records, whatever its model expects.
MOST_PRIOR = 0.5

SENTENCE_UNREADABLE = gettext_noop("Ce fichier de modèle n'est pas lisible : refaites l'apprentissage.")
SENTENCE_FORMAT = gettext_noop("Ce modèle est au format %(found)s, ce programme lit le format %(wanted)s.")
SENTENCE_HASH = gettext_noop("Ce fichier de modèle a changé depuis son apprentissage : son empreinte ne convient plus.")
SENTENCE_LEVELS = gettext_noop(
    "Ce modèle a été appris avec d'autres règles de comparaison (%(comparison)s) : refaites l'apprentissage."
)


@dataclass(frozen=True, slots=True)
class Shares:
    """How often a level is seen among pairs of one person (m) and among pairs of strangers (u)."""

    m: float
    u: float

    @property
    def weight(self) -> float:
        """log2(m / u): the bits for or against that this level brings."""
        return math.log2(max(self.m, LEAST_SHARE) / max(self.u, LEAST_SHARE))


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How many records bear a value; what is borne once is not listed, and what was never seen counts as borne once."""

    records: int
    counts: Mapping[str, int]

    def share(self, value: str) -> float:
        """The share of the records that bear this value."""
        return self.counts.get(value, 1) / self.records


@dataclass(frozen=True)
class Trained:
    """A comparison and the shares of its levels, in its own order."""

    comparison: Comparison
    shares: tuple[Shares, ...]

    @cached_property
    def weights(self) -> tuple[float, ...]:
        """What each level brings."""
        return tuple(shares.weight for shares in self.shares)


def prior_among(matches: float, records: int) -> float:
    """How likely two of so many records, taken at random, are one person: each has so many matches among the others.

    As a holding grows, strangers multiply and a person's own records do not: what agrees must weigh more.
    """
    return min(MOST_PRIOR, matches / max(1, records - 1))


@dataclass(frozen=True, slots=True)
class Model:
    """What is served: two models are never mixed, every score keeps the version that made it.

    `matches`: how many other records of the same person a record has, in the holding that taught; `prior` is what that
    makes among its own records, and `threshold` the bits, prior included, from which something is proposed.
    """

    version: str
    matches: float
    prior: float
    comparisons: tuple[Trained, ...]
    frequencies: Mapping[str, Frequencies]
    blocking: tuple[str, ...]
    threshold: float
    made: Mapping[str, Any]

    def among(self, records: int) -> Self:
        """The same weights in a holding of so many records: with the prior of its size, under the same threshold."""
        return replace(self, prior=prior_among(self.matches, records))

    @property
    def learnt_among(self) -> int:
        """The number of records to which its own prior belongs."""
        return 1 + round(self.matches / self.prior)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that its comparisons read, in alphabetical order."""
        return tuple(sorted(frozenset().union(*(found.comparison.columns() for found in self.comparisons))))

    def as_document(self) -> dict[str, Any]:
        """The content of the file, its hash last."""
        document: dict[str, Any] = {
            "format": FORMAT,
            "version": self.version,
            "made": dict(self.made),
            "matches": self.matches,
            "prior": self.prior,
            "threshold": self.threshold,
            "blocking": list(self.blocking),
            "comparisons": [_written(found) for found in self.comparisons],
            "frequencies": {
                column: {"records": found.records, "counts": dict(sorted(found.counts.items()))}
                for column, found in sorted(self.frequencies.items())
            },
        }
        return document | {"hash": _hash(document)}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Refused where the file was changed, is of another format, or was trained with other levels."""
        try:
            return cls._of(document)
        except (KeyError, TypeError, ValueError) as error:
            raise Invalid(SENTENCE_UNREADABLE, field="model") from error

    @classmethod
    def _of(cls, document: Mapping[str, Any]) -> Self:
        if document["format"] != FORMAT:
            raise Invalid(SENTENCE_FORMAT, field="model", found=document["format"], wanted=FORMAT)
        if document["hash"] != _hash({name: value for name, value in document.items() if name != "hash"}):
            raise Invalid(SENTENCE_HASH, field="model")
        unknown = [name for name in document["blocking"] if name not in KEYS]
        if unknown:
            raise Invalid(SENTENCE_LEVELS, field="model", comparison=unknown[0])
        frequencies = {
            column: Frequencies(found["records"], found["counts"]) for column, found in document["frequencies"].items()
        }
        return cls(
            document["version"],
            document["matches"],
            document["prior"],
            tuple(_read(found) for found in document["comparisons"]),
            frequencies,
            tuple(document["blocking"]),
            document["threshold"],
            document["made"],
        )


def _written(trained: Trained) -> dict[str, Any]:
    levels = [
        {
            "name": level.name, "condition": level.when.sql(), "frequency": level.frequency,
            "m": shares.m, "u": shares.u, "weight": shares.weight,
        }
        for level, shares in zip(trained.comparison.levels, trained.shares, strict=True)
    ]  # fmt: skip
    return {"name": trained.comparison.name, "unknown": trained.comparison.unknown.sql(), "levels": levels}


def _read(found: Mapping[str, Any]) -> Trained:
    """The conditions are kept beside the figures, so that figures never serve levels that they were not learnt for."""
    comparison = COMPARISONS.get(found["name"])
    asked = [(level["name"], level["condition"], level["frequency"]) for level in found["levels"]]
    here = [] if comparison is None else [(x.name, x.when.sql(), x.frequency) for x in comparison.levels]
    if comparison is None or asked != here or found["unknown"] != comparison.unknown.sql():
        raise Invalid(SENTENCE_LEVELS, field="model", comparison=found["name"])
    return Trained(comparison, tuple(Shares(float(level["m"]), float(level["u"])) for level in found["levels"]))


def _hash(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def read(path: Path) -> Model:
    """The model of a file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Invalid(SENTENCE_UNREADABLE, field="model") from error
    if not isinstance(document, dict):
        raise Invalid(SENTENCE_UNREADABLE, field="model")
    return Model.of(document)


def write(model: Model, path: Path) -> None:
    """In one step and for its reader alone: a full disk or a kill leaves the model that serves as it was."""
    text = json.dumps(model.as_document(), ensure_ascii=False, indent=1)
    write_durably(path, text + "\n", owner_of=path)
