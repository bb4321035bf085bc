"""Telephone numbers in E.164, every French writing first: imports normalise thousands a second."""

import re
from collections.abc import Iterator

import phonenumbers

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors.common import (
    BLANKS,
    SENTENCE_NOTHING,
    Mention,
    Selector,
    SelectorKind,
    ascii_form,
    digits,
)

MIN_DIGITS = 6
WARNING_PLAN = gettext_noop("Ce numéro n'existe pas dans le plan de numérotation : vérifiez-le.")
WARNING_LENGTH = gettext_noop("Ce numéro n'a pas la bonne longueur, ou il lui manque l'indicatif du pays.")
WARNING_ZERO = gettext_noop("Le zéro initial manquait : il a été ajouté.")

_PLAN_REGIONS = {
    "33": ("FR",),
    "262": ("RE", "YT"),
    "508": ("PM",),
    "590": ("GP", "BL", "MF"),
    "594": ("GF",),
    "596": ("MQ",),
}
# National numbers (without the 0) that belong to an overseas country code though they are dialled like the others.
_OVERSEAS = {
    "262": "262", "263": "262", "269": "262", "639": "262", "692": "262", "693": "262",
    "590": "590", "690": "590", "691": "590", "594": "594", "694": "594", "596": "596", "696": "596", "697": "596",
    "708": "508",
}  # fmt: skip
_OVERSEAS_709 = {"0": "590", "1": "596", "2": "262"}
# The regulator keeps 06 39 98 for fiction, in the middle of a block of Mayotte; demonstrations use it.
_FICTION = "63998"
_MACHINE = re.compile(r"700\d{10}")  # 14-digit numbers of machines (0700…): trackers

_SEPARATORS = str.maketrans("", "", BLANKS + ".-/()\t")
_FRENCH_ABROAD = re.compile(r"(33|262|59[046])0?([1-9]\d{8})")
_TEN = re.compile(r"0[1-9]\d{8}")
_EXTENSION = re.compile(r"(?i)\b(?:poste|ext)\b")
_LETTER_ZERO = re.compile(r"(?<=\d)[oO](?=[\d .\-/]|$)|(?<![^\W_])[oO](?=[1-9])")


def _plan(regions: tuple[str, ...]) -> re.Pattern[str]:
    """The national numbers in service, from the same metadata as the slow path, so that both give one verdict."""
    patterns: set[str] = set()
    for region in regions:
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
        if metadata is None:
            raise LookupError(region)
        kinds = (
            metadata.fixed_line, metadata.mobile, metadata.toll_free, metadata.premium_rate,
            metadata.shared_cost, metadata.personal_number, metadata.voip, metadata.pager, metadata.uan,
            metadata.voicemail,
        )  # fmt: skip
        patterns |= {kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern}
    return re.compile("|".join(f"(?:{pattern})" for pattern in sorted(patterns)))


_PLANS = {code: _plan(regions) for code, regions in _PLAN_REGIONS.items()}


def normalise(raw: str) -> Selector:
    """E.164 where the country is known or French, else the bare digits with a warning."""
    compact = raw.translate(_SEPARATORS)
    if len(compact) == 10 and compact[0] == "0" and compact.isascii() and compact.isdigit() and compact[1] != "0":
        return _french(raw, compact[1:])
    return _slow(raw)


def _slow(raw: str) -> Selector:
    plain = _LETTER_ZERO.sub("0", _EXTENSION.split(ascii_form(raw))[0])
    number = digits(plain)
    international = number.startswith("00") or ("+" in plain and not _TEN.fullmatch(number))
    number = number.lstrip("0") if international else number
    if len(number) < MIN_DIGITS:
        raise Invalid(SENTENCE_NOTHING, field="selector")
    if found := _FRENCH_ABROAD.fullmatch(number):
        return _french(raw, found[2]) if found[1] == "33" else _planned(raw, found[1], found[2])
    return _foreign(raw, number) if international else _domestic(raw, number)


def _domestic(raw: str, number: str) -> Selector:
    """Digits without a country: ten with 0, nine whose 0 a spreadsheet ate, fourteen of a machine, else unknown."""
    if _TEN.fullmatch(number):
        return _french(raw, number[1:])
    if number[0] == "0" and _MACHINE.fullmatch(number[1:]):
        return _selector(raw, f"+33{number[1:]}", True)
    if len(number) == 9 and number[0] != "0":
        found = _french(raw, number)
        if found.valid:
            return Selector(found.kind, raw, found.value, True, WARNING_ZERO)
    return Selector(SelectorKind.PHONE, raw, number, False, WARNING_LENGTH)


