"""The tables of docs/POLICY.md, section 10, read from its Markdown."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "POLICY.md"
Row = dict[str, str]
NOT_OPERATIONAL = frozenset({"dpo", "inspection", "sysadmin", "designating_authority", "watch_desk", "plan_manager"})


def _cells(line: str) -> list[str]:
    return [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]


def parse(text: str) -> dict[str, list[Row]]:
    """Give each marked table of the page as a list of rows, by the words of its heading."""
    tables: dict[str, list[Row]] = {}
    name, heading = "", list[str]()
    for line in text.splitlines():
        marker = re.fullmatch(r"<!-- table: (\w+) -->", line.strip())
        if marker:
            name, heading = marker[1], []
            tables[name] = []
        elif not line.startswith("|"):
            name = ""
        elif name and not heading:
            heading = _cells(line)
        elif name and not set(line) <= set("|- "):
            cells = _cells(line)
            if len(cells) != len(heading):
                raise ValueError(f"table {name}: {line}")
            tables[name].append(dict(zip(heading, cells, strict=True)))
    return tables


TABLES = parse(PAGE.read_text(encoding="utf-8"))
ROLE_KEYS = TABLES["roles"]
ROLES = frozenset(row["role"] for row in ROLE_KEYS)
PURPOSES = {row["role"]: frozenset(row["purposes"].split()) for row in TABLES["purposes"]}
ACTIONS = TABLES["actions"]
MOVES = TABLES["moves"]
ROUTES = {row["route"]: row for row in TABLES["routes"]}
VERBS = {(row["route"], row["verb"]): row for row in TABLES["verbs"]}
STEP_UP = {row["route"]: frozenset(row["verbs"].split()) for row in TABLES["stepup"]}
ROWS = {row["table"]: row for row in TABLES["tables"]}
FIELDS = {f"{row['table']}.{row['field']}": row for row in TABLES["fields"]}


@cache
def role_set(words: str) -> frozenset[str]:
    """Give the roles that a cell of a table stands for; `public` and `tool` give none: no agent is asked for one."""
    found: set[str] = set()
    for word in words.split():
        if word in ("everyone", "any"):
            found |= ROLES
        elif word == "operational":
            found |= ROLES - NOT_OPERATIONAL
        elif word in ROLES:
            found.add(word)
        elif word not in ("public", "tool"):
            raise ValueError(f"no such role: {word}")
    return frozenset(found)


@cache
def action_row(action: str, kind: str) -> Row | None:
    """Give the row of T-4 for an action on a kind of object, or nothing."""
    for row in ACTIONS:
        if row["action"] == action and (row["object"] in (kind, "any", "page")):
            return row
    return None
