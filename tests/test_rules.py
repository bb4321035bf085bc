"""Every code of a rule that code, tests, parameters or documents cite is told in docs/RULES.md, and none besides."""

import re
from pathlib import Path

from tests.test_consistency import PROJECT, tracked

RULES = PROJECT / "docs" / "RULES.md"
CODE = re.compile(r"(?<![\w-])(?:R-[A-Z]{2,}-\d+|R-\d{2}|S-\d{1,2}|W\d{1,2})(?![\w-])")
TOLD = re.compile(r"^\| ([RSW][\w-]*) \|", re.MULTILINE)
WRITTEN = {".py", ".sql", ".md", ".csv", ".json", ".toml", ".html", ".typ", ".js", ".css"}


def cited() -> dict[str, str]:
    """Each code, with a file that cites it."""
    rooms = ("recoupe", "tests", "docs")
    found: dict[str, str] = {}
    for path in tracked():
        part = path.relative_to(PROJECT)
        apart = {"static", "vendor", "vectors"} & set(part.parts)
        if part.parts[0] in rooms and path != RULES and path.suffix in WRITTEN and not apart and path.is_file():
            found |= dict.fromkeys(CODE.findall(path.read_text(encoding="utf-8", errors="replace")), str(part))
    return found


def test_every_rule_cited_is_told_once_and_every_rule_told_is_cited() -> None:
    told = TOLD.findall(RULES.read_text())
    assert len(told) == len(set(told))
    assert {code: where for code, where in cited().items() if code not in told} == {}
    assert set(told) - set(cited()) == set()


def test_the_codes_are_found_where_they_stand() -> None:
    assert CODE.findall("(S-1), W5; R-ACC-1: R-25. 2026-W53-7 AS-12 R-1 W1") == ["S-1", "W5", "R-ACC-1", "R-25", "W1"]
    assert Path("recoupe/reference/data/parameters.csv") in {p.relative_to(PROJECT) for p in tracked()}
