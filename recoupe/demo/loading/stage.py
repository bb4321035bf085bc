"""What every step of the loading shares: the world, the roles of the database, the sessions, what is done already."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from recoupe.access import actions, context
from recoupe.access.agent import Agent
from recoupe.access.codes import new_token, token_hash
from recoupe.access.enums import PURPOSES_BY_ROLE, Role, SignInBy
from recoupe.demo.records import AgentDraft, ReportDraft, World
from recoupe.demo.timeline import Timeline

MOTIVE = "Chargement du monde de démonstration"
SESSION_HOURS = 1

# Inside the block the default connection is that of the process's role.
AsProcess = Callable[[str], AbstractContextManager[None]]
Say = Callable[[str], None]


class Ledger:
    """What is loaded already, one line a step, written after its commit: a killed loading goes on from there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done: dict[str, Any] = {}
        if path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                if line.endswith("}"):  # a line cut short by a kill was never acknowledged
                    entry = json.loads(line)
                    self._done[entry["step"]] = entry["value"]

    def forget(self) -> None:
        """Start from nothing: the database knows nothing of this world."""
        self._path.unlink(missing_ok=True)
        self._done.clear()

    def has(self, step: str) -> bool:
        """Whether the step is done."""
        return step in self._done

    def value(self, step: str) -> Any:
        """What the step left behind."""
        return self._done[step]

    def add(self, step: str, value: Any = None) -> None:
        """The step is committed."""
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"step": step, "value": value}) + "\n")
        self._done[step] = value


def begin_sessions(process: AsProcess, wanted: Mapping[str, tuple[UUID, Role]]) -> dict[str, str]:
    """Open a session of each of these agents, with the purpose that comes first with his role; the tokens by login."""
    fresh = {login: new_token() for login in wanted}
    with process("signin"), transaction.atomic(), connection.cursor() as cursor:
        for login, token in fresh.items():
            cursor.execute(
                "SELECT access.start_session(%s::uuid, %s::bytea, %s::integer, %s::text)",
                [wanted[login][0], token_hash(token), SESSION_HOURS, SignInBy.SET_UP.value],
            )
    with process("web"):
        for login, token in fresh.items():
            purpose = PURPOSES_BY_ROLE[wanted[login][1]][0].value
            with context.acting(token) as agent:
                actions.declare_purpose(by=agent, token=token, purpose=purpose, motive=MOTIVE, case_ref="")
    return fresh


def end_sessions(process: AsProcess, tokens: Iterable[str]) -> None:
    """End what was opened."""
    with process("web"):
        for token in tokens:
            with transaction.atomic():
                context.close_session(token)


@dataclass
class Stage:
    """One loading."""

    world: World
    process: AsProcess
    ledger: Ledger
    say: Say
    ids: dict[str, UUID] = field(default_factory=dict)
    reports: dict[str, tuple[UUID, str]] = field(default_factory=dict)
    moments: Timeline | None = None
    _tokens: dict[str, str] = field(default_factory=dict)

    @cached_property
    def agents(self) -> dict[str, AgentDraft]:
        """The agents by login."""
        return {a.login: a for a in self.world.agents}

    @cached_property
    def drafts(self) -> dict[str, ReportDraft]:
        """The notes by key."""
        return {r.key: r for r in self.world.reports}

    def holder(self, unit: str, *roles: str) -> str:
        """The login of somebody of the unit who holds one of the roles, in the order of the roles; "" when nobody."""
        for role in roles:
            for agent in self.world.agents:
                if agent.unit == unit and role in agent.roles:
                    return agent.login
        return ""

    def open_sessions(self, logins: Iterable[str]) -> None:
        """Open the sessions that are missing, and declare why."""
        wanted = {login: (self.ids[login], Role(self.agents[login].roles[0]))
                  for login in dict.fromkeys(logins) if login not in self._tokens}  # fmt: skip
        self._tokens |= begin_sessions(self.process, wanted)

    def close_sessions(self) -> None:
        """End every session that the loading opened."""
        end_sessions(self.process, self._tokens.values())
        self._tokens.clear()

    @contextmanager
    def acting(self, login: str) -> Iterator[Agent]:
        """One committed transaction in the name of an agent; the caller is already the web process."""
        with context.acting(self._tokens[login]) as agent:
            yield agent
