"""docs/POLICY.md as data: its tables by name, its clauses, and the closed vocabulary of its cells."""

import re
from functools import cache
from pathlib import Path

POLICY = Path(__file__).resolve().parents[2] / "docs" / "POLICY.md"

Row = dict[str, str]
ROLE_SETS = ("everyone", "operational", "public", "any", "tool")
STANDINGS = frozenset(
    {
        "author", "owner_head", "handler", "validator", "matcher", "retention", "holder", "speaker", "arbiter", "judge",
        "in_charge", "cell", "cell_head", "prosecutor", "lead", "file_head", "file_unit", "case_unit", "case_head",
        "event_unit", "bureau", "target_unit", "manager", "another", "not_asker", "asker_head", "key_head", "second",
        "duty", "watch", "near", "point_lead", "answers", "secretariat",
        "reader", "any", "T-5",
    }
)  # fmt: skip
SHOWN = frozenset(
    {"reader", "nobody", "form", "word", "worker", "named", "iban", "colleague", "linked", "source"}
)  # fmt: skip


@cache
def text() -> str:
    """The whole page."""
    return POLICY.read_text(encoding="utf-8")


@cache
def clauses() -> frozenset[str]:
    """The clauses that the page defines."""
    return frozenset(re.findall(r"^- \*\*(P-\d+)\b", text(), re.MULTILINE))


@cache
def tables() -> dict[str, list[Row]]:
    """Every table by its name; a row whose cells are not as many as its columns is no row."""
    found: dict[str, list[Row]] = {}
    for name, block in re.findall(r"<!-- table: (\w+) -->\n((?:\|.*\n)+)", text()):
        lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in block.splitlines()]
        head, body = lines[0], lines[2:]
        assert all(len(row) == len(head) for row in body), name
        found[name] = [dict(zip(head, row, strict=True)) for row in body]
    return found


def rows(name: str) -> list[Row]:
    """The rows of one table."""
    return tables()[name]


def words(cell: str) -> list[str]:
    """The words of one cell; none for `-`."""
    return [] if cell == "-" else cell.split()


def of_object(name: str, kind: str) -> list[Row]:
    """The rows of one table that speak of one kind of object."""
    return [row for row in rows(name) if row["object"] == kind]
