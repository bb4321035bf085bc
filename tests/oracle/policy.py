"""The whole interface of the oracle: pure functions of a world, an agent and an object."""

from __future__ import annotations

from .acting import has_purpose, keys, live, roles, session_valid
from .clauses import may
from .counting import counted, in_stock
from .fields import finds_by_name, name_in_reasons, named, sees_reasons, selectable, shown, table_of
from .reading import party, reads, row_keys, works_on
from .surfaces import asks_key, key_shown, opens
from .writing import settles, writes

__all__ = [
    "asks_key",
    "counted",
    "finds_by_name",
    "has_purpose",
    "in_stock",
    "key_shown",
    "keys",
    "live",
    "may",
    "name_in_reasons",
    "named",
    "opens",
    "party",
    "reads",
    "roles",
    "row_keys",
    "sees_reasons",
    "selectable",
    "session_valid",
    "settles",
    "shown",
    "table_of",
    "works_on",
    "writes",
]
