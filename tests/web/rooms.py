"""What the tests of the rooms' pages share: answers with their one-time marks masked."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from django.db import connection


class Answer(Protocol):
    """What a test client gives back, as far as its text goes."""

    content: bytes


_UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TOKENS = re.compile(r'("X-CSRFToken": "|name="csrfmiddlewaretoken" value=")[^"]*')


def text(answer: Answer) -> str:
    """The page, without the marks that differ from one request to the next."""
    return _TOKENS.sub(r"\1", answer.content.decode())


def same(answer: Answer) -> str:
    """The page without its marks and without the identifier that was asked for."""
    return _UUIDS.sub("?", text(answer))


@contextmanager
def statements() -> Iterator[list[tuple[str, str]]]:
    """What is asked of the database inside: each statement with its parameters, transactions apart."""
    asked: list[tuple[str, str]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if "SAVEPOINT" not in sql:
            asked.append((sql, str(params)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield asked
