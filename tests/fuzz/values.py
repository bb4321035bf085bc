"""Hostile values, files and mappings, drawn from one seeded source of chance (R-55)."""

import gzip
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Sequence
from uuid import UUID

import openpyxl

from recoupe.demo import spreadsheet
from tests.faults.values import FILES, HOSTILE

# Ranges of characters that parsers, terminals, sorts and renderers trip over.
TRAPS = (
    (0x00, 0x1F), (0x7F, 0x9F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0xD800, 0xDFFF),
    (0xFDD0, 0xFDEF),
    (0xFE00, 0xFE0F), (0xFFF9, 0xFFFF), (0x0300, 0x036F), (0x0660, 0x0669), (0x1F1E6, 0x1F1FF), (0xE0000, 0xE007F),
    (0x10FFF0, 0x10FFFF), (0x115F, 0x1160), (0x1D400, 0x1D7FF), (0x20, 0x7E),
)  # fmt: skip
NUMBERS = (
    "1e400", "-1e400", "1e-400", "0x7fffffff", "2147483648", "-2147483649", "18446744073709551616", "0" * 5_000 + "1",
    "1_000", "１２", "½", "1,5", "+0", "-0", "--1", "1e5", "NaN", "Infinity", "9" * 5_000, ".", "5.3e", "180.0000001",
)  # fmt: skip
DATES = (
    "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "1582-10-10", "2026-02-29", "2024-02-30", "31/06/2026",
    "00/00/0000", "12/13/2026", "2026-03-29T02:30", "2026-W53-7", "1969-12-31", "01/01/70", "-4713-01-01", "1/1/1",
    "29/02/1900", "2026-11-22T23:59:60Z", "31/12/9999 23:59", "2026-11-22T00:00:00+25:00",
)  # fmt: skip
FORMULAE = ('=HYPERLINK("//x.invalid")', "+1+cmd|' /C calc'!A0", "@SUM(1)", "-2+3", "\t=1", "\r=1", "％=1", "=1;2")
PATHS = (
    "../../etc/passwd",
    "C:\\con\\aux",
    "/dev/zero",
    "a/../../b\x00.csv",
    "file:///etc/shadow",
    "~root",
    "..%2f..%2f",
)
# Text on which careless patterns take for ever.
SLOW = ("a" * 20_000 + "!", "0" * 20_000, "06 " * 6_000, "+33" * 6_000, "<" * 15_000, "-" * 20_000, " " * 20_000 + "x",
        "AA-123-" * 3_000, "((((" * 4_000, "\u0301" * 10_000, "FR76" + "3000 " * 4_000, "a@" * 8_000,
        "http://" * 3_000, "1.1." * 5_000, "\n" * 20_000)  # fmt: skip
SHAPES = (
    "5.3,43.2,5.4,43.3,5.5", "-180,-90,180,90", "180,90,-180,-90", "5.3,43.2,5.3,43.2", "1e308,1e308,1e308,1e308",
    json.dumps({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]]}),
    json.dumps({"type": "Polygon", "coordinates": [[[i % 360, i % 90] for i in range(3_000)]]}),
)  # fmt: skip


def text(chance: random.Random, most: int = 60) -> str:
    """Characters of the trap ranges, lone surrogates among them."""
    return "".join(chr(chance.randint(*chance.choice(TRAPS))) for _ in range(chance.randint(1, most)))


def value(chance: random.Random, ids: Sequence[str]) -> str:
    """One hostile value of any kind; `ids` are identifiers of objects, our own and others', of every kind."""
    makers: tuple[Callable[[], str], ...] = (
        lambda: HOSTILE[chance.choice(sorted(HOSTILE))], lambda: text(chance), lambda: chance.choice(NUMBERS),
        lambda: chance.choice(DATES), lambda: chance.choice(FORMULAE), lambda: chance.choice(PATHS),
        lambda: chance.choice(SLOW), lambda: chance.choice(SHAPES), lambda: chance.choice(list(ids)),
        lambda: str(UUID(int=chance.getrandbits(128))), lambda: deep(chance.choice((100, 1_000, 50_000))),
        lambda: text(chance, 4) * chance.randint(1, 3_000),
    )  # fmt: skip
    return chance.choice(makers)()


