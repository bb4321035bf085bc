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
from recoupe.matching.record import SELECTORS

DATA = Path(__file__).parent / "data"
# What training writes of what it never saw: of strangers once in a million pairs, of one person once in a thousand.
ONCE, LEAST = 1e-6, 1e-3


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


def test_every_level_of_the_model_that_ships_was_seen_or_has_a_reasoned_weight() -> None:
    """Of one person every level was seen. Of strangers some never are: those count as seen once in a million.

    Beyond the identifiers that agree whole, or one slip apart, nothing may lean on that.
    """
    shipped = read(Path(holding.__file__).with_name("model.json"))
    never = [name.split(".") for name in shipped.made["unseen"]]
    assert [name for name in never if name[2] == "m"] == [["birth", "different", "m"]]
    of_identifiers = {comparison.name for _, comparison in SELECTORS.values()}
    assert {name[0] for name in never if name[2] == "u"} <= of_identifiers | {"name"}
    levels = {
        (found.comparison.name, level.name): (level, shares)
        for found in shipped.comparisons
        for level, shares in zip(found.comparison.levels, found.shares, strict=True)
    }
    for comparison, level, share in never:
        found = levels[comparison, level][1]
        assert found.u == ONCE if share == "u" else found.m == LEAST
    # What was seen too seldom to say is told by weights of nothing: two levels of dates and places, no identifier.
    silent = {name for name, (_, shares) in levels.items() if shares.weight == 0}
    assert silent <= {("birth", "same_day"), ("birth_place", "near")}
    for (comparison, level), (told, shares) in levels.items():
        assert -10 <= shares.weight <= 20, (comparison, level)
        if comparison in of_identifiers:
            assert (shares.weight < -1) is told.apart, (comparison, level)
            assert told.apart or shares.m > LEAST, (comparison, level)


def test_the_persons_that_it_was_learnt_from_are_the_same_each_time() -> None:
    made = list(holding.lines(300, 1))
    assert made == list(holding.lines(300, 1))
    assert made != list(holding.lines(300, 2))
    assert len({line["cluster"] for line in made}) == 300 < len({line["unique_id"] for line in made}) == len(made)
    assert {name for line in made for name, value in line.items() if value} == set(holding.FIELDS) - {"address"}
