"""Number plates: the same, the same to a camera that confuses O and 0, a partial one that fits, one slip."""

from collections.abc import Iterable

from recoupe.kernel.refusal import gettext_noop
from recoupe.kernel.selectors import SelectorKind
from recoupe.kernel.selectors.common import alnum
from recoupe.kernel.selectors.plate import UNKNOWN, is_exact
from recoupe.matching.comparison import Level, compared
from recoupe.matching.conditions import Fits, OneSlip, Shared, Value
from recoupe.matching.kinds.written import ANOTHER, SLIP, read, some

# Characters that a camera or a hurried eye takes one for another, each under the first of its class.
_SEEN = str.maketrans("OQDUCILJBSZGTYMN", "0000011185267VHH")
_LEAST = 3  # known characters of a partial plate; fewer fit too many cars


def columns(written: Iterable[str]) -> dict[str, Value]:
    """Whole plates, as a camera sees them, and all of them as patterns: _ is a character not seen, % are several."""
    plates = read(SelectorKind.PLATE, written).values or ()
    told = [plate for plate in plates if len(alnum(plate)) >= _LEAST]
    whole = [plate for plate in told if is_exact(plate)]
    return {
        "plate": some(whole),
        "plate_seen": some(seen(plate) for plate in whole),
        "plate_like": some(plate.replace(UNKNOWN, "_") for plate in told),
    }


def seen(plate: str) -> str:
    """The plate in classes of characters that look alike."""
    return plate.translate(_SEEN)


COMPARISON = compared(
    "plate",
    gettext_noop("Plaque d'immatriculation"),
    "plate_like",
    Level("same", Shared("plate"), gettext_noop("Même plaque.")),
    Level(
        "seen_alike",
        Shared("plate_seen"),
        gettext_noop("Même plaque à des caractères près que l'œil ou la caméra confond."),
    ),
    Level("partial", Fits("plate_like"), gettext_noop("Une plaque incomplète qui convient à l'autre.")),
    Level("slip", OneSlip("plate"), SLIP),
    otherwise=ANOTHER,
)
