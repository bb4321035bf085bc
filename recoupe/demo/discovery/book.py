"""The address book of a living world: each route filled with objects that exist."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from uuid import UUID

from recoupe.demo.discovery.pages import Target, Visit, match
from recoupe.demo.discovery.routes import Parameter, Route
from recoupe.demo.discovery.tables import Query, Table

Ids = Mapping[str, list[str]]


def ids(query: Query, tables: Mapping[str, Table], most: int = 1_000_000) -> dict[str, list[str]]:
    """The identifiers of every table that has some, in their order; the query must see all rows."""
    named = [table.name for table in tables.values() if table.columns.get("id") == "uuid" and table.kind == "r"]
    found = {name: query(f"SELECT id FROM {name} ORDER BY id LIMIT {int(most)}", ()) for name in named}  # noqa: S608 - names of the catalogue
    return {name: [str(row[0]) for row in rows] for name, rows in found.items()}


class AddressBook:
    """Learns from what pages offer which kind of object, and which words, an address takes."""

    def __init__(self, routes: Iterable[Route], known: Ids) -> None:
        self.routes = tuple(routes)
        self.known = known
        self._table = {identifier: table for table, rows in known.items() for identifier in rows}
        self._prefixes: dict[tuple[str, str], Parameter] = {}
        self.tables: dict[str, set[str]] = {}
        self.words: dict[str, set[str]] = {}
        self.of_pattern = {route.pattern: route for route in self.routes}

    def learn(self, visits: Iterable[Visit]) -> None:
        """Take in what a crawl has met."""
        for visit in visits:
            for path in (visit.path, *visit.links, *(form.path for form in visit.forms)):
                self.learn_path(path)

    def learn_path(self, path: str) -> None:
        """Take in one address that a page offered."""
        pattern, values = match(path)
        route = self.of_pattern.get(pattern)
        for parameter in route.parameters if route else ():
            value = values.get(parameter.name)
            if isinstance(value, UUID):
                table = self._table.get(str(value))
                if table:
                    self.tables.setdefault(parameter.prefix, set()).add(table)
            elif value is not None:
                self.words.setdefault(parameter.prefix, set()).add(str(value))

    def values(self, parameter: Parameter, most: int | None = None) -> list[str]:
        """What may stand at this place."""
        if parameter.converter == "uuid":
            tables = sorted(self.tables.get(parameter.prefix, ()))
            return [identifier for table in tables for identifier in self.known[table][:most]]
        words = sorted({*parameter.choices, *self.words.get(parameter.prefix, ())})
        return words[:most] if parameter.converter == "int" else words

    def addresses(self, route: Route, most: int | None = None) -> Iterator[str]:
        """Every address of a route, with at most so many objects of each kind."""
        for chosen in product(*(self.values(parameter, most) for parameter in route.parameters)):
            path = "/" + route.pattern
            for parameter, value in zip(route.parameters, chosen, strict=True):
                path = path.replace(f"<{parameter.converter}:{parameter.name}>", value, 1)
            yield path

    def readable(self, most: int | None = None) -> Iterator[str]:
        """Every address that answers to GET."""
        for route in self.routes:
            if route.readable:
                yield from self.addresses(route, most)

    def unfilled(self) -> list[str]:
        """Places of addresses for which neither a page nor a table gave a value: their routes escape the crawl."""
        return sorted({p.prefix for route in self.routes for p in route.parameters if not self.values(p)})

    def kinds_without_address(self, kinds: Iterable[str]) -> list[str]:
        """Kinds of objects that no address names; they are met on the pages of their parents, or nowhere."""
        named = {table for tables in self.tables.values() for table in tables}
        return sorted(set(kinds) - named)


def offered(visits: Iterable[Visit], keep: Callable[[Target], bool]) -> list[Target]:
    """The forms of a crawl that meet a condition, each kind once (`lambda t: t.search`: the searches)."""
    found: dict[tuple[str, str], Target] = {}
    for visit in visits:
        for form in visit.forms:
            if keep(form):
                found.setdefault(form.kind, form)
    return list(found.values())
