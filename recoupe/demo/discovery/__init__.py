"""What there is to check: routes, tables, kinds of objects, fields, formats; found in the house itself (README.md)."""

from recoupe.demo.discovery.asked import asked
from recoupe.demo.discovery.book import AddressBook, ids, offered
from recoupe.demo.discovery.objects import Field, Kind, kinds, rooms_of_tables
from recoupe.demo.discovery.pages import Target, Visit, body, targets, visit, visits
from recoupe.demo.discovery.renderers import Format, Unclassified, format_of
from recoupe.demo.discovery.routes import SITES, Parameter, Route, routes
from recoupe.demo.discovery.surfaces import Surface, surfaces
from recoupe.demo.discovery.tables import Function, Key, Link, Policy, Query, Table, functions, tables

__all__ = [
    "SITES", "AddressBook", "Field", "Format", "Function", "Key", "Kind", "Link", "Parameter", "Policy", "Query",
    "Route", "Surface", "Table", "Target", "Unclassified", "Visit", "asked", "body", "format_of", "functions", "ids",
    "kinds", "offered", "rooms_of_tables", "routes", "surfaces", "tables", "targets", "visit", "visits",
]  # fmt: skip
