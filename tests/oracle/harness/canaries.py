"""Words that stand nowhere else: where each one was written, and which of them an answer shows."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from typing import Any

from recoupe.demo.discovery import Format, body, format_of
from tests.oracle import tables
from tests.oracle.harness.building import House
from tests.oracle.harness.facts import KINDS

TOKEN = re.compile(r"zq[0-9a-f]{9,11}|zqnom\d{3}a|zqpre\d{3}a|zqmineur|zqpetit", re.IGNORECASE)
Place = tuple[str, str, str]  # table, column, id
PDFTOTEXT = shutil.which("pdftotext")


def planted(told: House) -> dict[str, set[Place]]:
    """Every canary and each column of each row of T-8 in which it stands."""
    columns: dict[str, list[str]] = {}
    for column in tables.FIELDS:
        table, _, name = column.partition(".")
        columns.setdefault(table, []).append(name)
    found: dict[str, set[Place]] = {}
    for table, names in columns.items():
        existing = {row[0] for row in told.house.sql(
            "SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0",
            [table])}  # fmt: skip
        for name in sorted(existing & set(names) - {"content", "readers"}):
            query = f"SELECT id::text, {name}::text FROM {table} WHERE {name}::text ~* 'zq'"
            for identifier, text in told.house.sql(query):
                for token in words(text):
                    found.setdefault(token, set()).add((table, name, identifier))
    for identifier, content in told.house.sql("SELECT id::text, content FROM intelligence_attachment"):
        for token in words(bytes(content).decode("latin-1")):
            found.setdefault(token, set()).add(("intelligence_attachment", "content", identifier))
    for identifier, content in told.house.sql("SELECT id::text, content::text FROM intelligence_reportversion"):
        for token in words(content):
            found.setdefault(token, set()).add(("intelligence_reportversion", "content", identifier))
    return found


def words(text: str) -> set[str]:
    """The canaries in a text."""
    return {token.lower() for token in TOKEN.findall(text)}


def shown_in(answer: Any) -> set[str] | None:
    """The canaries that an answer shows; None for paper that nothing here can read."""
    content = body(answer)
    if answer.status_code == 200 and content and format_of(answer) is Format.PDF:
        if PDFTOTEXT is None:
            return None
        done = subprocess.run([PDFTOTEXT, "-", "-"], input=content, capture_output=True, check=True)
        content = done.stdout
    return words(content.decode("utf-8", "replace"))


REFERRED = {
    "report": "intelligence_report", "dealpoint": "dealpoints_dealpoint", "objective": "coordination_objective",
    "target": "targets_registeredtarget", "event": "operations_event",
}  # fmt: skip
_WORD = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{5,}")


def names_of(told: House) -> dict[str, tuple[str, str]]:
    """What names an object of a kind, its identifier or its reference, and which one."""
    found = {i: (kind, i) for kind, home in KINDS.items() for i in home(told.facts)}
    for kind, table in REFERRED.items():
        found |= {ref: (kind, i) for ref, i in told.house.sql(f"SELECT ref, id::text FROM {table} WHERE ref > ''")}
    return found


def named_in(answer: Any, known: dict[str, tuple[str, str]], typed: str) -> set[tuple[str, str]]:
    """The objects that an answer names (P-47), but those that the request named itself."""
    if answer.status_code != 200 or format_of(answer) is Format.PDF:
        return set()
    found = set(_WORD.findall(body(answer).decode("utf-8", "replace"))) & known.keys()
    return {known[word] for word in found - set(_WORD.findall(typed))}


def rows_of(told: House) -> dict[str, Any]:
    """Every row of the world by its id, as the oracle is told it."""
    world = told.facts
    homes: Iterable[dict[str, Any]] = [dict(home) for home in (
        world.agents, world.habilitations, world.associations, world.reports, world.persons, world.selectors,
        world.children, world.imports, world.cases, world.sides, world.judgements, world.contacts, world.messages,
        world.releases, world.agreements, world.disclosures, world.points, world.evidence,
        world.objectives, world.notices, world.targets, world.events, world.presences, world.figures,
    )]  # fmt: skip
    return {identifier: obj for home in homes for identifier, obj in home.items()}
