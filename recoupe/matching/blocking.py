"""Which records are worth comparing: keys of a row, and pairs under a bound, so that nothing grows with the square."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from recoupe.matching.conditions import Row, Value
from recoupe.matching.spelling.sounds import sounds

BOUND = 200  # rows of one block compared each with each; beyond, each with its neighbours
WINDOW = 10  # neighbours, in the order of the rows' own writing
MOST_KEYS = 64  # keys of one kind given by one row
GRAM = 4
RARE = 100  # a word borne by this many records or fewer is worth a comparison by itself

Keys = Callable[[Row, "Rarity"], Iterable[str]]
Rarity = Mapping[str, int]  # how many records bear each word of a name


def _texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, str) else ()


def _words(row: Row) -> tuple[str, ...]:
    """Every word of the name, in alphabetical order."""
    bag = row["name_bag"]
    return tuple(bag.split()) if isinstance(bag, str) else ()


def _heard(row: Row, column: str) -> list[str]:
    return [sound for sound in _texts(row[column]) if not sound.startswith("*")]


def _dates(row: Row) -> list[str]:
    """The whole date, and the same with month and day exchanged."""
    return sorted({*_texts(row["birth"]), *_texts(row["birth_turned"])})


def _heard_names(row: Row) -> list[str]:
    """The sounds of either name, each once."""
    return list(dict.fromkeys([*_heard(row, "family_sounds"), *_heard(row, "given_sounds")]))


def phonetic(row: Row, rarity: Rarity) -> Iterator[str]:
    """Each sound of the family name with each of the given names, blind to their order."""
    for family in _texts(row["family_sounds"]):
        for given in _texts(row["given_sounds"]):
            yield "+".join(sorted((family, given)))


def named_year(row: Row, rarity: Rarity) -> Iterator[str]:
    """The sounds of the whole name with the year of birth: of many namesakes those of one age."""
    year = row["birth_year"]
    if isinstance(year, float):
        yield from (f"{year:.0f}{name}" for name in phonetic(row, rarity))


def named_place(row: Row, rarity: Rarity) -> Iterator[str]:
    """The sounds of the whole name with the birth place as it is written: of many namesakes those of one town."""
    for place in _texts(row["place_key"]):
        yield from (f"{place}{name}" for name in phonetic(row, rarity))


def whole_name(row: Row, rarity: Rarity) -> Iterator[str]:
    """The words of the name in alphabetical order: « Jean MARTIN » and « Martin JEAN » meet."""
    yield from _texts(row["name_bag"])


def birth_date(row: Row, rarity: Rarity) -> Iterator[str]:
    """The whole date, month and day in either order, with the first letter of any word of the name."""
    for found in _dates(row):
        for letter in sorted({word[0] for word in _words(row)}):
            yield f"{found}{letter}"


def birth_sound(row: Row, rarity: Rarity) -> Iterator[str]:
    """The whole date, month and day in either order, with a sound of either name."""
    for found in _dates(row):
        yield from (f"{found}{sound}" for sound in _heard_names(row))


def partial_date(row: Row, rarity: Rarity) -> Iterator[str]:
    """The year alone, with a sound of either name: whatever of the date is missing or wrong."""
    year = row["birth_year"]
    if isinstance(year, float):
        yield from (f"{year:.0f}{sound}" for sound in _heard_names(row))


def same_day(row: Row, rarity: Rarity) -> Iterator[str]:
    """Day and month with the sound of the family name: a year that is wrong."""
    for day in _texts(row["birth_day"]):
        for sound in _heard(row, "family_sounds"):
            yield f"{day}{sound}"


def rare_word(row: Row, rarity: Rarity) -> Iterator[str]:
    """A word that few records bear, and how it sounds: alone it is worth a comparison."""
    for word in _words(row):
        if len(word) > 3 and rarity.get(word, 0) <= RARE:
            yield word
            yield from (sound for sound in sounds(word) if not sound.startswith("*"))


def two_words(row: Row, rarity: Rarity) -> Iterator[str]:
    """Each two words of the name: one of three that is left out or misspelt leaves the others."""
    yield from ("+".join(two) for two in combinations(_words(row)[:6], 2))


def whole_date(row: Row, rarity: Rarity) -> Iterator[str]:
    """The whole birth date alone: names that have nothing in common, as after a marriage."""
    yield from _dates(row)


def gram(row: Row, rarity: Rarity) -> Iterator[str]:
    """Four letters of the family name in a row with the first letters of a given name: a slip leaves others whole."""
    for family in _texts(row["families"])[:2]:
        for given in _texts(row["givens"])[:2]:
            for at in range(max(1, len(family) - GRAM + 1)):
                yield f"{family[at : at + GRAM]}{given[:2]}"


def alias(row: Row, rarity: Rarity) -> Iterator[str]:
    """The sounds and groups of aliases."""
    yield from _texts(row["alias_sounds"])


def street(row: Row, rarity: Rarity) -> Iterator[str]:
    """The address with the first letters of a word of the name."""
    for door in dict.fromkeys((*_texts(row["street_number"]), *_texts(row["address_key"]))):
        for start in sorted({word[:2] for word in _words(row)}):
            yield f"{door}{start}"


def partial_plate(row: Row, rarity: Rarity) -> Iterator[str]:
    """Each three characters and their places: a plate of which three were read shares one with the whole plate."""
    for plate in _texts(row["plate_like"]):
        seen = [f"{at}{char}" for at, char in enumerate(plate.partition("%")[0]) if char != "_"]
        yield from ("".join(three) for three in combinations(seen[:8], 3))


def _left_out(column: str) -> Keys:
    def keys(row: Row, rarity: Rarity) -> Iterator[str]:
        for value in _texts(row[column]):
            yield value
            for at in range(len(value)):
                yield value[:at] + value[at + 1 :]

    keys.__doc__ = f"Each writing of {column} with one character left out: two writings one slip apart share one."
    return keys


def _values(column: str) -> Keys:
    def keys(row: Row, rarity: Rarity) -> Iterator[str]:
        yield from _texts(row[column])

    keys.__doc__ = f"Each value of {column}."
    return keys


# Columns of which each value with one character left out is a key; columns of which each value is one.
SLIPPED = (
    "phone_dialled", "plate", "imei_body", "iban", "wallet", "handle_name", "email", "siren", "ship_number",
    "container_body",
)  # fmt: skip
WHOLE = ("phone_end", "plate_seen", "handle_bare", "email_box", "firm_sounds", "ship_name")
KEYS: dict[str, Keys] = {
    "phonetic": phonetic,
    "named_year": named_year,
    "named_place": named_place,
    "whole_name": whole_name,
    "birth_date": birth_date,
    "birth_sound": birth_sound,
    "partial_date": partial_date,
    "same_day": same_day,
    "rare_word": rare_word,
    "gram": gram,
    "two_words": two_words,
    "whole_date": whole_date,
    "alias": alias,
    "street": street,
    "partial_plate": partial_plate,
    **{column: _values(column) for column in WHOLE},
    **{f"slip_{column}": _left_out(column) for column in SLIPPED},
}
# Without this column a function makes no key: most rows leave most of them blank.
NEEDS: dict[str, str] = {
    "phonetic": "family_sounds", "named_year": "birth_year", "named_place": "place_key", "whole_name": "name_bag",
    "birth_date": "birth_year", "birth_sound": "birth_year", "partial_date": "birth_year", "same_day": "birth_day",
    "rare_word": "name_bag", "gram": "families", "two_words": "name_bag", "whole_date": "birth_year",
    "alias": "alias_sounds", "street": "address_key", "partial_plate": "plate_like",
    **{column: column for column in WHOLE}, **{f"slip_{column}": column for column in SLIPPED},
}  # fmt: skip


def made(row: Row, chosen: Iterable[str], rarity: Rarity) -> Iterator[tuple[str, list[str]]]:
    """The keys of a row by the function that makes them, each once."""
    for name in chosen:
        if row[NEEDS[name]] is not None and (found := dict.fromkeys(KEYS[name](row, rarity))):
            yield name, list(found)[:MOST_KEYS]


def keys(row: Row, chosen: Iterable[str], rarity: Rarity) -> tuple[str, ...]:
    """The same, each under the name of its function, so that two functions never meet."""
    return tuple(f"{name}:{key}" for name, found in made(row, chosen, rarity) for key in found)


def rarities(rows: Sequence[Row]) -> dict[str, int]:
    """How many records bear each word of a name; what is absent is rarer than all."""
    count: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        for word in set(_words(row)):
            count[word] += 1
    return {word: borne for word, borne in count.items() if borne > 1}


@dataclass(frozen=True, slots=True)
class Oversized:
    """A block beyond the bound: by which key function, and how many rows; never its key, which is somebody's name."""

    function: str
    rows: int


