"""Freight containers: the same number, the same but for its check digit, one slip that the check reveals."""

from collections.abc import Iterable

from recoupe.kernel.refusal import gettext_noop
from recoupe.kernel.selectors import SelectorKind
from recoupe.matching.comparison import Level, compared
from recoupe.matching.conditions import OneSlip, Shared, Value
from recoupe.matching.kinds.written import ANOTHER, SLIP, read, some

_BODY = 10


def columns(written: Iterable[str]) -> dict[str, Value]:
    """Whole numbers and what stands before the check digit."""
    numbers = read(SelectorKind.CONTAINER, written).values
    return {"container": numbers, "container_body": some(number[:_BODY] for number in numbers or ())}


COMPARISON = compared(
    "container",
    gettext_noop("Conteneur"),
    "container",
    Level("same", Shared("container"), gettext_noop("Même conteneur.")),
    Level("same_body", Shared("container_body"), gettext_noop("Même conteneur, la clé de contrôle seule change.")),
    Level("slip", OneSlip("container_body"), SLIP),
    otherwise=ANOTHER,
)
