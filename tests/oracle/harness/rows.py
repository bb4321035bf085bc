"""The rows of the world by the table of T-7 in which they stand."""

from collections.abc import Mapping
from typing import Any

from tests.oracle import policy, tables, terms
from tests.oracle.harness.building import House

Rows = dict[str, dict[str, Any]]


def rows_by_table(told: House) -> Rows:
    """Every row whose reading the policy decides, by its table and its id as text."""
    world = told.facts
    found: Rows = {table: {} for table, row in tables.ROWS.items() if row["read"] not in ("closed", "public")}
    homes: list[Mapping[str, Any]] = [
        world.agents, world.habilitations, world.associations, world.reports, world.persons, world.selectors,
        world.children, world.imports, world.cases, world.sides, world.judgements, world.contacts, world.messages,
        world.releases, world.agreements, world.disclosures, world.points, world.evidence,
        world.objectives, world.notices, world.targets, world.events, world.presences, world.settlements,
        world.opinions, world.dangers, world.danger_sides, world.figures,
    ]  # fmt: skip
    for home in homes:
        for identifier, obj in home.items():
            found.setdefault(policy.table_of(obj), {})[identifier] = obj
    found["audit_entry"] = {
        str(row[0]): terms.Entry(str(row[0])) for row in told.house.sql("SELECT id FROM audit_entry")
    }
    mandates = told.house.sql("SELECT id::text, agent_id::text FROM access_mandate")
    found["access_mandate"] = {identifier: terms.Mandate(identifier, agent) for identifier, agent in mandates}
    return found
