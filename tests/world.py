"""What tests need of a running house: agents with live habilitations, contexts, roles, clients."""

import secrets
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.test.client import ClientHandler

from recoupe.access import actions, context
from recoupe.access.agent import Agent
from recoupe.access.enums import PURPOSES_BY_ROLE, Role
from recoupe.config.credentials import whole
from recoupe.config.paths import credential
from recoupe.config.processes import PROCESSES
from recoupe.config.roles import connected_to
from recoupe.config.settings import database_from_url
from recoupe.demo.loading.door import declare
from recoupe.reference.models import Unit

# The database of which furnished worlds are copies.
FURNISHED = "recoupe_furnished"
AT_ONCE = """
CREATE OR REPLACE FUNCTION access.leave_at_beat(started timestamptz, milliseconds integer DEFAULT 140) RETURNS void
LANGUAGE sql SET search_path = pg_catalog AS $$ $$"""


@dataclass(frozen=True, slots=True)
class TestAgent:
    """An agent of the test world and the token of his session."""

    __test__ = False

    id: UUID
    login: str
    unit_id: UUID
    roles: tuple[Role, ...]
    token: str


class World:
    """One database of tests; everything in it is committed."""

    def __init__(self, admin_url: str, name: str, *, keeps: bool = False) -> None:
        """`keeps`: the administrator's and the set-up's connections stay open in this thread until `close`."""
        self.admin_url = urlunsplit(urlsplit(admin_url)._replace(path="/" + name))
        self.name = name
        # A clone of the template in which nothing was done yet may be replaced as a whole (tests/furnished.py).
        self.blank = False
        self.agents_made = 0
        self._thread = threading.get_ident() if keeps else None
        self._admin: psycopg.Connection[Any] | None = None
        self._owner: BaseDatabaseWrapper | None = None

    def url(self, role: str) -> str:
        """The address of this database for a role ("admin": the administrator)."""
        if role == "admin":
            return self.admin_url
        return urlunsplit(urlsplit(whole(credential(role)))._replace(path="/" + self.name))

    @contextmanager
    def process(self, name: str) -> Iterator[None]:
        """Inside the block this thread's default connection is that of the process's role."""
        if threading.get_ident() != self._thread:
            with connected_to(database_from_url(self.url(PROCESSES[name].role), pooled=False)):
                yield
            return
        # The connection of before stays open: with it would go all that the server has learnt for it.
        shared = connections.settings["default"]
        before = dict(shared)
        # Threads that start inside open theirs from here.
        shared.update(database_from_url(self.url(PROCESSES[name].role), pooled=False))
        inner = connections.create_connection("default")
        try:
            with _default(inner):
                yield
        finally:
            inner.close()
            shared.clear()
            shared.update(before)

    def sql(self, query: str, params: Sequence[Any] = (), *, role: str = "admin") -> list[tuple[Any, ...]]:
        """Run one statement in a session of its own, committed; rows if it returns any."""
        with self._session(role) as direct:
            cursor = direct.execute(query.encode(), params)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def _session(self, role: str = "admin") -> Iterator[psycopg.Connection[Any]]:
        """A fresh session; the administrator's is a kept connection made as good as new (5 ms of processor less)."""
        if role != "admin" or threading.get_ident() != self._thread:
            with psycopg.connect(self.url(role), autocommit=True) as direct:
                yield direct
            return
        if self._admin is None:
            # DISCARD forgets what psycopg would believe prepared.
            self._admin = psycopg.connect(self.admin_url, autocommit=True, prepare_threshold=None)
        try:
            yield self._admin
        finally:
            if self._admin.closed or self._admin.info.transaction_status:
                self._admin.close()
                self._admin = None
            else:
                self._admin.execute("DISCARD ALL")

    @contextmanager
    def _set_up(self) -> Iterator[None]:
        """As `process("migrate")`, on a kept connection, while that of the test stays open."""
        if threading.get_ident() != self._thread:
            with self.process("migrate"):
                yield
            return
        if self._owner is None or not self._owner.is_usable():
            if self._owner:
                self._owner.close()
            self._owner = connections.create_connection("default")
            self._owner.settings_dict = self._owner.settings_dict | database_from_url(
                self.url(PROCESSES["migrate"].role), pooled=False
            )
            self._owner.ensure_connection()
        with _default(self._owner):
            yield

    def close(self) -> None:
        """Close what is kept: a database that is copied or dropped has no visitors."""
        if self._admin:
            self._admin.close()
        if self._owner:
            self._owner.close()
        self._admin = self._owner = None

    def agent(
        self,
        role: Role | Sequence[Role] = Role.INVESTIGATOR,
        unit: str = "PJ13",
        *,
        name: str = "",
        purpose: bool = True,
        valid_from: date = date(2020, 1, 1),
        valid_to: date | None = None,
    ) -> TestAgent:
        """An agent with live habilitations in a unit (by its code) and an open session."""
        self.agents_made += 1
        roles = (role,) if isinstance(role, Role) else tuple(role)
        login = f"{name or roles[0].value}.{unit.lower()}.{self.agents_made}"
        with self._set_up(), context.service("set-up", "tests"):
            place = Unit.objects.get(code=unit)
            wanted = actions.Designation(
                login=login,
                display_name=login,
                unit=place,
                roles=roles,
                designated_by="Autorité de test",
                valid_from=valid_from,
                valid_to=valid_to,
            )
            made = actions.designate(designations=[wanted])[0]
        token = secrets.token_urlsafe(32)
        self.open(made.id, token, PURPOSES_BY_ROLE[roles[0]][0].value if purpose else "")
        return TestAgent(made.id, login, place.id, roles, token)

    def open(self, agent: UUID, token: str, purpose: str = "", *, fresh: bool = True) -> None:
        """Open a session as sign-in does, and say why; a fresh one stays so, however slow the machine is."""
        with self._session() as direct:
            direct.execute("SET ROLE recoupe_signin")
            direct.execute("SELECT access.start_session(%s, %s, 12)", [agent, sha256(token.encode()).digest()])
            if purpose:
                direct.execute("SET ROLE recoupe_app")
                motive = "motif de test suffisant"
                direct.execute("SELECT access.declare(%s, %s, %s, '')", [token, purpose, motive])
            direct.execute("RESET ROLE")
            direct.execute(
                "UPDATE access_session SET proven_at = %s::timestamptz WHERE agent_id = %s",
                ["infinity" if fresh else None, agent],
            )

    def confirm(self, who: UUID) -> None:
        """A second person has just said that it is he: a way in may be given (P-91)."""
        with psycopg.connect(self.admin_url) as direct:
            direct.execute("SET session_replication_role = replica")
            direct.execute(
                "INSERT INTO desk_recovery (id, agent_id, reason, state, asked_by_id, asked_at, answered_at)"
                " VALUES (gen_random_uuid(), %s, 'essai', 'AGREED', %s, now(), now())",
                [who, who],
            )

    def untouched(self) -> bool:
        """Whether this is the template as it was cloned: no agent was made, nothing written."""
        return self.blank and not self.agents_made and self.sql("SELECT 1 FROM audit_entry LIMIT 1") == []

    def declare_unwitnessed(self) -> None:
        """Say of this database that it is without witnesses, as its administrator alone can: else nobody consults."""
        self.sql("CREATE SCHEMA IF NOT EXISTS unwitnessed")

    def demand_witnesses(self) -> None:
        """From now on as in a real house: two witnesses that speak, or nobody consults."""
        self.sql("DROP SCHEMA IF EXISTS unwitnessed")

    def answer_at_once(self) -> None:
        """No answer waits for its beat here: tests/timing holds the beats, any other test would sleep through them."""
        self.sql(AT_ONCE)

    def declare_made(self) -> None:
        """Mark this database as that of a made world, as the loading does: the sign-in of a demonstration wants it."""
        with self.process("migrate"), connection.cursor() as cursor:
            declare(cursor)

    @contextmanager
    def acting(self, who: TestAgent) -> Iterator[Agent]:
        """One committed transaction of the application role under this agent's session."""
        with context.acting(who.token) as agent:
            yield agent

    def client(self, who: TestAgent | None = None) -> Client:
        """A browserless client of the staff site, signed in as `who`."""
        client = visitor()
        if who:
            client.cookies[settings.SESSION_COOKIE] = who.token
        return client

    def journal(self, operation: str = "") -> list[tuple[Any, ...]]:
        """(operation, actor, refs, details) of every entry, oldest first."""
        return self.sql(
            "SELECT operation, actor, refs, details FROM audit_entry WHERE %s = '' OR operation = %s ORDER BY id",
            [operation, operation],
        )

    def refused_at_the_door(self) -> Counter[str]:
        """How many tries at the sign-in were refused, by reason: written one by one, or counted by the minute."""
        query = (
            "SELECT details ->> 'why', coalesce((details ->> 'tries')::int, 1) FROM audit_entry"
            " WHERE operation = 'refused' AND details ->> 'what' = 'sign_in'"
            " UNION ALL SELECT reason, tries FROM access_signinfailure"
        )
        found: Counter[str] = Counter()
        for why, tries in self.sql(query):
            found[why] += tries
        return found

    def current_user(self) -> str:
        """The database role of this thread's default connection."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            return str(cursor.fetchone()[0])


# The middleware of the site as it was loaded, and the settings that it was loaded under.
_LOADED: list[tuple[object, str, list[str], ClientHandler]] = []


def visitor(*, raises: bool = False) -> Client:
    """A browserless client; its site loads its middleware once for the same settings, as a process does: 5 ms."""
    client = Client(raise_request_exception=raises)
    now = (vars(settings)["_wrapped"], settings.ROOT_URLCONF, settings.MIDDLEWARE)
    if not _LOADED or _LOADED[0][0] is not now[0] or _LOADED[0][1:3] != now[1:]:
        _LOADED[:] = [(*now, client.handler)]
    client.handler = _LOADED[0][3]
    return client


@contextmanager
def _default(wrapper: BaseDatabaseWrapper) -> Iterator[None]:
    """Inside the block this is the thread's default connection; the former one waits as it is."""
    before = connections["default"]
    connections["default"] = wrapper
    try:
        yield
    finally:
        connections["default"] = before
