"""What we serve of others is exactly what VENDOR.md says."""

import hashlib
import re
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[2] / "recoupe" / "web" / "static" / "vendor"
LINE = re.compile(r"^\| (\S+) \| ([0-9a-f]{64}) \|$", re.MULTILINE)


def test_each_file_has_its_line_and_its_hash() -> None:
    """A changed or added file fails until its line is written."""
    said = dict(LINE.findall((VENDOR / "VENDOR.md").read_text()))
    real = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "VENDOR.md"
    }
    assert said == real


def test_each_folder_carries_its_licence() -> None:
    """No library without its licence beside it."""
    folders = [path for path in VENDOR.iterdir() if path.is_dir()]
    assert folders
    assert [f.name for f in folders if not list(f.glob("LICENSE*"))] == []


def test_nothing_points_outside() -> None:
    """No source map and no font or image of another site, which the content policy would refuse at run time."""
    for path in (p for p in VENDOR.rglob("*") if p.suffix in {".css", ".js", ".mjs"}):
        text = path.read_text()
        assert "sourceMappingURL" not in text, path
        assert not re.search(r"url\(['\"]?https?:", text), path
