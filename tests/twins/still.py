"""Determinism for the twin worlds only: identifiers from a keyed hash, a clock that stands, here and in the database.

Nothing of it is in the product: Python is patched at the process's edge, the database's own functions are replaced by a
superuser in a clone that dies with the test.
"""

import hmac
import random
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import sha256
from unittest.mock import patch
from uuid import UUID

import psycopg
from django.db import connections
from django.utils import timezone
from psycopg import sql

from tests.world import World

# What a statement of ours asks for the time; a name that the server spells itself (current_date) keeps to the same day.
CLOCKS = (("now", "STABLE"), ("transaction_timestamp", "STABLE"), ("statement_timestamp", "STABLE"),
          ("clock_timestamp", "VOLATILE"))  # fmt: skip


class _System:
    """The module `os` as `uuid` sees it: an identifier depends on what it is drawn for, not on those before it."""

    def __init__(self, draw: Callable[[int, str], bytes]) -> None:
        self.draw = draw

    def urandom(self, size: int) -> bytes:
        """For whoever called uuid4: his place in the code and what he held in his hands."""
        caller = sys._getframe(2)
        if caller.f_code.co_name == "get_default" and caller.f_back:
            # A model's own default: what it is drawn for stands in the constructor.
            caller = caller.f_back
        held = [f"{k}={v!r}" for k, v in sorted(caller.f_locals.items()) if k == "kwargs" or _plain(v)]
        return self.draw(size, f"{caller.f_code.co_qualname}({', '.join(held)})")


def _plain(value: object) -> bool:
    """Whether a value says the same in both worlds: nothing that grows with the step, no address in memory."""
    frozen = is_dataclass(value) and type(value).__hash__ is not None
    try:
        return (frozen or isinstance(value, UUID | str | int | datetime)) and " at 0x" not in repr(value)
    except AttributeError:
        # A record that is still being made: the field drawn for is not there yet.
        return False


class Still:
    """One seed's time and chance: each step draws from a stream of its own, whatever the steps before it drew."""

    def __init__(self, seed: int) -> None:
        self.key = str(seed).encode()
        self.at = datetime.now(tz=UTC).replace(microsecond=0)
        self.step("")

    def step(self, label: str) -> None:
        """What is drawn from here on depends on the seed, this label, and how much was drawn since."""
        self.label, self.drawn = label, Counter[str]()

    def draw(self, size: int, what: str = "") -> bytes:
        """So many bytes of the step's stream for this purpose."""
        self.drawn[what] += 1
        found = b""
        while len(found) < size:
            told = f"{self.label}|{what}|{self.drawn[what]}|{len(found)}"
            found += hmac.digest(self.key, told.encode(), "sha256")
        return found[:size]

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Inside the block uuid4, secrets and Django's clock answer from here."""
        still = self

        class Stopped(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return still.at.astimezone(tz) if tz else still.at.replace(tzinfo=None)

        with (
            patch.object(uuid, "os", _System(self.draw)),
            patch.object(random, "_urandom", self.draw),
            patch.object(timezone, "datetime", Stopped),
        ):
            yield

    @contextmanager
    def act(self, world: World, label: str, minutes: int = 0) -> Iterator[World]:
        """A step in one world, so many minutes after the start: both clocks stand there."""
        before = self.at
        self.at = before + timedelta(minutes=minutes)
        self.step(label)
        still(world, self.at, sha256(self.key + label.encode()).hexdigest())
        with self.standing(), world.process("web"):
            yield world
        self.at = before


def still(world: World, at: datetime, stream: str) -> None:
    """The database's clock stands, its identifiers come from a stream that starts anew; only a superuser may do it."""
    with psycopg.connect(world.admin_url, autocommit=True) as direct:
        direct.execute("SET allow_system_table_mods = on")
        direct.execute("CREATE SCHEMA IF NOT EXISTS twins")
        direct.execute("GRANT USAGE ON SCHEMA twins TO PUBLIC")
        direct.execute("CREATE SEQUENCE IF NOT EXISTS twins.drawn")
        direct.execute("GRANT USAGE ON SEQUENCE twins.drawn TO PUBLIC")
        direct.execute("ALTER SEQUENCE twins.drawn RESTART")
        for name, kind in CLOCKS:
            direct.execute(
                sql.SQL(
                    "CREATE OR REPLACE FUNCTION pg_catalog.{}() RETURNS timestamptz LANGUAGE sql {} STRICT AS {}"
                ).format(sql.Identifier(name), sql.SQL(kind), sql.Literal(f"SELECT timestamptz '{at.isoformat()}'"))
            )
        direct.execute(
            sql.SQL(
                "CREATE OR REPLACE FUNCTION pg_catalog.gen_random_uuid() RETURNS uuid LANGUAGE sql VOLATILE AS {}"
            ).format(sql.Literal(f"SELECT md5('{stream}' || nextval('twins.drawn'))::uuid"))
        )


def clone(world: World, name: str) -> World:
    """Another database with every row of this one; nobody may be connected to it meanwhile."""
    world.close()
    connections.close_all()
    with psycopg.connect(world.admin_url.rpartition("/")[0] + "/postgres", autocommit=True) as direct:
        direct.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        direct.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                *map(sql.Identifier, (name, world.name))
            )
        )
    return World(world.admin_url, name)


def drop(world: World) -> None:
    """A clone dies with its test."""
    with psycopg.connect(world.admin_url.rpartition("/")[0] + "/postgres", autocommit=True) as direct:
        direct.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(world.name)))
