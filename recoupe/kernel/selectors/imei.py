"""IMEI of a handset: 14 digits name it, the 15th checks them (Luhn), a 16-digit IMEISV ends with a software version."""

import re
from collections.abc import Iterator

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors.checksums import luhn, luhn_digit
from recoupe.kernel.selectors.common import SENTENCE_NOTHING, Mention, Selector, SelectorKind, digits, labelled

WARNING_CHECK = gettext_noop("La clé de contrôle de cet IMEI est fausse : un chiffre est sans doute erroné.")
WARNING_LENGTH = gettext_noop("Un IMEI a 15 chiffres (14 sans la clé, 16 avec la version du logiciel).")
WARNING_NO_CHECK = gettext_noop("Écrit sans clé de contrôle : la clé a été calculée, vérifiez les 14 chiffres.")
WARNING_FAKE = gettext_noop("Cet IMEI répète un seul chiffre : c'est une valeur de remplissage.")


def normalise(raw: str) -> Selector:
    """Always 15 digits where it can be, so that the three lengths of one handset meet."""
    number = digits(raw)
    if len(number) < 8:
        raise Invalid(SENTENCE_NOTHING, field="selector")
    if len(number) not in (14, 15, 16):
        return Selector(SelectorKind.IMEI, raw, number, False, WARNING_LENGTH)
    if len(set(number[:14])) == 1:
        return Selector(SelectorKind.IMEI, raw, number, False, WARNING_FAKE)
    if len(number) == 15 and luhn(number):
        return Selector(SelectorKind.IMEI, raw, number, True)
    # Call records of operators write 0 in place of the check digit.
    if len(number) == 15 and number[-1] != "0":
        return Selector(SelectorKind.IMEI, raw, number, False, WARNING_CHECK)
    return Selector(SelectorKind.IMEI, raw, number[:14] + luhn_digit(number[:14]), None, WARNING_NO_CHECK)


_LABEL = re.compile(r"(?i)\bimei(?:sv)?\b[^\d\n]*$")
_SEP = r"[ \u00a0\u202f\-/.]"
_IN_TEXT = re.compile(rf"(?<!\d)(?<!\d[.,])\d(?:{_SEP}?\d){{13,15}}(?!\d)")
_USUAL = re.compile(rf"\d{{15}}|\d{{2}}{_SEP}\d{{6}}{_SEP}\d{{6}}{_SEP}\d|\d{{6}}{_SEP}\d{{2}}{_SEP}\d{{6}}{_SEP}\d")


def find(text: str) -> Iterator[Mention]:
    """After the word IMEI, any of the three lengths; elsewhere 15 digits in a usual grouping that pass the check."""
    for match in _IN_TEXT.finditer(text):
        selector = normalise(match[0])
        if labelled(text, match.start(), _LABEL) or (selector.valid and _USUAL.fullmatch(match[0])):
            yield Mention(match.start(), match.end(), selector)
