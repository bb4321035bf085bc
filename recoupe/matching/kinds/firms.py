"""Firms: SIREN first; then the name without its legal form, trading names included, as written, heard or alike."""

import re
from collections.abc import Iterable

from recoupe.kernel.refusal import gettext_noop
from recoupe.kernel.selectors import SelectorKind
from recoupe.kernel.selectors.company import is_exact
from recoupe.matching.comparison import Level, compared
from recoupe.matching.conditions import Blank, Either, OneSlip, Shared, Value
from recoupe.matching.kinds.written import ANOTHER, MOST, SLIP, read, some
from recoupe.matching.spelling.letters import latin
from recoupe.matching.spelling.sounds import sounds

_FORMS = frozenset({
    "sa", "sas", "sasu", "sarl", "eurl", "sci", "snc", "scp", "selarl", "ei", "eirl", "gie", "scop", "association",
    "asso", "ste", "societe", "ets", "etablissements", "entreprise", "cie", "compagnie", "groupe", "holding",
    "france", "ltd", "limited", "gmbh", "srl", "bv", "llc", "inc", "lda", "sl",
})  # fmt: skip
_TRADING = re.compile(r"\b(?:enseigne|sous l enseigne|nom commercial|exploitant|dite?|alias)\b")
_NUMBERS = re.compile(r"\d{3}[ .]?\d{3}[ .]?\d{3}(?:[ .]?\d{5})?")
_LONGEST = 200


def columns(written: Iterable[str]) -> dict[str, Value]:
    """Numbers; names, of which one field may hold two (« SARL X, enseigne Y »)."""
    raws = list(written)[:MOST]
    numbers = [value for value in read(SelectorKind.COMPANY, raws).values or () if is_exact(value)]
    names = some(name for raw in raws for name in _names(raw))
    return {
        "siren": some(numbers),
        "firm_names": names,
        "firm_sounds": some(sound for name in names or () for sound in sounds(name)),
        "firm": some([*numbers, *(names or ())]),
    }


def _names(raw: str) -> list[str]:
    parts = _TRADING.split(latin(_NUMBERS.sub(" ", raw[:_LONGEST])))
    bare = (" ".join(word for word in part.split() if word not in _FORMS) for part in parts)
    return [name for name in bare if len(name) > 1 and not name.isdigit()]


COMPARISON = compared(
    "firm",
    gettext_noop("Entreprise"),
    "firm",
    Level("same", Shared("siren"), gettext_noop("Même SIREN.")),
    Level(
        "same_name",
        Shared("firm_names"),
        gettext_noop("Même nom d'entreprise ou même enseigne, forme juridique à part."),
    ),
    Level("slip", OneSlip("siren"), SLIP),
    Level(
        "same_sound",
        Either(Shared("firm_sounds"), OneSlip("firm_names")),
        gettext_noop("Noms d'entreprise qui s'entendent de la même façon."),
    ),
    Level("one_number", Blank("siren"), gettext_noop("Noms d'entreprise différents ; un SIREN manque."), apart=True),
    otherwise=ANOTHER,
)
