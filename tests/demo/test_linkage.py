"""The proof on persons, on a few made rows: which pairs are right, which is wrong, and what 1 January changes."""

import csv
import json
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from recoupe.config.processes import PROCESSES
from recoupe.demo.proofs import linkage, source
from tests.conftest import fresh

# Truth, given, family, birth and the service (by its rank) of each record.
ROWS = {
    "right": [("P1", "Zoé", "Inventé", "1881-05-12", 0), ("P1", "zoe", "INVENTE", "1881-05-12", 1)],
    "third": [("P1", "Zoé", "Inventé", "1881-05-12", 2)],
    "homonyms": [("P2", "Irwin", "Inventé", "1852-01-07", 1), ("P3", "Irwin", "Inventé", "1852-01-07", 2)],
    "january": [("P4", "Lou", "Fictif", "1870-01-01", 0), ("P4", "Lou", "Fictif", "1870-01-01", 3)],
    "january homonyms": [("P5", "Max", "Fictif", "1871-01-01", 0), ("P6", "Max", "Fictif", "1871-01-01", 2)],
    "within": [("P7", "Noé", "Fictif", "1890-03-04", 1), ("P8", "Noé", "Fictif", "1890-03-04", 1)],
    "no calendar": [("P9", "Ana", "Fictif", "1858-01-81", 0), ("P9", "Ana", "Fictif", "1858-01-81", 1)],
    "year apart": [("P9", "Ana", "Fictif", "1858-02-11", 2), ("P9", "Ana", "Fictif", "1859-02-11", 3)],
}


def _key(label: str, truth: str, service: int) -> str:
    """A key of this record that the hash deals out to that service."""
    for n in count():
        key = f"{label}-{truth}-{n}"
        if linkage.UNITS.index(linkage.unit_of(source.Person(key, "", "", "", ""))) == service:
            return key
    raise AssertionError


@pytest.fixture(scope="module")
def persons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("linkage") / "personnes.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(source.FIELDS)
        for label, rows in ROWS.items():
            for rank, (truth, given, family, birth, service) in enumerate(rows):
                writer.writerow([_key(f"{label}-{rank}", truth, service), truth, given, family, birth])
    return path


@pytest.fixture
def asked(admin_url: str, persons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Namespace:
    """The command's arguments, with databases of the tests' own cluster."""

    @contextmanager
    def another(name: str) -> Iterator[str]:
        with fresh(admin_url, f"t_{name}") as made:
            credentials = tmp_path / name / "credentials"
            credentials.mkdir(parents=True, exist_ok=True)
            for process in PROCESSES.values():
                (credentials / process.role).write_text(made.url(process.role))
            with monkeypatch.context() as patched:
                patched.setenv("DATA", str(tmp_path / name))
                yield made.admin_url

    return Namespace(proof="linkage", file=str(persons), another=another, save=False)


def _printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def _about(pairs: object) -> set[str]:
    """What the pairs of records are about, by the labels of their keys."""
    assert isinstance(pairs, list)
    return {key.split("-")[0] for pair in pairs for key in pair}


def test_right_and_wrong_pairs_with_1_january_as_a_year_then_as_a_date(
    asked: Namespace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert linkage.prove(asked) == 0
    year, day = _printed(capsys)
    # Three records of one person in three services are three pairs, whatever their accents and capitals.
    assert (year["found"], year["found_by_plain_comparison"]) == (3, 1)
    assert (day["found"], day["found_by_plain_comparison"]) == (4, 2)
    assert (year["wrong"], _about(year["wrong_pairs"])) == (1, {"homonyms"})
    assert (day["wrong"], _about(day["wrong_pairs"])) == (2, {"homonyms", "january homonyms"})
    assert [(one["wrong_at_most"], one["wrong_estimated"]) for one in (year, day)] == [(1, [1, 1]), (15, [12, 17])]
    for one in (year, day):
        # Two homonyms in one service are no pair between services: told beside, not counted as wrong.
        assert _about(one["wrong_within_a_service"]) == {"within"}
        assert (one["records"], one["with_birth_date"], one["true_pairs"]) == (15, 13, 10)
    monkeypatch.setitem(linkage.WRONG, "january_first_is_a_year", 0)
    assert linkage.prove(asked) == 1, "one wrong pair more than is borne fails the proof"


def test_without_the_file_it_is_skipped_with_a_line(asked: Namespace, capsys: pytest.CaptureFixture[str]) -> None:
    asked.file = "/nulle/part/personnes.parquet"
    assert linkage.prove(asked) == 0
    assert capsys.readouterr().out.strip().endswith("personnes.parquet est absent, la preuve est sautée.")
