"""The words of a name: particles, compounds, names by marriage and use, order; nothing is thrown away."""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

from recoupe.matching.spelling.letters import latin

LONGEST = 200  # characters read of one name
MOST_WORDS = 12  # words read of one name

PARTICLES = frozenset({
    "a", "ag", "ait", "al", "as", "ar", "at", "ap", "bel", "ben", "bin", "bint", "bou", "da", "das", "de", "del",
    "della", "den", "der", "des", "di", "do", "dos", "du", "e", "el", "en", "et", "ibn", "l", "la", "las", "le",
    "les", "lo", "los", "m", "mac", "mc", "n", "o", "oglu", "ou", "ould", "san", "santa", "st", "ste", "saint",
    "sainte", "s", "d", "te", "ter", "van", "von", "y", "zu",
})  # fmt: skip
# What announces another name of the same person: married, born, in use, called.
_ANOTHER = re.compile(r"\b(?:nee?|epouse|epse|ep|veuve|vve|divorcee?|div|ex|mariee|usage|dite?|alias|aka|surnommee?)\b")
_PARENTHESES = re.compile(r"[()\[\]/;,]")


@dataclass(frozen=True, slots=True)
class Words:
    """One name in words: `key` all of them joined, `names` each way in which it may stand alone."""

    words: tuple[str, ...]
    key: str
    names: tuple[str, ...]


@lru_cache(maxsize=100_000)
def split(written: str) -> tuple[str, ...]:
    """The several names that one field holds: « MARTIN née DUPONT » holds two; the first written comes first."""
    parts = [
        " ".join(found.split())
        for piece in _PARENTHESES.split(written[:LONGEST])
        for found in _ANOTHER.split(latin(piece))
    ]
    return tuple(dict.fromkeys(part for part in parts if part))


@lru_cache(maxsize=100_000)
def words(name: str) -> Words:
    """« de la Fontaine » may stand as delafontaine, lafontaine, fontaine; « Martin-Dupont » as either or both."""
    found = tuple(latin(name[:LONGEST]).split()[:MOST_WORDS])
    key = "".join(found)
    names = [key]
    rest = found
    while len(rest) > 1 and rest[0] in PARTICLES:
        rest = rest[1:]
        names.append("".join(rest))
    heavy = [word for word in rest if word not in PARTICLES and len(word) > 2]
    if len(heavy) > 1:
        names += heavy
        names += ["".join(pair) for pair in pairwise(heavy)]
    return Words(found, key, tuple(dict.fromkeys(name for name in names if name)))


@lru_cache(maxsize=1)
def _called() -> dict[str, tuple[str, ...]]:
    """Each given name or short form and the groups that hold it; a group is named by its first word."""
    groups: dict[str, list[str]] = {}
    text = files("recoupe.matching").joinpath("data/called.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        members = line.partition("#")[0].split()
        for member in members:
            groups.setdefault(member, []).append(members[0])
    return {member: tuple(dict.fromkeys(names)) for member, names in groups.items()}


def called(given: str) -> tuple[str, ...]:
    """The groups of names that are used one for another: Nicolas and Nico, Mohamed and Momo."""
    return _called().get(given, ())
