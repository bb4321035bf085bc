"""`recoupe prove inventory`: what discovery finds, for a reader; one line a route, a table, a kind, a function."""

from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg

from recoupe.config.processes import LOGIN_ROLES
from recoupe.demo.discovery.objects import kinds, rooms_of_tables
from recoupe.demo.discovery.routes import SITES, routes
from recoupe.demo.discovery.tables import Query, functions, tables
from recoupe.demo.proofs import ledger

COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def prove(arguments: Namespace) -> int:
    """Print the inventory of a fresh database and of the sites; 1 when a route escapes."""
    another: Callable[[str], AbstractContextManager[str]] = arguments.another
    # The catalogue is closed to every process: its administrator reads it.
    with another("inventory") as administrator, psycopg.connect(administrator, autocommit=True) as direct:
        found = list(lines(lambda statement, params: direct.execute(statement.encode(), params or None).fetchall()))
    print("\n".join(found))
    faults = [fault for site in SITES for route in routes(site) for fault in route.faults()]
    print("\n".join(f"ÉCHAPPE {fault}" for fault in faults))
    if arguments.save:
        print(f"gardé : {ledger.keep('inventory', 0, _figures(found, faults), faults)}")
    return 1 if faults else 0


def _figures(found: list[str], faults: list[str]) -> list[dict[str, Any]]:
    """How many of each there are, by the word that begins its line, and what escapes."""
    counts = Counter(line.split()[0] for line in found)
    how = "ce que la découverte trouve"
    return [
        *(ledger.figure(f"inventory: {word}", number, "lignes", how) for word, number in sorted(counts.items())),
        ledger.figure("inventory: escaping", len(faults), "adresses", "qui échappent à ce qui s'y appuie", at_most=0),
    ]


def lines(query: Query) -> Iterator[str]:
    """Every line, of the catalogue that `query` reads."""
    yield from _routes()
    yield from _kinds()
    yield from _tables(query)
    for function in functions(query):
        right = "definer" if function.definer else "invoker"
        yield f"fonction  {function.signature}  {right}  {', '.join(function.callers)}"


def _routes() -> Iterator[str]:
    for site in SITES:
        for route in routes(site):
            roles = "sans policy" if route.roles is None else ", ".join(sorted(route.roles)) or "tout le monde"
            yield (
                f"route  {site} /{route.pattern}  {'+'.join(route.methods)}  {'+'.join(sorted(route.formats))}"
                f"  {'avec' if route.purpose else 'sans'} finalité  {roles}"
            )


def _kinds() -> Iterator[str]:
    for kind in kinds().values():
        under = f" sous {kind.parent}" if kind.parent else ""
        yield f"objet  {kind.table}{under}"
        for field in kind.fields():
            seen = f"saisi : {len(field.asked)} formulaire(s), montré : {len(field.shown)} fichier(s)"
            yield f"  champ  {field.name}  {field.type}  {seen}"


def _tables(query: Query) -> Iterator[str]:
    rooms = rooms_of_tables()
    for table in tables(query).values():
        secured = "fermée" if table.secured and table.forced else "OUVERTE"
        yield f"table  {table.name}  {rooms.get(table.name, '-')}  {secured}"
        for role in LOGIN_ROLES:
            rules = {command: table.rule(role, command) for command in COMMANDS}
            if set(rules.values()) != {"nobody"}:
                yield f"  {role}  " + "  ".join(f"{c} {rule}" for c, rule in rules.items() if rule != "nobody")
