"""Ships: IMO, MMSI or ENI; then the name, which many ships bear."""

from collections.abc import Iterable

from recoupe.kernel.refusal import gettext_noop
from recoupe.kernel.selectors import SelectorKind
from recoupe.kernel.selectors.vessel import is_exact
from recoupe.matching.comparison import Level, compared
from recoupe.matching.conditions import OneSlip, Shared, Value
from recoupe.matching.kinds.written import ANOTHER, SLIP, read, some


def columns(written: Iterable[str]) -> dict[str, Value]:
    """Numbers and names apart, and both together."""
    values = read(SelectorKind.VESSEL, written).values or ()
    return {
        "ship": some(values),
        "ship_number": some(value for value in values if is_exact(value)),
        "ship_name": some(value.replace(" ", "") for value in values if not is_exact(value)),
    }


COMPARISON = compared(
    "vessel",
    gettext_noop("Navire"),
    "ship",
    Level("same", Shared("ship_number"), gettext_noop("Même numéro de navire.")),
    Level("slip", OneSlip("ship_number"), SLIP),
    Level("same_name", Shared("ship_name"), gettext_noop("Même nom de navire.")),
    Level("name_slip", OneSlip("ship_name"), gettext_noop("Noms de navires qui ne diffèrent que d'une lettre.")),
    otherwise=ANOTHER,
)
