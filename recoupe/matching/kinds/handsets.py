"""IMEI of handsets: fourteen figures name one, with or without its check digit or the version of its software."""

from collections.abc import Iterable

from recoupe.kernel.refusal import gettext_noop
from recoupe.kernel.selectors import SelectorKind
from recoupe.matching.comparison import Level, compared
from recoupe.matching.conditions import OneSlip, Shared, Value
from recoupe.matching.kinds.written import ANOTHER, SLIP, read, some

_BODY = 14


def columns(written: Iterable[str]) -> dict[str, Value]:
    """Whole numbers and their fourteen first figures; a filling value (one figure repeated) is none."""
    numbers = [
        selector.value
        for selector in read(SelectorKind.IMEI, written).selectors
        if len(set(selector.value[:_BODY])) > 1
    ]
    # Thirteen figures are fourteen of which one was left out.
    return {"imei": some(numbers), "imei_body": some(number[:_BODY] for number in numbers if len(number) >= _BODY - 1)}


COMPARISON = compared(
    "imei",
    gettext_noop("IMEI"),
    "imei",
    Level("same", Shared("imei"), gettext_noop("Même IMEI.")),
    Level("same_body", Shared("imei_body"), gettext_noop("Mêmes quatorze premiers chiffres : la clé seule change.")),
    Level("slip", OneSlip("imei_body"), SLIP),
    otherwise=ANOTHER,
)
