"""Many rows in one statement: the matcher writes thousands a second, which the ORM's own insert does not.

Each list travels as one parameter: the client library and the planner both spend longer on a thousand than on the rows.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models.expressions import RawSQL

Row = TypeVar("Row", bound=models.Model)


@contextmanager
def together() -> Iterator[None]:
    """What is written inside goes to the base in one journey: nothing is read meanwhile, an error comes at the end."""
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def held(model: type[Row], condition: str, *params: Any) -> list[Row]:
    """The rows that meet a condition that a module writes out: the ORM composes one for longer than the base answers.

    They are whole, whatever the model's manager leaves out; no column of theirs is of a kind that the ORM converts.
    """
    names, query = _selecting(model, condition)
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return [model.from_db(connection.alias, names, row) for row in cursor.fetchall()]


@lru_cache
def _selecting(model: type[models.Model], condition: str) -> tuple[list[str], str]:
    fields = model._meta.concrete_fields
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    return [field.attname for field in fields], f"SELECT {names} FROM {table} WHERE {condition}"  # noqa: S608


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
    columns, query = _inserting(type(rows[0]), replacing)
    plain = [{column: getattr(row, name) for name, column in columns} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(query, [json.dumps(plain, default=_plain)])


@lru_cache
def _inserting(model: type[models.Model], replacing: bool) -> tuple[list[tuple[str, str]], str]:
    meta = model._meta
    columns = [(field.attname, str(field.column)) for field in meta.concrete_fields]
    table = connection.ops.quote_name(meta.db_table)
    names = ", ".join(connection.ops.quote_name(column) for _, column in columns)
    key = str(meta.pk.column) if meta.pk else ""
    fresh = ", ".join(f"{column} = excluded.{column}" for _, column in columns if column != key)
    over = f" ON CONFLICT ({key}) DO UPDATE SET {fresh}" if replacing else ""
    query = (
        f"INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb){over}"  # noqa: S608
    )
    return columns, query


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be carried")
