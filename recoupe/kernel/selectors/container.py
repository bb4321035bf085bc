"""Freight containers (ISO 6346): owner, category, serial number and a check digit."""

import re
from collections.abc import Iterator

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors.common import SENTENCE_NOTHING, Mention, Selector, SelectorKind, alnum, labelled

WARNING_CHECK = gettext_noop("La clé de contrôle de ce conteneur est fausse : un caractère est sans doute erroné.")
WARNING_SHAPE = gettext_noop(
    "Un conteneur s'écrit avec quatre lettres, six chiffres et une clé, par exemple CSQU3054383."
)
WARNING_NO_CHECK = gettext_noop("Écrit sans clé de contrôle : la clé a été calculée, vérifiez les six chiffres.")

_SHAPE = re.compile(r"[A-Z]{3}[UJZ]\d{6}\d?")
# Letters are worth 10 to 38, without the multiples of 11.
_LETTER_VALUES = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (n for n in range(10, 39) if n % 11), strict=True))


def check_digit(ten: str) -> str:
    """The sum of each value times two to the power of its place, modulo 11, ten counting as zero."""
    total = sum((_LETTER_VALUES.get(char) or int(char, 10)) << place for place, char in enumerate(ten))
    return str(total % 11 % 10)


def normalise(raw: str) -> Selector:
    """Eleven characters without blanks; the check digit is computed where it was left out."""
    code = alnum(raw)
    if len(code) < 6:
        raise Invalid(SENTENCE_NOTHING, field="selector")
    if not _SHAPE.fullmatch(code):
        return Selector(SelectorKind.CONTAINER, raw, code, False, WARNING_SHAPE)
    if len(code) == 10:
        return Selector(SelectorKind.CONTAINER, raw, code + check_digit(code), None, WARNING_NO_CHECK)
    if check_digit(code[:10]) == code[10]:
        return Selector(SelectorKind.CONTAINER, raw, code, True)
    return Selector(SelectorKind.CONTAINER, raw, code, False, WARNING_CHECK)


_LABEL = re.compile(r"(?i)\b(?:conteneurs?|containers?|ctn?r|tc|evp|bo[iî]te)\b[^\n]*$")
_IN_TEXT = re.compile(r"(?i)(?<![A-Z0-9])[A-Z]{3}[UJZ][ \-]?\d{3}[ .]?\d{3}[ \-/]?\d?(?![A-Z0-9])")


def find(text: str) -> Iterator[Mention]:
    """Numbers that pass the check, or in capitals with all eleven characters, or after the word."""
    for match in _IN_TEXT.finditer(text):
        written = match[0].rstrip(" -/")
        selector = normalise(written)
        whole = len(alnum(written)) == 11
        if selector.valid or (whole and written.isupper()) or labelled(text, match.start(), _LABEL, 32):
            yield Mention(match.start(), match.start() + len(written), selector)
