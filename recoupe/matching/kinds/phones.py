"""Telephone numbers: the kernel makes one E.164 number of every writing; then the last nine figures, then one slip."""

import re
from collections.abc import Iterable, Iterator

from recoupe.kernel.refusal import gettext_noop
from recoupe.kernel.selectors import Selector, SelectorKind
from recoupe.kernel.selectors.common import digits
from recoupe.matching.comparison import Level, compared
from recoupe.matching.conditions import OneSlip, Shared, Value
from recoupe.matching.kinds.written import ANOTHER, SLIP, read, some

_END = 9  # what is left of a French number without its country and its zero
# Dialled with a zero and nine figures: the country, and what lies overseas.
_DIALLED = re.compile(r"\+(?:33|262|508|590|594|596)(\d{9})")
_WRITTEN = re.compile(r"0\d{8,10}")


def columns(written: Iterable[str]) -> dict[str, Value]:
    """Whole numbers; their ends, which no country changes; as dialled in France, where a figure may miss."""
    selectors = read(SelectorKind.PHONE, written).selectors
    phones = some(selector.value for selector in selectors)
    ends = some(digits(phone)[-_END:] for phone in phones or () if len(digits(phone)) >= _END)
    return {"phone": phones, "phone_end": ends, "phone_dialled": some(way for one in selectors for way in _ways(one))}


def _ways(selector: Selector) -> Iterator[str]:
    """As it is dialled; and as it was written, where a slip made it look like a number of another country."""
    known = _DIALLED.fullmatch(selector.value)
    yield f"0{known[1]}" if known else selector.value.lstrip("+")
    if _WRITTEN.fullmatch(found := digits(selector.raw)):
        yield found


COMPARISON = compared(
    "phone",
    gettext_noop("Téléphone"),
    "phone",
    Level("same", Shared("phone"), gettext_noop("Même numéro de téléphone.")),
    Level(
        "same_end", Shared("phone_end"), gettext_noop("Mêmes neuf derniers chiffres, indicatif différent ou absent.")
    ),
    Level("slip", OneSlip("phone_dialled"), SLIP),
    otherwise=ANOTHER,
)
