"""Aliases and street names: compared with the other side's aliases, and only where both sides know one."""

from collections.abc import Iterable

from recoupe.kernel.refusal import gettext_noop
from recoupe.matching.comparison import Level, compared
from recoupe.matching.conditions import OneSlip, Shared, Value
from recoupe.matching.spelling.sounds import sounds
from recoupe.matching.spelling.words import called, words

MOST = 20  # aliases read of one person


def columns(written: Iterable[str]) -> dict[str, Value]:
    """The aliases without their article (« le Marseillais », « Marseillais »), their sounds and groups."""
    found = [words(alias) for alias in list(written)[:MOST]]
    names = list(dict.fromkeys(name for alias in found for name in alias.names if len(name) > 1))
    heard = [form for name in names for form in (*sounds(name), *called(name))]
    return {"aliases": tuple(names) or None, "alias_sounds": tuple(dict.fromkeys(heard)) or None}


COMPARISON = compared(
    "alias",
    gettext_noop("Surnom"),
    "aliases",
    Level("same", Shared("aliases"), gettext_noop("Un surnom est le même.")),
    Level("same_sound", Shared("alias_sounds"), gettext_noop("Un surnom s'entend de la même façon.")),
    Level("slip", OneSlip("aliases"), gettext_noop("Un surnom ne diffère que d'une lettre.")),
    otherwise=gettext_noop("Aucun surnom commun."),
)
