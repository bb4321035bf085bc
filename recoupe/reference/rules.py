"""Rules of the public reference: which act applies, who answers for a unit, how a place is typed."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Protocol

from recoupe.reference.enums import ActEffect

_SHORT_WORDS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_BRACKETS = re.compile(r"\s*\(\w{2,5}\)\s*$")
_POSTAL_CODE = re.compile(r"\d{5}")
_COMMUNE_CODE = re.compile(r"(?:\d\d|2[ab])\d{3}", re.IGNORECASE)


class Dated(Protocol):
    """A row that holds from a day to a day, both included; null is open."""

    @property
    def valid_from(self) -> date | None: ...

    @property
    def valid_to(self) -> date | None: ...


class Act(Dated, Protocol):
    """What the choice of an interconnection act needs to know of it."""

    @property
    def file_a(self) -> str: ...

    @property
    def file_b(self) -> str: ...

    @property
    def purpose(self) -> str: ...

    @property
    def effect(self) -> str: ...


def holds(row: Dated, on: date) -> bool:
    """Whether a dated row holds on that day."""
    return (row.valid_from is None or row.valid_from <= on) and (row.valid_to is None or on <= row.valid_to)


def effect_of(acts: Iterable[Act], files: frozenset[str], purpose: str, on: date) -> ActEffect | None:
    """What the acts in force allow between two files; an act for the purpose wins over one for any purpose.

    No act: None, and nothing is compared (S-5). Two acts of one rank: the stricter wins.
    """
    current = [a for a in acts if frozenset((a.file_a, a.file_b)) == files and holds(a, on)]
    exact = [a for a in current if a.purpose == purpose] if purpose else []
    chosen = exact or [a for a in current if not a.purpose]
    effects = {ActEffect(a.effect) for a in chosen}
    return next((e for e in STRICTEST_FIRST if e in effects), None)


STRICTEST_FIRST = (ActEffect.FORBIDDEN, ActEffect.EXISTENCE, ActEffect.CONTENT_ON_RELEASE)


def spelled_out(key: str) -> str:
    """A name key with « st » and « ste » written in full, as the official names are."""
    return " ".join(_SHORT_WORDS.get(word, word) for word in key.split())


def without_department(text: str) -> str:
    """« Paris 18e Arrondissement (75) » without its brackets."""
    return _BRACKETS.sub("", text).strip()


def is_postal_code(text: str) -> bool:
    """Whether the text has the shape of a postal code."""
    return _POSTAL_CODE.fullmatch(text) is not None


def is_commune_code(text: str) -> bool:
    """Whether the text has the shape of an official commune code, which a postal code may share."""
    return _COMMUNE_CODE.fullmatch(text) is not None
