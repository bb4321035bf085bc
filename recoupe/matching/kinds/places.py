"""Birth place by commune, with its former codes: same, near or different, and no criterion of anything else (S-8)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self

from recoupe.kernel.refusal import gettext_noop
from recoupe.matching.comparison import Level, compared
from recoupe.matching.conditions import Alike, Blank, Both, Near, Same, Shared, Value
from recoupe.matching.spelling.letters import latin

NEAR_KM = 20.0
_LONGEST = 120
_ARRONDISSEMENT = re.compile(r"\b(?:\d{1,2} ?(?:er|e|eme)?|cedex|arrondissement)\b")
_DEPARTMENT = re.compile(r"\((\d[\dab]\d?)\)", re.IGNORECASE)
_CODE = re.compile(r"\d[\dab]\d{3}", re.IGNORECASE)
_SHORT = {"st": "saint", "ste": "sainte"}


@dataclass(frozen=True, slots=True)
class Commune:
    """One commune of today and the codes that it bore."""

    code: str
    name: str
    lat: float
    lon: float
    former_codes: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Places:
    """The communes by code and by name, handed over by the caller: this package knows no territory."""

    by_code: dict[str, Commune] = field(default_factory=dict)
    by_name: dict[str, tuple[Commune, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, communes: Iterable[Commune]) -> Self:
        """Both tables; a code of today wins over the same code borne formerly by another commune."""
        by_code: dict[str, Commune] = {}
        by_name: dict[str, list[Commune]] = {}
        known = list(communes)
        for commune in known:
            by_code |= dict.fromkeys(commune.former_codes, commune)
            for name in {_key(name) for name in (commune.name, *commune.former_names)}:
                by_name.setdefault(name, []).append(commune)
        by_code |= {commune.code: commune for commune in known}
        return cls(by_code, {name: tuple(found) for name, found in by_name.items()})

    def read(self, written: str) -> tuple[Commune, ...]:
        """Every commune that this writing may mean: its code, or all that bear the name, of the department if told."""
        if code := _CODE.search(written):
            found = self.by_code.get(code[0].upper())
            if found:
                return (found,)
        named = self.by_name.get(_key(written), ())
        department = _DEPARTMENT.search(written)
        return tuple(c for c in named if department is None or c.code.startswith(department[1].upper()))


@lru_cache(maxsize=20_000)
def _key(written: str) -> str:
    words = _ARRONDISSEMENT.sub(" ", latin(_CODE.sub(" ", _DEPARTMENT.sub(" ", written[:_LONGEST])))).split()
    return " ".join(_SHORT.get(word, word) for word in words)


def columns(written: str, places: Places) -> dict[str, Value]:
    """The communes that it may be, the point when there is one alone, the name, and the same where no table has it."""
    found = places.read(written)
    alone = found[0] if len(found) == 1 else None
    key = _key(written) or (alone.code if alone else None)
    return {
        "place_key": key,
        "place_elsewhere": None if found else key,
        "place_codes": tuple(commune.code for commune in found) or None,
        "place_lat": alone.lat if alone else None,
        "place_lon": alone.lon if alone else None,
    }


# No term frequency here: the rarity of a birth place would make it a criterion.
COMPARISON = compared(
    "birth_place",
    gettext_noop("Lieu de naissance"),
    "place_key",
    Level("same", Shared("place_codes"), gettext_noop("Même commune de naissance.")),
    Level("same_name", Same("place_elsewhere"), gettext_noop("Même nom de lieu de naissance.")),
    Level("near", Near("place_lat", "place_lon", NEAR_KM), gettext_noop("Communes de naissance voisines.")),
    Level(
        "alike",
        Both(Blank("place_codes"), Alike("place_key", 0.9)),
        gettext_noop("Noms de lieux de naissance ressemblants."),
    ),
    otherwise=gettext_noop("Lieux de naissance différents."),
)