def _french(raw: str, nine: str) -> Selector:
    """Nine digits dialled with a 0 in France: metropolitan, or overseas under the territory's own country code."""
    if nine.startswith(_FICTION):
        return _selector(raw, f"+33{nine}", True)
    head = nine[:3]
    if head == "508":
        return _planned(raw, "508", nine[3:])
    if head == "709":
        code = _OVERSEAS_709.get(nine[3]) or ("594" if nine[3] == "3" and nine[4] < "5" else "262")
        return _planned(raw, code, nine)
    return _planned(raw, _OVERSEAS.get(head, "33"), nine)


def _planned(raw: str, code: str, national: str) -> Selector:
    return _selector(raw, f"+{code}{national}", _PLANS[code].fullmatch(national) is not None)


def _foreign(raw: str, number: str) -> Selector:
    """Any country, by the phonenumbers package; what it cannot read is kept with its plus."""
    if number.startswith("33") and _MACHINE.fullmatch(number[2:]):
        return _selector(raw, f"+{number}", True)
    try:
        parsed = phonenumbers.parse(f"+{number}")
    except phonenumbers.NumberParseException:
        return Selector(SelectorKind.PHONE, raw, f"+{number}", False, WARNING_LENGTH)
    if not phonenumbers.is_valid_number(parsed):
        return _selector(raw, f"+{number}", False)
    return _selector(raw, phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), True)


def _selector(raw: str, value: str, valid: bool) -> Selector:
    return Selector(SelectorKind.PHONE, raw, value, valid, "" if valid else WARNING_PLAN)


_SEP = rf"[{BLANKS}.\-/]"
_WIDE_SEP = rf"(?:[{BLANKS}]{{2}}|[{BLANKS}]?[.\-/][{BLANKS}]?)"
_IN_TEXT = re.compile(
    rf"(?<![\d+])(?<!\d[.\-])(?:"
    rf"0[1-9](?P<a>{_SEP}?)\d\d(?:(?P=a)\d\d){{3}}"
    rf"|0[1-9]\d\d(?P<b>{_SEP})\d\d(?:(?P=b)\d\d){{2}}"
    rf"|0[1-9]\d\d(?P<c>{_SEP})\d{{3}}(?P=c)\d{{3}}"
    rf"|0[1-9](?P<d>{_SEP})\d{{4}}(?P=d)\d{{4}}"
    rf"|0[1-9](?P<e>{_WIDE_SEP})\d\d(?:(?P=e)\d\d){{3}}"
    rf"|33[1-9]\d{{8}}|0700\d{{10}}"
    rf")(?!\d)"
)
_FRENCH_ABROAD_IN_TEXT = re.compile(
    rf"(?:\+|(?<!\d)00){_SEP}?(?:33|262|59[046])(?:{_SEP}?\(0\))?{_SEP}?0?[1-9](?:{_SEP}?\d){{8}}(?!\d)"
)
_ABROAD_IN_TEXT = re.compile(rf"(?:\+|(?<!\d)00){_SEP}?[1-9](?:[{BLANKS}.\-/()]{{0,2}}\d){{6,14}}(?!\d)")
_LAST_GROUP = re.compile(rf"[{BLANKS}.\-/()]+\d+$")


def find(text: str) -> Iterator[Mention]:
    """French writings first, then any number that starts with + or 00."""
    for pattern in (_FRENCH_ABROAD_IN_TEXT, _IN_TEXT):
        for match in pattern.finditer(text):
            yield Mention(match.start(), match.end(), normalise(match[0]))
    for match in _ABROAD_IN_TEXT.finditer(text):
        yield _shortened(match)


def _shortened(match: re.Match[str]) -> Mention:
    """A foreign number has no fixed length: drop the groups that follow until it is one, else keep all."""
    whole = normalise(match[0])
    written, selector = match[0], whole
    while not selector.valid and (shorter := _LAST_GROUP.sub("", written)) != written:
        written = shorter
        # The zeros that stand for the plus are no part of the number.
        if len(digits(written).lstrip("0")) < MIN_DIGITS:
            break
        selector = normalise(written)
    if not selector.valid:
        written, selector = match[0], whole
    return Mention(match.start(), match.start() + len(written), selector)
