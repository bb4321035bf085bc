"""How a note is written: alternatives, abbreviations, typing slips and capitals, each register in its own way."""

import re
import unicodedata
from dataclasses import dataclass
from random import Random

CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
SLOT = re.compile(r"(\{[a-z_0-9+]+\})")
WORD = re.compile(r"[A-Za-zÀ-ÿ]{5,}")

ABBREVIATIONS = (
    ("véhicules", "vhls"),
    ("véhicule", "vhl"),
    ("individus", "indiv"),
    ("individu", "indiv"),
    ("téléphone", "tél"),
    ("rendez-vous", "RDV"),
    ("immatriculé", "imm"),
    ("quelques", "qqs"),
    ("toujours", "tjrs"),
    ("pendant", "pdt"),
    ("environ", "env."),
    ("surveillance", "surv"),
    ("renseignement", "rens"),
    ("stupéfiants", "stups"),
    ("procédure", "proc"),
    ("personne", "pers"),
)


@dataclass(frozen=True)
class Register:
    """Shares of words with a slip or abbreviated, and whether accents and capitals survive."""

    slips: float
    abbreviations: float
    accents: bool = True
    capitals: str = "kept"  # kept, upper, lower


REGISTERS = {
    "plain": Register(0.006, 0.1),
    "notes": Register(0.018, 0.6),
    "slang": Register(0.022, 0.6),
    "caps": Register(0.008, 0.3, accents=False, capitals="upper"),
    "customs": Register(0.006, 0.2),
    "table": Register(0.004, 0.2),
    "mail": Register(0.015, 0.3),
    "digest": Register(0.003, 0.0),
    "sms": Register(0.04, 1.0, accents=False, capitals="lower"),
}


def unaccented(text: str) -> str:
    """The same letters without their marks; length may shrink."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def choose(rng: Random, template: str) -> str:
    """Draw one of each [a|b|c]; none is nested."""
    return CHOICE.sub(lambda found: rng.choice(found.group(1).split("|")), template)


def _slip(rng: Random, word: str) -> str:
    at = rng.randrange(1, len(word) - 2)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    return unaccented(word)


def _write(rng: Random, text: str, register: Register) -> str:
    for long, short in ABBREVIATIONS:
        if long in text and rng.random() < register.abbreviations:
            text = text.replace(long, short)
    text = WORD.sub(lambda found: _slip(rng, found.group()) if rng.random() < register.slips else found.group(), text)
    return cased(text, register)


def cased(text: str, register: Register) -> str:
    """Apply what the register does to accents and capitals."""
    if not register.accents:
        text = unaccented(text)
    if register.capitals == "upper":
        return text.upper()
    return text.lower() if register.capitals == "lower" else text


def typed(rng: Random, template: str, register: Register) -> str:
    """The template as this register types it; slots stay whole so that no selector is ever bent."""
    parts = SLOT.split(choose(rng, template))
    return "".join(part if SLOT.fullmatch(part) else _write(rng, part, register) for part in parts)
