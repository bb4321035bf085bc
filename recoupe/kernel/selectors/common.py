"""What every selector is: a kind, what was written, its comparison form, and a verdict that warns but never rejects."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from recoupe.kernel.refusal import gettext_noop


class SelectorKind(StrEnum):
    """The kinds of identifier that are compared between services."""

    PERSON = "person"
    PHONE = "phone"
    PLATE = "plate"
    IMEI = "imei"
    IBAN = "iban"
    WALLET = "wallet"
    HANDLE = "handle"
    EMAIL = "email"
    COMPANY = "company"
    CONTAINER = "container"
    VESSEL = "vessel"
    ADDRESS = "address"


KIND_LABELS: dict[SelectorKind, str] = {
    SelectorKind.PERSON: gettext_noop("Personne"),
    SelectorKind.PHONE: gettext_noop("Téléphone"),
    SelectorKind.PLATE: gettext_noop("Plaque d'immatriculation"),
    SelectorKind.IMEI: gettext_noop("IMEI"),
    SelectorKind.IBAN: gettext_noop("IBAN"),
    SelectorKind.WALLET: gettext_noop("Portefeuille de cryptoactifs"),
    SelectorKind.HANDLE: gettext_noop("Pseudonyme en ligne"),
    SelectorKind.EMAIL: gettext_noop("Adresse électronique"),
    SelectorKind.COMPANY: gettext_noop("Entreprise"),
    SelectorKind.CONTAINER: gettext_noop("Conteneur"),
    SelectorKind.VESSEL: gettext_noop("Navire"),
    SelectorKind.ADDRESS: gettext_noop("Adresse"),
}


class Strength(StrEnum):
    """What a match on a selector is worth, in the three words that both sides are told (S-1)."""

    CERTAIN = "certain"
    STRONG = "strong"
    WEAK = "weak"


STRENGTH_LABELS: dict[Strength, str] = {
    Strength.CERTAIN: gettext_noop("certain"),
    Strength.STRONG: gettext_noop("fort"),
    Strength.WEAK: gettext_noop("faible"),
}


@dataclass(frozen=True, slots=True)
class Selector:
    """One identifier; `valid` is the verdict of its check digit or plan, None where there is none to consult."""

    kind: SelectorKind
    raw: str
    value: str
    valid: bool | None = None
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """A selector found in a text, from `start` to `end` (exclusive) of that very text."""

    start: int
    end: int
    selector: Selector


Normaliser = Callable[[str], Selector]
Finder = Callable[[str], Iterator[Mention]]

SENTENCE_NOTHING = gettext_noop("Il n'y a rien d'utilisable dans ce champ : il manque des chiffres ou des lettres.")

# Blanks that stand inside a number: French typography and pasted pages use the unbreakable ones.
BLANKS = " \u00a0\u202f"
_NOT_ALNUM = re.compile(r"[^0-9A-Z]")
_NOT_DIGIT = re.compile(r"[^0-9]")


def ascii_form(raw: str) -> str:
    """Full-width and other compatibility forms, and any script's digits, as plain ASCII where they have one."""
    if raw.isascii():
        return raw
    plain = unicodedata.normalize("NFKC", raw)
    return "".join(str(unicodedata.digit(char)) if char.isdigit() else char for char in plain)


def folded(raw: str) -> str:
    """Small letters in one composition: composed again after the case, which takes some letters apart."""
    return ascii_form(ascii_form(raw).casefold())


def alnum(raw: str) -> str:
    """Capital letters and digits only."""
    return _NOT_ALNUM.sub("", ascii_form(raw).upper())


def digits(raw: str) -> str:
    """Digits only."""
    return _NOT_DIGIT.sub("", ascii_form(raw))


def labelled(text: str, start: int, label: re.Pattern[str], window: int = 24) -> bool:
    """The label stands in the few characters before this position, on the same line."""
    before = text[max(0, start - window) : start]
    return label.search(before.rpartition("\n")[2]) is not None
