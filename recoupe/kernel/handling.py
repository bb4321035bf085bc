"""Handling codes H0–H3: who may be told that a record exists (S-3). An unknown code is the strictest."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from recoupe.kernel.refusal import Invalid, gettext_noop


class HandlingCode(StrEnum):
    """Europol's codes; H0 excludes the others, which may be combined."""

    H0 = "H0"
    H1 = "H1"
    H2 = "H2"
    H3 = "H3"


class H3Line(StrEnum):
    """What an H3 lets the two sides of a match learn."""

    BOTH = "both"
    HOLDER_ONLY = "holder_only"
    NOBODY = "nobody"


HANDLING_LABELS: dict[HandlingCode, str] = {
    HandlingCode.H0: gettext_noop("H0 · prévention et répression des infractions"),
    HandlingCode.H1: gettext_noop("H1 · hors procédure judiciaire sans accord du fournisseur"),
    HandlingCode.H2: gettext_noop("H2 · pas de diffusion sans accord du fournisseur"),
    HandlingCode.H3: gettext_noop("H3 · autres restrictions, à préciser"),
}
H3_LINE_LABELS: dict[H3Line, str] = {
    H3Line.BOTH: gettext_noop("Les deux services sont avertis d'un recoupement"),
    H3Line.HOLDER_ONLY: gettext_noop("Seul mon service est averti d'un recoupement"),
    H3Line.NOBODY: gettext_noop("Personne n'est averti d'un recoupement"),
}

SENTENCE_NONE = gettext_noop("Choisissez au moins un code de traitement.")
SENTENCE_H0_ALONE = gettext_noop("H0 ne se combine avec aucun autre code de traitement.")
SENTENCE_H3_LINE = gettext_noop(
    "H3 demande de dire qui est averti d'un recoupement : les deux services, le vôtre seul, ou personne."
)
SENTENCE_H3_TEXT = gettext_noop("H3 demande d'écrire la restriction en toutes lettres.")
_UNKNOWN_CONDITION = gettext_noop("Code de traitement inconnu, traité comme le plus strict")

_TELLS = {
    H3Line.BOTH: (True, True),
    H3Line.HOLDER_ONLY: (True, False),
    H3Line.NOBODY: (False, False),
}


@dataclass(frozen=True, slots=True)
class Handling:
    """A coherent set of codes: H0 alone; H3 with its line and its text."""

    codes: frozenset[HandlingCode]
    h3_line: H3Line | None = None
    conditions: str = ""

    def __post_init__(self) -> None:
        if not self.codes:
            raise Invalid(SENTENCE_NONE, field="handling")
        if HandlingCode.H0 in self.codes and len(self.codes) > 1:
            raise Invalid(SENTENCE_H0_ALONE, field="handling")
        if HandlingCode.H3 not in self.codes:
            object.__setattr__(self, "h3_line", None)
        elif self.h3_line is None:
            raise Invalid(SENTENCE_H3_LINE, field="h3_line")
        elif not self.conditions.strip():
            raise Invalid(SENTENCE_H3_TEXT, field="handling_conditions")

    @classmethod
    def parse(cls, codes: str | Iterable[str], h3_line: str = "", conditions: str = "") -> Self:
        """Read codes as typed ("H1+H2", a list); any unknown code makes it H3, nobody told (the strictest)."""
        words = re.split(r"[\s,;+/]+", codes) if isinstance(codes, str) else list(codes)
        known, unknown = _sorted_out(words)
        if unknown:
            note = conditions.strip() or f"{_UNKNOWN_CONDITION} ({', '.join(unknown)[:80]})"
            return cls((known - {HandlingCode.H0}) | {HandlingCode.H3}, H3Line.NOBODY, note)
        return cls(known, _line(h3_line) if HandlingCode.H3 in known else None, conditions.strip())

    @property
    def wire(self) -> list[str]:
        """The codes in order, as stored."""
        return sorted(code.value for code in self.codes)


parse = Handling.parse


def tells(handling: Handling, silent: bool) -> tuple[bool, bool]:
    """(the holder's own side is told, the other side is told) of a match; silence only ever takes away."""
    tells_self, tells_other = _TELLS[handling.h3_line] if handling.h3_line else (True, True)
    return tells_self, tells_other and not silent


def _sorted_out(words: Iterable[str]) -> tuple[frozenset[HandlingCode], list[str]]:
    known: set[HandlingCode] = set()
    unknown: list[str] = []
    for word in (word.strip().upper() for word in words):
        if word in HandlingCode.__members__:
            known.add(HandlingCode[word])
        elif word:
            unknown.append(word)
    return frozenset(known), unknown


def _line(word: str) -> H3Line | None:
    """The line that this word names; a word that names none is the strictest; blank is no choice."""
    try:
        return H3Line(word.strip().lower()) if word.strip() else None
    except ValueError:
        return H3Line.NOBODY
