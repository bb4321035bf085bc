"""Writes that collide with a row which the writer may not see, beside writes that collide with nothing (R-24)."""

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import psycopg

from recoupe.demo.discovery import Table
from tests.attacks.injected import injected
from tests.furnished import Furnished

Values = dict[str, Any]
ROWS = 3
# Pairs for one constraint and verb: different agents, different hidden rows.
OFTEN = 6
WRITERS = (
    "police",
    "customs",
    "analyst",
    "cell head",
    "prosecutor",
    "authority",
    "unit head",
    "customs head",
    "stranger",
    "analyst there",
)


@dataclass(frozen=True, slots=True)
class Told:
    """One pair of answers: to the write that meets the hidden row, and to the one that meets nothing."""

    constraint: str
    verb: str
    hidden: str
    absent: str


@dataclass
class Collider:
    """Every table that the application writes, tried as the agents of a furnished world."""

    house: Furnished
    tables: dict[str, Table]
    dice: random.Random
    # Tables of which some agent got a row of his own in: the answers above are not all refusals.
    reached: set[str] = field(default_factory=set)
    # Rows that one agent may write and that are no copy of another, by agent and table; why one was not let in.
    offered: dict[tuple[str, str], Values] = field(default_factory=dict)
    refused: dict[tuple[str, str], str] = field(default_factory=dict)
    tried: dict[tuple[str, str], int] = field(default_factory=dict)

    def rows(self, table: str) -> list[Values]:
        """A few rows as the administrator reads them."""
        found = self.house.query(f"SELECT to_jsonb(t)::text FROM (SELECT * FROM {table} LIMIT 60) t")
        return [json.loads(row[0]) for row in found]

    def pairs(self) -> Iterator[Told]:
        """Every key and every foreign key of every table that the application writes, by INSERT and by UPDATE."""
        written = [t for t in self.tables.values() if t.may("recoupe_app", "INSERT") or t.may("recoupe_app", "UPDATE")]
        known = {table.name: self.rows(table.name) for table in written}
        for name in WRITERS:
            with injected(self.house.world, self.house.people[name]) as connection:
                for table in written:
                    if known[table.name]:
                        offered = self.offered.get((name, table.name))
                        yield from self._of_table(connection, table, known[table.name], offered)
                        if offered and table.name not in self.reached:
                            self.refused[name, table.name] = self._insert(connection, table, offered)
                connection.rollback()

    def _of_table(self, connection: Any, table: Table, rows: list[Values], offered: Values | None) -> Iterator[Told]:
        mine = self._visible(connection, table)
        template = self._template(connection, table, [row for row in rows if row["id"] in mine] or rows)
        if offered and self._insert(connection, table, offered) == "ok":
            template = offered
        if template is None and not mine:
            return
        if template is not None:
            self.reached.add(table.name)
        own = next((row for row in rows if row["id"] in mine), {})
        hidden = [row for row in rows if row["id"] not in mine][:ROWS]
        yield from self._keys(connection, table, template or rows[0], hidden, own)
        yield from self._links(connection, table, template or rows[0], own)

    def _due(self, constraint: str, verb: str) -> bool:
        """Whether this one has not yet been tried often enough."""
        self.tried[constraint, verb] = self.tried.get((constraint, verb), 0) + 1
        return self.tried[constraint, verb] <= OFTEN

    def _visible(self, connection: Any, table: Table) -> list[str]:
        if "id" not in table.may("recoupe_app", "SELECT"):
            return []
        return [str(row[0]) for row in connection.execute(f"SELECT id FROM {table.name} LIMIT 500").fetchall()]

    def _template(self, connection: Any, table: Table, rows: list[Values]) -> Values | None:
        """A row whose copy, under fresh keys, this agent may write."""
        for row in rows[:8]:
            copy = self._fresh(table, row)
            if self._insert(connection, table, copy) == "ok":
                return row
        return None

    def _fresh(self, table: Table, row: Values) -> Values:
        if row in self.offered.values():
            # It meets nothing as it stands: another value of its keys would be refused for another reason.
            return {**row, "id": str(uuid4())}
        copy = dict(row)
        for key in table.keys:
            if "owner_unit_id" in key.columns or key.kind == "primary":
                copy |= {c: self.other(row[c]) for c in key.columns if c != "owner_unit_id" and not c.endswith("_id")}
            else:
                copy |= {c: self.other(row[c]) for c in key.columns[-1:]}
        return copy

    def _keys(
        self, connection: Any, table: Table, template: Values, hidden: list[Values], own: Values
    ) -> Iterator[Told]:
        for key in table.keys:
            for row in hidden:
                met = {column: row[column] for column in key.columns}
                base = self._fresh(table, template)
                missed = self._beside(met, template)
                if missed != met and self._due(key.name, "INSERT"):
                    yield Told(key.name, "INSERT", self._insert(connection, table, base | met),
                               self._insert(connection, table, base | missed))  # fmt: skip
                missed = self._beside(met, own)
                writable = set(key.columns) <= set(table.may("recoupe_app", "UPDATE"))
                if own and missed != met and writable and self._due(key.name, "UPDATE"):
                    yield Told(key.name, "UPDATE", self._update(connection, table, own["id"], met),
                               self._update(connection, table, own["id"], missed))  # fmt: skip

    def _beside(self, met: Values, own: Values) -> Values:
        """Values that nobody has, but where the hidden row agrees with one's own."""
        return {c: value if value == own.get(c) else self.other(value) for c, value in met.items()}

    def _links(self, connection: Any, table: Table, template: Values, own: Values) -> Iterator[Told]:
        for link in table.links:
            column, target = link.columns[0], self.tables[link.target]
            if target.rule("recoupe_app", "SELECT") == "everybody" or target.columns.get("id") != "uuid":
                continue
            seen = set(self._visible(connection, target))
            rows = self.house.query(f"SELECT id FROM {target.name} LIMIT 60")
            for identifier in [str(i) for (i,) in rows if str(i) not in seen][:ROWS]:
                given = ({column: identifier}, {column: str(uuid4())})
                if column in table.may("recoupe_app", "INSERT") and self._due(link.name, "INSERT"):
                    told = [self._insert(connection, table, self._fresh(table, template) | change) for change in given]
                    yield Told(link.name, "INSERT", *told)
                if own and column in table.may("recoupe_app", "UPDATE") and self._due(link.name, "UPDATE"):
                    yield Told(link.name, "UPDATE", *(self._update(connection, table, own["id"], c) for c in given))

    def _insert(self, connection: Any, table: Table, row: Values) -> str:
        columns = ", ".join(c for c in table.columns if c in table.may("recoupe_app", "INSERT"))
        statement = (
            f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM json_populate_record(NULL::{table.name}, %s)"
        )
        return self._answer(lambda: connection.execute(statement, [json.dumps(row)]), connection, row)

    def _update(self, connection: Any, table: Table, identifier: str, change: Values) -> str:
        sets = ", ".join(f"{c} = r.{c}" for c in change)
        statement = (f"UPDATE {table.name} t SET {sets} FROM json_populate_record(NULL::{table.name}, %s) r"
                     " WHERE t.id = %s")  # fmt: skip
        return self._answer(lambda: connection.execute(statement, [json.dumps(change), identifier]), connection, change)

    def _answer(self, ask: Callable[[], Any], connection: Any, tried: Values) -> str:
        """The whole answer, in words; what was sent is masked, for it differs by design."""
        connection.execute("SAVEPOINT tried")
        try:
            ask()
            # What is checked at the end of a transaction is checked now.
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            told = "ok"
        except psycopg.Error as error:
            diag = error.diag
            told = "|".join(str(part) for part in (diag.sqlstate, diag.message_primary, diag.message_detail,
                                                   diag.message_hint, diag.constraint_name))  # fmt: skip
        connection.execute("ROLLBACK TO SAVEPOINT tried")
        for value in tried.values():
            if isinstance(value, str) and len(value) > 3:
                told = told.replace(value, "?")
        return told

    def other(self, value: Any) -> Any:
        """Another value of the same shape."""
        if isinstance(value, bool) or value is None or isinstance(value, (list, dict)):
            return value
        if isinstance(value, int):
            return value + self.dice.randrange(1_000, 9_000)
        text = str(value)
        if re.fullmatch(r"[0-9a-f-]{36}", text):
            return str(uuid4())
        if re.match(r"\d{4}-\d\d-\d\d", text):
            return f"19{self.dice.randrange(10, 99)}{text[4:]}"
        letters = {c: self.dice.choice("0123456789" if c.isdigit() else "BCDFGHJK" if c.isupper() else "bcdfghjk")
                   for c in set(text) if c.isalnum()}  # fmt: skip
        return "".join(letters.get(c, c) for c in text)
