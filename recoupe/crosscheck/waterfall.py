"""What brings two records together, as it is kept with a question: names of levels and bits, no value of either."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from recoupe.kernel.refusal import gettext_noop
from recoupe.matching.record import COMPARISONS
from recoupe.matching.score import Part, Score

PRIOR = gettext_noop("Avant toute comparaison")
PRIOR_SENTENCE = gettext_noop("Deux fiches prises au hasard ne parlent presque jamais de la même personne.")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the waterfall: what was compared, the sentences, and how much it weighs for or against."""

    label: str
    sentences: tuple[str, ...]
    bits: float


def written(score: Score) -> list[dict[str, Any]]:
    """The steps as they are kept: a level and its bits, nothing where there was nothing to compare."""
    steps: list[dict[str, Any]] = [{"prior": round(score.prior, 1)}]
    for part in score.parts:
        if part.level is not None:
            steps.append({
                "comparison": part.comparison.name,
                "level": part.level.name,
                "base": round(part.base, 1),
                "rarity": round(part.rarity, 1),
            })  # fmt: skip
    return steps


def read(kept: Iterable[Mapping[str, Any]]) -> list[Step]:
    """The steps to show; a level that this version no longer knows is left out."""
    steps = []
    for one in kept:
        if "prior" in one:
            steps.append(Step(PRIOR, (PRIOR_SENTENCE,), one["prior"]))
        elif part := _part(one):
            steps.append(Step(part.comparison.label, part.reasons, part.weight))
    return steps


def _part(one: Mapping[str, Any]) -> Part | None:
    comparison = COMPARISONS.get(one["comparison"])
    levels = comparison.levels if comparison else ()
    level = next((level for level in levels if level.name == one["level"]), None)
    return Part(comparison, level, one["base"], one["rarity"]) if comparison and level else None
