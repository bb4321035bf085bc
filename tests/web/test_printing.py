"""Two readers print at the same moment: each has his own sheet."""

import json
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from recoupe.access.enums import Role
from recoupe.web.printing.pdf import compiler, without_empty_columns
from tests.web.intelligence.typed import deposited, last_details
from tests.world import World


def sheet(title: str) -> bytes:
    words = dict.fromkeys(("printed", "serial", "page", "facts", "assessment"), "mot")
    data = {
        "title": title, "serial": "X", "printed_by": "A", "printed_at": "B", "marking": ["C"], "demo": "",
        "language": "fr", "words": words, "content": {"subtitle": "", "facts": [], "sections": [], "history": []},
    }  # fmt: skip
    made = compiler("sheet.typ").compile(sys_inputs={"data": json.dumps(data)}, timestamp=1)
    assert isinstance(made, bytes)
    return made


def test_prints_at_the_same_moment_do_not_hinder_each_other() -> None:
    titles = [f"Fiche {number}" for number in range(40)]
    alone = [sheet(title) for title in titles]
    with ThreadPoolExecutor(8) as hands:
        assert list(hands.map(sheet, titles)) == alone


def test_a_column_in_which_nothing_stands_is_not_printed() -> None:
    history = {
        "title": "Historique",
        "text": "",
        "columns": ["Étape", "Par", "Motif"],
        "rows": [["a", "b", ""], ["c", "", ""]],
    }
    assert without_empty_columns(history) == {**history, "columns": ["Étape", "Par"], "rows": [["a", "b"], ["c", ""]]}
    said = {**history, "rows": [["a", "b", ""], ["c", "", "parce que"]]}
    assert without_empty_columns(said) == said
    assert without_empty_columns({**history, "rows": []})["columns"] == history["columns"]


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is absent: apt install poppler-utils")
def test_every_sheet_of_the_paper_carries_its_marking_its_serial_and_who_printed_it(world: World) -> None:
    """Read in the PDF itself, as whoever finds the paper reads it; a long report, so that it has several sheets."""
    author = world.agent(Role.INVESTIGATOR, "PJ13")
    client = world.client(author)
    report = deposited(client, handling=["H2"], fact_text="Une vente observée depuis la rue, puis une autre. " * 150)
    answer = client.get(f"/renseignements/{report}/imprimer/")
    assert answer["Content-Type"] == "application/pdf"
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=answer.content, capture_output=True, check=True)
    sheets = done.stdout.decode().removesuffix("\f").split("\f")
    assert len(sheets) > 1
    serial = last_details(world, "print")["serial"]
    assert re.fullmatch(r"[0-9A-Z-]{10,}", serial)
    for number, words in enumerate((" ".join(sheet.split()) for sheet in sheets), 1):
        assert words.count("DIFFUSION RESTREINTE") == 2, words
        assert f"Exemplaire n° {serial}" in words
        assert "Imprimé par" in words
        assert f"page {number}/{len(sheets)}" in words
    assert serial not in done.stdout.decode().replace(f"n° {serial}", ""), "nowhere but where it is told"
    assert client.get(f"/renseignements/{report}/imprimer/").content != answer.content, "each copy has its own serial"
