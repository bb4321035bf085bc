"""Number plates: SIV since 2009, the older FNI, and foreign ones, which follow no plan that we know."""

import re
from collections.abc import Iterator

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors.common import (
    SENTENCE_NOTHING,
    Mention,
    Selector,
    SelectorKind,
    alnum,
    ascii_form,
    labelled,
)

WARNING_SIV = gettext_noop("Cette plaque ressemble à une plaque française mais ce numéro n'est jamais attribué.")
WARNING_FNI = gettext_noop("Ce département n'existe pas sur une ancienne plaque : vérifiez-la.")
WARNING_LETTER = gettext_noop("Une lettre O ou I à la place d'un chiffre a été lue 0 ou 1.")

UNKNOWN, SOME_UNKNOWN = "?", "%"  # a character that nobody could read, and nobody knows how many
WARNING_PARTIAL = gettext_noop("Plaque incomplète : elle ne sert que d'indice et ne suffit pas à un recoupement.")

_HOLE = re.compile(r"[?*_%\u2026\u00bf\uff1f]|\.{2,}")
_RUN = re.compile(r"\u2026|\.{3,}|%")
_LETTERS = "A-HJ-NP-TV-Z"  # neither I, nor O, nor U
_SIV = re.compile(rf"(?!SS|.....SS)[{_LETTERS}]{{2}}(?!000)\d{{3}}[{_LETTERS}]{{2}}")
_SIV_SHAPE = re.compile(r"[A-Z]{2}\d{3}[A-Z]{2}")
_SIV_MISREAD = re.compile(rf"([{_LETTERS}]{{2}})([\dOI]{{3}})([{_LETTERS}]{{2}})")
_GARAGE = re.compile(rf"W(?!000)\d{{3}}[{_LETTERS}]{{2}}")
_FNI = re.compile(r"[1-9]\d{0,3}[A-Z]{1,3}(97[1-6]|2[AB]|0[1-9]|[1-8]\d|9[0-5])")
_FNI_SHAPE = re.compile(r"\d{2,4}[A-Z]{2,3}\d{2,3}")
_SIGNS = frozenset({
    "A", "AL", "AND", "ARM", "AZ", "B", "BG", "BIH", "BY", "CH", "CY", "CZ", "D", "DK", "DZ", "E", "EST", "F", "FIN",
    "FL", "GB", "GE", "GR", "H", "HR", "I", "IRL", "IS", "KZ", "L", "LT", "LV", "MA", "MC", "MD", "MK", "MNE", "MT",
    "N", "NL", "NMK", "P", "PL", "RKS", "RO", "RSM", "RUS", "S", "SK", "SLO", "SRB", "TN", "TR", "UA", "UK", "V",
})  # fmt: skip
_SIGN_FIRST = re.compile(r"\s*([A-Z]{1,3})\s*:\s*(?=\S)|\s*\(([A-Z]{1,3})\)\s*(?=\S)", re.IGNORECASE)
_SIGN_LAST = re.compile(r"\s*\(\s*([A-Z]{1,3}|\d{2,3}|2[AB])\s*\)\s*$", re.IGNORECASE)


def normalise(raw: str) -> Selector:
    """Capitals and digits only; a foreign country is kept in front where the number could pass for a French one."""
    # Seven characters that make a SIV plate lack none: the marks between or after them only separate or doubt.
    if _HOLE.search(raw) and not _SIV.fullmatch(alnum(raw)):
        return _partial(raw)
    sign, rest = _signed(raw)
    code = alnum(rest)
    if len(code) < 2:
        raise Invalid(SENTENCE_NOTHING, field="selector")
    if sign and sign != "F":
        looks_french = any(shape.fullmatch(code) for shape in (_SIV_SHAPE, _SIV_MISREAD, _GARAGE, _FNI))
        return Selector(SelectorKind.PLATE, raw, f"{sign}:{code}" if looks_french else code)
    return _french(raw, code)


def is_exact(value: str) -> bool:
    """A plate with a character that nobody could read is many plates."""
    return UNKNOWN not in value and SOME_UNKNOWN not in value


def _partial(raw: str) -> Selector:
    """A mark for each character not read, so that the others keep their places: ?, * or _ is one, two dots are two."""
    runs = _RUN.sub(SOME_UNKNOWN, re.sub(r"[*_\u00bf\uff1f]", UNKNOWN, raw)).replace("..", 2 * UNKNOWN)
    held = ascii_form(runs).upper()
    code = re.sub(r"[^0-9A-Z?%]", "", held)
    if len(alnum(code)) < 2:
        raise Invalid(SENTENCE_NOTHING, field="selector")
    return Selector(SelectorKind.PLATE, raw, code, None, WARNING_PARTIAL)


