"""What all kinds of selector do first: the kernel's comparison form of what was written, and what it refused."""

from collections.abc import Iterable
from dataclasses import dataclass

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors import Selector, SelectorKind, normalise
from recoupe.kernel.text import french_spaces

MOST = 200  # selectors of one kind read of one record

ANOTHER = gettext_noop("Aucun identifiant de ce type n'est commun.")
SLIP = gettext_noop("Un seul caractère change : erreur de saisie possible, à confirmer par un autre élément.")


@dataclass(frozen=True, slots=True)
class Read:
    """The selectors that could be read, and the sentences that say why others could not."""

    selectors: tuple[Selector, ...]
    doubts: tuple[str, ...]

    @property
    def values(self) -> tuple[str, ...] | None:
        """Each comparison form once, in order; None when there is none."""
        return some(selector.value for selector in self.selectors)


def read(kind: SelectorKind, written: Iterable[str]) -> Read:
    """Never refused: what holds nothing usable is told and left out."""
    selectors: list[Selector] = []
    doubts: list[str] = []
    for raw in list(written)[:MOST]:
        try:
            found = normalise(kind, raw)
        except Invalid as refusal:
            doubts.append(french_spaces(str(refusal)))
            continue
        selectors.append(found)
        if found.warning:
            doubts.append(french_spaces(found.warning))
    return Read(tuple(selectors), tuple(dict.fromkeys(doubts)))


def some(values: Iterable[str | None]) -> tuple[str, ...] | None:
    """Each known value once, in order; None when there is none."""
    return tuple(dict.fromkeys(value for value in values if value)) or None
