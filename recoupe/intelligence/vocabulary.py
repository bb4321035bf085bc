"""The room's word lists, read from data files: means used by traffickers, words that ask for a second reader."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from recoupe.kernel.text import name_key

DATA = Path(__file__).parent / "data"
_ACCENTS = {
    "a": "[aàâä]",
    "c": "[cç]",
    "e": "[eéèêë]",
    "i": "[iîï]",
    "o": "[oôö]",
    "u": "[uùûü]",
    "'": "['’]",
    "-": "[-‐‑– ]",
    " ": r"\s+",
}


@dataclass(frozen=True, slots=True)
class Means:
    """One thing that traffickers use, or one violence that they do."""

    code: str
    family: str
    label: str


@dataclass(frozen=True, slots=True)
class SensitiveWord:
    """A word of the sensitive list in a text: where it stands and its family, shown while typing, never stored."""

    start: int
    end: int
    word: str
    family: str


@lru_cache(maxsize=1)
def means() -> dict[str, Means]:
    """The vocabulary of means, by code, in the order of the file."""
    rows = json.loads((DATA / "means.json").read_text(encoding="utf-8"))["means"]
    return {row["code"]: Means(**row) for row in rows}


@lru_cache(maxsize=1)
def means_by_label() -> dict[str, str]:
    """The code of each label, for files that write words."""
    return {name_key(entry.label): code for code, entry in means().items()}


def sensitive_words(text: str) -> list[SensitiveWord]:
    """R-SENS-1: the words that send a report to a second reader; a warning, never a verdict on what is meant."""
    return [
        SensitiveWord(found.start(), found.end(), found.group(), found.lastgroup or "")
        for found in _pattern().finditer(text)
    ]


def is_sensitive(text: str) -> bool:
    """Whether at least one word of the list is met."""
    return _pattern().search(text) is not None


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    families = json.loads((DATA / "sensitive.json").read_text(encoding="utf-8"))["families"]
    groups = [f"(?P<{name}>{'|'.join(map(_written, words))})" for name, words in families.items()]
    return re.compile(rf"(?<!\w)(?:{'|'.join(groups)})(?!\w)", re.IGNORECASE)


def _written(word: str) -> str:
    """The pattern of one word, accents and typographic signs apart."""
    ending = r"\w*" if word.endswith("*") else ""
    return "".join(_ACCENTS.get(char, re.escape(char)) for char in word.rstrip("*")) + ending
