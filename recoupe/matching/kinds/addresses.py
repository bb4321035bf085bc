"""Postal addresses: number and street, street alone, postal code; shared by many, so the rare street weighs more."""

import re

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.selectors import address
from recoupe.matching.comparison import Level, compared
from recoupe.matching.conditions import Alike, Both, Same, Value
from recoupe.matching.spelling.letters import latin

_LONGEST = 300
_POSTCODE = re.compile(r"\b(\d{5})\b(?!.*\b\d{5}\b)")
_DOOR = re.compile(r"\b(?:appartement|batiment|escalier|etage|porte|residence|bal)\s+\w+")
_NUMBER = re.compile(r"^(\d+)\s*(bis|ter|quater|[a-d])?\b\s*")


def columns(written: str) -> dict[str, Value]:
    """What stands before the postal code, its doors left out; the code; the street without its number."""
    try:
        value = address.normalise(written[:_LONGEST]).value
    except Invalid:
        value = ""
    line = latin(value)
    code = _POSTCODE.search(line)
    before = line[: code.start()] if code and code.start() > 4 else _POSTCODE.sub(" ", line)
    street = " ".join(_DOOR.sub(" ", before).split())
    bare = _NUMBER.sub("", street)
    return {
        "address_key": line or None,
        "street_number": street if bare != street and bare else None,
        "street": bare or None,
        "postcode": code[1] if code else None,
    }


COMPARISON = compared(
    "address",
    gettext_noop("Adresse"),
    "address_key",
    Level(
        "same",
        Both(Same("street_number"), Same("postcode")),
        gettext_noop("Même adresse : numéro, rue et code postal."),
        "street_number",
    ),
    Level(
        "same_door", Same("street_number"), gettext_noop("Même numéro et même rue ; un code postal manque ou change.")
    ),
    Level("same_words", Same("address_key"), gettext_noop("Même adresse, telle qu'elle est écrite."), "address_key"),
    Level("same_street", Both(Same("street"), Same("postcode")), gettext_noop("Même rue, autre numéro.")),
    Level(
        "alike", Both(Alike("street", 0.92), Same("postcode")), gettext_noop("Rues ressemblantes, même code postal.")
    ),
    Level("same_postcode", Same("postcode"), gettext_noop("Même code postal.")),
    otherwise=gettext_noop("Adresses différentes."),
)
