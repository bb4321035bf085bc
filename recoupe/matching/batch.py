"""The same model in Splink on DuckDB, for whole holdings: rows as a table, the model as settings, pairs and weights.

Splink and DuckDB belong to the batch's own lock file: only commands that need them import this module.
"""

import atexit
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow
from splink import DuckDBAPI, Linker

from recoupe.matching import blocking_sql
from recoupe.matching.blocking import BOUND
from recoupe.matching.ceiling import ceiling
from recoupe.matching.comparison import Comparison
from recoupe.matching.conditions import MACROS, Apart, Condition, Near, OfLists, Row, Value
from recoupe.matching.linking import Linked
from recoupe.matching.model import Model, Shares

LINE = blocking_sql.LINE
_MET = "met"
SPILL = "recoupe-lots-"
_AT_ONCE = 2_048  # rows put in columns together
# A level that no two strangers showed is not certain for all that: it counts as seen once in this many pairs. No sample
# shows less, and however long a number is, it is lent, given to somebody else and copied wrong: twenty bits at most.
UNSEEN = 1e-6


def _kinds(conditions: Iterable[Condition]) -> Iterator[tuple[str, pyarrow.DataType]]:
    for condition in conditions:
        yield from _kinds(condition.parts)
        if isinstance(condition, OfLists):
            yield condition.column, pyarrow.list_(pyarrow.string())
        elif isinstance(condition, Apart | Near):
            yield from ((column, pyarrow.float64()) for column in condition.columns)


def schema(comparisons: Iterable[Comparison]) -> dict[str, pyarrow.DataType]:
    """The columns that comparisons read and their types: text where no condition asks for a list or a number."""
    found: dict[str, pyarrow.DataType] = {}
    for comparison in comparisons:
        found |= {column: found.get(column, pyarrow.string()) for column in comparison.columns()}
        found |= dict(_kinds(level.when for level in comparison.levels))
        if comparison.unknown.columns & _LISTS_ASKED_BLANK:
            found |= dict.fromkeys(comparison.unknown.columns & _LISTS_ASKED_BLANK, pyarrow.list_(pyarrow.string()))
    return dict(sorted(found.items()))


# Lists of which only one question is asked: whether there is any.
_LISTS_ASKED_BLANK = frozenset({"firm", "ship"})


def table(
    rows: Mapping[str, Row], comparisons: Iterable[Comparison], more: Mapping[str, pyarrow.DataType] = {}
) -> pyarrow.Table:
    """The rows, each with its line; an empty list is NULL. `more`: other columns of the rows."""
    kinds = {**more, **schema(comparisons)}
    written, left = pyarrow.schema([(LINE, pyarrow.int32()), *kinds.items()]), iter(rows.values())
    every = itemgetter(*kinds, next(iter(kinds)))  # the first once more, as one alone is no tuple
    # Few rows at a time, so that what was just read is near when its columns are made.
    blocks = [
        _block(written, first, list(map(every, islice(left, _AT_ONCE)))) for first in range(0, len(rows), _AT_ONCE)
    ]
    return pyarrow.Table.from_batches(blocks, written)


def _block(written: pyarrow.Schema, first: int, rows: Sequence[tuple[Value, ...]]) -> pyarrow.RecordBatch:
    """So many rows, numbered from the first."""
    arrays = [pyarrow.array(range(first, first + len(rows)), pyarrow.int32())]
    for kind, values in zip(written.types[1:], zip(*rows, strict=True), strict=False):
        told = [value or None for value in values] if pyarrow.types.is_list(kind) else values
        arrays.append(pyarrow.array(told, kind))
    return pyarrow.record_batch(arrays, written)


def connected(rows: pyarrow.Table) -> tuple[DuckDBAPI, Any]:
    """A database in memory that knows the conditions, and the table in it."""
    api = DuckDBAPI(_database())
    return api, api.register(rows)


