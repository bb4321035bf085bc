"""Names of persons: what was written becomes several ways to stand; agreement is told from the whole to the part."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from recoupe.kernel.refusal import gettext_noop
from recoupe.matching.comparison import Comparison, Level
from recoupe.matching.conditions import (
    Alike,
    Blank,
    Both,
    Crossed,
    Either,
    FitsOne,
    Otherwise,
    Same,
    Shared,
    Value,
)
from recoupe.matching.spelling.sounds import sounds
from recoupe.matching.spelling.words import MOST_WORDS, Words, called, split, words

ALIKE = 0.88
VERY_ALIKE = 0.92


def _some(values: Iterable[str]) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(value for value in values if value)) or None


def _first(values: tuple[str, ...]) -> str | None:
    return values[0] if values else None


@dataclass(frozen=True, slots=True)
class _Part:
    """What one of the two fields gives by itself: its columns, the words and first sound of its first name, sounds."""

    columns: dict[str, Value]
    words: tuple[str, ...]
    heard: str
    sounds: tuple[str, ...]

    @classmethod
    def of(cls, names: list[Words], columns: dict[str, Value]) -> "_Part":
        first = names[0] if names else Words((), "", ())
        heard = sounds(first.key)[:1] if first.key else ()
        every = dict.fromkeys(name for part in names for name in (part.key, *part.words))
        found = dict.fromkeys(sound for name in every if len(name) > 2 for sound in sounds(name))
        return cls(columns, first.words, heard[0] if heard else "", tuple(found))


def columns(family: str, given: str) -> dict[str, Value]:
    """The columns of a name; a name that holds no letter is not known, one letter is an initial and no name."""
    one, other = _family_part(family), _given_part(given)
    return one.columns | other.columns | _whole(one, other)


def _whole(family: _Part, given: _Part) -> dict[str, Value]:
    """Both names together, blind to their order.

    `name_sound` is what is written otherwise and heard alike; `name_sounds` those of every name wherever it stands, for
    a record that holds one name and does not say which it is.
    """
    heard = sorted((family.heard, given.heard))
    return {
        "name_bag": " ".join(sorted((*family.words, *given.words))[:MOST_WORDS]) or None,
        "name_sound": " ".join(heard) if heard[0] else None,
        "name_sounds": _some((*family.sounds, *given.sounds)),
    }


@lru_cache(maxsize=50_000)
def _family_part(written: str) -> _Part:
    families = [words(part) for part in split(written)]
    return _Part.of(families, _family(families))


@lru_cache(maxsize=50_000)
def _given_part(written: str) -> _Part:
    givens = [words(part) for part in split(written)]
    return _Part.of(givens, _given(givens))


def _family(families: list[Words]) -> dict[str, Value]:
    """Every name of the family field: by birth, by marriage, in use, and the parts of a compound."""
    names = _some(name for part in families for name in part.names)
    return {
        "family": families[0].key if families else None,
        "families": names,
        "family_sounds": _some(sound for name in names or () for sound in sounds(name)),
    }


def _given(givens: list[Words]) -> dict[str, Value]:
    """Given names: all joined, the first, each, their sounds, the groups of those used one for another."""
    parts = _some(name for part in givens for name in (part.key, *part.words))
    first = _first(givens[0].words) if givens else None
    whole = givens[0].key if givens else None
    groups = [(name, *called(name)) for name in parts or ()]
    return {
        "given": whole,
        "given_first": first,
        "givens": parts,
        "given_sounds": _some(sound for name in (whole, first) if name for sound in sounds(name)),
        "given_groups": _some(name for group in groups for name in group if len(name) > 1),
        "given_like": f"{first}%" if first and len(first) == 1 else first,
    }


# Read by every level that asks for the family name, whichever of its ways it stands in.
_FAMILY = Either(Shared("families"), Shared("family_sounds"))
_FAMILY_ALIKE = Either(_FAMILY, Alike("family", ALIKE))
_GIVEN_SOUND, _GIVEN_GROUP = Shared("given_sounds"), Shared("given_groups")

COMPARISON = Comparison(
    "name",
    gettext_noop("Nom et prénoms"),
    Blank("name_bag"),
    (
        Level("same", Both(Same("family"), Same("given")), gettext_noop("Même nom et mêmes prénoms."), "name_bag"),
        Level("same_words", Same("name_bag"), gettext_noop("Mêmes nom et prénoms, dans un autre ordre."), "name_bag"),
        Level(
            "same_sound",
            Both(_FAMILY, _GIVEN_SOUND),
            gettext_noop("Nom et prénom écrits autrement, mais qui s'entendent de la même façon."),
            "name_sound",
        ),
        Level("crossed", Crossed("family", "given_first"), gettext_noop("Le nom et le prénom sont inversés.")),
        Level(
            "called",
            Both(_FAMILY, Either(_GIVEN_GROUP, Shared("givens"))),
            gettext_noop(
                "Même nom ; les prénoms se remplacent l'un l'autre (diminutif, prénom composé, second prénom)."
            ),
        ),
        Level(
            "alike",
            Both(Alike("family", VERY_ALIKE), Alike("given", ALIKE)),
            gettext_noop("Nom et prénom presque identiques : une ou deux lettres changent."),
        ),
        Level(
            "initial", Both(_FAMILY, FitsOne("given_like")), gettext_noop("Même nom ; le prénom n'est qu'une initiale.")
        ),
        Level(
            "near",
            Either(
                Both(_FAMILY_ALIKE, Either(Alike("given", 0.8), _GIVEN_GROUP)),
                Alike("family", ALIKE, "given"),
            ),
            gettext_noop("Nom et prénom ressemblants."),
        ),
        Level("family_only", Both(_FAMILY, Blank("given")), gettext_noop("Même nom ; un prénom manque."), "family"),
        Level(
            "one_name",
            Both(Shared("name_sounds"), Either(Blank("family"), Blank("given"))),
            gettext_noop("Un côté n'écrit qu'un nom, qui se retrouve dans l'autre."),
        ),
        Level("family", _FAMILY, gettext_noop("Même nom, prénoms différents : un parent, peut-être."), "family"),
        Level("given", _GIVEN_SOUND, gettext_noop("Même prénom, noms différents."), "given_first"),
        Level("different", Otherwise(), gettext_noop("Noms différents."), apart=True),
    ),
    often=(_FAMILY, _GIVEN_SOUND, _GIVEN_GROUP),
)
