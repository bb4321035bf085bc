"""The made sentences are French: « de » and « à » contract and elide before what fills a form's slots."""

import re
from collections.abc import Iterator
from datetime import date

import pytest

from recoupe.demo import sample, territory, world
from recoupe.demo.grammar import joined
from recoupe.demo.records import Plan, ReportDraft

TODAY = date(2026, 11, 22)
FAULTS = re.compile(
    r"\b(?:de|à|a) les?\b"  # du, des, au, aux
    r"|\b(?:de|le|la|que|ne|se|je) [aeiouàâéèêëîïôœ](?!\W)"  # d', l', qu', n', s', j'
    r"|\bde (?:héro|herbe|hélène)"
    r"|\b(?:du|des|au|aux) (?:le|la|les|du|des|un|une)\b"
    r"|\b(cité|résidence|place|quartier|secteur|rue) \1\b",
    re.IGNORECASE,
)
KEPT = "•"


@pytest.mark.parametrize(
    ("link", "words", "made"),
    [
        ("de", "Le Mans", "du Mans"),
        ("de", "Les Abymes", "des Abymes"),
        ("à", "Le Havre", "au Havre"),
        ("à", "Les Arcs", "aux Arcs"),
        ("A", "LE LORRAIN", "AU LORRAIN"),
        ("DE", "LES TOURS", "DES TOURS"),
        ("De", "le secteur Gorirvonne", "Du secteur Gorirvonne"),
        ("a", "les terrasses falazan", "aux terrasses falazan"),
        ("de", "Épinal", "d'Épinal"),
        ("DE", "ORLY", "D'ORLY"),
        ("de", "héroïne", "d'héroïne"),
        ("de", "Harfleur", "de Harfleur"),
        ("de", "La Ciotat", "de La Ciotat"),
        ("à", "L'Île-Saint-Denis", "à L'Île-Saint-Denis"),
        ("de", "Lens", "de Lens"),
        ("à", "Agde", "à Agde"),
    ],
)
def test_a_link_takes_the_form_that_french_gives_it(link: str, words: str, made: str) -> None:
    assert joined(link, words) == made


def _sentences(report: ReportDraft) -> Iterator[str]:
    """What a note says, its identifiers put aside: they stand there letter by letter."""
    for text in (report.fact_text, report.assessment_text, report.place.text):
        for selector in report.selectors:
            text = text.replace(selector.raw, KEPT)
        yield text


@pytest.mark.parametrize("seed", [Plan(TODAY).seed, 7])
def test_no_made_sentence_has_a_fault_of_contraction(seed: int) -> None:
    setting = territory.setting(TODAY)
    plan = Plan(TODAY, seed)
    texts = [text for report in world.build(plan, setting).reports for text in _sentences(report) if text]
    texts += [line for line in sample.sample_file(plan, setting).split(";") if line]
    assert len(texts) > 10_000
    found = [text[max(0, m.start() - 30) : m.end() + 30] for text in texts if (m := FAULTS.search(text))]
    assert found == []