def _database() -> duckdb.DuckDBPyConnection:
    logging.getLogger("splink").setLevel(logging.ERROR)
    connection = duckdb.connect(config={"temp_directory": _spill()})
    connection.execute("SET threads TO 2")
    for macro in MACROS:
        connection.execute(macro)
    return connection


@cache
def _spill() -> str:
    """Where DuckDB puts what does not fit in memory, names in the clear: by itself, readable by all and here."""
    for left in Path(tempfile.gettempdir()).glob(f"{SPILL}*-*"):
        # Of a run that was killed before it could remove it.
        if not Path("/proc", left.name.removeprefix(SPILL).partition("-")[0]).exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = tempfile.mkdtemp(prefix=f"{SPILL}{os.getpid()}-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def settings(
    comparisons: Sequence[Comparison],
    rules: Sequence[str | dict[str, Any]],
    shares: Callable[[Comparison], Sequence[Shares]] | None = None,
    prior: float = 1e-4,
    chances: Mapping[str, Sequence[float | None]] | None = None,
) -> dict[str, Any]:
    """Splink's settings; without shares, those that training starts from; `chances` are each level's u alone."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": LINE,
        "probability_two_random_records_match": prior,
        # What one person never shows loses twice its digits at each turn: with many more of them no number holds it.
        "em_convergence": 0.002,
        "max_iterations": 6,
        "blocking_rules_to_generate_predictions": list(rules),
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        "comparisons": [
            _comparison(found, shares(found) if shares else None, chances[found.name] if chances else ())
            for found in comparisons
        ],
    }


def _comparison(
    comparison: Comparison, shares: Sequence[Shares] | None, chances: Sequence[float | None]
) -> dict[str, Any]:
    levels: list[dict[str, Any]] = [
        {"sql_condition": comparison.unknown.sql(), "label_for_charts": "unknown", "is_null_level": True}
    ]
    for at, level in enumerate(comparison.levels):
        made: dict[str, Any] = {"sql_condition": level.when.sql(), "label_for_charts": level.name}
        if level.frequency:
            # Each level is weighed against its own u, as the online scorer does.
            made |= {"tf_adjustment_column": level.frequency, "disable_tf_exact_match_detection": True}
        if shares is not None:
            made |= {"m_probability": shares[at].m, "u_probability": shares[at].u}
        elif chances:
            made |= {"u_probability": chances[at] or UNSEEN}
        levels.append(made)
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def frequency_tables(model: Model, columns: Iterable[str], api: DuckDBAPI, linker: Linker) -> None:
    """Hand the model's own frequencies to Splink, so that it does not count those of the table that it links."""
    for column in columns:
        known = model.frequencies[column]
        borne = pyarrow.table(
            {"value": list(known.counts), "borne": pyarrow.array(list(known.counts.values()), pyarrow.int64())}
        )
        counts, values = api.register(borne).physical_name, blocking_sql.PREPARED
        query = (
            f"SELECT {column}, coalesce(borne, 1)::DOUBLE / {known.records} AS tf_{column}"  # noqa: S608
            f" FROM (SELECT DISTINCT {column} FROM {values} WHERE {column} IS NOT NULL)"
            f" LEFT JOIN {counts} ON value = {column}"
        )
        found = api.duckdb_con.sql(query).to_arrow_table()
        linker.table_management.register_term_frequency_lookup(api.register(found), column)


def prepared(
    rows: Mapping[str, Row], comparisons: Iterable[Comparison], chosen: Iterable[str]
) -> duckdb.DuckDBPyConnection:
    """A database that holds these rows, with what they are compared and searched by."""
    connection = _database()
    connection.register("written", table(rows, comparisons, blocking_sql.columns(chosen)))
    connection.execute(f"CREATE TABLE {blocking_sql.PREPARED} AS FROM written")
    connection.unregister("written")
    return connection


