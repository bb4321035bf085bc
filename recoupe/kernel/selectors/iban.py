"""Bank accounts (ISO 13616): the length of the country and the remainder of 97."""

import re
from collections.abc import Iterator

from stdnum import iban as registry

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors.checksums import mod97
from recoupe.kernel.selectors.common import SENTENCE_NOTHING, Mention, Selector, SelectorKind, alnum, labelled

WARNING_CHECK = gettext_noop("La clé de contrôle de cet IBAN est fausse : un caractère est sans doute erroné.")
WARNING_SHAPE = gettext_noop("Cet IBAN n'a pas la forme ou la longueur de ceux de son pays.")

_SHAPE = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}")
# Lengths of the countries whose accounts are usual here; elsewhere the check alone decides.
LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "BA": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CY": 28, "CZ": 24,
    "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28,
    "IE": 22, "IL": 23, "IS": 26, "IT": 27, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MA": 28, "MC": 27,
    "MD": 24, "ME": 22, "MK": 19, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22,
    "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29,
}  # fmt: skip


def normalise(raw: str) -> Selector:
    """Capitals and digits only; valid when the check and the country's form both hold."""
    code = alnum(raw).removeprefix("IBAN")
    if len(code) < 8:
        raise Invalid(SENTENCE_NOTHING, field="selector")
    if not _SHAPE.fullmatch(code):
        return Selector(SelectorKind.IBAN, raw, code, False, WARNING_SHAPE)
    if mod97(code[4:] + code[:4]) != 1:
        return Selector(SelectorKind.IBAN, raw, code, False, WARNING_CHECK)
    if not registry.is_valid(code, check_country=False):
        return Selector(SelectorKind.IBAN, raw, code, False, WARNING_SHAPE)
    return Selector(SelectorKind.IBAN, raw, code, True)


def masked(value: str) -> str:
    """The first four and the last four characters: what a screen shows."""
    return f"{value[:4]} … {value[-4:]}" if len(value) > 12 else value


_LABEL = re.compile(r"(?i)\b(?:iban|rib|compte)\b[^\n]{0,12}$")
_HEAD = re.compile(r"(?i)(?<![A-Z0-9])([A-Z]{2})\d{2}(?=[ \u00a0\u202f.\-]?[A-Z0-9])")
_NEXT = re.compile(r"[ \u00a0\u202f.\-]?([A-Za-z0-9])")


def find(text: str) -> Iterator[Mention]:
    """As many characters as the country's accounts have; a wrong one only after its label or made of digits."""
    for match in _HEAD.finditer(text):
        length = LENGTHS.get(match[1].upper())
        end = _walk(text, match.end(), length - 4) if length else None
        if end is None:
            continue
        selector = normalise(text[match.start() : end])
        if selector.valid or labelled(text, match.start(), _LABEL) or selector.value[4:20].isdigit():
            yield Mention(match.start(), end, selector)


def _walk(text: str, position: int, count: int) -> int | None:
    """Where that many characters end, single separators allowed; None if a word goes on or the text stops."""
    for _ in range(count):
        step = _NEXT.match(text, position)
        if step is None:
            return None
        position = step.end()
    after = text[position : position + 1]
    return None if after.isalnum() else position
