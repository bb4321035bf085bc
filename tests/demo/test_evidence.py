"""The page of evidence: what was measured, told and drawn."""

from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from lxml import etree

from recoupe.demo.benches import evidence, frame, recall
from recoupe.demo.benches.frame import Bench, Evidence, Measure, Recorder, Target
from recoupe.demo.benches.recall import Asked, Source
from recoupe.demo.miswritten import one_character
from recoupe.kernel.selectors import SelectorKind
from recoupe.matching.record import Record


def test_a_page_of_evidence_tells_each_measure_and_draws_its_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, place in (("PAGE", tmp_path / "matching.md"), ("PICTURES", tmp_path / "matching"), ("SAVED", tmp_path)):
        monkeypatch.setattr(evidence, name, place)
    truth = {"a": "1", "b": "1", "c": "2", "d": "2", "e": "3"}
    scored = [("a", "b", 9.0), ("c", "d", 4.0), ("a", "e", 4.0), ("b", "e", -6.0)]
    assert evidence.curve(scored, truth) == [(0.5, 1.0), (1.0, 2 / 3), (1.0, 0.5)]
    assert [round(right, 2) for _, right in evidence.calibration(scored, truth)] == [0.0, 0.67]
    measure = Measure("match: pair F1", 0.9, "", "how", "size", Target(0.86, at_least=True)).as_plain(full=True)
    monkeypatch.setattr(frame, "SAVED", tmp_path)
    online = Recorder("match", Bench(nullcontext), as_json=True)
    online.add(Measure("engine: p50", 1.5, "ms", "asked", "a million", Target(2)))
    online.save()
    evidence.write(Evidence({"ours": (scored, truth)}, [("phonetic", 0.4)]), [measure])
    text = (tmp_path / "matching.md").read_text()
    assert "| match: pair F1 | 0.9  | 0.86 | reached | how ; size |" in text
    assert "| engine: p50 | 1.5 ms | 2 | reached | asked ; a million |" in text
    assert "Error rates between groups" in text
    for picture in ("precision-recall", "calibration", "reach", "weights"):
        assert f"matching/{picture}.svg" in text
        assert etree.parse(tmp_path / "matching" / f"{picture}.svg").getroot().tag.endswith("svg")


def test_a_long_curve_is_thinned_and_drawn_whole_where_weights_are_equal() -> None:
    names = [str(number) for number in range(1200)]
    truth = dict.fromkeys(names, "one")
    scored = [(one, two, float(number // 7)) for number, (one, two) in enumerate(pairwise(names))]
    points = evidence.curve(scored, truth)
    assert 60 < len(points) <= 90
    assert points == sorted(points)


def test_recall_tells_who_is_reached_who_is_first_and_what_homonyms_forbid() -> None:
    someone = Record("Trévidic", "Corentine", birth="14/06/1977", birth_place="Brest")
    homonyms = [Record("Martin", "Jean", birth="1980") for _ in range(4)]
    around = [Record("Le Goff", "Yann", birth="02/03/1981"), *homonyms]
    named = Source(
        "hand",
        [someone, Record("Martin", "Jean", birth="03/04/1980")],
        [
            Asked(Record("Trevidik", "Corentine", birth="14/06/1977"), 0),
            Asked(Record("Martin", "Jean", birth="1980"), 1),
            Asked(Record("Oğuz", "Zübeyde"), 1),
        ],
    )
    plated = Record("Riou", "Malo", selectors={SelectorKind.PLATE: ("XY-123-ZT",)})
    slips = Source("plate", [plated], [Asked(Record(selectors={SelectorKind.PLATE: ("XY123ZB",)}), 0)], slips=True)
    strangers = Source("strangers", (), [Asked(Record("Kowalski", "Wanda", birth="01/02/1990"), None)])
    measures = recall.measures(around, (named, slips, strangers), first_year=1900)
    told = {measure.name: (round(measure.value, 3), measure.how) for measure in measures}
    assert told["recall: hand"][0] == 1.0
    assert "de toutes les demandes 0.6667" in told["recall: hand"][1]
    assert told["recall: plate"][0] == 1.0
    assert told["recall: slips, false hits"][0] == told["recall: strangers, false pairs to judge"][0] == 0.0
    assert "limite des homonymes" in told["recall: hand: first three"][1]


def test_an_interval_is_wilsons() -> None:
    assert [round(bound, 4) for bound in recall.interval(362, 400)] == [0.8723, 0.93]
    assert recall.interval(0, 0) == (0.0, 1.0)
    assert recall.interval(400, 400)[0] < 1.0


@pytest.mark.parametrize(
    ("kind", "whole", "kept"),
    [("phone", "0612345678", ""), ("plate", "AB123CD", ""), ("handle", "snapchat:zedou12", "snapchat:"),
     ("email", "resa7@exemple.invalid", "@exemple.invalid")],
)  # fmt: skip
def test_a_slip_changes_or_leaves_out_one_character_of_what_names(kind: str, whole: str, kept: str) -> None:
    slips = {one_character(Random(seed), kind, whole) for seed in range(200)}
    assert whole not in slips and len(slips) > 20
    assert {len(whole) - len(slip) for slip in slips} == {0, 1}
    assert all(kept in slip for slip in slips)
