"""Ships: IMO stays with the hull, MMSI with the radio, ENI with inland craft; a name is only a hint."""

import re
from collections.abc import Iterator

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors.common import SENTENCE_NOTHING, Mention, Selector, SelectorKind, ascii_form, digits
from recoupe.kernel.text import name_key

WARNING_CHECK = gettext_noop("La clé de contrôle de ce numéro OMI est fausse : un chiffre est sans doute erroné.")
WARNING_MMSI = gettext_noop("Un MMSI de navire a neuf chiffres et commence par l'indicatif d'un pays (201 à 775).")
WARNING_ENI = gettext_noop("Un numéro ENI de bateau fluvial a huit chiffres.")

_LABELLED = re.compile(r"(?i)[\W_]*(imo|omi|mmsi|eni)(?:[\W_]|n°|no\b)*(?=\d)")
_KIND_OF_LENGTH = {7: "IMO", 8: "ENI", 9: "MMSI"}
_EXACT = re.compile(r"(?:IMO|MMSI|ENI)\d+")
_SHIP_PREFIX = re.compile(r"^(?:m v|m s|m y|mv|ms|navire|voilier|cargo|vraquier|porte conteneurs)\s+(?=.)")


def imo_holds(number: str) -> bool:
    """The last digit is that of the sum of the first six times 7 to 2."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:6], range(7, 1, -1), strict=True))
    return total % 10 == int(number[6])


def normalise(raw: str) -> Selector:
    """IMO, MMSI or ENI and its digits, by the word in front or by the length; else the name's comparison form."""
    plain = ascii_form(raw)
    label = _LABELLED.match(plain)
    rest = plain[label.end() :] if label else plain
    number = digits(rest)
    kind = label[1].upper().replace("OMI", "IMO") if label else _KIND_OF_LENGTH.get(len(number))
    if kind and len(number) >= 4 and not any(char.isalpha() for char in rest):
        return _numbered(raw, kind, number)
    key = _SHIP_PREFIX.sub("", name_key(plain))
    if len(key) < 2:
        raise Invalid(SENTENCE_NOTHING, field="selector")
    return Selector(SelectorKind.VESSEL, raw, key)


def is_exact(value: str) -> bool:
    """A number identifies a ship, a name does not."""
    return _EXACT.fullmatch(value) is not None


def _numbered(raw: str, kind: str, number: str) -> Selector:
    value = f"{kind}{number}"
    if kind == "IMO":
        valid = len(number) == 7 and imo_holds(number)
        return Selector(SelectorKind.VESSEL, raw, value, valid, "" if valid else WARNING_CHECK)
    if kind == "MMSI" and not (len(number) == 9 and 201 <= int(number[:3]) <= 775):
        return Selector(SelectorKind.VESSEL, raw, value, False, WARNING_MMSI)
    if kind == "ENI" and len(number) != 8:
        return Selector(SelectorKind.VESSEL, raw, value, False, WARNING_ENI)
    return Selector(SelectorKind.VESSEL, raw, value)


_IN_TEXT = re.compile(
    r"(?i)\b(?:(?:imo|omi)[ \u00a0]{0,2}(?:n°|no|num[ée]ro|:)?[ \u00a0]{0,2}:?[ \u00a0]?\d{7}"
    r"|mmsi[ \u00a0]{0,2}(?:n°|no|num[ée]ro|:)?[ \u00a0]{0,2}:?[ \u00a0]?\d{9}"
    r"|eni[ \u00a0]{0,2}(?:n°|no|num[ée]ro|:)?[ \u00a0]{0,2}:?[ \u00a0]?\d{8})(?!\d)"
)


def find(text: str) -> Iterator[Mention]:
    """Numbers announced by IMO, OMI, MMSI or ENI: seven digits alone are anything."""
    for match in _IN_TEXT.finditer(text):
        yield Mention(match.start(), match.end(), normalise(match[0]))
