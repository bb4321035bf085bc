"""A table of made persons as several services write them, with who is one and the same: what a model learns from.

The errors are those that notes show, at rates that nobody has measured on police files: a house trains its own model.
"""

import csv
import unicodedata
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random

from recoupe.demo import identifiers
from recoupe.demo.miswritten import miswritten, slipped
from recoupe.demo.names import WORDS, invented_word, nickname

FIELDS = (
    "unique_id", "cluster", "family", "given", "birth", "birth_place", "address", "alias",
    "phone", "plate", "imei", "iban", "wallet", "handle", "email",
)  # fmt: skip
# The larger communes, and towns of elsewhere that no table of communes knows.
_TOWNS = """Paris,Marseille,Lyon,Toulouse,Nice,Nantes,Montpellier,Strasbourg,Bordeaux,Lille,Rennes,Reims,Toulon,
Le Havre,Grenoble,Dijon,Angers,Nîmes,Villeurbanne,Saint-Denis,Aix-en-Provence,Le Mans,Clermont-Ferrand,Brest,
Tours,Amiens,Annecy,Perpignan,Boulogne-Billancourt,Metz,Besançon,Orléans,Argenteuil,Rouen,Mulhouse,Montreuil,Caen,
Nancy,Tourcoing,Roubaix,Nanterre,Avignon,Créteil,Poitiers,Versailles,Dunkerque,Aubervilliers,Saint-Paul,Mamoudzou,
Fort-de-France,Cayenne,Béziers,Calais,Drancy,Cannes,Colmar,Bourges,Valence,Quimper,La Seyne-sur-Mer,Troyes,Niort,
Oran,Alger,Annaba,Casablanca,Oujda,Tunis,Sfax,Bamako,Dakar,Moroni,Porto,Braga,Ankara,Izmir,Naples,Kinshasa"""
TOWNS = tuple(town.strip() for town in _TOWNS.split(","))
# Several values of one field stand in one cell.
BETWEEN = " ; "
COPIES = (1, 1, 1, 1, 2, 2, 2, 3, 3, 4)
# Written otherwise, heard alike; each is tried in either direction.
_HEARD = (
    ("y", "i"), ("k", "c"), ("qu", "k"), ("ou", "u"), ("ss", "s"), ("ph", "f"), ("eau", "o"), ("au", "o"), ("ch", "sh"),
    ("dj", "j"), ("ai", "e"), ("ll", "l"), ("nn", "n"), ("tt", "t"), ("rr", "r"), ("th", "t"), ("ein", "in"),
    ("z", "s"), ("gh", "g"), ("kh", "k"), ("aa", "a"), ("ed", "ad"),
)  # fmt: skip
# Whose telephones are of another country, and how their mobile numbers of nine figures begin.
_ABROAD = ("+2126", "+2136", "+2137", "+346", "+324", "+316", "+3519")
_FIRST_BIRTH, _DAYS = date(1950, 1, 1), 21_000


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody who does not exist, whole: what each service writes of him is a part of it."""

    family: str
    given: tuple[str, ...]
    birth: date
    place: str
    alias: str
    identifiers: dict[str, tuple[str, ...]]


@cache
def _surnames() -> tuple[list[str], list[float]]:
    """Surnames with cumulated weights: the most borne of each language first, as Zipf has it."""
    lines = Path(__file__).with_name("surnames.txt").read_text(encoding="utf-8").splitlines()
    names: list[str] = []
    weights: list[float] = []
    for line, share in zip((line.split() for line in lines if line[0] != "#"), (60, 20, 7, 4, 4, 5), strict=True):
        total = sum(1 / (place + 5) for place in range(len(line)))
        names += line
        weights += [share / (place + 5) / total for place in range(len(line))]
    return names, list(accumulate(weights))


def _family(rng: Random) -> str:
    names, weights = _surnames()
    name = rng.choices(names, cum_weights=weights)[0] if rng.random() < 0.6 else invented_word(rng)
    return f"{name}-{rng.choices(names, cum_weights=weights)[0]}" if rng.random() < 0.03 else name


def _person(rng: Random, index: int, known: Sequence[_Person]) -> _Person:
    """One in twelve belongs to the family of somebody made before, one in two hundred is his twin."""
    draw = rng.random()
    relative = rng.choice(known) if known and draw < 0.08 else None
    born = _FIRST_BIRTH + timedelta(days=rng.randrange(_DAYS))
    given = tuple(rng.sample(WORDS["given"], rng.choice((1, 1, 2, 3))))
    if relative and draw < 0.005:
        born = relative.birth
    elif relative and draw < 0.015:
        given = relative.given  # father and son of one name
    return _Person(
        family=relative.family if relative else _family(rng),
        given=given,
        birth=born,
        place=relative.place if relative and rng.random() < 0.7 else rng.choice(TOWNS),
        alias=nickname(rng) if rng.random() < 0.2 else "",
        identifiers=_identifiers(rng, index),
    )


def _phone(rng: Random) -> str:
    """Of twelve one is of another country."""
    if rng.random() < 1 / 12:
        return f"{rng.choice(_ABROAD)}{rng.randrange(10**8):08d}"
    return f"06{rng.randrange(10**8):08d}"


def _identifiers(rng: Random, index: int) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    if rng.random() < 0.45:
        found["phone"] = tuple(_phone(rng) for _ in range(rng.choice((1, 1, 2))))
    if rng.random() < 0.2:
        found["plate"] = (identifiers.plate(rng, good=True).value,)
    if rng.random() < 0.08:
        found["imei"] = (identifiers.imei(rng, good=True).value,)
    if rng.random() < 0.08:
        found["iban"] = (identifiers.iban(rng, good=True).value,)
    if rng.random() < 0.04:
        found["wallet"] = (identifiers.wallet(rng, good=True).value,)
    if rng.random() < 0.15:
        found["handle"] = (f"snapchat:{rng.choice(WORDS['handles'])}{rng.choice(WORDS['tails'])}{index}",)
    if rng.random() < 0.05:
        found["email"] = (f"{rng.choice(WORDS['mailboxes'])}{index}@exemple.invalid",)
    return found


def _heard(rng: Random, text: str) -> str:
    """The same sound in other letters."""
    low = text.lower()
    can = [(a, b) for one, two in _HEARD for a, b in ((one, two), (two, one)) if a in low]
    if not can:
        return text
    old, new = rng.choice(can)
    return low.replace(old, new, 1).capitalize()


def _word(rng: Random, text: str) -> str:
    draw = rng.random()
    if draw < 0.06:
        text = slipped(rng, text)
    elif draw < 0.16:
        text = _heard(rng, text)
    if rng.random() < 0.5:
        text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return text


def _written_name(rng: Random, someone: _Person) -> tuple[str, str]:
    """(family, given) as one service has them: first given name alone, an initial, none, or the two exchanged."""
    given = list(someone.given if rng.random() < 0.5 else someone.given[:1])
    if rng.random() < 0.02:
        given = [given[0][0]]
    family, first = _word(rng, someone.family), " ".join(_word(rng, name) for name in given)
    draw = rng.random()
    if draw < 0.04:
        return family.upper(), ""
    if draw < 0.07:
        return first, family
    return (family.upper() if draw < 0.6 else family), first


def _written_birth(rng: Random, born: date) -> str:
    """Whole in six of ten, else the year, the month or nothing; some wrong by a figure, turned, a first of January."""
    draw, wrong = rng.random(), rng.random()
    if wrong < 0.02:
        born = born.replace(year=born.year + rng.choice((-1, 1)), day=min(born.day, 28))
    elif wrong < 0.04:
        born = born.replace(day=min(28, max(1, born.day + rng.choice((-10, 10, -1, 1)))))
    elif wrong < 0.06 and born.day <= 12:
        born = born.replace(month=born.day, day=born.month)
    elif wrong < 0.08:
        born = date(born.year, 1, 1)
    if draw < 0.64:
        return f"{born:%d/%m/%Y}"
    if draw < 0.68:
        return f"{born:%m/%Y}"
    return f"{born:%Y}" if draw < 0.80 else ""


def _written(rng: Random, someone: _Person) -> dict[str, str]:
    family, given = _written_name(rng, someone)
    line = dict.fromkeys(FIELDS, "") | {
        "family": family,
        "given": given,
        "birth": _written_birth(rng, someone.birth),
        "birth_place": _word(rng, someone.place) if rng.random() < 0.5 else "",
        "alias": _word(rng, someone.alias) if rng.random() < 0.6 else "",
    }
    for kind, values in someone.identifiers.items():
        seen = [miswritten(rng, kind, value) for value in values if rng.random() < 0.6]
        line[kind] = BETWEEN.join(seen)
    return line


def lines(persons: int, seed: int) -> Iterator[dict[str, str]]:
    """The records of so many persons; the same seed, the same lines."""
    rng = Random(seed)
    known: list[_Person] = []
    for index in range(persons):
        someone = _person(rng, index, known)
        known.append(someone)
        for copy in range(rng.choice(COPIES)):
            yield _written(rng, someone) | {"unique_id": f"{index}-{copy}", "cluster": str(index)}


def main() -> None:
    """`python -m recoupe.demo.holding TABLE.csv`: the table from which `recoupe train` makes the model that ships."""
    parser = ArgumentParser(prog="python -m recoupe.demo.holding")
    parser.add_argument("file", type=Path)
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with asked.file.open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, FIELDS)
        table.writeheader()
        table.writerows(lines(asked.persons, asked.seed))


if __name__ == "__main__":
    main()
