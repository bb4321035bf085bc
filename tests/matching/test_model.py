"""The model's file: whole or refused, and never half written."""

import json
import resource
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recoupe.demo import holding
from recoupe.kernel.refusal import Invalid
from recoupe.matching.model import (
    SENTENCE_FORMAT,
    SENTENCE_HASH,
    SENTENCE_LEVELS,
    SENTENCE_UNREADABLE,
    Frequencies,
    Model,
    _hash,
    read,
    write,
)

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def model() -> Model:
    return read(DATA / "model.json")


def signed(document: dict[str, Any]) -> dict[str, Any]:
    return document | {"hash": _hash({name: value for name, value in document.items() if name != "hash"})}


def test_what_is_written_is_read_again(model: Model, tmp_path: Path) -> None:
    write(model, tmp_path / "model.json")
    assert read(tmp_path / "model.json") == model
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]


def test_a_changed_figure_is_seen(model: Model) -> None:
    document = model.as_document()
    with pytest.raises(Invalid) as refusal:
        Model.of(document | {"prior": 0.5})
    assert refusal.value.sentence == SENTENCE_HASH


def test_another_format_and_other_levels_are_refused(model: Model) -> None:
    document = json.loads(json.dumps(model.as_document()))
    with pytest.raises(Invalid) as refusal:
        Model.of(signed(document | {"format": 2}))
    assert refusal.value.sentence == SENTENCE_FORMAT
    document["comparisons"][0]["levels"][0]["condition"] = "family_l = family_r"
    with pytest.raises(Invalid) as refusal:
        Model.of(signed(document))
    assert refusal.value.sentence == SENTENCE_LEVELS
    with pytest.raises(Invalid) as refusal:
        Model.of(signed(model.as_document() | {"blocking": ["shoe_size"]}))
    assert refusal.value.sentence == SENTENCE_LEVELS


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1}', '{"format": 1, "hash": "x', "\x00\xff"])
def test_what_is_no_model_is_refused_with_a_sentence(content: str, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(content)
    with pytest.raises(Invalid) as refusal:
        read(tmp_path / "model.json")
    assert refusal.value.sentence in (SENTENCE_UNREADABLE, SENTENCE_FORMAT, SENTENCE_HASH)
    with pytest.raises(Invalid):
        read(tmp_path / "absent.json")


def test_a_disk_without_room_leaves_the_model_that_serves(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    write(model, path)
    before = path.read_bytes()
    bounds = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, bounds[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write(replace(model, version="later"), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, bounds)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["model.json"]


def test_a_value_never_seen_counts_as_borne_once() -> None:
    known = Frequencies(1000, {"martin jean": 40})
    assert (known.share("martin jean"), known.share("zebulon")) == (0.04, 0.001)


def test_the_model_that_ships_is_small_of_todays_levels_and_says_how_it_was_learnt() -> None:
    path = Path(holding.__file__).with_name("model.json")
    shipped = read(path)
    assert path.stat().st_size < 200_000
    assert {"phone", "plate", "imei", "alias"} < {found.comparison.name for found in shipped.comparisons}
    assert shipped.made["threshold"]["precision"] > 0.9
    assert not any(char.isdigit() for value in shipped.frequencies["family"].counts for char in value)


def test_the_persons_that_it_was_learnt_from_are_the_same_each_time() -> None:
    made = list(holding.lines(300, 1))
    assert made == list(holding.lines(300, 1))
    assert made != list(holding.lines(300, 2))
    assert len({line["cluster"] for line in made}) == 300 < len({line["unique_id"] for line in made}) == len(made)
    assert {name for line in made for name, value in line.items() if value} == set(holding.FIELDS) - {"address"}
