"""Makes the kept spreadsheets again with LibreOffice: python -m tests.data.spreadsheets.make (README.md)."""

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from datetime import date
from pathlib import Path
from pkgutil import resolve_name

from recoupe.cli.main import set_up

HERE = Path(__file__).resolve().parent
TODAY = date(2026, 11, 22)
NAME = "fiches"
# LibreOffice's numbers: delimiter (9: tabulator, 59: semicolon), quote, character set (76: UTF-8, 1: Windows-1252),
# first line, columns, language (1036: French). Type of a column: 1 as LibreOffice sees it, 2 text, 4 day-month-year.
DATES = ("Date des faits", "Fin des faits", "Recueilli le", "Né(e) le")
NUMBERS = ("Longitude", "Latitude", "Précision (m)")
COLUMN_TYPES = {**dict.fromkeys(DATES, 4), **dict.fromkeys(NUMBERS, 1)}
TO_XLSX = "xlsx:Calc MS Excel 2007 XML"
TO_CSV = "csv:Text - txt - csv (StarCalc):59,34,1,1,,1036,false,true,false"
# LibreOffice would read these years as 2025 and 2001: in the workbook they are cells of text, as a clerk typed them.
TYPED_AS_TEXT = ("12/03/25", "01/01/0001")


def opened_as(headers: tuple[str, ...], types: dict[str, int]) -> str:
    """The import filter of LibreOffice for our columns; a cell in quotes is text."""
    columns = "/".join(f"{rank}/{types.get(name, 2)}" for rank, name in enumerate(headers, 1))
    return f"Text - txt - csv (StarCalc):9,34,76,1,{columns},1036,true,false"


def convert(source: Path, into: Path, to: str, opening: str) -> None:
    """One run of the real program, with a profile of its own."""
    soffice = shutil.which("soffice")
    if soffice is None:
        sys.exit("soffice is not here: apt-get install --no-install-recommends libreoffice-calc")
    subprocess.run(
        [soffice, f"-env:UserInstallation=file://{into}/profile", "--headless", f"--infilter={opening}",
         "--convert-to", to, "--outdir", str(into), str(source)],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300,
    )  # fmt: skip


def cell(text: str) -> str:
    """A cell of the source that both files are made from."""
    wanted = text in TYPED_AS_TEXT or '"' in text
    return '"' + text.replace('"', '""') + '"' if wanted else text


def main() -> None:
    """Rows, errors and mapping from the made world; both files from the same rows."""
    set_up("migrate")
    spreadsheet = resolve_name("recoupe.demo.spreadsheet")
    plan = resolve_name("recoupe.demo.records:Plan")(TODAY)
    sheet = spreadsheet.build_sheet(plan, resolve_name("recoupe.demo.territory:setting")(TODAY))
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / f"{NAME}.csv", Path(folder) / "made"
        lines = ["\t".join(map(cell, cells)) for cells in sheet.table()]
        source.write_text("\n".join(lines) + "\n", encoding="utf-8")
        convert(source, made, TO_CSV, opened_as(spreadsheet.HEADERS, {}))
        convert(source, made, TO_XLSX, opened_as(spreadsheet.HEADERS, COLUMN_TYPES))
        for suffix in ("csv", "xlsx"):
            shutil.copyfile(made / f"{NAME}.{suffix}", HERE / f"{NAME}.{suffix}")
    planted = [asdict(error) | {"column": error.column} for error in sheet.errors]
    _json("planted.json", planted)
    _json("mapping.json", spreadsheet.MAPPING)


def _json(name: str, content: object) -> None:
    (HERE / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
