"""How a name sounds, in two degrees: as a French ear writes it, and its bones (consonants in classes)."""

import re
from dataclasses import dataclass
from functools import lru_cache

from recoupe.matching.spelling.letters import readings

LONGEST = 80  # no name is longer; what is, is compared by its beginning
MIN_BONES = 3  # fewer consonants than this meet half of all names


@dataclass(frozen=True, slots=True)
class _Rule:
    """What is heard in place of a pattern; `only_with`: nothing is looked for in a word that holds none of these."""

    only_with: tuple[str, ...]
    pattern: re.Pattern[str]
    put: str


def _rules(*rules: tuple[str, str, str]) -> tuple[_Rule, ...]:
    return tuple(_Rule(tuple(only_with.split()), re.compile(pattern), put) for only_with, pattern, put in rules)


# One order for all names. Capitals and figures stand for a sound, so that no later rule takes it for a letter.
_CONSONANTS = _rules(
    # abdel kader, abderrahmane
    ("abd", r"^abd(?:ou|[aeou])?(?:l|r(?=r)|s(?=s)|n(?=n)|z(?=z)|d(?=d))?(?=.{3})", "abd"),
    ("ph", r"ph", "f"),
    ("ch sh", r"sch|tch|sh|ch(?![rl])", "C"),
    ("c kh q", r"ch|ck|kh|qu(?=[aeiouy])|q|c(?=[^eiyh]|$)", "k"),
    ("gu gh", r"gu(?=[eiy])|gh", "G"),
    ("j g", r"dj|dg(?=[eiy])|j|g(?=[eiy])", "J"),
    ("c", r"c(?=[eiy])", "s"),
    ("th", r"th", "t"),
    ("dh", r"dh", "d"),
    ("lh", r"lh", "l"),
    ("nh gn", r"nh|gn", "n"),
)
_VOWELS = _rules(
    ("au oh", r"eau|au|oh(?=[^aeiou]|$)", "o"),
    ("oo w u", r"oo|ou|w|u", "U"),
    ("oe eU", r"oe|eU", "e"),
    ("in im yn", r"ain|ein|aim|in(?=[^aeiouyU]|$)|im(?=[^aeiouyU]|$)|yn(?=[^aeiouyU]|$)", "1"),
    ("an am en em", r"(?:an|am|en|em)(?=[^aeiouyUmn])", "2"),
    ("ai ei ay ey", r"ai|ei|ay|ey", "e"),
    ("ie ee y", r"ie|ee|y", "i"),
    ("h", r"h", ""),
    ("e s t d x z p", r"(?<=..)(?:es|ez|e|s|t|d|x|z|p)$", ""),
)
_TWICE = re.compile(r"([a-zA-Z])\1+")
_NO_BONE = re.compile(r"[aeiouyhw ]")
_CLASSES = str.maketrans({"z": "s", "x": "s", "G": "g", "v": "f", "p": "b"})


def _applied(rules: tuple[_Rule, ...], text: str) -> str:
    for rule in rules:
        for part in rule.only_with:
            if part in text:
                text = rule.pattern.sub(rule.put, text)
                break
    return _TWICE.sub(r"\1", text)


def _bones(consonants: str) -> str:
    """Consonants in classes; a vowel in front keeps its place, i apart from the others."""
    heard = consonants.translate(_CLASSES).lstrip("h")
    front = "i" if heard[:1] in ("i", "y") else "a" if heard[:1] in ("a", "e", "o", "u") else ""
    return front + _NO_BONE.sub("", heard)


@lru_cache(maxsize=200_000)
def sounds(name: str) -> tuple[str, ...]:
    """The forms under which this name meets its other spellings: its sounds, then its bones marked by a star."""
    words = [reading.replace(" ", "") for reading in readings(name[:LONGEST])]
    consonants = [_applied(_CONSONANTS, word) for word in words]
    sounded = (_applied(_VOWELS, part) for word, part in zip(words, consonants, strict=True) if len(word) > 1)
    bare = (bones for part in consonants if len(bones := _bones(part)) >= MIN_BONES)
    return tuple(dict.fromkeys((*filter(None, sounded), *(f"*{bones}" for bones in bare))))
