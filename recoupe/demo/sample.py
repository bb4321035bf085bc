"""A file of a unit to try the import with: some hundred rows of the made world, a few of them bad on purpose."""

import csv
import io

from recoupe.demo.records import Plan
from recoupe.demo.setting import Setting
from recoupe.demo.spreadsheet import build_sheet

FILE = "fichier-a-importer.csv"
ROWS = 300


def sample_file(plan: Plan, setting: Setting) -> str:
    """The file as text, semicolons between cells, in the columns of the mapping « Tableau d'unité »."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=";").writerows(build_sheet(plan, setting, rows=ROWS).table())
    return stream.getvalue()
