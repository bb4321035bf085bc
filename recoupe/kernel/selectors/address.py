"""Postal addresses as compared text: abbreviations opened, nothing looked up; shared by many, hence a hint."""

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors.common import SENTENCE_NOTHING, Selector, SelectorKind, ascii_form
from recoupe.kernel.text import name_key

_OPENED = {
    "av": "avenue", "ave": "avenue", "aven": "avenue", "bd": "boulevard", "bld": "boulevard", "blvd": "boulevard",
    "boul": "boulevard", "r": "rue", "pl": "place", "all": "allee", "imp": "impasse", "ch": "chemin",
    "che": "chemin", "chem": "chemin", "rte": "route", "res": "residence", "resid": "residence", "bat": "batiment",
    "bt": "batiment", "apt": "appartement", "appt": "appartement", "app": "appartement", "esc": "escalier",
    "etg": "etage", "sq": "square", "crs": "cours", "fg": "faubourg", "fbg": "faubourg",
    "lot": "lotissement", "trav": "traverse", "qu": "quai", "st": "saint", "ste": "sainte", "gal": "general",
    "mal": "marechal", "cdt": "commandant", "pdt": "president", "dr": "docteur", "prof": "professeur",
    "zi": "zone industrielle", "za": "zone artisanale", "zac": "zone d amenagement concerte", "hlm": "hlm",
}  # fmt: skip
_DROPPED = frozenset({"n", "no", "numero", "cedex"})


def normalise(raw: str) -> Selector:
    """Comparison form of the words, usual abbreviations opened, "n°" and "cedex" left out."""
    words = [_OPENED.get(word, word) for word in name_key(ascii_form(raw)).split() if word not in _DROPPED]
    value = " ".join(words)
    if len(value) < 3:
        raise Invalid(SENTENCE_NOTHING, field="selector")
    return Selector(SelectorKind.ADDRESS, raw, value)


def is_exact(value: str) -> bool:
    """Never: a building has many doors and many names."""
    return False
