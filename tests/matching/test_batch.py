"""With the batch's own packages: training is repeatable, and the batch and the online scorer give one weight."""

import os
import tempfile
from collections.abc import Mapping
from datetime import date
from itertools import islice, pairwise
from pathlib import Path
from random import Random

import pytest

pytest.importorskip("splink", reason="the batch's packages are not installed: requirements-batch.lock")

import duckdb
import pyarrow

from recoupe.demo import holding, identifiers
from recoupe.demo.miswritten import slipped
from recoupe.demo.seed import SHIPPED
from recoupe.kernel.selectors import SelectorKind
from recoupe.matching import batch, blocking, blocking_sql, training
from recoupe.matching.blocking import MOST_KEYS
from recoupe.matching.conditions import Row, Slips
from recoupe.matching.model import read
from recoupe.matching.record import COMPARISONS, SELECTORS, Record, prepare
from recoupe.matching.score import score
from tests.matching import made
from tests.matching.test_kinds import SELECTOR_CASES
from tests.proof import say, size


def test_training_gives_the_weights_that_the_online_scorer_gives() -> None:
    persons = size(ci=120, full=2500)
    rows = made.rows(made.world(persons, seed=9))
    choice = training.Choice(pairs=size(ci=20_000, full=500_000), blocking=tuple(blocking.KEYS))
    model = training.train(rows, version="t", on=date(2026, 11, 22), seed=4, choice=choice)
    held = batch.Holding(model, rows)
    pairs = held.pairs()
    assert len(pairs) > 4 * persons
    apart = max(abs(score(model, rows[pair.left], rows[pair.right]).weight - pair.weight) for pair in pairs)
    how = f"{len(pairs)} paires de {len(rows)} fiches inventées, poids de {min(p.weight for p in pairs):.1f} à "
    say("weights: apart", apart, "bits", f"{how}{max(p.weight for p in pairs):.1f}", at_most=1e-6)
    assert apart <= 1e-6
    heavy = {(pair.left, pair.right) for pair in pairs if pair.weight >= 5.0}
    assert {(pair.left, pair.right) for part in range(3) for pair in held.pairs(5.0, (part, 3))} == heavy
    for least in (-20.0, 0.0, 12.0):
        kept = {(pair.left, pair.right) for pair in pairs if pair.weight >= least}
        assert {(pair.left, pair.right) for pair in held.pairs(least)} == kept
    assert batch.Holding(model, dict(list(rows.items())[:1])).pairs() == []


def test_what_cannot_reach_the_weight_is_not_weighed() -> None:
    """The ceiling is never below the weight, and spares most pairs where much is asked."""
    rows = made.rows(made.world(size(ci=120, full=2500), seed=9))
    shipped = read(SHIPPED).among(10**6)
    held = batch.Holding(shipped, rows)
    weights = {(pair.left, pair.right): pair.weight for pair in held.pairs()}
    everyone, heaviest = len(weights), max(weights.values())
    assert held.met(None, (0, 1)) == everyone
    for least in (0.0, 20.0):
        kept = {pair for pair, weight in weights.items() if weight >= least}
        assert {(pair.left, pair.right) for pair in held.pairs(least)} == kept
        assert len(kept) <= held.met(least, (0, 1)) < everyone / 2
    assert held.met(heaviest + 60, (0, 1)) == 0


def test_what_a_question_likely_asks_is_never_false_where_it_holds() -> None:
    rng, likely, asked = Random(1), Slips("a", 1).likely(), Slips("a", 1).sql()
    written = ["".join(rng.choice("0123456789") for _ in range(rng.randrange(8, 13))) for _ in range(3_000)]
    pairs = [(one, slipped(rng, one)) for one in written] + list(pairwise(written))
    connection = duckdb.connect()
    connection.register("pairs", pyarrow.table({"a_l": [one for one, _ in pairs], "a_r": [two for _, two in pairs]}))
    query = f"SELECT count(*), count(*) FILTER (WHERE NOT {likely}) FROM pairs"
    [(everyone, spared)] = connection.execute(query).fetchall()
    [(held, lost)] = connection.execute(f"{query} WHERE {asked}").fetchall()
    assert held > 2_000 and lost == 0
    assert spared > everyone / 6  # strangers of ten characters and more


