"""What a file says of itself is never a path, and each format is read in one place, by one reader."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from recoupe.intelligence.importing.table import read_table
from recoupe.kernel.refusal import Invalid
from tests.asvs import sources

CLIMBING = ("../../fuyard.xml", "/fuyard.xml", "xl/../../../fuyard.xml", "..\\..\\fuyard.xml", "C:\\fuyard.xml")
# Who reads what came, by format; a second reader of one of them might understand the same bytes otherwise.
READERS = {
    # Reports on one side, values of the plan on the other: no file goes to both.
    "csv.reader": {"intelligence/importing/table.py", "plan/importing.py"},
    "openpyxl.load_workbook": {"intelligence/importing/table.py"},
    "tomllib.loads": {"intelligence/importing/mapping.py"},
    "pikepdf.open": {"intelligence/attachments.py"},
    "Image.open": {"intelligence/attachments.py"},
}
OTHERS = ("pandas", "xlrd", "pyexcel", "toml", "tomli", "ujson", "orjson", "simplejson", "rapidjson", "chardet",
          "charset_normalizer", "pypdf", "fitz", "html5lib", "bs4", "rfc3986", "yarl")  # fmt: skip


def workbook(*names: str) -> bytes:
    """A sound workbook with more parts, under these names."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    page = book.active
    assert page is not None
    for row in (["Fait"], ["Vu"]):
        page.append(row)
    book.save(out)
    with zipfile.ZipFile(out, "a") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
        link = zipfile.ZipInfo("xl/lien.xml")
        # What an archive calls a symbolic link.
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def test_a_name_in_an_archive_leads_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "un" / "deux"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    before = set(tmp_path.rglob("*"))
    try:
        table = read_table(workbook(*CLIMBING))
    except Invalid:
        pass
    else:
        assert [row.cells for row in table.rows] == [["Vu"]]
        assert "root:" not in str(table)
    assert set(tmp_path.rglob("*")) == before
    assert not Path("/fuyard.xml").exists()


def test_each_format_has_one_reader() -> None:
    found: dict[str, set[str]] = {name: set() for name in READERS}
    for module, tree in sources.served().items():
        if not module.startswith("reference/"):  # our own data, brought with the house
            for called, _ in sources.calls(tree):
                if called in found:
                    found[called].add(module)
    assert found == READERS
    assert sources.importers(sources.trees(), *OTHERS) == {}


def test_nothing_is_unpacked_on_the_disk() -> None:
    extracts = ("extractall", "extract", "unpack_archive", "NamedTemporaryFile", "mkstemp", "mkdtemp")
    guilty = [
        (module, called) for module, tree in sources.served().items() for called, _ in sources.calls(tree)
        if called.rpartition(".")[2] in extracts
    ]  # fmt: skip
    assert guilty == []
