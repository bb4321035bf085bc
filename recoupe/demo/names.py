"""Invented persons and places: common first names, surnames and streets made of syllables that name nobody."""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

WORDS: dict[str, tuple[str, ...]] = {
    name: tuple(words)
    for name, words in tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8")).items()
}
CATEGORIES = (
    ("suspect", 48),
    ("unknown", 22),
    ("associate", 14),
    ("witness", 9),
    ("convicted", 4),
    ("victim", 3),
)


@dataclass(frozen=True)
class Person:
    """Someone who does not exist; `birth` is ISO and may stop at the month or the year, or be empty."""

    given: str
    family: str
    birth: str = ""
    birth_commune: str = ""
    category: str = "unknown"
    aliases: tuple[str, ...] = ()


def invented_word(rng: Random) -> str:
    """A capitalised word of two or three made-up syllables."""
    return rng.choice(WORDS["heads"]) + rng.choice(WORDS["mids"]) + rng.choice(WORDS["tails"])


def street(rng: Random) -> str:
    """An invented street, never with a number of its own."""
    return f"{rng.choice(WORDS['street_kinds'])} {invented_word(rng)}"


def quarter(rng: Random) -> str:
    """An invented housing estate or district."""
    return f"{rng.choice(WORDS['quarters'])} {invented_word(rng)}"


def nickname(rng: Random) -> str:
    """A street name that anyone could bear."""
    return rng.choice(WORDS["nicknames"])


def _birth(rng: Random, today: date, youngest: int) -> str:
    born = date(today.year - rng.choice(range(youngest + 1, 58)), rng.randrange(1, 13), rng.randrange(1, 29))
    if born.month == 1 and born.day == 1:
        born = born.replace(day=2)  # the first of January is planted on purpose, never by chance
    full = born.isoformat()
    draw = rng.random()
    if draw < 0.62:
        return full
    return full[:7] if draw < 0.68 else full[:4] if draw < 0.84 else ""


def person(rng: Random, today: date, birth_communes: tuple[str, ...]) -> Person:
    """An invented person; a few are minors of 13 to 17, a child of less is only ever a victim."""
    category = rng.choices([c for c, _ in CATEGORIES], [w for _, w in CATEGORIES])[0]
    youngest = 14 if rng.random() < 0.06 else 19
    birth = _birth(rng, today, youngest)
    return Person(
        given=rng.choice(WORDS["given"]),
        family=invented_word(rng),
        birth=birth,
        birth_commune=rng.choice(birth_communes) if len(birth) == 10 and rng.random() < 0.5 else "",
        category=category,
        aliases=(nickname(rng),) if rng.random() < 0.25 else (),
    )


def written(rng: Random, someone: Person, upper: bool = False) -> str:
    """The person's name as a note writes it, with the birth date when it is known."""
    order = rng.randrange(3)
    name = (
        f"{someone.given} {someone.family.upper()}",
        f"{someone.family.upper()} {someone.given}",
        f"{someone.given} {someone.family}",
    )[order]
    if len(someone.birth) == 10 and rng.random() < 0.8:
        year, month, day = someone.birth.split("-")
        date_of_birth = (f" né(e) le {day}/{month}/{year}", f" ({day}.{month}.{year})", f", DDN {day}/{month}/{year}")
        name += rng.choice(date_of_birth)
    elif len(someone.birth) == 4:
        name += f", né(e) en {someone.birth}"
    return name.upper() if upper else name
