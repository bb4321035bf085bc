"""Pseudonyms: the same on the same application, the same elsewhere, the same without figures and ornaments."""

import re
from collections.abc import Iterable

from recoupe.kernel.refusal import gettext_noop
from recoupe.kernel.selectors import SelectorKind
from recoupe.kernel.selectors.handle import is_exact
from recoupe.matching.comparison import Level, compared
from recoupe.matching.conditions import Either, OneSlip, Shared, Value
from recoupe.matching.kinds.written import ANOTHER, SLIP, read, some
from recoupe.matching.spelling.letters import latin

_LEET = str.maketrans("013457$@", "oieastsa")
_ORNAMENT = re.compile(r"[\W_]|\d+$")
_LEAST = 4  # letters left of a name without its ornaments


def columns(written: Iterable[str]) -> dict[str, Value]:
    """platform:name, the name alone, and its letters."""
    values = read(SelectorKind.HANDLE, written).values or ()
    names = [value.partition(":")[2] for value in values]
    return {
        "handle": some(value for value in values if is_exact(value)),
        "handle_name": some(names),
        "handle_bare": some(_bare(name) for name in names),
    }


def _bare(name: str) -> str | None:
    letters = latin(_ORNAMENT.sub("", name).translate(_LEET)).replace(" ", "")
    return letters if len(letters) >= _LEAST else None


COMPARISON = compared(
    "handle",
    gettext_noop("Pseudonyme en ligne"),
    "handle_name",
    Level("same", Shared("handle"), gettext_noop("Même pseudonyme sur la même application.")),
    Level(
        "same_name",
        Shared("handle_name"),
        gettext_noop("Même pseudonyme, sur une autre application ou sans application."),
    ),
    Level(
        "same_letters",
        Shared("handle_bare"),
        gettext_noop("Pseudonymes qui ne diffèrent que par des chiffres ou des ornements."),
    ),
    Level("slip", Either(OneSlip("handle"), OneSlip("handle_bare")), SLIP),
    otherwise=ANOTHER,
)
