"""Each requirement of the ASVS 5.0.0 stands once, with a test that exists or a reason; the pages say the same."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

from tests.asvs import book

# What the standard's own file holds: lines of each level, by chapter.
COUNTS = {
    1: (8, 19, 3), 2: (4, 7, 2), 3: (8, 11, 12), 4: (2, 8, 6), 5: (4, 5, 4), 6: (13, 22, 12), 7: (6, 12, 1),
    8: (4, 3, 6), 9: (4, 3, 0), 10: (5, 24, 7), 11: (3, 11, 10), 12: (3, 6, 3), 13: (1, 12, 8), 14: (2, 7, 4),
    15: (3, 10, 8), 16: (0, 16, 1), 17: (0, 7, 5),
}  # fmt: skip
SHORTEST_REASON = 15
LONGEST_SUBJECT_WORDS = 8


@cache
def named_in(path: Path) -> frozenset[str]:
    """The names of the tests that a file holds, without running it."""
    return frozenset(
        node.name for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )  # fmt: skip


def test_each_requirement_stands_once_with_its_level() -> None:
    found = book.lines()
    assert len(found) == len({line.id for line in found}) == 345
    for chapter, expected in COUNTS.items():
        levels = Counter(line.level for line in found if line.chapter == chapter)
        assert tuple(levels[level] for level in (1, 2, 3)) == expected, chapter
    numbers = [tuple(int(part) for part in line.id.split(".")) for line in found]
    assert numbers == sorted(numbers)
    # Within a section the standard leaves no number out.
    for section in {number[:2] for number in numbers}:
        inside = [number[2] for number in numbers if number[:2] == section]
        assert inside == list(range(1, len(inside) + 1)), section


def test_each_line_has_its_words_and_a_known_state() -> None:
    for line in book.lines():
        assert line.state in book.STATES, line
        assert line.subject, line
        assert len(line.subject.split()) <= LONGEST_SUBJECT_WORDS, line
        assert "|" not in line.subject + line.proof, line


def test_a_tested_line_names_tests_that_exist() -> None:
    missing = []
    for line in (one for one in book.lines() if one.state == "tested"):
        said = line.proof.partition(" — ")[0].split()
        if not said or said != line.tests:
            missing.append(f"{line.id}: {line.proof!r} is no list of tests")
            continue
        for test in line.tests:
            name, _, function = test.partition("::")
            path = book.PROJECT / name
            if not path.is_file() or function not in named_in(path):
                missing.append(f"{line.id}: {test}")
    assert missing == []


def test_every_other_line_gives_its_reason() -> None:
    short = [line.id for line in book.lines() if line.state != "tested" and len(line.proof) < SHORTEST_REASON]
    assert short == []


def test_what_a_reason_points_at_is_there() -> None:
    for line in book.lines():
        for test in [word.strip("(),;.") for word in line.proof.split() if word.strip("(").startswith("tests/")]:
            assert (book.PROJECT / test.partition("::")[0].rstrip(".")).exists(), (line.id, test)


def test_the_pages_say_what_the_file_says() -> None:
    again = "run: python -m tests.asvs.book"
    assert book.TABLE.read_text(encoding="utf-8") == book.table(), again
    assert book.PAGE.read_text(encoding="utf-8") == book.page(), again
    assert book.coverage() in book.PAGE.read_text(encoding="utf-8"), again


def test_coverage_counts_what_a_project_can_answer_for() -> None:
    made = [book.Line("1.1.1", 1, "x", state, "y") for state in ("tested", "tested", "open", "host", "not_applicable")]
    assert book.counted(made) == (2, 3)
