"""Selectors: the identifiers by which two services discover that they look at the same thing."""

from recoupe.kernel.selectors.common import (
    KIND_LABELS,
    STRENGTH_LABELS,
    Mention,
    Selector,
    SelectorKind,
    Strength,
)
from recoupe.kernel.selectors.registry import normalise, propose, strength

__all__ = [
    "KIND_LABELS",
    "STRENGTH_LABELS",
    "Mention",
    "Selector",
    "SelectorKind",
    "Strength",
    "normalise",
    "propose",
    "strength",
]
