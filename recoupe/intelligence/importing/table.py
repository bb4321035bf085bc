"""A file as rows of text: CSV in the encodings that offices write, and XLSX. Bounded before it is read."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import openpyxl

from recoupe.kernel.refusal import Invalid, gettext_noop

MAX_BYTES = 20 * 1024 * 1024
MAX_UNZIPPED = 400 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 300
MAX_CELL = 20_000
DELIMITERS = ";,\t|"
# The reader's own limit would stop at 131,072 characters, and with the whole file; a row is refused by MAX_CELL.
csv.field_size_limit(MAX_BYTES)

SENTENCE_EMPTY = gettext_noop("Ce fichier est vide.")
SENTENCE_HEAVY = gettext_noop("Ce fichier est trop lourd : %(max)s Mo au plus. Découpez-le.")
SENTENCE_ROWS = gettext_noop("Ce fichier a trop de lignes : %(max)s au plus. Découpez-le.")
SENTENCE_COLUMNS = gettext_noop("Ce fichier a trop de colonnes : %(max)s au plus.")
SENTENCE_ENCODING = gettext_noop("Ce fichier n'est ni en UTF-8 ni en Windows-1252 : enregistrez-le en UTF-8.")
SENTENCE_CSV = gettext_noop("Le fichier ne se lit plus après la ligne %(line)s : un guillemet n'est pas refermé ?")
SENTENCE_XLSX = gettext_noop(
    "Ce classeur est abîmé ou n'est pas un fichier XLSX : enregistrez-le à nouveau, ou en CSV."
)
SENTENCE_SHEET = gettext_noop("Ce classeur n'a pas de feuille « %(sheet)s ».")
SENTENCE_HEADER = gettext_noop("La première ligne doit nommer les colonnes.")
SENTENCE_WIDE = gettext_noop(
    "Cette ligne a %(cells)s cellules pour %(columns)s colonnes : "
    "un texte contient le séparateur ? Mettez-le entre guillemets."
)
SENTENCE_CELL = gettext_noop("Une cellule de cette ligne est trop longue : %(max)s caractères au plus.")
SENTENCE_TWICE = gettext_noop("Deux colonnes portent le même nom : « %(column)s ».")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: the line where it starts, and its cells as text."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """The named columns of a file and its rows, blank ones left out.

    `width`: how many cells its rows have, where a separator in a text would make one more; 0 in a workbook.
    """

    header: list[str]
    rows: list[Row]
    width: int

    def check(self, row: Row) -> None:
        """Refuse a row whose cells cannot be trusted to stand under their columns."""
        if self.width and (len(row.cells) > self.width or any(row.cells[len(self.header) :])):
            last = self.header[-1]
            raise Invalid(SENTENCE_WIDE, field=last, cells=len(row.cells), columns=len(self.header))
        for cell, column in zip(row.cells, self.header, strict=False):
            if len(cell) > MAX_CELL:
                raise Invalid(SENTENCE_CELL, field=column, max=MAX_CELL)


def read_table(content: bytes, *, sheet: str = "", delimiter: str = "") -> Table:
    """Read a file by what its bytes are; raises Invalid with a sentence when no row can be trusted."""
    if not content.strip():
        raise Invalid(SENTENCE_EMPTY, field="file")
    if len(content) > MAX_BYTES:
        raise Invalid(SENTENCE_HEAVY, field="file", max=MAX_BYTES // 1024 // 1024)
    rows = _rows(content, sheet, delimiter)
    header: list[str] | None = None
    kept: list[Row] = []
    for row in rows:
        if not any(row.cells):
            continue
        if header is None:
            header = _header(row.cells)
            continue
        if len(kept) >= MAX_ROWS:
            raise Invalid(SENTENCE_ROWS, field="file", max=MAX_ROWS)
        kept.append(row)
    if header is None:
        raise Invalid(SENTENCE_HEADER, field="file")
    return Table(header, kept, 0 if _is_workbook(content) else _width(header, kept))


def header_of(content: bytes) -> list[str]:
    """The names of a file's columns, without reading further; raises Invalid when it has none that can be read."""
    for row in _rows(content, "", ""):
        if any(row.cells):
            return _header(row.cells)
    raise Invalid(SENTENCE_HEADER, field="file")


