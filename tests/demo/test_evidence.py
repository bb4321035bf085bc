"""The page of evidence: what was measured, told and drawn."""

from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree

from recoupe.demo.benches import evidence
from recoupe.demo.benches.frame import Evidence, Measure, Target


def test_a_page_of_evidence_tells_each_measure_and_draws_its_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, place in (("PAGE", tmp_path / "matching.md"), ("PICTURES", tmp_path / "matching")):
        monkeypatch.setattr(evidence, name, place)
    truth = {"a": "1", "b": "1", "c": "2", "d": "2", "e": "3"}
    scored = [("a", "b", 9.0), ("c", "d", 4.0), ("a", "e", 4.0), ("b", "e", -6.0)]
    assert evidence.curve(scored, truth) == [(0.5, 1.0), (1.0, 2 / 3), (1.0, 0.5)]
    assert [round(right, 2) for _, right in evidence.calibration(scored, truth)] == [0.0, 0.67]
    measure = Measure("match: pair F1", 0.9, "", "how", "size", Target(0.86, at_least=True)).as_plain(full=True)
    evidence.write(Evidence({"ours": (scored, truth)}, [("phonetic", 0.4)]), [measure])
    text = (tmp_path / "matching.md").read_text()
    assert "| match: pair F1 | 0.9  | 0.86 | reached | how ; size |" in text
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