def _signed(raw: str) -> tuple[str, str]:
    """The country sign, if one that exists is set apart by brackets or a colon, and the rest."""
    if (last := _SIGN_LAST.search(raw)) and alnum(raw[: last.start()]):
        sign = last[1].upper()
        return (sign if sign in _SIGNS else ""), raw[: last.start()]
    first = _SIGN_FIRST.match(raw)
    if first and (first[1] or first[2]).upper() in _SIGNS:
        return (first[1] or first[2]).upper(), raw[first.end() :]
    return "", raw


def _french(raw: str, code: str) -> Selector:
    if _SIV.fullmatch(code) or _GARAGE.fullmatch(code) or _FNI.fullmatch(code):
        return Selector(SelectorKind.PLATE, raw, code, True)
    if misread := _SIV_MISREAD.fullmatch(code):
        number = misread[2].replace("O", "0").replace("I", "1")
        if number != misread[2]:
            return Selector(SelectorKind.PLATE, raw, f"{misread[1]}{number}{misread[3]}", None, WARNING_LETTER)
    if _SIV_SHAPE.fullmatch(code):
        return Selector(SelectorKind.PLATE, raw, code, False, WARNING_SIV)
    if _FNI_SHAPE.fullmatch(code):
        return Selector(SelectorKind.PLATE, raw, code, False, WARNING_FNI)
    return Selector(SelectorKind.PLATE, raw, code)


_LABEL = re.compile(
    r"(?i)\b(?:immat\w*|plaques?|v[ée]hicule|vl|voiture|moto|scooter|camion\w*|fourgon\w*|utilitaire|fni|siv)\b"
    r"[^.;]*$"
)
_STRONG_LABEL = re.compile(r"(?i)\b(?:immat\w*|plaques?)\s*(?:n°|no|num[ée]ro|est|:|-|\s)*$")
_SIV_IN_TEXT = re.compile(
    rf"(?i)(?<![\w@-])(?:[{_LETTERS}]{{2}}(?P<a>[ \-]?)\d{{3}}(?P=a)[{_LETTERS}]{{2}}"
    rf"|W-\d{{3}}-[{_LETTERS}]{{2}})(?![\w@-])"
)
_FNI_IN_TEXT = re.compile(r"(?<![\w-])\d{2,4}(?P<a>[ \-]?)[A-Z]{2,3}(?P=a)(?:97[1-6]|\d\d|2[AB])(?![\w-])")
_FOREIGN_IN_TEXT = re.compile(r"(?<![\w-])(?=[A-Z0-9\- ]{0,11}\d)[A-Z0-9]{1,8}(?:[ \-][A-Z0-9]{1,6}){0,2}(?![\w-])")
# Words and units that make "DE 500 KG" look like a plate when it is written with blanks.
_WORDS = frozenset({
    "CE", "DE", "EN", "ES", "ET", "LA", "LE", "MA", "ME", "NE", "SA", "SE", "TA", "TE", "FR",
    "KG", "GR", "KM", "CM", "MM", "ML", "CL", "HA",
})  # fmt: skip
_MONTHS_AND_UNITS = frozenset({
    "JAN", "FEV", "MAR", "AVR", "MAI", "JUN", "JUL", "AOU", "SEP", "OCT", "NOV", "DEC",
    "KG", "GR", "KM", "CM", "MM", "ML", "CL", "EUR", "RUE", "AV", "BD", "CP",
})  # fmt: skip


def find(text: str) -> Iterator[Mention]:
    """SIV anywhere unless it reads as words; FNI and foreign plates only after a word that announces them."""
    for match in _SIV_IN_TEXT.finditer(text):
        near = labelled(text, match.start(), _LABEL, 40)
        if near or not _reads_as_words(match[0], match["a"]):
            yield Mention(match.start(), match.end(), normalise(match[0]))
    for match in _FNI_IN_TEXT.finditer(text):
        letters = re.sub(r"[^A-Z]", "", match[0][:-2])
        if letters not in _MONTHS_AND_UNITS and labelled(text, match.start(), _LABEL, 40):
            yield Mention(match.start(), match.end(), normalise(match[0]))
    for match in _FOREIGN_IN_TEXT.finditer(text):
        written = _plate_long(match[0])
        if len(alnum(written)) >= 4 and labelled(text, match.start(), _STRONG_LABEL, 20):
            yield Mention(match.start(), match.start() + len(written), normalise(written))


def _plate_long(written: str) -> str:
    """Without the words that follow the plate: no plate has more than eight characters."""
    while len(alnum(written)) > 8 and (shorter := re.sub(r"[ \-][A-Z0-9]+$", "", written)) != written:
        written = shorter
    return written


def _reads_as_words(written: str, separator: str | None) -> bool:
    if separator != " ":
        return False
    first, last = written[:2], written[-2:]
    return not written.isupper() or first in _WORDS or last in _WORDS
