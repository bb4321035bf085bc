"""The whole interface of the oracle."""

from __future__ import annotations

from datetime import date

from .terms import Agent, Answer, Keys, Object, Session, Shown, World


def live(world: World, agent: Agent, today: date | None = None) -> bool:
    """Say whether the agent is active with at least one habilitation that counts (P-6, P-7)."""
    raise NotImplementedError


def session_valid(world: World, agent: Agent, session: Session) -> bool:
    """Say whether the session still carries its agent (P-5)."""
    raise NotImplementedError


def roles(world: World, agent: Agent, today: date | None = None) -> frozenset[str]:
    """Give the roles of the habilitations that count (P-6)."""
    raise NotImplementedError


def has_purpose(world: World, agent: Agent) -> bool:
    """Say whether a purpose that P-11 accepts is declared."""
    raise NotImplementedError


def keys(world: World, agent: Agent, today: date | None = None) -> Keys:
    """Give the reader keys that the agent holds (P-8, P-9)."""
    raise NotImplementedError


def row_keys(world: World, kind: str, obj: Object) -> Keys:
    """Give the reader keys that stand on a row (T-3)."""
    raise NotImplementedError


def reads(world: World, agent: Agent, kind: str, obj: Object) -> bool:
    """Say whether the agent reads this object; `kind` is a kind of section 2 or a table of T-7."""
    raise NotImplementedError


def may(
    world: World,
    agent: Agent,
    kind: str,
    obj: Object,
    action: str,
    *,
    to: str | None = None,
    other: object = None,
    new_selectors: int = 0,
) -> Answer:
    """Answer an action of T-4 on an object; `to` for a move, `other` for the second thing that it names."""
    raise NotImplementedError


def shown(world: World, agent: Agent, kind: str, obj: Object, column: str) -> Shown:
    """Say how `table.field` of this row is shown to the agent (T-8)."""
    raise NotImplementedError


def selectable(column: str) -> bool:
    """Say whether the application's role may select `table.field` (T-8, `sql`)."""
    raise NotImplementedError


def opens(
    world: World,
    agent: Agent | None,
    route: str,
    method: str,
    obj: Object | None = None,
    *,
    verb: str = "",
    session: Session | None = None,
    other: object = None,
) -> Answer:
    """Answer a request to an address of T-6, in the order of P-2."""
    raise NotImplementedError


def writes(world: World, agent: Agent, table: str, operation: str, row: Object, *, after: Object | None = None) -> bool:
    """Say whether direct SQL (`S`, `I`, `U` or `D`) may do this, as far as T-7 and P-14 decide it."""
    raise NotImplementedError