def test_keys_in_the_database_are_those_made_online_to_the_letter() -> None:
    """Over five thousand rows that know something of every kind, blocks beyond the bound and rows beyond theirs."""
    lines = list(islice(holding.lines(3_000, 3), 5_000))
    rows = [_everything(number, line) for number, line in enumerate(lines)]
    chosen = tuple(blocking.KEYS)
    assert set(chosen) == set(blocking_sql.TWINS)
    connection = batch.prepared({str(line): row for line, row in enumerate(rows)}, (), chosen)
    told = blocking_sql.give(connection, rows, chosen, bound=20, text=True)
    found: list[list[str]] = [[] for _ in rows]
    for at, key in connection.execute("SELECT line, key FROM given").fetchall():
        found[at].append(key)
    online, oversized = blocking.bounded(rows, chosen, bound=20)
    assert [sorted(given) for given in found] == [sorted(given) for given in online]
    assert told == oversized and len(told) > 100
    assert {key.partition(":")[0] for given in online for key in given} == set(chosen)
    full = {name for row in rows[::200] for name in chosen if len(set(blocking.KEYS[name](row, {}))) > MOST_KEYS}
    assert len(full) > 3


def _everything(number: int, line: Mapping[str, str]) -> Row:
    """Somebody of the made holding, what he drives, runs and lives in; one of two hundred has very much of it."""
    rng = Random(number)
    kinds = {kind: tuple(line[kind.value].split(holding.BETWEEN)) for kind in SELECTORS if line.get(kind.value)}
    for kind in (SelectorKind.COMPANY, SelectorKind.CONTAINER, SelectorKind.VESSEL):
        if rng.random() < 0.2:
            kinds[kind] = tuple(slipped(rng, identifiers.MAKERS[kind.value](rng, True).value) for _ in range(2))
    if rng.random() < 0.2:
        kinds[SelectorKind.COMPANY] = (f"SARL {line['family']} {line['given']}",)
        kinds[SelectorKind.VESSEL] = (f"{line['given']} Étoile",)
    family, given = line["family"], line["given"]
    if number % 200 == 0:
        kinds[SelectorKind.PHONE] = tuple(f"06{rng.randrange(10**8):08d}" for _ in range(30))
        kinds[SelectorKind.PLATE] = tuple(identifiers.plate(rng, True).value for _ in range(9))
        family, given = " ".join(made.FAMILIES[number % 4][:9]), " ".join(made.GIVENS[0])
    where = f"{rng.randrange(90)} {rng.choice(made.STREETS)} 13001 Ville" if rng.random() < 0.5 else ""
    record = Record(family, given, tuple(line["alias"].split()), line["birth"], line["birth_place"], where, kinds)
    return prepare(record, today=made.TODAY, communes=made.COMMUNES).row


def test_the_same_table_and_seed_give_the_same_figures() -> None:
    rows = made.rows(made.world(40, seed=3))
    choice = training.Choice(comparisons=("name", "birth"), pairs=5_000)
    models = [training.train(rows, version="t", on=date(2026, 11, 22), seed=4, choice=choice) for _ in range(2)]
    weights = [[shares.weight for found in model.comparisons for shares in found.shares] for model in models]
    assert weights[0] == pytest.approx(weights[1], rel=1e-6)


