"""Many rows in one statement: the matcher writes thousands a second, which the ORM's own insert does not.

Each list travels as one parameter: the client library and the planner both spend longer on a thousand than on the rows.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models.expressions import RawSQL


def among(ids: Iterable[UUID]) -> RawSQL:
    """These identifiers as the right side of `__in`."""
    return RawSQL("SELECT unnest(%s::uuid[])", [array(list(ids))])


_Plain = UUID | bytes | int | datetime | str | None


def array(values: Sequence[_Plain]) -> str:
    """One list as the base reads it; the client library would look in each value for its type and its quotes."""
    return "{" + ",".join([_WRITERS.get(type(one), str)(one) for one in values]) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'


# What is not as `str` writes it.
_WRITERS: dict[type, Callable[[Any], str]] = {
    str: _quoted, bytes: lambda one: rf"\\x{one.hex()}", type(None): lambda _: "NULL",
}  # fmt: skip


def insert(rows: Sequence[models.Model], *, replacing: bool = False) -> None:
    """Insert rows of one model, their identifiers given, over those of the same primary key if `replacing`."""
    if not rows:
        return
    meta = rows[0]._meta
    columns = [(field.attname, field.column) for field in meta.concrete_fields]
    plain = [{column: getattr(row, name) for name, column in columns} for row in rows]
    table = connection.ops.quote_name(meta.db_table)
    names = ", ".join(connection.ops.quote_name(str(column)) for _, column in columns)
    key = str(meta.pk.column) if meta.pk else ""
    fresh = ", ".join(f"{column} = excluded.{column}" for _, column in columns if column != key)
    over = f" ON CONFLICT ({key}) DO UPDATE SET {fresh}" if replacing else ""
    query = (
        f"INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb){over}"  # noqa: S608
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [json.dumps(plain, default=_plain)])


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be carried")