def deep(depth: int) -> str:
    """JSON nested that deep."""
    return "[" * depth + "]" * depth


# --- files ---------------------------------------------------------------------------------------------------------


DAY = (2026, 1, 1, 0, 0, 0)
_WRITTEN_AT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _archive(parts: dict[str, bytes], level: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", level) as archive:
        for name, content in parts.items():
            # The same draw has the same bytes, whenever it is made.
            archive.writestr(zipfile.ZipInfo(name, DAY), content, compress_type=level)
    return out.getvalue()


def _parts(rows: Sequence[Sequence[object]]) -> dict[str, bytes]:
    """The parts of a sound workbook, to be spoilt."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(list(row))
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        return {
            part.filename: _WRITTEN_AT.sub(b"2026-01-01T00:00:00Z", archive.read(part)) for part in archive.infolist()
        }


SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = b'<?xml version="1.0"?>' + b" " * 5_000 + b'<!DOCTYPE l [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(12)
) + b"]><worksheet><sheetData><row><c><v>&m;</v></c></row></sheetData></worksheet>"  # fmt: skip
OUTSIDE = b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet>&x;</worksheet>'


def _bomb(megabytes: int) -> bytes:
    return _sheet(b'<row><c t="inlineStr"><is><t>' + b"A" * (megabytes * 1_048_576) + b"</t></is></c></row>")


def _sheet(rows: bytes) -> bytes:
    return b"<worksheet><sheetData>" + rows + b"</sheetData></worksheet>"


def workbook(chance: random.Random) -> bytes:
    """A workbook that is none, or too much of one."""
    parts = _parts([["N° de fiche", "Faits"], ["1", "x"]])
    return chance.choice((
        lambda: _archive(parts | {SHEET: LAUGHS}),
        lambda: _archive(parts | {SHEET: OUTSIDE}),
        lambda: _archive(parts | {SHEET: LAUGHS.decode().encode("utf-16")}),
        lambda: _archive(parts | {SHEET: _bomb(chance.choice((8, 64)))}),
        lambda: _archive(parts | {"xl/sharedStrings.xml": _bomb(16)}),
        lambda: _archive(parts | {SHEET: _sheet(b"<row><c/></row>" * 150_000)}),
        lambda: _archive({**parts, "../../../tmp/fuyard": b"x", "xl/" + "a" * 3_000: b"x"}),
        lambda: _archive(parts | {f"x{i}": b"" for i in range(2_500)}),
        lambda: _archive({k: v for k, v in parts.items() if k != chance.choice(sorted(parts))}),
        lambda: _archive(parts | {SHEET: _sheet(b"<row r='99999999999'><c r='XFDXFD9'><v>1</v></c></row>")}),
        lambda: _archive(parts | {SHEET: _sheet(b"<row><c t='d'><v>99999-99-99</v></c><c><v>1e999</v></c></row>")}),
        lambda: _archive(parts | {SHEET: _sheet(b"<row><c s='-5'><v>x</v></c><c t='s'><v>-7</v></c></row>")}),
        lambda: _archive(_parts([[f"c{i}" for i in range(10_000)], list(range(10_000))])),
        lambda: _archive(_parts([["N° de fiche", "Faits"], [10**300, -1e308], [True, None], ["=1+1", "@x"]])),
        lambda: _archive(parts)[: chance.randint(10, 2_000)],
        lambda: _flipped(chance, _archive(parts)),
    ))()  # fmt: skip


def _flipped(chance: random.Random, content: bytes) -> bytes:
    spoilt = bytearray(content)
    for _ in range(chance.randint(1, 30)):
        spoilt[chance.randrange(4, len(spoilt))] = chance.randrange(256)
    return bytes(spoilt)


def table(chance: random.Random, ids: Sequence[str]) -> bytes:
    """A CSV whose header may be right, with hostile cells, columns, encodings, quotes."""
    columns = list(spreadsheet.COLUMNS)
    if chance.random() < 0.25:
        return chance.choice((
            lambda: ";".join(f"c{i}" for i in range(10_000)).encode() + b"\n" + b";" * 9_999,
            lambda: (";".join(columns) + "\n" + '"' * 50_001).encode(),
            lambda: (";".join(columns) + "\n").encode() * 2_000,
            lambda: (";".join(columns[:1] * 3) + "\nx;y;z").encode(),
            lambda: ("\ufeff" + ";".join(columns) + "\n\x00;\x00").encode("utf-16"),
            lambda: b"\xff\xfe" + b"\x00\xd8" * 500,
            lambda: b"\n" * 100_000,
            lambda: (";".join(columns) + "\n" + "x" * 1_000_000).encode(),
            lambda: gzip.compress(b"a;b\n" * 100_000),
            lambda: chance.randbytes(chance.randint(1, 3_000)),
            lambda: b"sep=;\r\n" + ";".join(columns).encode("cp1252", "replace"),
        ))()  # fmt: skip
    rows = [[value(chance, ids)[:3_000] for _ in columns] for _ in range(chance.randint(1, 3))]
    lines = [";".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [columns, *rows]]
    return "\r\n".join(lines).encode("utf-8", "surrogatepass")


def content(chance: random.Random, ids: Sequence[str]) -> bytes:
    """What a file field may be handed."""
    pick = chance.random()
    if pick < 0.45:
        return table(chance, ids)
    if pick < 0.75:
        return workbook(chance)
    return FILES[chance.choice(sorted(FILES))] if pick < 0.9 else picture(chance)


def picture(chance: random.Random) -> bytes:
    """Something that begins like an image or a document."""
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
    return chance.choice((
        png + b"\x7f\xff\xff\xff" * 2 + b"\x08\x06\x00\x00\x00" + chance.randbytes(40),
        png + b"\x00\x00\x00\x00" * 2 + chance.randbytes(30),
        b"\xff\xd8\xff\xe1" + chance.randbytes(500),
        b"RIFF\xff\xff\xff\x7fWEBPVP8 " + chance.randbytes(60),
        b"GIF89a\xff\xff\xff\xff" + chance.randbytes(60),
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]/OpenAction<</S/JavaScript/JS(x)>>>>endobj\n%%EOF",
        b"%PDF-1.7\n" + b"[" * 50_000,
        b"<svg onload=alert(1)>",
    ))  # fmt: skip


def mapping(chance: random.Random, ids: Sequence[str]) -> str:
    """A mapping in TOML or JSON that asks for what it should not."""
    fields = ("external_ref", "fact_text", "selector.phone", "person99.family", "person.birth", "readers",
              "owner_unit_id", "state", "author_id", "__class__", "constructor", "",
              "selector.person", "commune.insee")  # fmt: skip
    pairs = {value(chance, ids)[:80]: chance.choice(fields) for _ in range(chance.randint(1, 4))}
    good = {"N° de fiche": "external_ref", "Faits": "fact_text"}
    return chance.choice((
        lambda: json.dumps({"columns": pairs | good}),
        lambda: json.dumps({"columns": good, "constants": {f: value(chance, ids)[:80] for f in fields}}),
        lambda: json.dumps({"columns": good, "sheet": value(chance, ids)[:200], "delimiter": text(chance, 3)}),
        lambda: json.dumps({"columns": good, "values": {"handling": {text(chance, 5): [1]}}, "dates": {"x": "%"}}),
        lambda: '{"columns":' + deep(5_000) + "}",
        lambda: "[columns]\n" + '"a" = "fact_text"\n' * 3_000,
        lambda: "[columns]\na = " + "[" * 5_000,
        lambda: "[columns]\na = 99999-99-99T99:99:99Z",
        lambda: "a.b" * 2_000 + " = 1",
        lambda: "[columns]\nx = " + "9" * 5_000 + "\ny = inf",
        lambda: '{"columns": {"a": 1e400}, "columns": NaN}',
        lambda: text(chance, 200),
    ))()  # fmt: skip