def test_every_condition_is_read_alike_by_the_database() -> None:
    """All comparisons, those of identifiers too: the level of each pair is the same on both sides."""
    rows = made.rows(made.world(40, seed=2))
    for number, (kind, one, two, _) in enumerate(SELECTOR_CASES):
        for side, written in (("a", one), ("b", two)):
            record = Record(aliases=(written,), selectors={SelectorKind(kind): (written,)})
            rows[f"{kind}{number}{side}"] = prepare(record, today=made.TODAY, communes=made.COMMUNES).row
    comparisons = list(COMPARISONS.values())
    api, table = batch.connected(batch.table(rows, comparisons))
    names = list(rows)
    seen: set[tuple[str, str]] = set()
    for comparison in comparisons:
        cases = [f"WHEN {comparison.unknown.sql()} THEN 'unknown'"]
        cases += [f"WHEN {level.when.sql()} THEN '{level.name}'" for level in comparison.levels[:-1]]
        columns = sorted(comparison.columns())
        sides = ", ".join(f"l.{name} AS {name}_l, r.{name} AS {name}_r" for name in columns)
        sql = (
            f"SELECT a, b, CASE {' '.join(cases)} ELSE 'different' END FROM (SELECT l.line AS a, r.line AS b,"
            f" {sides} FROM {table.physical_name} l, {table.physical_name} r WHERE l.line < r.line)"
        )
        found = {(names[a], names[b]): name for a, b, name in api.duckdb_con.execute(sql).fetchall()}
        assert len(found) == len(names) * (len(names) - 1) // 2
        for (a, b), name in found.items():
            level = comparison.level(rows[a], rows[b])
            assert (level.name if level else "unknown") == name, (comparison.name, a, b)
        seen |= {(comparison.name, name) for name in found.values()}
    assert len(seen) > 60


def test_strangers_are_rows_of_which_no_two_write_one_name_and_year_or_one_number() -> None:
    phone = {SelectorKind.PHONE: ("0612345678",)}
    rows = {
        name: prepare(record, today=made.TODAY).row
        for name, record in {
            "first": Record("Martin", "Jean", birth="12/03/1980", selectors=phone),
            "copy": Record("Jean", "Martin", birth="1980"),
            "heard": Record("Marttin", "Jean", birth="04/05/1980"),
            "shared": Record("Benali", "Karim", birth="01/02/1990", selectors=phone),
            "undated": Record("Petit", "Anne"),
            "namesake": Record("Martin", "Jean", birth="07/07/1991"),
        }.items()
    }
    assert list(training.strangers(rows)) == ["first", "namesake"]


def test_what_does_not_fit_in_memory_is_written_where_no_other_account_looks() -> None:
    """DuckDB writes it in the clear and for all to read, by default in the folder in which it was started."""
    before = Path(".tmp").exists()
    connection = batch.prepared(made.rows(made.world(5, seed=1)), [COMPARISONS["name"]], ())
    connection.execute("SET memory_limit = '60MB'")
    connection.execute("CREATE TABLE many AS SELECT 'KERVOAZEC' || range || repeat('x', 40) AS n FROM range(2000000)")
    [(place,)] = connection.execute("SELECT current_setting('temp_directory')").fetchall()
    assert any(b"KERVOAZEC" in path.read_bytes() for path in Path(place).iterdir())
    assert Path(place).stat().st_mode & 0o777 == 0o700
    assert Path(".tmp").exists() == before


def test_what_a_killed_run_left_goes_when_the_next_one_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, kept = tmp_path / f"{batch.SPILL}{2**22 + 1}-x", tmp_path / f"{batch.SPILL}{os.getpid()}-x"
    for folder in (left, kept):
        folder.mkdir()
        (folder / "names").write_text("KERVOAZEC")
    batch._spill.cache_clear()
    batch.prepared({}, [COMPARISONS["name"]], ())
    batch._spill.cache_clear()
    assert (left.exists(), kept.exists()) == (False, True)


def test_what_is_compared_is_what_the_table_knows() -> None:
    rows = made.rows(made.world(30, seed=3))
    choice = training.Choice.of(rows, pairs=5_000)
    assert choice.comparisons == ("name", "birth", "birth_place", "address", "phone")
    assert choice.passes == ("l.birth = r.birth", training.BY_PHONE)
    assert {"phonetic", "street", "slip_phone_dialled"} < set(choice.blocking)
    bare = {name: prepare(Record("Martin", "Jean"), today=made.TODAY).row for name in "ab"}
    assert training.Choice.of(bare).passes == training.PASSES
