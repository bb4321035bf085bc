"""Grades: Europol 4x4 inside; A–F × 1–6 may be typed and is converted by S-10, downwards only, its original kept."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.source import SourceKind


class SourceGrade(StrEnum):
    """How far the source can be trusted, best first."""

    A = "A"
    B = "B"
    C = "C"
    X = "X"


class InfoGrade(StrEnum):
    """How far the information is known, best first."""

    ONE = "1"
    TWO = "2"
    THREE = "3"
    FOUR = "4"


class Scheme(StrEnum):
    """The two ways of writing a grade."""

    FOUR = "4x4"
    SIX = "6x6"


SOURCE_GRADE_LABELS: dict[SourceGrade, str] = {
    SourceGrade.A: gettext_noop("A · fiable dans tous les cas"),
    SourceGrade.B: gettext_noop("B · fiable dans la plupart des cas"),
    SourceGrade.C: gettext_noop("C · peu fiable dans la plupart des cas"),
    SourceGrade.X: gettext_noop("X · fiabilité impossible à apprécier"),
}
INFO_GRADE_LABELS: dict[InfoGrade, str] = {
    InfoGrade.ONE: gettext_noop("1 · exactitude hors de doute"),
    InfoGrade.TWO: gettext_noop("2 · connue personnellement de la source, non du rapporteur"),
    InfoGrade.THREE: gettext_noop("3 · non connue personnellement, corroborée par d'autres éléments enregistrés"),
    InfoGrade.FOUR: gettext_noop("4 · non connue personnellement, impossible à corroborer"),
}

SENTENCE_UNKNOWN = gettext_noop(
    "Cotation inconnue : écrivez une lettre A, B, C ou X et un chiffre de 1 à 4, ou A à F et 1 à 6."
)

SENTENCE_SCHEME = gettext_noop("L'écriture d'une cotation est 4x4, ou 6x6 pour A à F et 1 à 6.")

_SIX_SOURCE = {
    "A": SourceGrade.A, "B": SourceGrade.B, "C": SourceGrade.C,
    "D": SourceGrade.C, "E": SourceGrade.C, "F": SourceGrade.X,
}  # fmt: skip
_SIX_INFO = {
    "1": InfoGrade.THREE, "2": InfoGrade.THREE, "3": InfoGrade.FOUR,
    "4": InfoGrade.FOUR, "5": InfoGrade.FOUR, "6": InfoGrade.FOUR,
}  # fmt: skip
_SOURCE_RANK = {grade: rank for rank, grade in enumerate(SourceGrade)}
_INFO_RANK = {grade: rank for rank, grade in enumerate(InfoGrade)}


@dataclass(frozen=True, slots=True)
class Grading:
    """A 4x4 grade, what was typed first, and whether the information is suspected false."""

    source: SourceGrade
    info: InfoGrade
    original: str = ""
    doubt: bool = False

    @property
    def code(self) -> str:
        """The two characters, as X4."""
        return f"{self.source}{self.info}"

    @classmethod
    def typed(cls, source: str, info: str, *, seen_by_reporter: bool, scheme: Scheme | None = None) -> Self:
        """Read a typed grade; blank is X4; D, E, F, 5 and 6 tell the second scheme, else 4x4 is understood.

        In either scheme a 1 of what the reporter did not see himself becomes 3, unless 4x4 is named by the caller.
        """
        letter, digit = source.strip().upper(), info.strip()
        if not letter and not digit:
            return cls(SourceGrade.X, InfoGrade.FOUR)
        read_as = scheme or (Scheme.SIX if letter in {"D", "E", "F"} or digit in {"5", "6"} else Scheme.FOUR)
        letter, digit = letter or ("F" if read_as is Scheme.SIX else "X"), digit or "4"
        original = f"{source.strip().upper()}{info.strip()}"
        if read_as is Scheme.SIX:
            return cls._from_six(letter, digit, original, seen_by_reporter)
        try:
            grade = cls(SourceGrade(letter), InfoGrade(digit), original)
        except ValueError as error:
            raise Invalid(SENTENCE_UNKNOWN, field="grade") from error
        if scheme is None and grade.info is InfoGrade.ONE and not seen_by_reporter:
            return replace(grade, info=InfoGrade.THREE)
        return grade

    @classmethod
    def _from_six(cls, letter: str, digit: str, original: str, seen_by_reporter: bool) -> Self:
        if letter not in _SIX_SOURCE or digit not in _SIX_INFO:
            raise Invalid(SENTENCE_UNKNOWN, field="grade")
        seen = digit == "1" and seen_by_reporter
        info = InfoGrade.ONE if seen else _SIX_INFO[digit]
        return cls(_SIX_SOURCE[letter], info, original, doubt=digit == "5")

    def improves_on(self, other: "Grading") -> bool:
        """Better than the other in letter or digit: only a new grading with its motive may do that."""
        return (
            _SOURCE_RANK[self.source] < _SOURCE_RANK[other.source]
            or _INFO_RANK[self.info] < _INFO_RANK[other.info]
            or (other.doubt and not self.doubt)
        )


def grade_scheme(typed: str, field: str = "grade_scheme") -> Scheme | None:
    """The scheme that was named; None when none was."""
    text = typed.strip()
    if text and text not in set(Scheme):
        raise Invalid(SENTENCE_SCHEME, field=field)
    return Scheme(text) if text else None


DEFAULT = Grading(SourceGrade.X, InfoGrade.FOUR)


def cap(grading: Grading, source_kind: SourceKind, *, verified: bool = False) -> Grading:
    """The best grade that this kind of source allows: anonymous X4; partner X4, once verified B2; never better."""
    if source_kind is SourceKind.ANONYMOUS or (source_kind is SourceKind.PARTNER and not verified):
        source, info = SourceGrade.X, InfoGrade.FOUR
    elif source_kind is SourceKind.PARTNER:
        source = SourceGrade.B if grading.source is SourceGrade.A else grading.source
        info = InfoGrade.TWO if grading.info is InfoGrade.ONE else grading.info
    else:
        return grading
    if (source, info) == (grading.source, grading.info):
        return grading
    return replace(grading, source=source, info=info, original=grading.original or grading.code)
