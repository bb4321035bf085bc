"""`recoupe train`: a table that is none is refused in a sentence; a worse model never replaces the one that serves."""

import csv
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest

from recoupe.cli import train
from recoupe.crosscheck.communes import known_communes
from recoupe.kernel.refusal import Conflict, Invalid
from recoupe.matching.model import read, write
from tests.matching import made

GOLDEN = Path(__file__).parents[1] / "matching" / "data" / "model.json"


def table(path: Path, persons: int, *, truth: bool) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow([*train.FIELDS, *(["cluster"] if truth else [])])
        for found in made.world(persons, seed=6):
            record = found.record
            plain = [found.key, record.family, record.given, record.birth, record.birth_place, record.address]
            writer.writerow([*plain, *([found.person] if truth else [])])
    return path


def asked(file: Path, to: Path) -> Namespace:
    return Namespace(file=file, to=to, named="v2", seed=1, pairs=20_000, least_borne=2)


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "unique_id,family\n1,X\n", "\x00"])
def test_what_is_no_table_of_persons_is_refused(content: str, tmp_path: Path) -> None:
    pytest.importorskip("splink", reason="the batch's packages are not installed: requirements-batch.lock")
    file = tmp_path / "persons.csv"
    file.write_text(content)
    with pytest.raises(Invalid):
        train.run(asked(file, tmp_path / "model.json"))
    assert [path.name for path in tmp_path.iterdir()] == ["persons.csv"]


def test_without_the_batch_tools_it_says_how_to_have_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "find_spec", lambda name: None)
    with pytest.raises(Invalid) as refusal:
        train.run(asked(tmp_path / "x.csv", tmp_path / "model.json"))
    assert refusal.value.sentence == train.SENTENCE_TOOLS


def test_a_model_is_learnt_and_replaced_only_by_one_that_was_measured(tmp_path: Path) -> None:
    pytest.importorskip("splink", reason="the batch's packages are not installed: requirements-batch.lock")
    serving = tmp_path / "model.json"
    write(read(GOLDEN), serving)
    before = serving.read_bytes()
    with pytest.raises(Conflict) as refusal:
        train.run(asked(table(tmp_path / "plain.csv", 20, truth=False), serving))
    assert refusal.value.sentence == train.SENTENCE_NO_TRUTH
    assert serving.read_bytes() == before


def test_a_model_that_finds_less_well_is_refused() -> None:
    model = read(GOLDEN)
    world = made.world(60, seed=6)
    rows, truth = made.rows(world), {found.key: str(found.person) for found in world}
    train._compare(model, None, rows, truth)
    train._compare(model, model, rows, truth)
    blind = replace(model, version="blind", comparisons=model.comparisons[2:3], blocking=("whole_date",))
    with pytest.raises(Conflict) as refusal:
        train._compare(blind, model, rows, truth)
    assert refusal.value.sentence == train.SENTENCE_WORSE


def test_the_communes_of_the_reference_are_those_that_are_compared() -> None:
    communes = known_communes()
    assert [found.code for found in communes.read("13213")] == ["13055"]
    assert len(communes.read("Saint-Denis")) > 1
    assert [found.code for found in communes.read("Saint-Denis (93)")] == ["93066"]