class Holding:
    """Rows in a database, with their keys: the pairs that share one come out of it, in one part or in several."""

    def __init__(self, model: Model, rows: Mapping[str, Row], *, bound: int = BOUND) -> None:
        # What nobody writes is compared with nobody: it weighs nothing.
        self._trained = [one for one in model.comparisons if twice_known(one.comparison, rows)]
        self._model, self._names = model, list(rows)
        self._comparisons = [found.comparison for found in self._trained]
        self._connection = prepared(rows, self._comparisons, model.blocking)
        self.oversized = blocking_sql.give(self._connection, list(rows.values()), model.blocking, bound=bound)

    def pairs(self, least: float | None = None, part: tuple[int, int] = (0, 1)) -> list[Linked]:
        """Those that reach the weight `least`, all of them where None; of the keys, the part of so many parts."""
        # What Splink keeps of one part must not serve the next.
        api = DuckDBAPI(self._connection)
        if not self.met(least, part):
            return []
        linker = Linker(api.register(blocking_sql.PREPARED), self._settings(), log_level=logging.ERROR)
        known = [column for column in self._model.frequencies if column in schema(self._comparisons)]
        frequency_tables(self._model, known, api, linker)
        linker.table_management.register_blocked_pairs_for_predict(api.register(_MET))
        scored = linker.inference.predict(threshold_match_weight=least, warning_mode="never").physical_name
        found = self._connection.execute(f"SELECT {LINE}_l, {LINE}_r, match_weight FROM {scored}").fetchnumpy()  # noqa: S608
        api.delete_tables_created_by_splink_from_db()
        left, right = (map(self._names.__getitem__, found[f"{LINE}_{side}"].tolist()) for side in "lr")
        return list(map(Linked, left, right, found["match_weight"].tolist()))

    def met(self, least: float | None, part: tuple[int, int]) -> int:
        """Put into a table each pair that shares a key of this part and may reach the weight; how many they are."""
        top = ceiling(self._model, self._trained)
        plain = [*sorted(top.read), *(f"nullif({name} IS NOT NULL, FALSE) AS {name}" for name in sorted(top.known))]
        both = ", ".join(f"{side}.{name} AS {name}_{side}" for name in (LINE, *top.read, *top.known) for side in "lr")
        self._connection.execute(
            f"""
            CREATE OR REPLACE TABLE {_MET} AS
            WITH keyed AS (SELECT key, {", ".join((LINE, *plain))} FROM {blocking_sql.GIVEN}
                             JOIN {blocking_sql.PREPARED} USING ({LINE}) WHERE key % $parts = $part)
            SELECT DISTINCT '0' AS match_key, {LINE}_l AS join_key_l, {LINE}_r AS join_key_r
              FROM (SELECT {both} FROM keyed l JOIN keyed r ON l.key = r.key AND l.{LINE} < r.{LINE})
             WHERE {"TRUE" if least is None else top.reaches(least)}
            """,  # noqa: S608
            {"part": part[0], "parts": part[1]},
        )
        [(count,)] = self._connection.execute(f"SELECT count(*) FROM {_MET}").fetchall()  # noqa: S608
        return int(count)

    def _settings(self) -> dict[str, Any]:
        by_name = {found.comparison.name: found.shares for found in self._trained}
        # The pairs are handed over: the rule, without which there are no settings, is never asked.
        rule = f"l.{LINE} = r.{LINE}"
        return settings(self._comparisons, [rule], lambda comparison: by_name[comparison.name], self._model.prior)


def twice_known(comparison: Comparison, rows: Mapping[str, Row]) -> bool:
    """At least two rows have something to compare here."""
    told = filter(None, map(itemgetter(comparison.unknown.column), rows.values()))
    return len(list(islice(told, 2))) == 2


def link(model: Model, rows: Mapping[str, Row], *, least: float | None = None) -> list[Linked]:
    """The pairs of these rows that share a key and reach the weight `least`; all of them where None."""
    return Holding(model, rows).pairs(least)
