"""Companies: SIREN names the company, SIRET one of its places; a bare name is only a hint."""

import re
from collections.abc import Iterator

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors.checksums import luhn
from recoupe.kernel.selectors.common import SENTENCE_NOTHING, Mention, Selector, SelectorKind, ascii_form, labelled
from recoupe.kernel.text import name_key

LA_POSTE = "356000000"
LA_POSTE_SEAT = "35600000000048"
WARNING_CHECK = gettext_noop("La clé de contrôle de ce SIREN ou SIRET est fausse : un chiffre est sans doute erroné.")
WARNING_LENGTH = gettext_noop("Un SIREN a 9 chiffres et un SIRET 14 : il en manque ou il y en a trop.")

_GAP = r"[ \u00a0\u202f.\-]?"
_NUMBER = re.compile(
    rf"(?<![^\W_])\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{3}}(?:{_GAP}\d{{5}}|{_GAP}\d{{3}}{_GAP}\d{{2}})?(?![^\W_])"
)
_VAT = re.compile(rf"(?i)(?<![^\W_])FR{_GAP}(\d{{2}}){_GAP}(\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{3}})(?![^\W_])")
_LABEL_WORDS = re.compile(r"(?i)\bn°|\b(?:siren|siret|rcs|tva|no|num[ée]ro|kbis)\b|:")


def normalise(raw: str) -> Selector:
    """The SIREN wherever one is written (in a SIRET, a VAT number, after a name), else the name's comparison form."""
    plain = ascii_form(raw)
    if vat := _VAT.search(plain):
        siren = _bare(vat[2])
        return _verdict(raw, siren, luhn(siren) and int(vat[1]) == (12 + 3 * (int(siren) % 97)) % 97)
    numbers = [_bare(found) for found in _NUMBER.findall(plain)]
    for number in numbers:
        if _holds(number):
            return _verdict(raw, number[:9], True)
    rest = _LABEL_WORDS.sub(" ", plain.replace("_", " "))
    if not any(char.isalpha() for char in rest):
        return _number_alone(raw, numbers, _bare(rest))
    return Selector(SelectorKind.COMPANY, raw, _named(plain))


def is_exact(value: str) -> bool:
    """A number identifies a company, a name does not."""
    return value.isdigit()


def _number_alone(raw: str, numbers: list[str], figures: str) -> Selector:
    if numbers:
        return _verdict(raw, numbers[0][:9], False)
    if len(figures) in (9, 14):
        return _verdict(raw, figures[:9], _holds(figures))
    if len(figures) < 5:
        raise Invalid(SENTENCE_NOTHING, field="selector")
    return Selector(SelectorKind.COMPANY, raw, figures, False, WARNING_LENGTH)


def _named(plain: str) -> str:
    key = name_key(plain)
    if len(key) < 2:
        raise Invalid(SENTENCE_NOTHING, field="selector")
    return key


def _holds(number: str) -> bool:
    """Luhn on the SIREN and on the whole; La Poste's places, its seat apart, use a sum that is a multiple of five."""
    if not luhn(number[:9]):
        return False
    if number.startswith(LA_POSTE) and len(number) == 14 and number != LA_POSTE_SEAT:
        return sum(int(digit) for digit in number) % 5 == 0
    return len(number) == 9 or luhn(number)


def _verdict(raw: str, siren: str, valid: bool) -> Selector:
    return Selector(SelectorKind.COMPANY, raw, siren, valid, "" if valid else WARNING_CHECK)


def _bare(written: str) -> str:
    return re.sub(r"\D", "", written)


_LABEL = re.compile(r"(?i)\b(?:siren|siret|rcs|tva|kbis)\b[^\n\d]*$")


def find(text: str) -> Iterator[Mention]:
    """After SIREN, SIRET or RCS nine or fourteen digits; elsewhere fourteen that pass, or a VAT number."""
    for match in _VAT.finditer(text):
        yield Mention(match.start(), match.end(), normalise(match[0]))
    for match in _NUMBER.finditer(text):
        number = _bare(match[0])
        if labelled(text, match.start(), _LABEL, 32) or (len(number) == 14 and _holds(number)):
            yield Mention(match.start(), match.end(), normalise(match[0]))
