"""Bank accounts: the same IBAN, or one slip that its check reveals."""

from collections.abc import Iterable

from recoupe.kernel.refusal import gettext_noop
from recoupe.kernel.selectors import SelectorKind
from recoupe.matching.comparison import Level, compared
from recoupe.matching.conditions import OneSlip, Shared, Value
from recoupe.matching.kinds.written import ANOTHER, SLIP, read


def columns(written: Iterable[str]) -> dict[str, Value]:
    """Whole account numbers."""
    return {"iban": read(SelectorKind.IBAN, written).values}


COMPARISON = compared(
    "iban",
    gettext_noop("IBAN"),
    "iban",
    Level("same", Shared("iban"), gettext_noop("Même compte bancaire.")),
    Level("slip", OneSlip("iban"), SLIP),
    otherwise=ANOTHER,
)