def _rows(content: bytes, sheet: str, delimiter: str) -> Iterator[Row]:
    return _workbook(content, sheet) if _is_workbook(content) else _csv(content, delimiter)


def _is_workbook(content: bytes) -> bool:
    return content.startswith(b"PK\x03\x04")


def _width(header: list[str], rows: list[Row]) -> int:
    """The usual number of cells: programs write blank ones behind, alike in most rows."""
    met = Counter(len(row.cells) for row in rows)
    usual = min(met, key=lambda width: (-met[width], width), default=0)
    return max(len(header), usual)


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise Invalid(SENTENCE_HEADER, field="file")
    if len(names) > MAX_COLUMNS:
        raise Invalid(SENTENCE_COLUMNS, field="file", max=MAX_COLUMNS)
    for name in names:
        if name and names.count(name) > 1:
            raise Invalid(SENTENCE_TWICE, field="file", column=name[:80])
    return names


# --- CSV ----------------------------------------------------------------------------------------------------------


def decoded(content: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with its mark, else Windows-1252."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        tries: tuple[str, ...] = ("utf-16",)
    else:
        tries = ("utf-8-sig", "cp1252")
    for encoding in tries:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid(SENTENCE_ENCODING, field="file")


def sniffed(text: str) -> str:
    """The delimiter: the candidate met most often outside quotes in the first line; a semicolon when none is."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    outside = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=lambda candidate: (outside.count(candidate), -DELIMITERS.index(candidate)))


def _csv(content: bytes, delimiter: str) -> Iterator[Row]:
    text = decoded(content)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or sniffed(text), strict=True)
    line = 1
    try:
        for cells in reader:
            yield Row(line, [cell.strip() for cell in cells])
            line = reader.line_num + 1
    except csv.Error as error:
        raise Invalid(SENTENCE_CSV, field="file", line=line) from error


# --- XLSX ---------------------------------------------------------------------------------------------------------


def _workbook(content: bytes, sheet: str) -> Iterator[Row]:
    _check_archive(content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl fails in as many ways as there are broken workbooks
        raise Invalid(SENTENCE_XLSX, field="file") from error
    try:
        if sheet and sheet not in book.sheetnames:
            raise Invalid(SENTENCE_SHEET, field="file", sheet=sheet[:80])
        page = book[sheet] if sheet else book.worksheets[0]
        # The sizes that a file declares are not to be trusted, and often wrong.
        page.reset_dimensions()
        for line, values in enumerate(page.iter_rows(values_only=True), start=1):
            yield Row(line, [_text(value) for value in values[: MAX_COLUMNS + 1]])
    except Invalid:
        raise
    except Exception as error:  # as above
        raise Invalid(SENTENCE_XLSX, field="file") from error
    finally:
        book.close()


def _check_archive(content: bytes) -> None:
    """Refuse what unpacks to too much, and what brings entities of its own."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > MAX_UNZIPPED or len(parts) > 2000:
                raise Invalid(SENTENCE_HEAVY, field="file", max=MAX_BYTES // 1024 // 1024)
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")):
                    with archive.open(part) as stream:
                        if b"<!DOCTYPE" in stream.read(4096):
                            raise Invalid(SENTENCE_XLSX, field="file")
    except Invalid:
        raise
    except Exception as error:  # an archive is broken, encrypted or packed in as many ways as there are tools
        raise Invalid(SENTENCE_XLSX, field="file") from error


def _text(value: Any) -> str:
    """A cell as a person would have typed it: days without time, whole numbers without decimals."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**16:
        return str(int(value))
    return str(value)
