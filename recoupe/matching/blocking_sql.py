"""The keys of `blocking` over prepared columns, in the batch's database: the same to the letter as those made online.

Each key function has its twin here; what a row gives beyond the bound of one function is made by that function itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow
from duckdb import DuckDBPyConnection

from recoupe.matching.blocking import BOUND, GRAM, MOST_KEYS, RARE, SLIPPED, WHOLE, WINDOW, Oversized, keys
from recoupe.matching.conditions import Row
from recoupe.matching.spelling.sounds import sounds

PREPARED, LINE, GIVEN = "prepared", "line", "given"
# A block beyond the bound is read in the order of the writing of its rows.
WRITING = ("name_bag", "birth_like")

_WORDS = "string_split(name_bag, ' ')"
_SIX = f"list_slice({_WORDS}, 1, 6)"
_DATES = "[d for d in [birth, birth_turned] if d IS NOT NULL]"
_DOORS = "[d for d in [street_number, address_key] if d IS NOT NULL]"
# The characters of a partial plate that were read, each with its place.
_READ = "[(i - 1)::VARCHAR || p[i] for i in range(1, 1 + length(p)) if p[i] <> '_']"
_PLATES = f"[list_slice({_READ}, 1, 8) for p in [split_part(w, '%', 1) for w in plate_like]]"


@dataclass(frozen=True, slots=True)
class Twin:
    """A key function as SQL: a list of text, unknown or empty where it gives none, and the columns that it reads."""

    sql: str
    texts: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    source: str = PREPARED

    @property
    def columns(self) -> dict[str, pyarrow.DataType]:
        """Their types."""
        made = dict.fromkeys(self.texts, pyarrow.string()) | dict.fromkeys(self.numbers, pyarrow.float64())
        return made | dict.fromkeys(self.lists, pyarrow.list_(pyarrow.string()))


def _heard(column: str) -> str:
    return f"[s for s in coalesce({column}, []::VARCHAR[]) if s[1] <> '*']"


_SOUNDS = ("family_sounds", "given_sounds")
_NAMED = "flatten([[least(f, g) || '+' || greatest(f, g) for g in given_sounds] for f in family_sounds])"
_HEARD = f"{_heard('family_sounds')} || {_heard('given_sounds')}"


def _left_out(column: str) -> Twin:
    each = "[substr(v, 1, i) || substr(v, i + 2) for i in range(0, length(v))]"
    return Twin(f"flatten([list_concat([v], {each}) for v in {column}])", lists=(column,))


TWINS: dict[str, Twin] = {
    "phonetic": Twin(_NAMED, lists=_SOUNDS),
    "named_year": Twin(f"[birth_year::BIGINT::VARCHAR || n for n in {_NAMED}]", (), _SOUNDS, ("birth_year",)),
    "named_place": Twin(f"[place_key || n for n in {_NAMED}]", ("place_key",), _SOUNDS),
    "whole_name": Twin("[name_bag]", ("name_bag",)),
    "birth_date": Twin(
        f"flatten([[d || w[1] for w in {_WORDS}] for d in {_DATES}])", ("name_bag", "birth", "birth_turned")
    ),
    "birth_sound": Twin(
        f"flatten([[d || s for s in {_HEARD}] for d in {_DATES}])",
        ("birth", "birth_turned"),
        _SOUNDS,
    ),
    "partial_date": Twin(
        f"[birth_year::BIGINT::VARCHAR || s for s in {_HEARD}]",
        lists=_SOUNDS,
        numbers=("birth_year",),
    ),
    "same_day": Twin(f"[birth_day || s for s in {_heard('family_sounds')}]", ("birth_day",), ("family_sounds",)),
    # The words that few bear stand in a table of their own, each with its sounds (_rare_words).
    "rare_word": Twin(
        "flatten(list(keys))",
        ("name_bag",),
        source=f"(SELECT line, unnest({_WORDS}) AS word FROM {PREPARED}) JOIN rare_words USING (word) GROUP BY line",  # noqa: S608
    ),
    "gram": Twin(
        f"flatten(flatten([[[substr(f, i + 1, {GRAM}) || g[1:2] for i in range(0, greatest(1, length(f) - {GRAM - 1}))]"
        " for g in givens[1:2]] for f in families[1:2]]))",
        lists=("families", "givens"),
    ),
    "two_words": Twin(
        f"flatten([[{_SIX}[i] || '+' || {_SIX}[j] for j in range(i + 1, 1 + len({_SIX}))]"
        f" for i in range(1, 1 + len({_SIX}))])",
        ("name_bag",),
    ),
    "whole_date": Twin(_DATES, ("birth", "birth_turned")),
    "alias": Twin("alias_sounds", lists=("alias_sounds",)),
    "street": Twin(
        f"flatten([[d || w[1:2] for w in {_WORDS}] for d in {_DOORS}])", ("name_bag", "street_number", "address_key")
    ),
    "partial_plate": Twin(
        "flatten([flatten([flatten([[s[i] || s[j] || s[k] for k in range(j + 1, 1 + len(s))]"
        " for j in range(i + 1, 1 + len(s))]) for i in range(1, 1 + len(s))])"
        f" for s in {_PLATES}])",
        lists=("plate_like",),
    ),
    **{column: Twin(column, lists=(column,)) for column in WHOLE},
    **{f"slip_{column}": _left_out(column) for column in SLIPPED},
}


def columns(chosen: Iterable[str]) -> dict[str, pyarrow.DataType]:
    """What a table must hold to be searched by these keys, and for its blocks to be put in order."""
    made = dict.fromkeys(WRITING, pyarrow.string())
    for name in chosen:
        made |= TWINS[name].columns
    return made


def give(
    connection: DuckDBPyConnection,
    rows: Sequence[Row],
    chosen: Sequence[str],
    *,
    bound: int = BOUND,
    text: bool = False,
) -> list[Oversized]:
    """Fill the table `given` with the keys of each row of `prepared`, and tell what is too large, as blocking.bounded.

    Keys are numbers, which join faster than words; two that meet by chance are only weighed for nothing.
    """
    rarity = _rare_words(connection) if "rare_word" in chosen else {}
    kind = "VARCHAR" if text else "UBIGINT"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE keyed (line INTEGER, function UTINYINT, key {kind})")
    for at, name in enumerate(chosen):
        _key(connection, (at, name), rows, rarity, "{0}" if text else "hash({0})")
    return _bounded(connection, chosen, bound, "{0}" if text else "hash({0})")


def _rare_words(connection: DuckDBPyConnection) -> dict[str, int]:
    """How many rows bear each word; those that few bear, and are long enough, go into a table with their sounds."""
    counted = connection.execute(
        f"SELECT word, count(*) FROM (SELECT unnest(list_distinct({_WORDS})) AS word FROM {PREPARED}) GROUP BY word"  # noqa: S608
    ).fetchall()
    rare = [word for word, borne in counted if len(word) > 3 and borne <= RARE]
    found = [[word, *(sound for sound in sounds(word) if not sound.startswith("*"))] for word in rare]
    words = pyarrow.table(
        {"word": pyarrow.array(rare, pyarrow.string()), "keys": pyarrow.array(found, pyarrow.list_(pyarrow.string()))}
    )
    connection.register("rare_words", words)
    return {word: borne for word, borne in counted if borne > 1}


def _key(
    connection: DuckDBPyConnection, at: tuple[int, str], rows: Sequence[Row], rarity: Mapping[str, int], written: str
) -> None:
    place, name = at
    twin = TWINS[name]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE listed AS SELECT line, list_distinct(found) AS found"  # noqa: S608
        f" FROM (SELECT line, {twin.sql} AS found FROM {twin.source}) WHERE found IS NOT NULL"
    )
    key = written.format("? || ':' || key")
    connection.execute(
        f"INSERT INTO keyed SELECT line, ?, {key}"  # noqa: S608
        " FROM (SELECT line, unnest(found) AS key FROM listed WHERE len(found) <= ?)",
        [place, name, MOST_KEYS],
    )
    # Which of too many keys are kept depends on their order, which is the function's own.
    for (line,) in connection.execute("SELECT line FROM listed WHERE len(found) > ?", [MOST_KEYS]).fetchall():
        found = [[line, place, key] for key in keys(rows[line], (name,), rarity)]
        connection.executemany(f"INSERT INTO keyed VALUES (?, ?, {written.format('?')})", found)  # noqa: S608


def _bounded(connection: DuckDBPyConnection, chosen: Sequence[str], bound: int, written: str) -> list[Oversized]:
    """A key held by more rows than the bound is replaced by keys of neighbours, two a row."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE held AS SELECT key, any_value(function) AS function, count(*) AS rows FROM keyed"
        " GROUP BY key HAVING count(*) > 1"
    )
    first = written.format("key::VARCHAR || '#' || place // $window")
    second = written.format("key::VARCHAR || '##' || (place + $half) // $window")
    order = ", ".join(f"coalesce({column}, '')" for column in WRITING)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {GIVEN} AS
        WITH large AS (
            SELECT line, key, row_number() OVER (PARTITION BY key ORDER BY {order}, line) - 1 AS place
              FROM keyed SEMI JOIN (FROM held WHERE rows > $bound) h USING (key) JOIN {PREPARED} USING (line))
        SELECT line, key FROM keyed SEMI JOIN (FROM held WHERE rows <= $bound) h USING (key)
         UNION ALL SELECT line, {first} FROM large UNION ALL SELECT line, {second} FROM large
        """,  # noqa: S608
        {"bound": bound, "window": WINDOW, "half": WINDOW // 2},
    )
    large = connection.execute("SELECT function, rows FROM held WHERE rows > ?", [bound]).fetchall()
    told = [Oversized(chosen[function], borne) for function, borne in large]
    return sorted(told, key=lambda block: (-block.rows, block.function))
