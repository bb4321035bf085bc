"""Telephone numbers: the kernel makes one E.164 number of every writing; then the last nine figures, then one slip."""

from collections.abc import Iterable

from recoupe.kernel.refusal import gettext_noop
from recoupe.kernel.selectors import SelectorKind
from recoupe.kernel.selectors.common import digits
from recoupe.matching.comparison import Level, compared
from recoupe.matching.conditions import OneSlip, Shared, Value
from recoupe.matching.kinds.written import ANOTHER, SLIP, read, some

_END = 9  # what is left of a French number without its country and its zero


def columns(written: Iterable[str]) -> dict[str, Value]:
    """Whole numbers; their ends, which no country changes; as dialled in France, where a figure may miss."""
    phones = read(SelectorKind.PHONE, written).values
    ends = some(digits(phone)[-_END:] for phone in phones or () if len(digits(phone)) >= _END)
    dialled = some(f"0{phone[3:]}" if phone.startswith("+33") else phone.lstrip("+") for phone in phones or ())
    return {"phone": phones, "phone_end": ends, "phone_dialled": dialled}


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
