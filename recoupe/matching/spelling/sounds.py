"""How a name sounds, in two degrees: as a French ear writes it, and its bones (consonants in classes)."""

import re
from functools import lru_cache

from recoupe.matching.spelling.letters import readings

LONGEST = 80  # no name is longer; what is, is compared by its beginning
MIN_BONES = 3  # fewer consonants than this meet half of all names

Rules = tuple[tuple[re.Pattern[str], str], ...]


def _rules(*pairs: tuple[str, str]) -> Rules:
    return tuple((re.compile(pattern), put) for pattern, put in pairs)


# One order for all names. Capitals and figures stand for a sound, so that no later rule takes it for a letter.
_CONSONANTS = _rules(
    (r"^abd(?:ou|[aeou])?(?:l|r(?=r)|s(?=s)|n(?=n)|z(?=z)|d(?=d))?(?=.{3})", "abd"),  # abdel kader, abderrahmane
    (r"ph", "f"),
    (r"sch|tch|sh|ch(?![rl])", "C"),
    (r"ch|ck|kh|qu(?=[aeiouy])|q|c(?=[^eiyh]|$)", "k"),
    (r"gu(?=[eiy])|gh", "G"),
    (r"dj|dg(?=[eiy])|j|g(?=[eiy])", "J"),
    (r"c(?=[eiy])", "s"),
    (r"th", "t"),
    (r"dh", "d"),
    (r"lh", "l"),
    (r"nh|gn", "n"),
    (r"([a-zA-Z])\1+", r"\1"),
)
_VOWELS = _rules(
    (r"eau|au|oh(?=[^aeiou]|$)", "o"),
    (r"oo|ou|w|u", "U"),
    (r"oe|eU", "e"),
    (r"ain|ein|aim|in(?=[^aeiouyU]|$)|im(?=[^aeiouyU]|$)|yn(?=[^aeiouyU]|$)", "1"),
    (r"(?:an|am|en|em)(?=[^aeiouyUmn])", "2"),
    (r"ai|ei|ay|ey", "e"),
    (r"ie|ee|y", "i"),
    (r"h", ""),
    (r"(?<=..)(?:es|ez|e|s|t|d|x|z|p)$", ""),
    (r"([a-zA-Z])\1+", r"\1"),
)
_NO_BONE = re.compile(r"[aeiouyhw ]")
_CLASSES = str.maketrans({"z": "s", "x": "s", "G": "g", "v": "f", "p": "b"})


def _applied(rules: Rules, text: str) -> str:
    for pattern, put in rules:
        text = pattern.sub(put, text)
    return text


def _sound(word: str) -> str:
    return _applied(_VOWELS, _applied(_CONSONANTS, word))


def _bones(word: str) -> str:
    """Consonants in classes; a vowel in front keeps its place, i apart from the others."""
    heard = _applied(_CONSONANTS, word).translate(_CLASSES).lstrip("h")
    front = "i" if heard[:1] in ("i", "y") else "a" if heard[:1] in ("a", "e", "o", "u") else ""
    return front + _NO_BONE.sub("", heard)


@lru_cache(maxsize=200_000)
def sounds(name: str) -> tuple[str, ...]:
    """The forms under which this name meets its other spellings: its sounds, then its bones marked by a star."""
    found: dict[str, None] = {}
    for reading in readings(name[:LONGEST]):
        word = reading.replace(" ", "")
        if len(word) > 1 and (sound := _sound(word)):
            found[sound] = None
    for reading in readings(name[:LONGEST]):
        if len(bones := _bones(reading.replace(" ", ""))) >= MIN_BONES:
            found[f"*{bones}"] = None
    return tuple(found)
