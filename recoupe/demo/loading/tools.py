"""The key of one unit's tool, opened by the two persons of the desk: to try the interface, and for the self-test."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from recoupe.access import context
from recoupe.access.enums import Purpose, Role
from recoupe.access.signin import made_agents
from recoupe.config.files import write_durably
from recoupe.demo.loading.stage import AsProcess, begin_sessions, end_sessions
from recoupe.desk import actions, queries
from recoupe.desk.actions import Wanted
from recoupe.desk.context import Tool, Wait, open_tool

HEAD, AUTHORITY = "pj13.chef", "autorite"
NAME = "Main courante (démonstration)"
REASON = "Essai de l'interface des outils"
# A key that ends sooner is replaced at the next start.
LASTS, ENDS_SOON = timedelta(days=364), timedelta(days=7)


def give_tool_key(process: AsProcess, path: Path) -> None:
    """A key that works stands in this file, for its reader alone; the base keeps its hash."""
    if path.is_file() and _live(process, path.read_text(encoding="utf-8").strip()):
        return
    with _two(process) as (head, authority), process("web"):
        today = timezone.localdate()
        wanted = Wanted(NAME, Purpose.CRIMINAL_INTELLIGENCE, today, today + LASTS, REASON)
        with context.acting(head) as agent:
            asked = actions.ask_key(by=agent, wanted=wanted)
        with context.acting(authority) as agent:
            actions.answer_key(by=agent, key=queries.tool_key(agent, asked), agreed=True)
        with context.acting(head) as agent:
            write_durably(path, actions.fetch_key(by=agent, key=queries.tool_key(agent, asked)) + "\n")


def _live(process: AsProcess, token: str) -> bool:
    """Asked as the tool would ask: nobody else learns whether a key is good."""
    with process("web"), transaction.atomic():
        opened = open_tool(token)
    return isinstance(opened, Wait) or (isinstance(opened, Tool) and opened.until >= timezone.localdate() + ENDS_SOON)


@contextmanager
def _two(process: AsProcess) -> Iterator[tuple[str, str]]:
    """The tokens of the head who asks and of the authority that answers."""
    with process("signin"):
        ids: dict[str, UUID] = {agent.login: agent.id for agent in made_agents()}
    wanted = {HEAD: (ids[HEAD], Role.UNIT_HEAD), AUTHORITY: (ids[AUTHORITY], Role.DESIGNATING_AUTHORITY)}
    tokens = begin_sessions(process, wanted)
    try:
        yield tokens[HEAD], tokens[AUTHORITY]
    finally:
        end_sessions(process, tokens.values())
