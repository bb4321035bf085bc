"""Two readers print at the same moment: each has his own sheet."""

import json
from concurrent.futures import ThreadPoolExecutor

from recoupe.web.printing.pdf import compiler, without_empty_columns


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