@dataclass(slots=True)
class Plan:
    """The pairs to compare, as positions in the rows given, and what was too large to be compared whole."""

    pairs: set[tuple[int, int]]
    copies: list[tuple[int, int]]
    oversized: list[Oversized]


def bounded(
    rows: Sequence[Row], chosen: Sequence[str], *, bound: int = BOUND, rarity: Rarity | None = None
) -> tuple[list[list[str]], list[Oversized]]:
    """The keys of each row that bring it together with another, none of them held by more rows than the bound.

    A key beyond the bound is replaced by keys of neighbours in the order of their writing, two a row, so that the pairs
    grow with the rows and not with their square.
    """
    shares = rarities(rows) if rarity is None else rarity
    blocks: defaultdict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        for key in keys(row, chosen, shares):
            blocks[key].append(at)
    given: list[list[str]] = [[] for _ in rows]
    oversized: list[Oversized] = []
    for key, block in blocks.items():
        if 1 < len(block) <= bound:
            for at in block:
                given[at].append(key)
        elif len(block) > bound:
            oversized.append(Oversized(key.partition(":")[0], len(block)))
            for place, at in enumerate(sorted(block, key=lambda at: _writing(rows[at], at))):
                given[at].append(f"{key}#{place // WINDOW}")
                given[at].append(f"{key}##{(place + WINDOW // 2) // WINDOW}")
    oversized.sort(key=lambda block: (-block.rows, block.function))
    return given, oversized


def _writing(row: Row, at: int) -> tuple[str, str, int]:
    return str(row["name_bag"] or ""), str(row["birth_like"] or ""), at


def plan(rows: Sequence[Row], chosen: Sequence[str], *, bound: int = BOUND, rarity: Rarity | None = None) -> Plan:
    """Pairs that share a key. Rows equal in every column are told as copies of the first and compared once."""
    first: dict[tuple[Value, ...], int] = {}
    copies: list[tuple[int, int]] = []
    for at, row in enumerate(rows):
        written = tuple(row[name] for name in sorted(row))
        if (known := first.setdefault(written, at)) != at:
            copies.append((known, at))
    alone = list(first.values())
    shares = rarities(rows) if rarity is None else rarity
    given, oversized = bounded([rows[at] for at in alone], chosen, bound=bound, rarity=shares)
    blocks: defaultdict[str, list[int]] = defaultdict(list)
    for at, found in zip(alone, given, strict=True):
        for key in found:
            blocks[key].append(at)
    pairs = {pair for block in blocks.values() for pair in combinations(block, 2)}
    return Plan(pairs, copies, oversized)
