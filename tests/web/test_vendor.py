"""What we serve of others is exactly what VENDOR.md says."""

import hashlib
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "recoupe"
VENDORS = [PACKAGE / "web" / "static" / "vendor", PACKAGE / "sealing" / "static" / "sealing" / "vendor"]
LINE = re.compile(r"^\| (\S+) \| ([0-9a-f]{64}) \|$", re.MULTILINE)


@pytest.mark.parametrize("vendor", VENDORS)
def test_each_file_has_its_line_and_its_hash(vendor: Path) -> None:
    """A changed or added file fails until its line is written."""
    said = dict(LINE.findall((vendor / "VENDOR.md").read_text()))
    real = {
        str(path.relative_to(vendor)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.rglob("*")
        if path.is_file() and path.name != "VENDOR.md"
    }
    assert said == real


@pytest.mark.parametrize("vendor", VENDORS)
def test_each_folder_carries_its_licence(vendor: Path) -> None:
    """No library without its licence beside it."""
    folders = [path for path in vendor.iterdir() if path.is_dir()]
    assert folders
    assert [f.name for f in folders if not list(f.glob("LICENSE*"))] == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_nothing_points_outside(vendor: Path) -> None:
    """No source map and no font or image of another site, which the content policy would refuse at run time."""
    for path in (p for p in vendor.rglob("*") if p.suffix in {".css", ".js", ".mjs"}):
        text = path.read_text()
        assert "sourceMappingURL" not in text, path
        assert not re.search(r"url\(['\"]?https?:", text), path
