"""Acting under another database role in one process: for the set-up, the commands and the tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connections

from recoupe.config.settings import database_of


@contextmanager
def connected_as(role: str) -> Iterator[None]:
    """Inside the block the default connection of this thread is `role`'s, from its credential file."""
    with connected_to(database_of(role, pooled=False)):
        yield


@contextmanager
def connected_to(database: dict[str, Any]) -> Iterator[None]:
    """Inside the block the default connection of this thread goes to `database`; the former one comes back after."""
    wrapper = connections["default"]
    wrapper.close()
    before = dict(wrapper.settings_dict)
    wrapper.settings_dict.update(database)
    try:
        yield
    finally:
        wrapper.close()
        wrapper.settings_dict.clear()
        wrapper.settings_dict.update(before)


def demonstration() -> bool:
    """Whether this installation shows made data."""
    return bool(settings.DEMO)
